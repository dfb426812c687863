// Soak "http": the HTTP client in Node, against responses drawn by chance, split by chance, and cut by chance.

import assert from "node:assert/strict";
import { CodedError } from "../../modules/base/error.ts";
import HTTPClient from "../../modules/network/http/client.ts";
import { FakeNetwork, turns } from "../unit/http/fake-network.ts";
import { Chance } from "./random.ts";
import { randomResponse } from "./random-response.ts";

/**
 * Asks `count` times; a fault throws with the seed and number of the response that shows it.
 * @returns how many responses came whole and how many were cut
 */
export async function soakHttp({ seed, count, isOver }: { seed: number; count: number; isOver?: () => boolean }): Promise<{ whole: number; cut: number }> {
	const result = { whole: 0, cut: 0 };
	for (let number = 0; number < count && !isOver?.(); number++) {
		try {
			const cut = await one(new Chance(seed * 1_000_003 + number));
			result[cut ? "cut" : "whole"]++;
		} catch (cause) {
			throw new Error(`http soak, seed ${seed}, response ${number}: ${(cause as Error).message}`, { cause });
		}
	}
	return result;
}

/** True when the response was cut. */
async function one(chance: Chance): Promise<boolean> {
	const response = randomResponse(chance, 6000);
	const cut = chance.once(3);
	const end = cut ? chance.pick(["ECLOSED", "ECONNRESET", "ERR_TLS_CUT", "ETIMEDOUT"]) : "ECLOSED";
	const text = cut ? response.text.slice(0, chance.below(response.text.length)) : response.text;
	const network = new FakeNetwork();
	const client = new HTTPClient({ socket: { io: network.tcp }, host: "192.0.2.1" });
	let body = "";
	let done: CodedError | null | undefined;
	client.request({
		onReadable(count) {
			const readNow = chance.once(3) ? 1 + chance.below(count) : count;
			for (let left = count; left > 0;) {	// in one turn, in pieces of chance
				const bytes = this.read(Math.min(left, readNow))!;
				left -= bytes.byteLength;
				body += Buffer.from(bytes).toString("latin1");
			}
		},
		onDone(error) {
			assert.equal(done, undefined, "onDone was called twice");
			done = error;
		},
	});
	network.last.writable();
	for (const piece of chance.split(text, 12)) {
		network.last.feed(piece);
		if (chance.once(2)) await turns(1);
	}
	await turns(2);
	if (!network.last.closed) network.last.end(end);
	await turns(2);
	const complete = response.endsWithConnection
		? text.length >= response.headLength && end === "ECLOSED"
		: text.length === response.text.length;
	if (complete) {
		assert.equal(done, null);
		assert.equal(body, response.endsWithConnection ? text.slice(response.headLength) : response.body);
	} else {
		const expected = text.length >= response.headLength ? "ERR_HTTP_BODY_CUT" : end === "ECLOSED" ? "ERR_HTTP_CLOSED" : end;
		assert.equal(done?.code, expected);
		assert.ok(response.body.startsWith(body), "what came before the cut is the body's beginning");
	}
	client.close();
	return cut;
}
