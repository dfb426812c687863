/** Hosts whose names end in `.local` answer for themselves in the local network (RFC 6762): A and AAAA. */
import { AUTHORITATIVE_ANSWER, decode, encode, type Answer } from "dns-packet";
import { formatAddress } from "./addresses.ts";
import type { NameRecord } from "./hosts.ts";

export const MDNS_PORT = 5353;
export const MDNS_GROUP = 0xe00000fb;
export const MDNS_GROUP_IPV6 = (0xff02n << 112n) | 0xfbn;

const TIME_TO_LIVE_SECONDS = 120;
/** Of answers to askers that know only DNS (6.7). */
const LEGACY_TIME_TO_LIVE_SECONDS = 10;

export interface MdnsAnswer {
	/** Who answers. */
	name: string;
	message: Uint8Array;
	/** To the asker alone: its datagram did not come from port 5353. */
	legacy: boolean;
}

/**
 * @param lookUp a name in lower case.
 * @returns an answer of each host that is asked for; a sentence when the message cannot be read.
 */
export function answerMdns(message: Uint8Array, sourcePort: number, lookUp: (name: string) => NameRecord | undefined): MdnsAnswer[] | string {
	let query;
	try {
		query = decode(Buffer.from(message));
	} catch (error) {
		return `an mDNS message that cannot be decoded (${(error as Error).message})`;
	}
	if (query.type !== "query") {
		return [];
	}
	const legacy = sourcePort !== MDNS_PORT;
	const common = { class: "IN", ttl: legacy ? LEGACY_TIME_TO_LIVE_SECONDS : TIME_TO_LIVE_SECONDS, flush: !legacy } as const;
	return (query.questions ?? []).flatMap((question): MdnsAnswer[] => {
		const name = question.name.toLowerCase();
		const record = name.endsWith(".local") ? lookUp(name) : undefined;
		const wants = (type: string): boolean => question.type === type || (question.type as string) === "ANY";
		const answers: Answer[] = [
			...(record?.ipv4 !== undefined && wants("A") ? [{ ...common, name: question.name, type: "A" as const, data: formatAddress(record.ipv4) }] : []),
			...(record?.ipv6 !== undefined && wants("AAAA") ? [{ ...common, name: question.name, type: "AAAA" as const, data: formatAddress(record.ipv6) }] : []),
		];
		return answers.length === 0 ? [] : [{
			name, legacy,
			message: new Uint8Array(encode({ type: "response", id: legacy ? query.id : 0, flags: AUTHORITATIVE_ANSWER, questions: legacy ? [question] : [], answers })),
		}];
	});
}
