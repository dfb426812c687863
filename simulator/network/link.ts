/** The router's Ethernet, as its IPv4 and IPv6 sides use it. */
export interface Link {
	/** 6 bytes, of the router. */
	readonly mac: Uint8Array;

	/** Sends a frame. @param to 6 bytes; default: the device, and nothing while none was heard. */
	send(etherType: number, payload: Uint8Array, to?: Uint8Array): void;
}
