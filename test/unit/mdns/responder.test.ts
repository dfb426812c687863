// The responder in C, on the host with the sanitizers of its compiler: messages by dns-packet, or byte by byte.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import test from "node:test";
import { decode, encode, type Answer, type Packet } from "dns-packet";
import { hostProgram } from "../../support/host-program.ts";

const platform = resolve(import.meta.dirname, "../../../platform/lwip");
const program = hostProgram([join(import.meta.dirname, "responder.c"), join(platform, "mdns_responder.c"), join(platform, "dns_message.c")], platform);

const reader = hostProgram([join(import.meta.dirname, "../dns/message.c"), join(platform, "dns_message.c")], platform);

const address = 0xc0a80402; // 192.168.4.2
const port = 5353;

/** What the boards are told to do, see responder.c. */
type Line = readonly (string | number)[];

interface Message {
	/** When it was said, milliseconds; undefined: a reply to the sender alone. */
	atMs: number | undefined;
	packet: Packet;
	bytes: Buffer;
}

function obey(...lines: Line[]): { messages: Message[]; names: string[]; faults: string[] } {
	const { status, stdout, stderr } = program.run([], Buffer.from(lines.map(words => `${words.join("\t")}\n`).join("")));
	assert.equal(status, 0, String(stderr));
	const told = String(stdout).split("\n").map(line => line.split("\t"));
	return {
		messages: told.filter(([what]) => what === "say" || what === "reply").map(([what, , ...rest]) => {
			const bytes = Buffer.from(rest.at(-1)!, "hex");
			return { atMs: what === "say" ? Number(rest[0]) : undefined, packet: decode(bytes), bytes };
		}),
		names: told.filter(([what]) => what === "name").map(([, , name]) => name!),
		faults: told.filter(([what]) => what === "fault").map(([, fault, word]) => `${fault} ${word}`),
	};
}

/** Names what a board says. */
function named(number: number, ...words: (string | number)[]): Line[] {
	return [["clear", number], ...words.map(word => ["word", number, word]), ["check", number]];
}

const http = ["_http._tcp", "My Pico", 80, 2, "path", "/"];

function board(number = 0): Line[] {
	return [...named(number, "pico", ...http), ["address", number, address + number]];
}

/** Board 0, past its probes and announcements. */
const announced: readonly Line[] = [...board(), ["run", 3000]];
const saidBefore = 5;

/** What was said behind the announcements. */
function later(...lines: Line[]): Message[] {
	return obey(...announced, ...lines).messages.slice(saidBefore);
}

function hear(packet: Packet | Uint8Array, { from = 9, fromPort = port, alone = false } = {}): Line {
	return ["hear", 0, from, fromPort, alone ? 1 : 0, Buffer.from(packet instanceof Uint8Array ? packet : encode(packet)).toString("hex")];
}

function query(name: string, type: string, more: Packet = {}): Packet {
	return { ...more, type: "query", questions: [{ name, type: type as "A" }] };
}

/** The same question, of one whom an answer to himself would do. */
function alone(packet: Packet): Uint8Array {
	const bytes = new Uint8Array(encode(packet));
	bytes[bytes.length - 2]! |= 0x80;
	return bytes;
}

function told(answers: readonly Answer[] | undefined): string[] {
	return (answers ?? []).map(({ type, name }) => `${type} ${name}`);
}

test("a name is probed three times, 250 ms apart, asking for answers to the board alone, and announced twice, a second apart", () => {
	const { messages } = obey(...announced);
	assert.deepEqual(messages.map(({ packet }) => packet.type), ["query", "query", "query", "response", "response"]);
	const first = messages[0]!.atMs!;
	assert.ok(first >= 1000 && first <= 1250, `${first}`);
	assert.deepEqual(messages.map(({ atMs }) => Math.round((atMs! - first) / 10) * 10), [0, 250, 500, 750, 1750]);
	assert.equal(messages[0]!.bytes.readUInt16BE(12 + 12 + 2) & 0x8000, 0x8000);
	assert.equal((messages[3]!.packet.answers as { flush: boolean }[]).filter(({ flush }) => flush).length, 4);
});

test("without an address nothing is said, and another is announced anew", () => {
	assert.equal(obey(...named(0, "pico"), ["run", 5000]).messages.length, 0);
	const moved = later(["address", 0, address + 7], ["run", 3000]);
	assert.equal(moved.length, 5);
	assert.equal((moved[3]!.packet.answers![0] as { data: string }).data, "192.168.4.9");
	assert.deepEqual(later(["address", 0, 0], ["run", 3000], hear(query("pico.local", "A")), ["run", 500]), []);
});

test("a question is answered to all, one that may be answered alone to the asker alone, while all have heard it of late", () => {
	const [all, ...others] = later(["run", 1000], hear(query("PICO.local", "A")), ["run", 500]);
	assert.ok(all!.atMs !== undefined && others.length === 0);
	assert.deepEqual(told(all!.packet.answers), ["A pico.local"]);
	const [reply, ...more] = later(["run", 1000], hear(alone(query("pico.local", "A"))), ["run", 500]);
	assert.ok(reply!.atMs === undefined && more.length === 0);
	assert.deepEqual(told(reply!.packet.answers), ["A pico.local"]);
	assert.equal((reply!.packet.answers![0] as { flush: boolean }).flush, true);
	const [toAll, ...none] = later(["run", 31_000], hear(alone(query("pico.local", "A"))), ["run", 500]);
	assert.ok(toAll!.atMs !== undefined && none.length === 0, "a quarter of 120 s is over");
	assert.equal(later(hear(query("pico.local", "A"), { alone: true }))[0]!.atMs, undefined, "what was sent to the board is answered to its sender");
});

test("one who knows DNS alone is answered as DNS answers", () => {
	const packet = query("pico.local", "A", { id: 4711 });
	for (const question of [new Uint8Array(encode(packet)), alone(packet)]) {
		const [reply, ...more] = later(hear(question, { fromPort: 40_000 }), ["run", 500]);
		assert.ok(reply!.atMs === undefined && more.length === 0);
		const { id, questions, answers, additionals } = reply!.packet;
		assert.deepEqual([id, questions!.map(({ name }) => name), told(answers), additionals], [4711, ["pico.local"], ["A pico.local"], []]);
		assert.deepEqual([(answers![0] as { ttl: number }).ttl, (answers![0] as { flush: boolean }).flush], [10, false]);
	}
	assert.deepEqual(later(hear(query("other.local", "A"), { fromPort: 40_000 }), ["run", 500]), []);
	const [pointer] = later(hear(query("_http._tcp.local", "PTR"), { fromPort: 40_000 }));
	assert.equal((pointer!.packet.answers![0] as { data: string }).data, "My Pico._http._tcp.local");
});

test("what a board answers to one who knows DNS alone, the resolver of another takes", () => {
	for (const [type, number, verdict] of [["A", "1", "address c0a80402 10"], ["AAAA", "28", "no address 0"]] as const) {
		const [reply] = later(hear(query("Pico.local", type, { id: 4711 }), { fromPort: 40_000 }));
		assert.equal(String(reader.run(["read", "4711", number, "pico.local"], reply!.bytes).stdout), verdict);
	}
});

test("all kinds of services are told to who browses for kinds", () => {
	const [kinds] = obey(...named(0, "pico", ...http, "_ssh._tcp", "My Pico", 22, 0, "_HTTP._tcp", "Other", 81, 0), ["address", 0, address], ["run", 5000],
		hear(query("_services._dns-sd._udp.local", "PTR")), ["run", 500]).messages.slice(saidBefore);
	assert.deepEqual((kinds!.packet.answers as { data: string }[]).map(({ data }) => data), ["_http._tcp.local", "_ssh._tcp.local"]);
});

test("what is shared waits by chance for 20 to 120 ms, and is not said when another says it meanwhile", () => {
	const kinds = { type: "PTR", name: "_services._dns-sd._udp.local", ttl: 4500, data: "_http._tcp.local" } as Answer;
	const [answer] = later(["run", 1000], hear(query(kinds.name, "PTR")), ["run", 500]);
	const waited = answer!.atMs! - 5000;
	assert.ok(waited >= 20 && waited <= 120, `${waited}`);
	assert.deepEqual(later(["run", 1000], hear(query(kinds.name, "PTR")), hear({ type: "response", answers: [kinds] }), ["run", 500]), []);
});

test("what the asker knows is not said, though it comes in several messages", () => {
	const known = [{ type: "PTR", name: "_http._tcp.local", ttl: 4000, data: "my pico._http._tcp.local" } as Answer];
	const asks = query("_http._tcp.local", "PTR", { flags: 0x200 });
	const rest: Packet = { type: "query", answers: known };
	const said = (...lines: Line[]) => later(["run", 1000], ...lines, ["run", 1000]).length;
	assert.equal(said(hear(query("_http._tcp.local", "PTR", { answers: known }))), 0);
	assert.equal(said(hear(asks), ["run", 300], hear(rest)), 0);
	assert.equal(said(hear(asks), ["run", 300], hear(rest, { from: 10 })), 1, "of another asker");
	const [answer] = later(["run", 1000], hear(asks), ["run", 1000]);
	assert.ok(answer!.atMs! >= 5400 && answer!.atMs! <= 5500, `${answer!.atMs}`);
});

test("nothing is said twice within a second, but in defence", () => {
	const probe = query("pico.local", "ANY", { authorities: [{ type: "A", name: "pico.local", ttl: 120, data: "192.168.4.77" }] });
	const again = (packet: Packet) => later(["run", 1000], hear(query("pico.local", "A")), ["run", 500], hear(packet), ["run", 300]).length;
	assert.equal(again(query("pico.local", "A")), 1);
	assert.equal(again(probe), 2);
});

for (const [theirs, loses] of [
	[["A 192.168.4.1"], false], [["A 192.168.4.2"], false], [["A 192.168.4.3"], true], [["A 192.168.4.1", "A 192.168.4.3"], false],
	[["A 192.168.4.3", "A 192.168.4.2"], true], [["AAAA ::1"], true], [["AAAA ::1", "A 192.168.4.1"], false], [[], false],
] as const) {
	test(`a probe with ${theirs.join(" and ") || "nothing"} ${loses ? "wins against" : "loses against, or is,"} the board's 192.168.4.2`, () => {
		const authorities = [{ type: "A", name: "other.local", ttl: 1, data: "255.255.255.255" }, ...theirs.map(text => ({ type: text.split(" ")[0], name: "Pico.local", ttl: 120, data: text.split(" ")[1] }))] as Answer[];
		const { messages } = obey(...board(), ["run", 300], hear(query("pico.local", "ANY", { authorities })), ["run", 4000]);
		const probesBefore = messages.filter(({ atMs }) => atMs! <= 1300).length;
		assert.equal(messages.length, 5 + (loses ? probesBefore : 0));
		assert.ok(!loses || messages[probesBefore]!.atMs! >= 2300);
	});
}

for (const [what, theirs, loses] of [
	["the same", [["TXT", "path=/"], ["SRV", 80]], false], ["a later port", [["SRV", 81], ["TXT", "path=/"]], true], ["an earlier port", [["TXT", "path=/"], ["SRV", 79]], false],
	["a later text", [["SRV", 79], ["TXT", "path=/x"]], true], ["an earlier text", [["SRV", 81], ["TXT", "p"]], false], ["no text", [["SRV", 80]], true], ["no port", [["TXT", "path=/"]], false],
] as const) {
	test(`a service that is probed with ${what} ${loses ? "waits" : "goes on"}`, () => {
		const name = "my pico._http._tcp.local";
		const authorities = theirs.map(([type, data]) => ({ type, name, ttl: 120, data: type === "TXT" ? [data] : { port: data, target: "PICO.local" } })) as Answer[];
		const { messages } = obey(...board(), ["run", 300], hear(query(name, "ANY", { authorities })), ["run", 4000]);
		assert.equal(messages.length > 5, loses);
	});
}

test("after fifteen conflicts it asks every five seconds alone, and numbers have two digits", () => {
	const taken = (index: number) => {
		const number = index === 0 ? 0 : (index - 1) % 98 + 2;
		return hear({ type: "response", answers: [{ type: "A", name: number ? `pico-${number}.local` : "pico.local", ttl: 120, data: "192.168.4.77" }] });
	};
	const { names, messages } = obey(...board(), ...Array.from({ length: 120 }, (_, index) => [["run", index < 16 ? 300 : 5100], taken(index)] as Line[]).flat(), ["name", 0], ["run", 8000]);
	assert.deepEqual(names, ["pico-23"]);
	assert.equal(messages.at(-1)!.packet.type, "response");
});

for (const lossPercent of [0, 20, 50]) {
	test(`two boards with one name have two in the end, with ${lossPercent} % of their messages lost`, () => {
		for (let seed = 1; seed <= 20; seed++) {
			// A name that both announced, because all was lost that could have told them, ends when somebody asks for it.
			const asked = Array.from({ length: 20 }, () => [hear(query("pico.local", "A")), ["run", 10_000]] as Line[]).flat();
			const { names } = obey(["link", lossPercent, seed], ...board(0), ...board(1), ["run", 10_000], ...asked, ["name", 0], ["name", 1]);
			assert.equal(new Set(names).size, 2, `seed ${seed}: ${names.join(" ")}`);
		}
	});
}

test("all is taken back, with a time to live of nothing", () => {
	const [end] = later(["end", 0], ["run", 2000]);
	assert.deepEqual(told(end!.packet.answers), ["A pico.local", "SRV My Pico._http._tcp.local", "TXT My Pico._http._tcp.local", "PTR _http._tcp.local", "PTR _services._dns-sd._udp.local"]);
	assert.ok((end!.packet.answers as { ttl: number }[]).every(({ ttl }) => ttl === 0));
});

const whole = new Uint8Array(encode({
	type: "response", questions: [{ type: "A", name: "Pico.local" }], answers: [
		{ type: "PTR", name: "_http._tcp.local", ttl: 4500, data: "Other._http._tcp.local" },
		{ type: "SRV", name: "My Pico._http._tcp.local", ttl: 120, flush: true, data: { priority: 1, weight: 2, port: 80, target: "Pico.local" } },
		{ type: "A", name: "Pico.local", ttl: 120, flush: true, data: "192.0.2.1" },
	] as Answer[],
}));

test("a message that breaks off anywhere changes nothing", () => {
	const probes = (message: Uint8Array) => later(hear(message), ["run", 3000]).length;
	assert.equal(probes(whole), 5, "a conflict: it is probed and announced again");
	for (let length = 0; length < whole.length; length++) {
		assert.equal(probes(whole.subarray(0, length)), 0, `${length} bytes`);
	}
});

test("pointers in circles, labels of no kind, long names, odd data and dots in labels change nothing", () => {
	const header = [0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0];
	const pico = [4, ...Buffer.from("pico"), 5, ...Buffer.from("local"), 0];
	const record = [0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4];
	const conflicts = (...bytes: number[]) => later(hear(Uint8Array.from([...header, ...bytes])), ["run", 3000]).length > 0;
	assert.ok(conflicts(...pico, ...record));
	for (const name of [[0xc0, 12], [0xc0, 14], [0x41, ...new Array<number>(65).fill(0x61), 0], [...Array.from({ length: 130 }, () => [1, 0x61]).flat(), 0], [10, ...Buffer.from("pico.local"), 0]]) {
		assert.ok(!conflicts(...name, ...record), name.join(" "));
	}
	const instance = [7, ...Buffer.from("My Pico"), 5, ...Buffer.from("_http"), 4, ...Buffer.from("_tcp"), 5, ...Buffer.from("local"), 0];
	const service = (...data: number[]) => conflicts(...instance, 0, 33, 0, 1, 0, 0, 0, 1, 0, data.length, ...data);
	assert.ok(service(0, 0, 0, 0, 0, 81, ...pico));
	assert.ok(!service(0, 0, 0, 0, 0, 81) && !service(0, 0) && !service(0, 0, 0, 0, 0, 81, ...pico, 0) && !service(0, 0, 0, 0, 0, 81, 0xc0, 60));
	assert.ok(!conflicts(...pico, 0, 1, 0, 3, ...record.slice(4)), "another class");
	assert.ok(!conflicts(...pico, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4), "taken back");
	assert.deepEqual(later(hear(Uint8Array.from([...header, ...pico, ...record]), { fromPort: 5354 }), ["run", 3000]), [], "from another port");
});

const service = ["_http._tcp", "a", 80];
const texts = (count: number) => Array.from({ length: count }, (_, index) => [`k${index}`, "x".repeat(240)]).flat();
const refusals: [fault: number, word: string | number, ...words: (string | number)[]][] = [
	...["", "a.b", "-a", "a-", "x".repeat(61), "ü", "a b"].map((name): [number, string, string] => [1, name, name]),
	[2, "_e._tcp", "pico", ...["_a", "_b", "_c", "_d", "_e"].flatMap(type => [`${type}._tcp`, "a", 80, 0])],
	...["http._tcp", "_http", "_http._tcp.", "_http._sctp", "_._tcp", `_${"a".repeat(16)}._tcp`, "_a-._tcp", ""].map((type): [number, string, ...(string | number)[]] => [3, type, "pico", type, "a", 80, 0]),
	...["", "a.b", "a\\b", "x".repeat(59), "ü"].map((name): [number, string, ...(string | number)[]] => [4, name, "pico", "_http._TCP", name, 80, 0]),
	[5, "A", "pico", ...service, 0, "_HTTP._tcp", "A", 81, 0],
	...[0, 65_536, 1.5, -1, "NaN", "", 123_456_789_012].map((number): [number, string | number, ...(string | number)[]] => [6, number, "pico", "_http._tcp", "a", number, 0]),
	...[["a=", ""], ["", "a"], ["a", "x".repeat(254)], ["ü", ""], ["a", "ü"]].map(([key, value]): [number, string, ...(string | number)[]] => [7, key!, "pico", ...service, 4, "b", "", key!, value!]),
	[8, "", "pico", ...service, 10, ...texts(5)],
	[8, "pico", "pico", ...["_a", "_b", "_c", "_d"].flatMap(type => [`${type}._udp`, "x".repeat(58), 80, 2, "k", "x".repeat(100)])],
];

test("what cannot be said is refused, and the word named", () => {
	for (const [fault, word, ...words] of refusals) {
		assert.deepEqual(obey(...named(0, ...words)).faults, [`${fault} ${word}`], JSON.stringify(words));
	}
});

test("all kinds of texts are said as they are", () => {
	const value = "x".repeat(253);
	const { messages } = obey(...named(0, "pico", "_http._tcp", "a", 80, 6, "a", "", "b", "c=d", "e", value, "_udp._udp", "b", 65_535, 0), ["address", 0, address], ["run", 3000]);
	const answers = messages.at(-1)!.packet.answers as unknown as { type: string; data: Buffer[] & { port: number } }[];
	assert.deepEqual(answers.filter(({ type }) => type === "TXT").map(({ data }) => data.map(String)), [["a=", "b=c=d", `e=${value}`], [""]]);
	assert.deepEqual(answers.filter(({ type }) => type === "SRV").map(({ data }) => data.port), [80, 65_535]);
});

test("each refusal has a sentence of its own", () => {
	const faults = [...readFileSync(join(platform, "mdns_responder.h"), "utf8").matchAll(/^\t(RESPONDER_\w+)(?: = 1)?,/gm)].map(([, name]) => name).slice(0, 8);
	const sentences = new Map([...readFileSync("modules/network/mdns/mdns.c", "utf8").matchAll(/^\t\[(RESPONDER_\w+)\] = "(.+)",$/gm)].map(([, name, sentence]) => [name, sentence]));
	assert.deepEqual([...sentences.keys()], faults);
	assert.equal(new Set(sentences.values()).size, faults.length);
});

for (const seed of ["1", "2"]) {
	test(`no message, however it is changed, is read beyond its end, or answered beyond the room (seed ${seed})`, () => {
		const instance = "my pico._http._tcp.local";
		const messages = [
			whole, ...obey(...announced).messages.map(({ bytes }) => bytes),
			...["A", "AAAA", "ANY"].map(type => encode(query("pico.local", type))), encode(query("_http._tcp.local", "PTR", { flags: 0x200 })),
			encode({ type: "query", answers: [{ type: "PTR", name: "_http._tcp.local", ttl: 4500, data: instance }] }),
			encode(query(instance, "ANY", { authorities: [{ type: "SRV", name: instance, ttl: 1, data: { port: 80, target: "pico.local" } }, { type: "TXT", name: instance, ttl: 1, data: "path=/" }] })),
		];
		const { status, stdout, stderr } = program.run([seed, process.env.FUZZ_ROUNDS ?? "100000"], Buffer.from(messages.map(message => `${Buffer.from(message).toString("hex")}\n`).join("")));
		assert.equal(status, 0, String(stderr));
		const [replies, said] = String(stdout).split(" ").map(Number);
		assert.ok(replies! > 300 && said! > 10_000, String(stdout));
	});
}
