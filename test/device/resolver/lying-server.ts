// A DNS server that answers as a test says, rightly or not, and remembers what it was asked.

import { duplexPair, type Duplex } from "node:stream";
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

/** What is sent back over TCP. */
export interface StreamReaction extends Reaction {
	/** The length that is said. Default: the message's. */
	saidBytes?: number;
	/** It is written in pieces of so many bytes. Default: whole. */
	pieceBytes?: number;
	/** It ends the connection behind the answer; without one at once. */
	ends?: boolean;
}

/** What a question over TCP is answered with; nothing: silence. */
export type ReactOverTcp = (asked: Asked) => StreamReaction | undefined;

function messageOf({ name, type, id }: Asked, { answers = [], authorities = [], flags = 0, idOffset = 0, question = name, lengthBytes }: Reaction): Uint8Array {
	return new Uint8Array(encode({
		type: "response", id: id + idOffset & 0xffff, flags, questions: [{ type: type as "A", name: question }], answers, authorities,
	})).slice(0, lengthBytes);
}

/** The near end of a connection that answers one question. */
function streamPeer(react: ReactOverTcp, asked: Asked[]): Duplex {
	const [near, far] = duplexPair();
	far.on("error", () => {});
	far.once("data", async (query: Uint8Array) => {
		const { id = 0, questions } = decode(Buffer.from(query.subarray(2)));
		const question: Asked = { ...questions![0]!, id, port: 0 };
		asked.push(question);
		const reaction = react(question);
		if (reaction?.answers || reaction?.flags || reaction?.saidBytes !== undefined) {
			const message = messageOf(question, reaction);
			const { saidBytes = message.length, pieceBytes = Infinity } = reaction;
			const bytes = Uint8Array.of(saidBytes >> 8, saidBytes & 0xff, ...message);
			for (let at = 0; at < bytes.length; at += pieceBytes) {
				far.write(bytes.slice(at, at + pieceBytes));
				await new Promise(resolve => setImmediate(resolve));
			}
		}
		if (reaction?.ends) {
			far.end();
		}
	});
	return near;
}

/** A host with a server at UDP port 53, and at TCP's, if that reacts. */
export function lyingServer(address: string, react: React, reactOverTcp?: ReactOverTcp): HostOptions & { readonly asked: Asked[]; readonly askedOverTcp: Asked[] } {
	const asked: Asked[] = [];
	const askedOverTcp: Asked[] = [];
	const answer = (datagram: Uint8Array, reply: (answer: Uint8Array, as?: UdpReply) => void, { port }: { port: number }) => {
		const { id = 0, questions } = decode(Buffer.from(datagram));
		const { name, type } = questions![0]!;
		const question: Asked = { name, type, id, port };
		const count = asked.filter(other => other.name === name).length;
		asked.push(question);
		for (const reaction of [react(question, count) ?? []].flat()) {
			reply(messageOf(question, reaction), reaction);
		}
	};
	return { address, udp: { 53: answer }, ...reactOverTcp && { ports: { 53: { connect: () => streamPeer(reactOverTcp, askedOverTcp) } } }, asked, askedOverTcp };
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
