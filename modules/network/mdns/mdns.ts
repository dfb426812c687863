// The board's name and services in the local network, said by Multicast DNS (RFC 6762) with DNS-SD (RFC 6763). Below it: the protocol in
// C, platform/lwip/mdns.h (mdns.c).

/** A service at a port of the board. */
export interface Service {
	/** Such as "_http._tcp". */
	type: string;
	port: number;
	/** What people see, 1 to 58 printable ASCII characters without dots. Default: the host name. */
	name?: string;
	/** Facts for who connects, such as `{path: "/"}`. */
	txt?: Readonly<Record<string, string>>;
}

/** What to say. */
export interface MDNSOptions {
	/** 1 to 60 letters, digits and hyphens: "pico" is found as pico.local. Default: the host name of the Wi-Fi interface, see `WiFiConnectOptions`. */
	hostName?: string;
	/** Four at most. */
	services?: readonly Service[];
	/** The name is the board's now, or is again; another had it when it is not the one that was asked for. */
	onNamed?: (hostName: string) => void;
}

/** The responder itself, in C. */
type Handle = object;

const open = native<(named: () => void, words: readonly (string | number)[]) => Handle>("xs_mdns_open");
const closeHandle = native<(handle: Handle) => void>("xs_mdns_close");
const currentName = native<() => string>("xs_mdns_host_name");

/** Says who the board is, whenever it has an address, until `close()`, also when nobody holds it. One a board. */
export default class MDNS {
	readonly #handle: Handle;

	/**
	 * Begins. The radio has to be on: join first.
	 *
	 * @throws CodedError EINVAL (a name, port or text that cannot be said), EADDRINUSE (the board has a responder), ENOMEM, ENETUNREACH.
	 */
	constructor({ hostName = currentName(), services = [], onNamed }: MDNSOptions = {}) {
		this.#handle = open(() => onNamed?.(this.hostName), [hostName, ...services.flatMap(({ type, port, name = hostName, txt = {} }) => {
			const texts = Object.entries(txt).flat();
			return [type, name, port, texts.length, ...texts];
		})]);
	}

	/** The name as it is now, without ".local": another than was asked for when somebody has that. */
	get hostName(): string {
		return currentName();
	}

	/** Takes everything back. Harmless twice. */
	close(): void {
		closeHandle(this.#handle);
	}
}
