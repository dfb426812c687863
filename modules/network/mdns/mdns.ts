// The board's name and services in the local network, for as long as it is there: responder.ts over the Wi-Fi interface.

import MulticastUDP from "../../io/socket/udp-multicast/multicast.ts";
import WiFi from "../../wifi/wifi.ts";
import Responder, { type ResponderOptions } from "./responder.ts";

/** What to say. */
export type MDNSOptions = Omit<ResponderOptions, "socket">;

/** Says who the board is, whenever it has an address, until `close()`. */
export default class MDNS {
	readonly #responder: Responder;
	readonly #wifi: WiFi;

	/**
	 * Begins. The radio has to be on: join first.
	 *
	 * @throws CodedError EINVAL (a name, port or text that cannot be said), EADDRINUSE (the board has a responder), ENOMEM, ENETUNREACH.
	 */
	constructor(options: MDNSOptions) {
		const responder = new Responder({ ...options, socket: { io: MulticastUDP } });
		this.#responder = responder;
		try {
			this.#wifi = new WiFi({
				onChanged() {
					responder.address = this.address;
				},
			});
		} catch (error) {
			responder.close();
			throw error;
		}
		responder.address = this.#wifi.address;
	}

	/** The name as it is now, without ".local": another than was asked for when somebody has that. */
	get hostName(): string {
		return this.#responder.hostName;
	}

	/** Takes everything back. Harmless twice. */
	close(): void {
		this.#wifi.close();
		this.#responder.close();
	}
}
