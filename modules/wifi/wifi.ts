// The board's Wi-Fi interface: ECMA-419, network interface class pattern. Below it: platform/lwip/station.h (wifi.c).
//
// All instances speak of the one radio. It is powered by the first `connect` or `scan`, which takes about 0.6 s in which
// nothing else runs. It does not join again by itself: an app decides that in onChanged.

import { CodedError } from "../base/error.ts";

/** What a join needs. */
export interface WiFiConnectOptions {
	/** Name of the network: 1 to 32 bytes of UTF-8. */
	SSID: string;
	/** 8 to 63 characters, or 64 hexadecimal digits. Without it only an open network is joined. */
	password?: string;
	/** A certain access point, such as "02:50:46:00:00:01". Default: the strongest. */
	BSSID?: string;
	/** Looks only there. */
	channel?: number;
	/** How the network is protected. Default "wpa2" with a password, "open" without. */
	security?: "open" | "wpa2" | "wpa2/wpa3" | "wpa3";
	/** Addresses to use instead of asking the network for one (DHCP). */
	fixed?: FixedAddress;
	/** What the board calls itself where it asks for an address: 1 to 60 letters, digits and hyphens. Default: "picofetch-" and the last six digits of its MAC. */
	hostName?: string;
	/**
	 * How the radio sleeps between beacons: "none", not at all, for the shortest answers; "performance", 200 ms after the last frame;
	 * "aggressive", whenever it can: what comes in then waits for a beacon, 0.1 s and more. Default "performance".
	 */
	powerSaving?: "none" | "performance" | "aggressive";
	/**
	 * Whose rules the radio keeps, which channels there are above all: two capital letters of ISO 3166-1, such as "DE", or "XX", worldwide.
	 * Default: as before; at first "XX". Another one than before switches the radio off and on.
	 */
	country?: string;
}

/** An IPv4 address of one's own choice, in dotted form. Where another host has it, the network is left: ERR_WIFI_ADDRESS. */
export interface FixedAddress {
	address: string;
	/** Default "255.255.255.0". */
	mask?: string;
	/** The router. Without one, only the network itself is in reach. */
	gateway?: string;
	/** Who is asked for names, two at most. Default the router. */
	nameServers?: readonly string[];
}

/** An access point that a scan heard. */
export interface WiFiFound {
	SSID: string;
	BSSID: string;
	/** dBm. */
	RSSI: number;
	channel: number;
	/** True: a password is needed. */
	secure: boolean;
}

/** What to look for, and whom to tell. */
export interface WiFiScanOptions {
	/** Only this channel is told of. */
	channel?: number;
	/** True: open networks are not told of. Default false. */
	secure?: boolean;
	/** Called once for each access point. */
	onFound: (found: WiFiFound) => void;
	/** The scan is over, 1.5 to 3 s after its start. */
	onComplete?: () => void;
}

/** Callbacks run with `this` as the interface. */
export interface WiFiOptions {
	/** Kept as the property of that name, for the app alone. */
	target?: unknown;
	/** `this[name]` changed: "connection". Also called when a join fails. */
	onChanged?: (this: WiFi, name: "connection") => void;
}

/**
 * How far the connection is (ECMA-419 4th edition, clause 17): 0 the radio is off, 200 no network is joined (`failure` says why, when the
 * last join failed or the network was lost), 300 one is being joined, 400 it is joined, 500 it gave us an address.
 */
export type WiFiConnection = 0 | 200 | 300 | 400 | 500;

/** The interface itself, in C. */
type Handle = object;

const open = native<(told: (event: number) => void) => Handle>("xs_wifi_open");
const closeHandle = native<(handle: Handle) => void>("xs_wifi_close");
const power = native<(country: string) => number>("xs_wifi_power");
const join = native<(ssid: string, password: string, security: string, bssid: string, channel: number,
	address: number, mask: number, gateway: number, nameServer: number, otherNameServer: number, hostName: string, powerSaving: string) => number>("xs_wifi_join");
const ipv4Number = native<(text: string) => number | undefined>("xs_wifi_ipv4");
const leave = native<() => void>("xs_wifi_leave");
const state = native<() => number>("xs_wifi_state");
const failureNumber = native<(which: number) => number>("xs_wifi_failure");
const text = native<(which: number) => string>("xs_wifi_text");
const number = native<(which: number) => number>("xs_wifi_number");
const startScan = native<(handle: Handle) => number>("xs_wifi_scan");
const nextFound = native<(handle: Handle) => { SSID: string; BSSID: string; RSSI: number; channel: number; secure: boolean } | undefined>("xs_wifi_found");

// What C tells: xs_wifi_event of wifi.c.
const eventChanged = 1;
const eventFound = 2;

// station_state of station.h.
const stateOff = 0;
const stateIdle = 1;
const stateJoining = 2;
const stateJoined = 3;
const stateAddress = 4;
const stateNoNetwork = 5;
const statePassphrase = 6;
const stateTimedOut = 7;
const stateFailed = 8;
const stateSecurity = 9;
const stateChip = 11;
const stateAddressTaken = 12;

// xs_wifi_text and xs_wifi_number of wifi.c.
const textMac = 0;
const textBssid = 1;
const textAddress = 2;
const textGateway = 3;
const textSsid = 4;
const numberRssi = 0;
const numberChannel = 1;

const invalidArgument = -5; // PICO_ERROR_INVALID_ARG
const noCountry = -1000; // STATION_NO_COUNTRY
const busy = -1; // STATION_BUSY

/** Address, mask, gateway and two name servers as numbers; zeros without. @throws CodedError EINVAL */
function fixedNumbers(SSID: string, fixed: FixedAddress | undefined): [number, number, number, number, number] {
	if (fixed === undefined) {
		return [0, 0, 0, 0, 0];
	}
	const { address, mask = "255.255.255.0", gateway, nameServers = gateway === undefined ? [] : [gateway] } = fixed;
	const number = (text: string) => {
		const read = ipv4Number(String(text));
		if (read === undefined) throw new CodedError("EINVAL", `wifi "${SSID}": "${text}" is no IPv4 address in dotted form`);
		return read;
	};
	const own = number(address);
	const bits = number(mask);
	const hosts = 0xffff_ffff - bits; // the part that tells hosts apart: ones at the end
	const router = gateway === undefined ? 0 : number(gateway);
	const isOfNetwork = (one: number) => one - one % (hosts + 1) === own - own % (hosts + 1);
	if ((hosts & (hosts + 1)) !== 0 || hosts < 3 || own % (hosts + 1) === 0 || own % (hosts + 1) === hosts || own >= 0xe000_0000
		|| (router !== 0 && (!isOfNetwork(router) || router === own)) || nameServers.length > 2) {
		throw new CodedError("EINVAL", `wifi "${SSID}": fixed: address ${address}, mask ${mask}, gateway ${gateway ?? "none"}, ${nameServers.length} name servers: `
			+ "the address is one of a host, the gateway another of its network, and there are two name servers at most");
	}
	return [own, bits, router, ...[0, 1].map(index => nameServers[index] === undefined ? 0 : number(nameServers[index])) as [number, number]];
}

/** The Wi-Fi station. */
export default class WiFi {
	declare target?: unknown;
	#handle: Handle | undefined;
	#state: number;
	#scan: WiFiScanOptions | undefined;
	readonly #heard = new Set<string>();
	readonly #onChanged: WiFiOptions["onChanged"];

	/** @throws CodedError ENOMEM (three instances are open). */
	constructor(options: WiFiOptions = {}) {
		this.#onChanged = options.onChanged;
		if (options.target !== undefined) this.target = options.target;
		this.#state = state();
		this.#handle = open((event) => this.#told(event));
	}

	/** How far the connection is, see `WiFiConnection`. */
	get connection(): WiFiConnection {
		switch (state()) {
			case stateOff: return 0;
			case stateJoining: return 300;
			case stateJoined: return 400;
			case stateAddress: return 500;
			default: return 200;
		}
	}

	/** Why the last join failed or what became of it: codes ERR_WIFI_NO_NETWORK, ERR_WIFI_PASSPHRASE, ERR_WIFI_SECURITY, ERR_WIFI_TIMEOUT, ERR_WIFI_FAILED, ERR_WIFI_LOST, ERR_WIFI_ADDRESS, ERR_WIFI_CHIP. */
	get failure(): CodedError | undefined {
		const facts = { event: failureNumber(0), status: failureNumber(1), reason: failureNumber(2) };
		const seen = `radio event ${facts.event}, status ${facts.status}, reason ${facts.reason}`;
		const name = `wifi "${text(textSsid)}"`;
		switch (state()) {
			case stateOff: case stateIdle: case stateJoining: case stateJoined: case stateAddress:
				return undefined;
			case stateNoNetwork:
				return new CodedError("ERR_WIFI_NO_NETWORK", `${name}: no network of that name is in reach (${seen}). It must be on 2.4 GHz.`, facts);
			case statePassphrase:
				return new CodedError("ERR_WIFI_PASSPHRASE", `${name}: the passphrase is not accepted (${seen})`, facts);
			case stateTimedOut:
				return new CodedError("ERR_WIFI_TIMEOUT", `${name}: the access point neither took nor refused us within 25 s`);
			case stateFailed:
				return new CodedError("ERR_WIFI_FAILED", `${name}: the access point did not take us (${seen})`, facts);
			case stateSecurity:
				return new CodedError("ERR_WIFI_SECURITY", `${name}: it is protected in another way than was asked for (${seen}). Say how: security is one of open, wpa2, wpa2/wpa3, wpa3.`, facts);
			case stateChip:
				return new CodedError("ERR_WIFI_CHIP", `${name}: the radio stopped answering and was started anew. Connect again if the network does not come back by itself.`);
			case stateAddressTaken:
				return new CodedError("ERR_WIFI_ADDRESS", `${name}: another host has the fixed address. Choose another one, or leave it to the network (DHCP).`);
			default:
				return new CodedError("ERR_WIFI_LOST", `${name}: the connection was lost (${seen})`, facts);
		}
	}

	/** Name of the network, while joined. */
	get SSID(): string | undefined {
		return this.connection >= 400 ? text(textSsid) : undefined;
	}

	/** Address of the access point, while joined. */
	get BSSID(): string | undefined {
		return text(textBssid) || undefined;
	}

	/** The board's own address, once the radio was on: "28:cd:c1:0a:0b:0c". */
	get MAC(): string | undefined {
		return text(textMac) || undefined;
	}

	/** Strength of the access point's signal in dBm, while joined. */
	get RSSI(): number | undefined {
		return number(numberRssi) || undefined;
	}

	/** Channel, while joined. */
	get channel(): number | undefined {
		return number(numberChannel) || undefined;
	}

	/** Our IPv4 address, once DHCP gave one; on a network of IPv6 alone that (`network/ipv6`). */
	get address(): string | undefined {
		return text(textAddress) || undefined;
	}

	/** The router's address, with ours. */
	get gateway(): string | undefined {
		return text(textGateway) || undefined;
	}

	/**
	 * Starts to join a network; a former one is left. Joined already to this one, with the same options, it stays: to join it anew,
	 * `disconnect` first. onChanged tells the rest.
	 *
	 * @throws CodedError ERR_WIFI_CHIP (the radio does not work), ERR_WIFI_COUNTRY (the radio refuses it),
	 * EINVAL (name, BSSID, channel, security, fixed, hostName, powerSaving), ERR_WIFI_PASSPHRASE (its length cannot be).
	 */
	connect(options: WiFiConnectOptions): void {
		const { SSID, password = "", BSSID = "", channel = 0, security = password ? "wpa2" : "open", fixed, hostName = "", powerSaving = "performance", country = "" } = options;
		const addresses = fixedNumbers(SSID, fixed);
		this.#need();
		if (security.startsWith("wpa") && (password.length < 8 || password.length > 64)) {
			throw new CodedError("ERR_WIFI_PASSPHRASE", `wifi "${SSID}": a passphrase has 8 to 63 characters, this one ${password.length}`);
		}
		this.#powerOn(String(country));
		this.#state = stateJoining;
		const result = join(String(SSID), security === "open" ? "" : String(password), String(security), String(BSSID), Number(channel), ...addresses, String(hostName), String(powerSaving));
		if (result === invalidArgument) {
			throw new CodedError("EINVAL", `wifi "${SSID}": the name has 1 to 32 bytes, BSSID the form 02:50:46:00:00:01, the channel is 1 to 14, security is open, wpa2, wpa2/wpa3 or wpa3, hostName has 1 to 60 letters, digits and hyphens, powerSaving is none, performance or aggressive`);
		}
		if (result !== 0) {
			throw new CodedError("ERR_WIFI_CHIP", `wifi "${SSID}": the radio does not answer (${result}). It is started anew by the next connect.`);
		}
	}

	/** Leaves the network, whose address is given back and whose connections end, or gives the join up. Harmless when there is none. */
	disconnect(): void {
		this.#need();
		leave();
	}

	/**
	 * Listens on all channels, joined or with a network of the board's own too, whose frames wait meanwhile. One scan at a time.
	 *
	 * @throws CodedError ERR_WIFI_CHIP, or EBUSY while a scan is under way, or the radio takes none.
	 */
	scan(options: WiFiScanOptions): void {
		const handle = this.#need();
		if (this.#scan) {
			throw new CodedError("EBUSY", "wifi: a scan is under way. Wait for onComplete.");
		}
		const { channel, secure, onFound, onComplete } = options;
		this.#powerOn();
		const result = startScan(handle);
		if (result !== 0) {
			throw new CodedError(result === busy ? "EBUSY" : "ERR_WIFI_CHIP", result === busy
				? "wifi: another scan is under way, or the radio is joining. Try again." : `wifi: the radio refuses to scan (${result})`);
		}
		this.#heard.clear();
		this.#scan = { channel, secure, onFound, onComplete };
	}

	/** No callback comes afterwards. The network stays joined. Harmless twice. */
	close(): void {
		const handle = this.#handle;
		this.#handle = undefined;
		this.#scan = undefined;
		if (handle) {
			closeHandle(handle);
		}
	}

	#need(): Handle {
		if (!this.#handle) {
			throw new CodedError("ECLOSED", "wifi: the interface is closed");
		}
		return this.#handle;
	}

	#powerOn(country = ""): void {
		const result = power(country);
		if (result === noCountry || result === invalidArgument) {
			throw new CodedError("ERR_WIFI_COUNTRY", `wifi: the radio does not know the country "${country}". It is two capital letters, such as "DE", or "XX" for worldwide rules.`);
		}
		if (result !== 0) {
			throw new CodedError("ERR_WIFI_CHIP", `wifi: the radio does not start (${result}). Its firmware may be missing in flash; flash the whole .uf2 again.`);
		}
	}

	#told(event: number): void {
		if (!this.#handle) {
			return;
		}
		if (event === eventChanged) {
			const now = state();
			if (now === this.#state && now !== stateAddress) {
				return;
			}
			this.#state = now;
			this.#onChanged?.("connection");
			return;
		}
		const scan = this.#scan;
		if (!scan) {
			return;
		}
		if (event === eventFound) {
			const found = nextFound(this.#handle);
			if (found && !this.#heard.has(found.BSSID) && (scan.channel ?? found.channel) === found.channel
				&& (found.secure || !scan.secure)) {
				this.#heard.add(found.BSSID);
				scan.onFound(found);
			}
			return;
		}
		this.#scan = undefined;
		this.#heard.clear();
		scan.onComplete?.();
	}
}
