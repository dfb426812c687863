/** A DNS server for the names of the simulated internet (RFC 1035): A, AAAA (RFC 3596) and CNAME, and "no such name" for the rest. */
import {
	AUTHORITATIVE_ANSWER, RECURSION_AVAILABLE, RECURSION_DESIRED, TRUNCATED_RESPONSE, decode, encode, type Answer, type Question,
} from "dns-packet";
import { formatAddress } from "./addresses.ts";
import type { NameRecord } from "./hosts.ts";
import type { NetworkFaults } from "./options.ts";

const SERVER_FAILURE = 2;
const NO_SUCH_NAME = 3;
const TIME_TO_LIVE_SECONDS = 300;
/** A chain of names that is longer goes in circles. */
const LONGEST_CHAIN = 16;

export interface DnsAnswer {
	message: Uint8Array;
	/** For transcripts. */
	text: string;
}

/** @param name in lower case. */
export type LookUp = (name: string) => NameRecord | undefined;

/** @returns the answer, or a sentence when the query is malformed. */
export function answerDns(message: Uint8Array, lookUp: LookUp, faults: Pick<NetworkFaults, "dnsTruncated" | "dnsWrongId"> = {}): DnsAnswer | string {
	let query;
	try {
		query = decode(Buffer.from(message));
	} catch (error) {
		return `a DNS message that cannot be decoded (${(error as Error).message})`;
	}
	const question = query.questions?.[0];
	if (query.type !== "query" || query.questions?.length !== 1 || !question) {
		return `a DNS message that is not a query with one question (${query.type}, ${query.questions?.length ?? 0})`;
	}
	const { answers, code, text } = resolve(question, lookUp);
	const flags = AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | ((query.flags ?? 0) & RECURSION_DESIRED)
		| (faults.dnsTruncated ? TRUNCATED_RESPONSE : 0) | code;
	const id = (query.id ?? 0) ^ (faults.dnsWrongId ? 0x5555 : 0);
	return {
		message: new Uint8Array(encode({ type: "response", id, flags, questions: [question], answers: faults.dnsTruncated ? [] : answers })),
		text: `${question.type} ${question.name} = ${text}`,
	};
}

function resolve(question: Question, lookUp: LookUp): { answers: Answer[]; code: number; text: string } {
	const answers: Answer[] = [];
	let name = question.name;
	for (let links = 0; links < LONGEST_CHAIN; links++) {
		const record = lookUp(name.toLowerCase());
		if (!record) {
			return { answers, code: NO_SUCH_NAME, text: "no such name" };
		}
		const common = { name, class: "IN", ttl: TIME_TO_LIVE_SECONDS } as const;
		if (record.alias !== undefined) {
			answers.push({ ...common, type: "CNAME", data: record.alias });
			if (question.type === "CNAME") {
				return { answers, code: 0, text: record.alias };
			}
			name = record.alias;
			continue;
		}
		const address = question.type === "A" ? record.ipv4 : question.type === "AAAA" ? record.ipv6 : undefined;
		if (address === undefined) {
			return { answers, code: 0, text: "no such record" };
		}
		const data = formatAddress(address);
		answers.push({ ...common, type: typeof address === "number" ? "A" : "AAAA", data });
		return { answers, code: 0, text: data };
	}
	return { answers: [], code: SERVER_FAILURE, text: "names in circles" };
}
