/** A DHCP server: offers, leases, renewals, refusals (RFC 2131, options of RFC 2132), and the ways in which it can fail. */
import { formatMac, parseIpv4 } from "./addresses.ts";
import type { DhcpFaults, DhcpOptions } from "./options.ts";

const HEADER_BYTES = 236;
const MAGIC = 0x63825363;
const BOOT_REQUEST = 1;
const BOOT_REPLY = 2;
const BROADCAST_FLAG = 0x8000;
const OPTION_PAD = 0;
const OPTION_MASK = 1;
const OPTION_ROUTER = 3;
const OPTION_DNS = 6;
const OPTION_HOST_NAME = 12;
const OPTION_REQUESTED_ADDRESS = 50;
const OPTION_LEASE_TIME = 51;
const OPTION_TYPE = 53;
const OPTION_SERVER = 54;
const OPTION_RENEWAL_TIME = 58;
const OPTION_REBINDING_TIME = 59;
const OPTION_END = 255;
const DISCOVER = 1;
const OFFER = 2;
const REQUEST = 3;
const DECLINE = 4;
const ACKNOWLEDGE = 5;
const REFUSE = 6;
const RELEASE = 7;
const INFORM = 8;
const DEFAULT_LEASE_SECONDS = 86_400;
const DEFAULT_ADDRESSES = 100;
/** Smallest BOOTP message that every client takes. */
const SMALLEST_BYTES = 300;

/** The network that addresses are given out of. */
export interface DhcpNetwork {
	/** The first address to give. */
	first: number;
	mask: number;
	/** Router, DHCP server, and DNS server unless the options name others. */
	router: number;
}

export interface DhcpAnswer {
	message: Uint8Array;
	/** Answer to the broadcast address instead of the client's. */
	broadcast: boolean;
	/** 6 bytes. */
	clientMac: Uint8Array;
	/** The address that it tells of. */
	address: number;
	/** What the client calls itself (option 12); undefined when it does not say. */
	hostName: string | undefined;
	/** What it says, for transcripts and counts. */
	kind: "offered" | "bound" | "renewed" | "rebound" | "refused" | "informed";
}

/** What a client is at, told by how it asks (RFC 2131, 4.3.2). */
type Phase = "selecting" | "rebooting" | "renewing" | "rebinding";

export class DhcpServer {
	readonly #network: DhcpNetwork;
	readonly #options: DhcpOptions;
	readonly #faults: DhcpFaults;
	/** By the client's address in hexadecimal. */
	readonly #leases = new Map<string, number>();
	/** Addresses that were taken away from a client, or that it found to be another's. */
	readonly #spoiled = new Set<number>();
	#refusals = 0;

	/** Addresses that clients found to be another's. */
	declined = 0;

	constructor(network: DhcpNetwork, options: DhcpOptions = {}, faults: DhcpFaults = {}) {
		this.#network = network;
		this.#options = options;
		this.#faults = faults;
	}

	/** @param unicast it came to the server alone. @returns the answer; undefined when none is due; a sentence when the message is malformed. */
	answer(message: Uint8Array, unicast: boolean): DhcpAnswer | string | undefined {
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
		const client = formatMac(message.subarray(28, 34));
		switch (options.get(OPTION_TYPE)?.[0]) {
			case DISCOVER: {
				const address = this.#faults.exhausted ? undefined : this.#addressFor(client);
				return address === undefined ? undefined : this.#reply(message, OFFER, address, "offered");
			}
			case REQUEST:
				return this.#request(message, client, options, unicast);
			case INFORM:
				// A client that informs has an address already.
				return this.#reply(message, ACKNOWLEDGE, 0, "informed");
			case DECLINE: {
				// Both must be told (RFC 2131, table 5).
				const declined = number(options.get(OPTION_REQUESTED_ADDRESS));
				if (number(options.get(OPTION_SERVER)) === undefined || declined === undefined) {
					return "a DHCPDECLINE that does not name its server and the address";
				}
				if (declined !== this.#leases.get(client)) {
					return undefined;
				}
				this.#spoiled.add(declined);
				this.#leases.delete(client);
				this.declined++;
				return undefined;
			}
			case RELEASE:
			default:
				// A client that comes back gets the same address again.
				return undefined;
		}
	}

	#request(message: Uint8Array, client: string, options: Map<number, Uint8Array>, unicast: boolean): DhcpAnswer | undefined {
		const view = new DataView(message.buffer, message.byteOffset, message.length);
		const server = number(options.get(OPTION_SERVER));
		if (server !== undefined && server !== this.#network.router) {
			return undefined;
		}
		const current = view.getUint32(12);
		const requested = number(options.get(OPTION_REQUESTED_ADDRESS)) ?? current;
		const phase: Phase = server !== undefined ? "selecting" : current === 0 ? "rebooting" : unicast ? "renewing" : "rebinding";
		const extends_ = phase === "renewing" || phase === "rebinding";
		const refuse = () => this.#reply(message, REFUSE, requested, "refused");
		if (!extends_ && this.#faults.withholdsAck) {
			return undefined;
		}
		if (!extends_ && this.#refusals < (this.#faults.refusals ?? 0)) {
			this.#refusals++;
			return refuse();
		}
		if (extends_) {
			switch (phase === "renewing" ? this.#faults.renewal : this.#faults.rebinding) {
				case "silent":
					return undefined;
				case "refuse":
					return refuse();
				case "move":
					// The next one is offered when it asks anew.
					this.#spoiled.add(requested);
					this.#leases.delete(client);
					return refuse();
				case undefined:
			}
		}
		// Who names an address that is not its own is told so.
		if (requested !== this.#addressFor(client)) {
			return refuse();
		}
		return this.#reply(message, ACKNOWLEDGE, requested, phase === "renewing" ? "renewed" : phase === "rebinding" ? "rebound" : "bound");
	}

	/** The client's address: the one that it has or had, or the next. */
	#addressFor(client: string): number | undefined {
		const had = this.#leases.get(client);
		if (had !== undefined) {
			return had;
		}
		const taken = new Set([...this.#leases.values(), ...this.#spoiled]);
		const { first } = this.#network;
		for (let address = first; address < first + (this.#options.addresses ?? DEFAULT_ADDRESSES); address++) {
			if (!taken.has(address)) {
				this.#leases.set(client, address);
				return address;
			}
		}
		return undefined;
	}

	#reply(request: Uint8Array, type: number, address: number, kind: DhcpAnswer["kind"]): DhcpAnswer {
		const flags = (request[10] << 8) | request[11];
		return {
			message: emitAnswer(request, type, address, this.#network, kind === "renewed" || kind === "rebound" ? renewal(this.#options) : this.#options),
			broadcast: (flags & BROADCAST_FLAG) !== 0 || type === REFUSE,
			clientMac: request.slice(28, 34),
			address,
			hostName: hostNameOf(request),
			kind,
		};
	}
}

function renewal(options: DhcpOptions): DhcpOptions {
	const { dnsServers, renewedDnsServers = dnsServers } = options;
	return { ...options, ...renewedDnsServers && { dnsServers: renewedDnsServers } };
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

function hostNameOf(request: Uint8Array): string | undefined {
	const options = parseOptions(request.subarray(HEADER_BYTES + 4));
	const name = typeof options === "string" ? undefined : options.get(OPTION_HOST_NAME);
	return name && new TextDecoder().decode(name);
}

function number(option: Uint8Array | undefined): number | undefined {
	return option?.length === 4 ? new DataView(option.buffer, option.byteOffset).getUint32(0) : undefined;
}

function emitAnswer(request: Uint8Array, type: number, address: number, network: DhcpNetwork, times: DhcpOptions): Uint8Array {
	const { router, mask } = network;
	const { leaseSeconds = DEFAULT_LEASE_SECONDS, renewSeconds, rebindSeconds } = times;
	const dnsServers = times.dnsServers?.map(text => parseIpv4(text) ?? 0) ?? [router];
	const word = (value: number) => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
	const time = (option: number, seconds: number | undefined) => (seconds === undefined ? [] : [option, 4, ...word(seconds)]);
	const options = [OPTION_TYPE, 1, type, OPTION_SERVER, 4, ...word(router)];
	if (type !== REFUSE) {
		options.push(
			...time(OPTION_LEASE_TIME, leaseSeconds),
			...time(OPTION_RENEWAL_TIME, renewSeconds),
			...time(OPTION_REBINDING_TIME, rebindSeconds),
			OPTION_MASK, 4, ...word(mask),
			OPTION_ROUTER, 4, ...word(router),
			...dnsServers.length === 0 ? [] : [OPTION_DNS, 4 * dnsServers.length, ...dnsServers.flatMap(word)],
		);
	}
	options.push(OPTION_END);
	const answer = new Uint8Array(Math.max(SMALLEST_BYTES, HEADER_BYTES + 4 + options.length));
	const view = new DataView(answer.buffer);
	answer.set(request.subarray(0, 44));
	answer[0] = BOOT_REPLY;
	view.setUint32(16, type === REFUSE ? 0 : address);
	view.setUint32(20, type === REFUSE ? 0 : router);
	view.setUint32(HEADER_BYTES, MAGIC);
	answer.set(options, HEADER_BYTES + 4);
	return answer;
}
