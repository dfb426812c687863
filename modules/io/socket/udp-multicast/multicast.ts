// A UDP socket that is a member of a group: ECMA-419, UDP socket class pattern, with its option `multicast`.
//
// A module of its own, because lwIP's IGMP is compiled only for the apps that name it.

import UDP, { type UDPOptions } from "../udp/udp.ts";

/** What a member's socket is made of. */
export interface MulticastOptions extends UDPOptions {
	/** The group, IPv4: 224.0.0.1 to 239.255.255.255. What is sent to it on the socket's port can be read. */
	multicast: string;
}

/** A membership, in C. */
type Handle = object;

const join = native<(group: string) => Handle>("xs_multicast_join");
const leave = native<(handle: Handle) => void>("xs_multicast_leave");

/** A UDP socket and its membership. It writes to the group as to any address, with a time to live of 255. Nobody hears himself. */
export default class MulticastUDP extends UDP {
	#membership: Handle | undefined;

	/** @throws CodedError as `UDP`, and EINVAL (no group), ENOMEM (four groups are joined), ENETUNREACH (the radio was never on). */
	constructor(options: MulticastOptions) {
		super(options);
		try {
			this.#membership = join(String(options.multicast));
		} catch (error) {
			super.close();
			throw error;
		}
	}

	/** Leaves the group, and ends the socket. Harmless twice. */
	override close(): void {
		const membership = this.#membership;
		this.#membership = undefined;
		if (membership) {
			leave(membership);
		}
		super.close();
	}
}
