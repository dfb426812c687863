/** Which groups the device listens to, as its reports say: IGMP (RFC 1112, 2236, 3376) and MLD (RFC 2710, 3810). */
import { checksumAdd, checksumEnd, formatAddress, ipv6FromBytes, type Address } from "./addresses.ts";

const IGMP_REPORTS = [0x12, 0x16];
const IGMP_LEAVE = 0x17;
const IGMP_REPORT_3 = 0x22;
const MLD_REPORT = 131;
const MLD_DONE = 132;
const MLD_REPORT_2 = 143;

/** Kinds of group records (RFC 3376, 4.2.12): those that leave when they name no source. */
const INCLUDING = [1, 3];
const BLOCK = 6;
/** 224.0.0.0/24 goes to everybody (RFC 4541, 2.1.2). */
const LOCAL_GROUPS = 0xe00000;
const ALL_NODES = (0xff02n << 112n) | 1n;

export class GroupMemberships {
	readonly #trace: ((line: string) => void) | undefined;
	readonly #groups = new Set<Address>();

	constructor(trace: ((line: string) => void) | undefined) {
		this.#trace = trace;
	}

	/** In the order of their joining. */
	get groups(): Address[] {
		return [...this.#groups];
	}

	/** Whether a datagram to this group goes to the device. */
	reaches(group: Address): boolean {
		return this.#groups.has(group) || (typeof group === "number" ? group >>> 8 === LOCAL_GROUPS : group === ALL_NODES);
	}

	/** The device left. */
	clear(): void {
		this.#groups.clear();
	}

	/** @returns a sentence on what is wrong with the message. */
	igmp(message: Uint8Array): string | undefined {
		if (message.length < 8) {
			return `an IGMP message of ${message.length} bytes`;
		}
		if (checksumEnd(checksumAdd(message)) !== 0) {
			return "an IGMP message with a wrong checksum";
		}
		const address = (at: number): Address => new DataView(message.buffer, message.byteOffset).getUint32(at);
		if (IGMP_REPORTS.includes(message[0])) {
			this.#set(address(4), true);
		} else if (message[0] === IGMP_LEAVE) {
			this.#set(address(4), false);
		} else if (message[0] === IGMP_REPORT_3) {
			return this.#records(message, 4, address, "an IGMPv3 report");
		}
		return undefined;
	}

	/** An ICMPv6 message of these kinds; of others nothing is taken. @returns a sentence on what is wrong with it. */
	mld(message: Uint8Array): string | undefined {
		const address = (at: number): Address => ipv6FromBytes(message.subarray(at, at + 16));
		switch (message[0]) {
			case MLD_REPORT: case MLD_DONE:
				if (message.length < 24) {
					return `an MLD message of ${message.length} bytes`;
				}
				this.#set(address(8), message[0] === MLD_REPORT);
				return undefined;
			case MLD_REPORT_2:
				return this.#records(message, 16, address, "an MLDv2 report");
			default:
				return undefined;
		}
	}

	#records(message: Uint8Array, addressBytes: number, address: (at: number) => Address, name: string): string | undefined {
		const count = (message[6] << 8) | message[7];
		let at = 8;
		for (let record = 0; record < count; record++) {
			const sources = (message[at + 2] << 8) | message[at + 3];
			const end = at + 4 + addressBytes * (1 + sources) + 4 * message[at + 1];
			if (!(end <= message.length)) {
				return `${name} of ${message.length} bytes for ${count} groups`;
			}
			if (message[at] !== BLOCK) {
				this.#set(address(at + 4), sources > 0 || !INCLUDING.includes(message[at]));
			}
			at = end;
		}
		return undefined;
	}

	#set(group: Address, member: boolean): void {
		if (this.#groups.has(group) !== member) {
			this.#trace?.(`group ${formatAddress(group)} ${member ? "joined" : "left"}`);
			if (member) {
				this.#groups.add(group);
			} else {
				this.#groups.delete(group);
			}
		}
	}
}
