// A well-formed response drawn by chance, and what a client must make of it when it comes whole, or is cut.

import type { Chance } from "./random.ts";

export interface RandomResponse {
	readonly text: string;
	/** Where the body begins. */
	readonly headLength: number;
	readonly body: string;
	readonly endsWithConnection: boolean;
}

/** @param mostBodyBytes longest body */
export function randomResponse(chance: Chance, mostBodyBytes: number): RandomResponse {
	const body = chance.text(chance.below(mostBodyBytes + 1));
	const framing = chance.pick(["length", "chunked", "close"] as const);
	let head = chance.once(8) ? "HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n" : "";
	head += `HTTP/1.1 200 ${chance.pick(["OK", "", "Fine so far"])}\r\n`;
	const fields = Array.from({ length: chance.below(6) }, (_, index) => `X-${index}:${chance.pick(["", " ", "\t "])}${chance.text(chance.below(60))}`);
	if (framing === "length") fields.push(`${chance.pick(["Content-Length", "content-length"])}: ${body.length}`);
	if (framing === "chunked") fields.push(`${chance.pick(["Transfer-Encoding", "transfer-encoding"])}: ${chance.pick(["chunked", "Chunked"])}`);
	head += `${fields.map(field => `${field}\r\n`).join("")}\r\n`;
	return {
		text: head + (framing === "chunked" ? chunked(chance, body) : body),
		headLength: head.length,
		body,
		endsWithConnection: framing === "close",
	};
}

function chunked(chance: Chance, body: string): string {
	const chunks = body === "" ? [] : chance.split(body, 8);
	const line = (size: number) => `${chance.pick(["", "0", "00"])}${size.toString(16)}${chance.pick(["", "", ";a", ";a=b", " ; a=\"b c\""])}\r\n`;
	const trailers = chance.once(4) ? `X-Trailer: ${chance.text(20)}\r\n` : "";
	return `${chunks.map(chunk => `${line(chunk.length)}${chunk}\r\n`).join("")}${line(0)}${trailers}\r\n`;
}
