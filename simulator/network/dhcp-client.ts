/** A DHCP client's messages (RFC 2131): what a station asks of the network that it joined. */

const HEADER_BYTES = 236;
const MAGIC = 0x63825363;
const BOOT_REPLY = 2;
const OPTION_PAD = 0;
const OPTION_ROUTER = 3;
const OPTION_DNS = 6;
const OPTION_MASK = 1;
const OPTION_REQUESTED_ADDRESS = 50;
const OPTION_TYPE = 53;
const OPTION_SERVER = 54;
const OPTION_PARAMETERS = 55;
const OPTION_END = 255;
const DISCOVER = 1;
const REQUEST = 3;
const MESSAGE_KINDS = new Map([[2, "offer"], [5, "acknowledgement"], [6, "refusal"]] as const);

/** What a server says. */
export interface DhcpReply {
	kind: "offer" | "acknowledgement" | "refusal";
	address: number;
	server: number;
	router: number | undefined;
	dns: number | undefined;
}

/** @param offer that is taken; undefined: an address is looked for. */
export function emitDhcpRequest(mac: Uint8Array, transaction: number, offer?: DhcpReply): Uint8Array {
	const word = (value: number) => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
	const options = [OPTION_TYPE, 1, offer ? REQUEST : DISCOVER, OPTION_PARAMETERS, 3, OPTION_MASK, OPTION_ROUTER, OPTION_DNS];
	if (offer) {
		options.push(OPTION_REQUESTED_ADDRESS, 4, ...word(offer.address), OPTION_SERVER, 4, ...word(offer.server));
	}
	options.push(OPTION_END);
	const message = new Uint8Array(Math.max(300, HEADER_BYTES + 4 + options.length));
	const view = new DataView(message.buffer);
	message.set([1, 1, 6, 0]);
	view.setUint32(4, transaction);
	// Answers are to be broadcast: the client has no address yet.
	view.setUint16(10, 0x8000);
	message.set(mac, 28);
	view.setUint32(HEADER_BYTES, MAGIC);
	message.set(options, HEADER_BYTES + 4);
	return message;
}

/** @returns what the server says in this exchange; undefined for what is none; a sentence when it is malformed. */
export function parseDhcpReply(message: Uint8Array, transaction: number): DhcpReply | string | undefined {
	if (message.length < HEADER_BYTES + 4) {
		return `a DHCP message of ${message.length} bytes`;
	}
	const view = new DataView(message.buffer, message.byteOffset, message.length);
	if (message[0] !== BOOT_REPLY || view.getUint32(4) !== transaction) {
		return undefined;
	}
	if (view.getUint32(HEADER_BYTES) !== MAGIC) {
		return "a DHCP answer without the magic number";
	}
	const words = new Map<number, number>();
	let type = 0;
	for (let at = HEADER_BYTES + 4; at < message.length && message[at] !== OPTION_END;) {
		if (message[at] === OPTION_PAD) {
			at++;
			continue;
		}
		const length = message[at + 1];
		if (length === undefined || at + 2 + length > message.length) {
			return `DHCP option ${message[at]} reaches beyond the answer`;
		}
		if (message[at] === OPTION_TYPE) {
			type = message[at + 2];
		} else if (length >= 4) {
			words.set(message[at], view.getUint32(at + 2));
		}
		at += 2 + length;
	}
	const kind = MESSAGE_KINDS.get(type as 2 | 5 | 6);
	const server = words.get(OPTION_SERVER);
	return kind === undefined ? `a DHCP answer of type ${type}`
		: server === undefined ? "a DHCP answer that does not name its server"
		: { kind, address: view.getUint32(16), server, router: words.get(OPTION_ROUTER), dns: words.get(OPTION_DNS) };
}
