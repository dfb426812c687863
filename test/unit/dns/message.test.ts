// What the resolver takes for an answer, on the host with the sanitizers of its compiler.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import test from "node:test";
import { decode, encode, type Answer, type Packet, type Question } from "dns-packet";
import { hostProgram } from "../../support/host-program.ts";

const platform = resolve(import.meta.dirname, "../../../platform/lwip");
const program = hostProgram([join(import.meta.dirname, "message.c"), join(platform, "dns_message.c")], platform);
const types = { A: "1", AAAA: "28" } as const;
const truncated = 0x200;
const noSuchName = 3;

function run(parameters: readonly string[], input?: Uint8Array): string {
	const { status, stdout, stderr } = program.run(parameters, input);
	assert.equal(status, 0, String(stderr));
	return String(stdout);
}

/** The verdict on a message, as of an answer to the question for www.example with the number 7. */
function read(message: Uint8Array, type: keyof typeof types = "A", name = "www.example"): string {
	return run(["read", "7", types[type], name], message);
}

/** A message that answers the question for www.example. */
function reply(answers: Answer[], { flags = 0, type = "A", ...more }: Omit<Packet, "type"> & { type?: keyof typeof types } = {}): Uint8Array {
	return encode({ id: 7, flags, questions: [{ type, name: "www.example" }], answers, ...more, type: "response" });
}

const address: Answer = { type: "A", name: "www.example", ttl: 60, data: "192.0.2.1" };
const soa: Answer = { type: "SOA", name: "example", ttl: 3600, data: { mname: "ns.example", rname: "root.example", serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 120 } };

function alias(name: string, data: string, ttl = 60): Answer {
	return { type: "CNAME", name, ttl, data };
}

test("a host name becomes labels in lower case", () => {
	assert.equal(run(["name", "Www.Example"]), "03777777076578616d706c6500");
	assert.equal(run(["name", "_x-1.4a."]), `04${Buffer.from("_x-1").toString("hex")}02346100`);
	const long = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(61)}`;
	assert.equal(long.length, 253);
	assert.equal(run(["name", long]).length, 2 * 255);
	assert.equal(run(["name", `${long}.`]).length, 2 * 255);
});

for (const name of ["", ".", "a..b", ".a", "a b.example", "a\n.example", "ü.example", "[::1]", "fe80::1", "1", "1.2.3.4", "a.1", "1.2.3.4.", "a".repeat(64), `${"a.".repeat(127)}a`, `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(62)}`]) {
	test(`${JSON.stringify(name.length > 40 ? `${name.slice(0, 10)}... of ${name.length}` : name)} is no host name`, () => assert.equal(run(["name", name]), "refused"));
}

test("a question is the bytes that RFC 1035 asks for", () => {
	const query = Buffer.from(run(["query", "4660", "28", "www.example"]), "hex");
	assert.deepEqual([...query.subarray(0, 12)], [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
	assert.deepEqual(decode(query).questions, [{ name: "www.example", type: "AAAA", class: "IN" }]);
});

test("the address of the name that was asked for is found, with its time to live", () => {
	assert.equal(read(reply([address])), "address c0000201 60");
	assert.equal(read(reply([{ type: "AAAA", name: "www.example", ttl: 5, data: "2001:db8::1" }], { type: "AAAA" }), "AAAA"), "address 20010db8000000000000000000000001 5");
	assert.equal(read(reply([{ ...address, name: "WWW.exAmple" }])), "address c0000201 60");
});

test("other names, types and classes beside it are passed over", () => {
	const others: Answer[] = [
		{ ...address, name: "other.example", data: "192.0.2.66" },
		{ type: "TXT", name: "www.example", ttl: 1, data: "x" },
		{ ...address, class: "CH", data: "192.0.2.67" } as Answer,
		{ type: "AAAA", name: "www.example", ttl: 1, data: "::1" },
	];
	assert.equal(read(reply([...others, address])), "address c0000201 60");
	assert.equal(read(reply(others)), "no address 0");
});

test("a name that stands for another leads to its address, in any order, with the least time to live", () => {
	const records = [alias("www.example", "b.example", 50), alias("b.example", "c.example", 40), { ...address, name: "c.example" }];
	assert.equal(read(reply(records)), "address c0000201 40");
	assert.equal(read(reply(records.toReversed())), "address c0000201 40");
	assert.equal(read(reply([alias("b.example", "www.example"), { ...address, name: "b.example" }])), "no address 0");
});

test("eight names may stand for one another, and not nine", () => {
	const chain = (links: number) => Array.from({ length: links }, (_, index) => alias(index ? `n${index}.example` : "www.example", `n${index + 1}.example`));
	assert.equal(read(reply([...chain(8), { ...address, name: "n8.example" }])), "address c0000201 60");
	assert.equal(read(reply([...chain(9), { ...address, name: "n9.example" }])), "malformed");
});

test("names in circles are malformed", () => {
	assert.equal(read(reply([alias("www.example", "www.example")])), "malformed");
	assert.equal(read(reply([alias("www.example", "b.example"), alias("b.example", "www.example")])), "malformed");
});

test("that there is nothing is known for as long as the zone says, and no longer than its record lives", () => {
	assert.equal(read(reply([], { flags: noSuchName, authorities: [soa] })), "no name 120");
	assert.equal(read(reply([], { authorities: [{ ...soa, ttl: 30 }] })), "no address 30");
	assert.equal(read(reply([alias("www.example", "b.example", 10)], { flags: noSuchName, authorities: [soa] })), "no name 10");
	assert.equal(read(reply([], { flags: noSuchName })), "no name 0");
	assert.equal(read(reply([address], { flags: noSuchName })), "no name 0");
});

test("a server that fails, or refuses, has failed", () => {
	for (const code of [1, 2, 4, 5, 15]) {
		assert.equal(read(reply([], { flags: code })), "failed");
	}
});

test("an answer that was cut off counts only when it has the address", () => {
	assert.equal(read(reply([], { flags: truncated })), "cut off");
	assert.equal(read(reply([alias("www.example", "b.example")], { flags: truncated })), "cut off");
	assert.equal(read(reply([address], { flags: truncated })), "address c0000201 60");
	assert.equal(read(reply([alias("www.example", "b.example"), { ...address, name: "b.example" }], { flags: truncated }).slice(0, -2)), "cut off");
});

test("what does not answer this question is foreign", () => {
	const right = reply([address]);
	const foreign: Record<string, Uint8Array> = {
		"number": reply([address], { id: 8 }),
		"name": encode({ id: 7, type: "response", questions: [{ type: "A", name: "www.example.net" }], answers: [address] }),
		"type": reply([address], { type: "AAAA" }),
		"class": encode({ id: 7, type: "response", questions: [{ type: "A", name: "www.example", class: "CH" } as Question], answers: [address] }),
		"question itself": encode({ id: 7, type: "query", questions: [{ type: "A", name: "www.example" }], answers: [address] }),
		"two questions": encode({ id: 7, type: "response", questions: [{ type: "A", name: "www.example" }, { type: "A", name: "b.example" }], answers: [address] }),
		"no question": encode({ id: 7, type: "response", questions: [], answers: [address] }),
		"opcode": Uint8Array.from(right, (byte, index) => index === 2 ? byte | 0x10 : byte),
		"nothing": new Uint8Array(0),
		"half a header": right.slice(0, 11),
	};
	assert.match(read(right), /^address/);
	for (const [what, message] of Object.entries(foreign)) {
		assert.equal(read(message), "foreign", what);
	}
});

test("an answer that breaks off anywhere has no address", () => {
	const whole = reply([alias("www.example", "b.example"), { ...address, name: "b.example" }]);
	for (let length = 0; length < whole.length; length++) {
		assert.match(read(whole.slice(0, length)), /^(?:foreign|malformed)$/, `${length} bytes`);
	}
});

test("a pointer that leads to itself, or onwards, has no end and is none", () => {
	const whole = reply([address]);
	const at = 12 + 13 + 4;
	for (const target of [at, at + 2, 0x3fff]) {
		const message = Buffer.concat([whole.subarray(0, at), Uint8Array.of(0xc0 | target >> 8, target & 0xff), whole.subarray(at)]);
		assert.equal(read(message), "malformed", `${target}`);
	}
});

test("a time to live with its highest bit set is none", () => {
	assert.equal(read(reply([{ ...address, ttl: 0x8000_0000 }])), "address c0000201 0");
});

test("no message, however it is changed, is read beyond its end", () => {
	const message = reply([alias("www.example", "b.example"), alias("b.example", "c.example"), { ...address, name: "c.example" }], { authorities: [soa] });
	for (const seed of ["1", "2", "3"]) {
		const counts = run(["fuzz", "7", "1", "www.example", seed, process.env.FUZZ_ROUNDS ?? "100000"], message);
		for (const verdict of ["address", "no address", "cut off", "failed", "malformed", "foreign"]) {
			assert.ok(Number(new RegExp(`^${verdict} (\\d+)`, "m").exec(counts)![1]) > 10, counts);
		}
	}
});

test("each way in which the resolver ends has a sentence of its own", () => {
	const results = [...readFileSync(join(platform, "resolver.h"), "utf8").matchAll(/^\tRESOLVER_\w+ = -(\d+)/gm)].map(([, number]) => Number(number));
	const table = /const failures[^=]*= \[([\s\S]*?)\n\];/.exec(readFileSync("modules/network/dns/resolver/resolver.ts", "utf8"))![1]!;
	const rows = [...table.matchAll(/^\t\["(\w*)", "(.*)"\],/gm)];
	assert.deepEqual(results, Array.from({ length: rows.length - 1 }, (_, index) => index + 1));
	assert.equal(new Set(rows.map(([, , sentence]) => sentence)).size, rows.length);
	assert.ok(rows.slice(1).every(([, code]) => code !== ""));
});
