// A DNS server that answers as a test says, rightly or not, and remembers what it was asked.

import { decode, encode, type Answer, type Packet } from "dns-packet";
import type { HostOptions, UdpReply } from "../../../simulator/simulator.ts";

/** A question as it came. */
export interface Asked {
	readonly name: string;
	readonly type: string;
	readonly id: number;
	/** The device's port. */
	readonly port: number;
}

/** What is sent back: a message around these answers, changed as said. */
export interface Reaction extends UdpReply, Pick<Packet, "authorities"> {
	answers?: Answer[];
	/** Beside "response". */
	flags?: number;
	/** Is added to the number. */
	idOffset?: number;
	/** Another question than was asked. */
	question?: string;
	/** The message is cut here. */
	lengthBytes?: number;
}

/** What a question is answered with; nothing: silence. `count`: how often this name was asked for before. */
export type React = (asked: Asked, count: number) => Reaction | readonly Reaction[] | undefined;

/** A host with a server at UDP port 53. */
export function lyingServer(address: string, react: React): HostOptions & { readonly asked: Asked[] } {
	const asked: Asked[] = [];
	const answer = (datagram: Uint8Array, reply: (answer: Uint8Array, as?: UdpReply) => void, { port }: { port: number }) => {
		const { id = 0, questions } = decode(Buffer.from(datagram));
		const { name, type } = questions![0]!;
		const question: Asked = { name, type, id, port };
		const count = asked.filter(other => other.name === name).length;
		asked.push(question);
		for (const reaction of [react(question, count) ?? []].flat()) {
			const { answers = [], authorities = [], flags = 0, idOffset = 0, lengthBytes } = reaction;
			const message = encode({
				type: "response", id: id + idOffset & 0xffff, flags, questions: [{ type: question.type as "A", name: reaction.question ?? name }], answers, authorities,
			});
			reply(new Uint8Array(message).slice(0, lengthBytes), reaction);
		}
	};
	return { address, udp: { 53: answer }, asked };
}

/** An address record. */
export function a(name: string, data: string, ttl = 60): Answer {
	return { type: "A", name, ttl, data };
}

/** A name that stands for another. */
export function cname(name: string, data: string, ttl = 60): Answer {
	return { type: "CNAME", name, ttl, data };
}

/** What a zone says of itself beside "there is none". */
export function soa(minimum: number, ttl = 3600): Answer {
	return { type: "SOA", name: "example", ttl, data: { mname: "ns.example", rname: "root.example", serial: 1, refresh: 1, retry: 1, expire: 1, minimum } };
}

export const truncated = 0x200;
export const serverFailure = 2;
export const noSuchName = 3;
export const refused = 5;
