/** A DNS server for the names of the simulated internet (RFC 1035): A records, and "no such name" for the rest. */
import { decode, encode, RECURSION_AVAILABLE, RECURSION_DESIRED, AUTHORITATIVE_ANSWER, type Answer } from "dns-packet";

const NO_SUCH_NAME = 3;
const TIME_TO_LIVE_SECONDS = 300;

export interface DnsAnswer {
	message: Uint8Array;
	/** For transcripts. */
	text: string;
}

/**
 * @param lookUp name in lower case to dotted IPv4.
 * @returns the answer, or a sentence when the query is malformed.
 */
export function answerDns(message: Uint8Array, lookUp: (name: string) => string | undefined): DnsAnswer | string {
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
	const address = lookUp(question.name.toLowerCase());
	const answers: Answer[] = address !== undefined && question.type === "A"
		? [{ type: "A", name: question.name, class: "IN", ttl: TIME_TO_LIVE_SECONDS, data: address }] : [];
	const flags = AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | ((query.flags ?? 0) & RECURSION_DESIRED)
		| (address === undefined ? NO_SUCH_NAME : 0);
	return {
		message: new Uint8Array(encode({ type: "response", id: query.id ?? 0, flags, questions: [question], answers })),
		text: `${question.type} ${question.name} = ${address === undefined ? "no such name" : answers.length ? address : "no such record"}`,
	};
}
