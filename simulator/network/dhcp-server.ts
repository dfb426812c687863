/** A DHCP server with one address to give (RFC 2131, options of RFC 2132). */

const HEADER_BYTES = 236;
const MAGIC = 0x63825363;
const BOOT_REQUEST = 1;
const BOOT_REPLY = 2;
const BROADCAST_FLAG = 0x8000;
const OPTION_PAD = 0;
const OPTION_MASK = 1;
const OPTION_ROUTER = 3;
const OPTION_DNS = 6;
const OPTION_REQUESTED_ADDRESS = 50;
const OPTION_LEASE_TIME = 51;
const OPTION_TYPE = 53;
const OPTION_SERVER = 54;
const OPTION_END = 255;
const DISCOVER = 1;
const OFFER = 2;
const REQUEST = 3;
const ACKNOWLEDGE = 5;
const REFUSE = 6;
const INFORM = 8;
const LEASE_SECONDS = 86_400;
/** Smallest BOOTP message that every client takes. */
const SMALLEST_BYTES = 300;

export interface Lease {
	address: number;
	mask: number;
	/** Router, DHCP server and DNS server. */
	router: number;
}

export interface DhcpAnswer {
	message: Uint8Array;
	/** Answer to the broadcast address instead of the client's. */
	broadcast: boolean;
	/** 6 bytes. */
	clientMac: Uint8Array;
	/** The address is the client's from now on. */
	bound: boolean;
}

/** @returns the answer; undefined when none is due; a sentence when the message is malformed. */
export function answerDhcp(message: Uint8Array, lease: Lease): DhcpAnswer | string | undefined {
	if (message.length < HEADER_BYTES + 4) {
		return `a DHCP message of ${message.length} bytes`;
	}
	const view = new DataView(message.buffer, message.byteOffset, message.length);
	if (message[0] !== BOOT_REQUEST || message[1] !== 1 || message[2] !== 6 || view.getUint32(HEADER_BYTES) !== MAGIC) {
		return "a DHCP message with an odd header";
	}
	const options = parseOptions(message.subarray(HEADER_BYTES + 4));
	if (typeof options === "string") {
		return options;
	}
	const type = options.get(OPTION_TYPE)?.[0];
	const clientMac = message.slice(28, 34);
	const requested = number(options.get(OPTION_REQUESTED_ADDRESS)) ?? view.getUint32(12);
	const server = number(options.get(OPTION_SERVER));
	const answer = (answerType: number): DhcpAnswer => ({
		// A client that informs has an address already.
		message: emitAnswer(message, answerType, type === INFORM ? { ...lease, address: 0 } : lease),
		broadcast: (view.getUint16(10) & BROADCAST_FLAG) !== 0 || answerType === REFUSE,
		clientMac,
		bound: answerType === ACKNOWLEDGE && type === REQUEST,
	});
	switch (type) {
		case DISCOVER:
			return answer(OFFER);
		case REQUEST:
			if (server !== undefined && server !== lease.router) {
				return undefined;
			}
			return answer(requested === lease.address ? ACKNOWLEDGE : REFUSE);
		case INFORM:
			return answer(ACKNOWLEDGE);
		default:
			// Decline and release need no answer.
			return undefined;
	}
}

function parseOptions(bytes: Uint8Array): Map<number, Uint8Array> | string {
	const options = new Map<number, Uint8Array>();
	let at = 0;
	while (at < bytes.length && bytes[at] !== OPTION_END) {
		if (bytes[at] === OPTION_PAD) {
			at++;
			continue;
		}
		if (at + 2 > bytes.length || at + 2 + bytes[at + 1] > bytes.length) {
			return `DHCP option ${bytes[at]} reaches beyond the message`;
		}
		options.set(bytes[at], bytes.subarray(at + 2, at + 2 + bytes[at + 1]));
		at += 2 + bytes[at + 1];
	}
	return options;
}

function number(option: Uint8Array | undefined): number | undefined {
	return option?.length === 4 ? new DataView(option.buffer, option.byteOffset).getUint32(0) : undefined;
}

function emitAnswer(request: Uint8Array, type: number, lease: Lease): Uint8Array {
	const word = (value: number) => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
	const options = [OPTION_TYPE, 1, type, OPTION_SERVER, 4, ...word(lease.router)];
	if (type !== REFUSE) {
		options.push(
			OPTION_LEASE_TIME, 4, ...word(LEASE_SECONDS),
			OPTION_MASK, 4, ...word(lease.mask),
			OPTION_ROUTER, 4, ...word(lease.router),
			OPTION_DNS, 4, ...word(lease.router),
		);
	}
	options.push(OPTION_END);
	const answer = new Uint8Array(Math.max(SMALLEST_BYTES, HEADER_BYTES + 4 + options.length));
	const view = new DataView(answer.buffer);
	answer.set(request.subarray(0, 44));
	answer[0] = BOOT_REPLY;
	view.setUint32(16, type === REFUSE ? 0 : lease.address);
	view.setUint32(20, type === REFUSE ? 0 : lease.router);
	view.setUint32(HEADER_BYTES, MAGIC);
	answer.set(options, HEADER_BYTES + 4);
	return answer;
}
