// Messages of Multicast DNS, against dns-packet and cut at every byte.

import assert from "node:assert/strict";
import test from "node:test";
import { decode, encode, type Answer } from "dns-packet";
import { emitMessage, parseMessage, typeA, typePTR, typeSRV, Writer } from "../../../modules/network/mdns/message.ts";

const answers = [
	{ type: "PTR", name: "_http._tcp.local", ttl: 4500, data: "My Pico._http._tcp.local" },
	{ type: "SRV", name: "My Pico._http._tcp.local", ttl: 120, flush: true, data: { priority: 1, weight: 2, port: 80, target: "Pico.local" } },
	{ type: "A", name: "Pico.local", ttl: 120, flush: true, data: "192.0.2.1" },
] as Answer[];
const whole = new Uint8Array(encode({ type: "response", questions: [{ type: "A", name: "Pico.local" }], answers }));

test("a message of others is read, names in lower case and whole", () => {
	const message = parseMessage(whole)!;
	assert.deepEqual(message.questions, [{ name: "pico.local", type: typeA }]);
	assert.deepEqual(message.answers!.map(({ name, type, ttlSeconds, unique }) => [name, type, ttlSeconds, unique]), [
		["_http._tcp.local", typePTR, 4500, false], ["my pico._http._tcp.local", typeSRV, 120, true], ["pico.local", typeA, 120, true],
	]);
	assert.deepEqual(message.answers![1]!.data, new Writer(100).number(0x0001_0002, 4).number(80, 2).name("pico.local").written);
});

test("a message of ours is what others read", () => {
	const data = new Writer(100).name("My Pico._http._tcp.local").written!;
	const bytes = emitMessage({ isResponse: true, answers: [{ name: "_http._tcp.local", type: typePTR, ttlSeconds: 4500, unique: false, data }] }, 500)!;
	const { id, flag_aa, answers: read } = decode(Buffer.from(bytes));
	assert.deepEqual([id, flag_aa], [0, true]);
	assert.deepEqual(read, [{ name: "_http._tcp.local", type: "PTR", ttl: 4500, class: "IN", flush: false, data: "My Pico._http._tcp.local" }]);
});

test("a message that does not fit is none", () => {
	const message = { isResponse: false, questions: [{ name: "pico.local", type: typeA }] };
	const { length } = emitMessage(message, 500)!;
	assert.equal(emitMessage(message, length)?.length, length);
	assert.equal(emitMessage(message, length - 1), undefined);
});

test("a message that breaks off anywhere is none", () => {
	for (let length = 0; length < whole.length; length++) {
		assert.equal(parseMessage(whole.subarray(0, length)), undefined, `${length} bytes`);
	}
});

test("a pointer that leads to itself or onwards, a long name, a label of no kind and too many records are none", () => {
	const header = (records: number) => [0, 0, 0x84, 0, 0, 0, records >> 8, records & 0xff, 0, 0, 0, 0];
	const record = [0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4];
	assert.equal(parseMessage(Uint8Array.from([...header(1), 1, 0x61, 0, ...record]))?.answers?.[0]?.name, "a");
	assert.equal(parseMessage(Uint8Array.from([...header(1), 0xc0, 12, ...record])), undefined);
	assert.equal(parseMessage(Uint8Array.from([...header(1), 0xc0, 14, ...record])), undefined);
	assert.equal(parseMessage(Uint8Array.from([...header(1), 0x41, ...new Array(65).fill(0x61), 0, ...record])), undefined);
	assert.equal(parseMessage(Uint8Array.from([...header(1), ...Array.from({ length: 130 }, () => [1, 0x61]).flat(), 0, ...record])), undefined);
	assert.equal(parseMessage(Uint8Array.from([...header(129), ...Array.from({ length: 129 }, () => [0, ...record]).flat()])), undefined);
});

test("only what is wanted is kept, and not much of it", () => {
	const many = new Uint8Array(encode({ type: "response", answers: Array.from({ length: 60 }, (_, index) => ({ type: "A", name: index % 2 ? "pico.local" : "other.local", data: "192.0.2.1" })) }));
	assert.equal(parseMessage(many, name => name === "pico.local")!.answers!.length, 24);
	assert.equal(parseMessage(many, () => false)!.answers!.length, 0);
});

test("a dot inside a label is not one between labels", () => {
	const bytes = Uint8Array.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, ...Buffer.from("pico.local"), 0, 0, 1, 0, 1]);
	assert.equal(parseMessage(bytes)!.questions![0]!.name, "pico\\.local");
});

test("no message that is changed at random makes the reader throw, or run on", () => {
	let state = 1;
	const draw = (values: number) => (state = state * 48271 % 0x7fffffff) % values;
	let read = 0;
	for (let round = 0; round < 20_000; round++) {
		const changed = whole.slice(0, draw(8) === 0 ? draw(whole.length) : whole.length);
		for (let changes = draw(4); changes > 0; changes--) {
			changed[draw(changed.length)] = [draw(256), 0xc0, 0, 63][draw(4)]!;
		}
		read += parseMessage(changed) === undefined ? 0 : 1;
	}
	assert.ok(read > 2000 && read < 18_000, `${read}`);
});
