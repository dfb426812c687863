// The resolver of the real firmware against servers that lie, fail, are slow or silent.

import assert from "node:assert/strict";
import { deviceTest, type DeviceRun, type DeviceScene } from "../../support/device.ts";
import { a, cname, lyingServer, noSuchName, refused, serverFailure, soa, truncated, type Asked, type React, type ReactOverTcp, type Reaction, type StreamReaction } from "./lying-server.ts";

const first = "198.51.100.53";
const second = "198.51.100.54";
const right: React = ({ name }) => ({ answers: [a(name, "192.0.2.1")] });
const wrong = "192.0.2.66";

/** A network whose lease names these servers, and what the device asks for there. */
function scene(reacts: readonly React[], steps: readonly Record<string, unknown>[], { streams = [], hosts = {}, ...more }: Partial<DeviceScene> & { streams?: readonly ReactOverTcp[] } = {}) {
	const servers = [first, second].slice(0, reacts.length).map((address, index) => lyingServer(address, reacts[index]!, streams[index]));
	return {
		app: "test/device/resolver/app",
		hosts: { ...Object.fromEntries(servers.map((server, index) => [`ns${index}.example`, server])), ...hosts },
		dhcp: { dnsServers: servers.map(({ address }) => address!) },
		configuration: { steps },
		until: /^end\r?$/m,
		timeoutMs: 200_000,
		servers,
		...more,
	};
}

/** What was said of each name, in order, with its milliseconds. Every test: nothing is left open. */
function told(run: DeviceRun): { name: string; said: string; ms: number }[] {
	assert.equal(run.end.reason, "matched", run.console);
	const pools = [...run.console.matchAll(/^pools ([\d ]+)/gm)].map(([, used]) => used);
	assert.equal(pools.length, 2, run.console);
	assert.equal(pools[0], pools[1], run.console);
	return [...run.console.matchAll(/^(\S+) ([^\r]+?) (\d+) ms\r?$/gm)].map(([, name, said, ms]) => ({ name: name!, said: said!, ms: Number(ms) }));
}

function said(run: DeviceRun): string[] {
	return told(run).map(({ name, said: text }) => `${name} ${text.replace(/:.*/, "")}`);
}

deviceTest("a name is asked for once while its time to live runs, and again behind it", scene([right], [
	{ ask: ["a.example"] }, { ask: ["A.example."] }, { waitMs: 59_000 }, { ask: ["a.example"] }, { waitMs: 1_500 }, { ask: ["a.example"] },
]), (run, { servers }) => {
	assert.deepEqual(told(run).map(({ said }) => said), ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1"]);
	assert.ok(told(run)[1]!.ms <= 1 && told(run)[2]!.ms <= 1, run.console);
	assert.deepEqual(servers[0]!.asked.map(({ name }) => name), ["a.example", "a.example"]);
});

deviceTest("name servers that a renewal names are asked from then on, and what the former ones said does not count", scene([right, ({ name }) => ({ answers: [a(name, "192.0.2.2")] })], [
	{ ask: ["a.example", "b.example"] }, { waitMs: 40_000 }, { ask: ["a.example"] }, { waitMs: 30_000 }, { ask: ["a.example", "c.example"] },
], { dhcp: { leaseSeconds: 120, dnsServers: [first], renewedDnsServers: [second] } }), (run, { servers: [former, later] }) => {
	assert.deepEqual(said(run), ["a.example 192.0.2.1", "b.example 192.0.2.1", "a.example 192.0.2.1", "a.example 192.0.2.2", "c.example 192.0.2.2"]);
	assert.deepEqual([former, later].map(server => server!.asked.map(({ name }) => name)), [["a.example", "b.example"], ["a.example", "c.example"]]);
	assert.equal(run.report.radio?.dhcp.renewed, 1);
});

deviceTest("an address without a time to live is told, and not kept", scene([({ name }) => ({ answers: [a(name, "192.0.2.1", 0)] })], [
	{ ask: ["a.example", "a.example"] }, { ask: ["a.example"] },
]), (run, { servers }) => {
	assert.deepEqual(said(run), ["a.example 192.0.2.1", "a.example 192.0.2.1", "a.example 192.0.2.1"]);
	assert.equal(servers[0]!.asked.length, 2);
});

deviceTest("that there is no name is known as long as the zone says, fifteen minutes at most", scene([
	({ name }) => ({ flags: noSuchName, authorities: [soa(name === "long.example" ? 86_400 : 5)] }),
], [
	{ ask: ["a.example", "long.example"] }, { waitMs: 4_000 }, { ask: ["a.example"] }, { waitMs: 2_000 }, { ask: ["a.example"] },
	{ waitMs: 880_000 }, { ask: ["long.example"] }, { waitMs: 30_000 }, { ask: ["long.example"] },
], { timeoutMs: 1_200_000 }), (run, { servers }) => {
	assert.ok(said(run).every(text => / ENOTFOUND$/.test(text)), run.console);
	assert.deepEqual(servers[0]!.asked.map(({ name }) => name), ["a.example", "long.example", "a.example", "long.example"]);
});

deviceTest("who asks for a name that is being asked for waits with the others, and each for its own time", scene([() => ({ answers: [a("slow.example", "192.0.2.1")], afterMicros: 700_000 })], [
	{ ask: ["slow.example", "slow.example", "slow.example"] },
]), (run, { servers }) => {
	assert.deepEqual(said(run), ["slow.example 192.0.2.1", "slow.example 192.0.2.1", "slow.example 192.0.2.1"]);
	assert.equal(servers[0]!.asked.length, 1);
});

deviceTest("a name that nobody answers does not hold up the others", scene([asked => asked.name === "silent.example" ? undefined : right(asked, 0)], [
	{ ask: ["silent.example", "a.example", "b.example"] },
]), (run, { servers }) => {
	const lines = told(run);
	assert.deepEqual(said(run), ["a.example 192.0.2.1", "b.example 192.0.2.1", "silent.example EAI_AGAIN"]);
	assert.ok(lines[1]!.ms < 50 && lines[2]!.ms >= 5_000 && lines[2]!.ms < 5_020, run.console);
	assert.equal(servers[0]!.asked.filter(({ name }) => name === "silent.example").length, 4, "tries after 0, 1, 2 and 4 s");
});

deviceTest("eight names are asked for at once; one more is told so, and sixteen may wait for them", scene([right], [
	{ ask: Array.from({ length: 17 }, (_, index) => `n${index % 9}.example`) }, { ask: ["n8.example"] },
]), (run) => {
	const lines = said(run);
	assert.equal(lines.filter(line => / 192\.0\.2\.1$/.test(line)).length, 7 + 8 + 1, run.console);
	assert.deepEqual(lines.filter(line => / ENOMEM$/.test(line)), ["n8.example ENOMEM"]);
	assert.match(run.console, /^n7\.example threw ENOMEM: .*16/m);
});

deviceTest("a hundred names in a row leave nothing behind", scene([right], [
	...Array.from({ length: 13 }, (_, row) => ({ ask: Array.from({ length: 8 }, (_, index) => `n${row * 8 + index}.example`) })),
]), (run, { servers }) => {
	assert.ok(said(run).every(line => / 192\.0\.2\.1$/.test(line)), run.console);
	assert.equal(servers[0]!.asked.length, 104);
	assert.ok(new Set(servers[0]!.asked.map(({ port }) => port)).size > 98, "ports by chance");
	assert.ok(new Set(servers[0]!.asked.map(({ id }) => id)).size > 98, "numbers by chance");
});

deviceTest("a time limit holds, to the millisecond or so", scene([() => undefined], [{ ask: ["a.example"], timeoutMs: 300 }, { ask: ["a.example"], timeoutMs: 2_500 }]), run => {
	const [short, long] = told(run);
	assert.ok(short!.ms >= 300 && short!.ms < 310 && long!.ms >= 2_500 && long!.ms < 2_510, run.console);
	assert.match(run.console, /EAI_AGAIN: dns a\.example: no name server answered in time/);
});

deviceTest("a time limit that is none, and servers that are none, are refused", scene([right], [
	{ ask: ["a.example"], timeoutMs: 0 }, { ask: ["a.example"], timeoutMs: 600_001 }, { ask: ["a.example"], servers: ["nobody"] },
]), run => {
	told(run);
	assert.equal([...run.console.matchAll(/^a\.example threw EINVAL/gm)].length, 3, run.console);
});

deviceTest("a slow answer to the first try counts", scene([() => ({ answers: [a("a.example", "192.0.2.1")], afterMicros: 1_400_000 })], [{ ask: ["a.example"] }]), (run, { servers }) => {
	const [line] = told(run);
	assert.ok(line!.said === "192.0.2.1" && line!.ms < 1_500, run.console);
	assert.equal(servers[0]!.asked.length, 2);
});

deviceTest("a silent first server is passed over for the second, and that one is then asked first", scene([() => undefined, right], [
	{ ask: ["a.example"] }, { ask: ["b.example"] },
]), (run, { servers }) => {
	const [one, other] = told(run);
	assert.ok(one!.said === "192.0.2.1" && one!.ms >= 1_000 && one!.ms < 1_100 && other!.said === "192.0.2.1" && other!.ms < 50, run.console);
	assert.deepEqual(servers.map(({ asked }) => asked.length), [1, 2]);
});

for (const [what, reaction, code] of [
	["fails", { flags: serverFailure }, "EAI_AGAIN"],
	["refuses", { flags: refused }, "EAI_AGAIN"],
	["cuts its answers off", { flags: truncated }, "EBADRESP"],
	["sends half an answer", { answers: [a("a.example", wrong)], lengthBytes: 40 }, "EBADRESP"],
	["sends names in circles", { answers: [cname("a.example", "b.example"), cname("b.example", "a.example")] }, "EBADRESP"],
] satisfies [string, Reaction, string][]) {
	deviceTest(`a server that ${what} is passed over at once`, scene([() => reaction, right], [{ ask: ["a.example"] }]), run => {
		const [line] = told(run);
		assert.ok(line!.said === "192.0.2.1" && line!.ms < 50, run.console);
	});
	deviceTest(`when each server ${what}, that is said at once`, scene([() => reaction, () => reaction], [{ ask: ["a.example"] }]), run => {
		assert.deepEqual(said(run), [`a.example ${code}`]);
		assert.ok(told(run)[0]!.ms < 50, run.console);
	});
}

const cutOff: React = () => ({ flags: truncated });
const long = Array.from({ length: 8 }, (_, index) => ({ type: "TXT" as const, name: "a.example", ttl: 60, data: `${index} ${"x".repeat(200)}` }));

for (const [what, reaction] of [
	["whole", {}], ["byte by byte", { pieceBytes: 1 }], ["in segments, with its end", { answers: [...long, a("a.example", "192.0.2.1")], ends: true }],
	["longer than is kept, with the address in front", { answers: [a("a.example", "192.0.2.1"), ...long, ...long] }],
] satisfies [string, StreamReaction][]) {
	deviceTest(`an answer that was cut off comes by TCP: ${what}`, scene([cutOff], [{ ask: ["a.example"] }, { ask: ["a.example"] }], {
		streams: [() => ({ answers: [a("a.example", "192.0.2.1")], ...reaction })],
	}), (run, { servers }) => {
		assert.deepEqual(said(run), ["a.example 192.0.2.1", "a.example 192.0.2.1"]);
		assert.ok(told(run)[0]!.ms < 200, run.console);
		assert.deepEqual([servers[0]!.asked.length, servers[0]!.askedOverTcp.length], [1, 1], "and is kept");
	});
}

deviceTest("that there is nothing may come by TCP too", scene([cutOff], [{ ask: ["a.example"] }, { ask: ["b.example"] }], {
	streams: [({ name }) => name === "a.example" ? { flags: noSuchName, authorities: [soa(60)] } : { answers: [cname("b.example", "c.example")] }],
}), run => assert.deepEqual(said(run), ["a.example ENOTFOUND", "b.example ENOTFOUND"]));

for (const [what, reaction] of [
	["refuses", undefined], ["ends at once", { ends: true }], ["ends inside the answer", { saidBytes: 500, answers: [], ends: true }],
	["says a length of nothing", { saidBytes: 0, answers: [] }], ["says a length of half a header", { saidBytes: 6, answers: [] }],
	["answers with another number", { answers: [a("a.example", wrong)], idOffset: 1 }], ["answers another question", { answers: [a("c.example", wrong)], question: "c.example" }],
	["cuts off there too", { flags: truncated }], ["fails there", { flags: serverFailure }], ["sends half an answer", { answers: [a("a.example", wrong)], lengthBytes: 40 }],
] satisfies [string, StreamReaction | undefined][]) {
	deviceTest(`a server that cuts off, and by TCP ${what}, is passed over at once, and that is said when there is no other`, scene(
		[cutOff, asked => asked.name === "a.example" ? right(asked, 0) : cutOff(asked, 0)], [{ ask: ["a.example"] }, { ask: ["b.example"] }],
		reaction && { streams: [() => reaction, () => reaction] },
	), run => {
		assert.deepEqual(said(run), ["a.example 192.0.2.1", "b.example EBADRESP"]);
		assert.ok(told(run).every(({ ms }) => ms < 100), run.console);
	});
}

for (const [what, reaction] of [["says nothing", undefined], ["says a huge length, and then nothing", { saidBytes: 65_535, answers: [a("a.example", wrong)] }]] satisfies [string, StreamReaction | undefined][]) {
	deviceTest(`a server that cuts off, and by TCP ${what}, is left after two seconds for the other`, scene(
		[cutOff, right], [{ ask: ["a.example"] }], { streams: [() => reaction] },
	), run => {
		const [line] = told(run);
		assert.ok(line!.said === "192.0.2.1" && line!.ms >= 2_000 && line!.ms < 2_100, run.console);
	});
	deviceTest(`when there is no other than one that cuts off, and by TCP ${what}, that is said in time`, scene(
		[cutOff], [{ ask: ["a.example"] }, { ask: ["a.example"], timeoutMs: 700 }], { streams: [() => reaction] },
	), run => {
		const [whole, short] = told(run);
		assert.match(whole!.said, /^EBADRESP: .*cut off/);
		assert.ok(whole!.ms >= 5_000 && whole!.ms < 5_020 && short!.ms >= 700 && short!.ms < 720, run.console);
	});
}

deviceTest("several answers that were cut off come by TCP one behind the other, beside those that were not", scene([asked => asked.name === "whole.example" ? right(asked, 0) : cutOff(asked, 0)], [
	{ ask: ["a.example", "b.example", "whole.example", "c.example"], timeoutMs: 20_000 }, { ask: ["d.example", "e.example"], closes: true }, { ask: ["f.example"] },
], { streams: [({ name }) => ({ answers: [a(name, "192.0.2.1")] })] }), run => {
	const lines = told(run);
	assert.equal(lines.length, 6, run.console);
	assert.ok(lines.every(({ said: text }) => text === "192.0.2.1"), run.console);
	assert.ok(lines.find(({ name }) => name === "whole.example")!.ms < 50, run.console);
});

deviceTest("answers that were cut off come by TCP over air that loses one frame in five", scene([cutOff], [
	...Array.from({ length: 5 }, (_, row) => ({ ask: [`n${row}.example`], timeoutMs: 30_000 })),
], { streams: [({ name }) => ({ answers: [a(name, "192.0.2.1")], pieceBytes: 20 })], faults: { loss: 0.2, duplicate: 0.1, reorder: 0.1 } }), run => {
	assert.ok(said(run).every(line => / 192\.0\.2\.1$/.test(line)), run.console);
});

const neighbours = { "board.local": { address: "192.168.4.40", ipv6: "fd50:4650:0:4::40" }, "far.local": { address: "192.0.2.40" } };
deviceTest("a name in .local is asked of the local network alone, and kept", scene([right], [
	{ ask: ["Board.local"] }, { ask: ["board.local"] }, { ask: ["board.local"], family: 6 }, { ask: ["nobody.local"], timeoutMs: 2_500 }, { ask: ["a.example"] }, { ask: ["far.local"], timeoutMs: 1_500 },
], { hosts: neighbours }), (run, { servers }) => {
	assert.deepEqual(said(run), ["Board.local 192.168.4.40", "board.local 192.168.4.40", "board.local fd50", "nobody.local ENOTFOUND", "a.example 192.0.2.1", "far.local ENOTFOUND"]);
	assert.match(run.console, /^nobody\.local ENOTFOUND: dns nobody\.local: nobody in the local network has this name 25\d\d ms/m);
	assert.deepEqual(servers[0]!.asked.map(({ name }) => name), ["a.example"]);
});

deviceTest("a network that names no server has the names of its neighbours", scene([], [{ ask: ["board.local", "a.example"] }], { hosts: neighbours }), run => {
	assert.deepEqual(said(run).sort(), ["a.example EAI_AGAIN", "board.local 192.168.4.40"]);
});

deviceTest("names in .local are found over air that loses one frame in five", scene([right], [
	...Array.from({ length: 6 }, (_, row) => ({ ask: [`n${row}.local`], timeoutMs: 20_000 })),
], { hosts: Object.fromEntries(Array.from({ length: 6 }, (_, row) => [`n${row}.local`, { address: `192.168.4.${40 + row}` }])), faults: { loss: 0.2, duplicate: 0.1, reorder: 0.1 } }), run => {
	assert.deepEqual(said(run), Array.from({ length: 6 }, (_, row) => `n${row}.local 192.168.4.${40 + row}`));
});

for (const [what, lie] of Object.entries({
	"with another number": { idOffset: 1 },
	"to another question": { question: "b.example" },
	"from another address": { address: "198.51.100.99" },
	"from another port": { port: 54 },
	"of half a header": { lengthBytes: 7 },
	"with no bytes": { lengthBytes: 0 },
})) {
	deviceTest(`an answer ${what} is not believed, and the right one behind it is`, scene([
		() => [{ ...lie, answers: [a("a.example", wrong)] }, { answers: [a("a.example", "192.0.2.1")], afterMicros: 50_000 }],
	], [{ ask: ["a.example"] }]), run => assert.deepEqual(said(run), ["a.example 192.0.2.1"]));
}

deviceTest("a server that was not asked is not believed, though it is one of the network's", scene([
	() => [{ address: second, answers: [a("a.example", wrong)] }, { answers: [a("a.example", "192.0.2.1")], afterMicros: 50_000 }],
	right,
], [{ ask: ["a.example"] }]), run => assert.deepEqual(said(run), ["a.example 192.0.2.1"]));

deviceTest("a port that wrong answers find is left for another", scene([
	(_, count) => count === 0 ? Array.from({ length: 20 }, (_, index) => ({ idOffset: index + 1, answers: [a("a.example", wrong)] })) : { answers: [a("a.example", "192.0.2.1")] },
], [{ ask: ["a.example"] }]), (run, { servers }) => {
	assert.deepEqual(said(run), ["a.example 192.0.2.1"]);
	const [before, after] = servers[0]!.asked;
	assert.ok(told(run)[0]!.ms < 100 && before!.port !== after!.port && before!.id !== after!.id, run.console);
});

deviceTest("a name that stands for another has its address, with the least time to live", scene([
	() => ({ answers: [a("edge.example", "192.0.2.7", 300), cname("www.example", "edge.example", 10)] }),
], [{ ask: ["www.example"] }, { waitMs: 11_000 }, { ask: ["www.example"] }]), (run, { servers }) => {
	assert.deepEqual(said(run), ["www.example 192.0.2.7", "www.example 192.0.2.7"]);
	assert.equal(servers[0]!.asked.length, 2);
});

const ipv6 = {
	"a.example": "2001:db8::1", "b.example": "::", "c.example": "2001:db8:0:1:1:1:1:1", "d.example": "fe80::", "e.example": "1:0:0:2::3", "f.example": "ff02:123:4567:89ab:cdef:1:2:3", "g.example": "::1",
};
deviceTest("IPv6 addresses are told as text, beside IPv4's", scene([
	({ name, type }) => ({ answers: type === "AAAA" ? [{ type, name, ttl: 60, data: ipv6[name as keyof typeof ipv6] }] : [a(name, "192.0.2.1")] }),
], [{ ask: Object.keys(ipv6), family: 6 }, { ask: ["a.example"] }, { ask: ["a.example"], family: 6 }]), run => {
	assert.deepEqual(told(run).map(({ name, said: text }) => `${name} ${text}`), [
		...Object.entries(ipv6).map(([name, address]) => `${name} ${address}`), "a.example 192.0.2.1", "a.example 2001:db8::1",
	]);
});

deviceTest("a name without an IPv6 address is told from one that is not there", scene([() => ({ authorities: [soa(60)] })], [{ ask: ["a.example"], family: 6 }]), run => {
	assert.match(run.console, /^a\.example ENOTFOUND: dns a\.example: the name has no address of this family/m);
	told(run);
});

deviceTest("servers that the script names are asked, and keep to themselves what they say", scene([right, ({ name }) => ({ answers: [a(name, "192.0.2.2")] })], [
	{ ask: ["a.example"] }, { ask: ["a.example"], servers: [second] }, { ask: ["a.example"] }, { ask: ["a.example"], servers: [second] },
]), (run, { servers }) => {
	assert.deepEqual(said(run), ["a.example 192.0.2.1", "a.example 192.0.2.2", "a.example 192.0.2.1", "a.example 192.0.2.2"]);
	assert.deepEqual(servers.map(({ asked }) => asked.length), [1, 1]);
});

deviceTest("what is no host name is asked of nobody", scene([right], [{ ask: ["", "a b", "1", "192.0.2.300", "ü.example", "x".repeat(300), "192.0.2.9"] }]), (run, { servers }) => {
	assert.match(run.console, /^192\.0\.2\.9 192\.0\.2\.9 /m);
	assert.equal([...run.console.matchAll(/ EINVAL: dns .*: a name has /g)].length, 6, run.console);
	assert.equal(servers[0]!.asked.length, 0);
});

deviceTest("a resolver that is closed inside its callback tells nothing more", scene([right], [{ ask: ["a.example", "b.example", "c.example"], closes: true }]), run => {
	assert.deepEqual(said(run), ["a.example 192.0.2.1"]);
});

deviceTest("a name may be asked for inside the callback", scene([right], [{ ask: ["a.example"], then: "b.example" }, { ask: ["c.example"], then: "c.example" }]), run => {
	assert.deepEqual(said(run), ["b.example 192.0.2.1", "c.example 192.0.2.1"]);
});

deviceTest("a thousand lookups that fail in every way leave nothing behind, and the next one works", scene([
	({ name }, count) => ({
		"none.example": { flags: noSuchName },
		"fails.example": { flags: serverFailure },
		"cut.example": { flags: truncated },
		"circles.example": { answers: [cname("circles.example", "circles.example")] },
		"foreign.example": Array.from({ length: 20 }, (_, index) => ({ idOffset: index + 1, answers: [a(name, wrong)] })),
		"works.example": { answers: [a(name, "192.0.2.1", count % 2)] },
	} as Record<string, Reaction | Reaction[]>)[name],
], [
	{ ask: ["none.example", "fails.example", "cut.example", "circles.example", "foreign.example", "silent.example", "", "works.example"], timeoutMs: 40, repeat: 125 },
	{ ask: ["silent.example", "works.example", "foreign.example"], closes: true, repeat: 50 },
	{ ask: ["works.example"] },
], { timeoutMs: 600_000 }), run => {
	assert.deepEqual(said(run), ["works.example 192.0.2.1"]);
	assert.match(run.console, /^repeated 192\.0\.2\.1,125 EAI_AGAIN,375 EBADRESP,250 EINVAL,125 ENOTFOUND,125\r?\nrepeated 192\.0\.2\.1,50\r?$/m);
});

deviceTest("Moddable's callbacks among the options are told", scene([({ name }) => name === "a.example" ? right({ name } as Asked, 0) : { flags: noSuchName }], [
	{ ask: ["a.example", "b.example"], callbacks: true },
]), run => assert.deepEqual(said(run), ["a.example 192.0.2.1", "b.example ENOTFOUND"]));

deviceTest("a network that names no server has no names", scene([], [{ ask: ["a.example", "192.0.2.9"] }]), run => {
	assert.deepEqual(said(run), ["a.example EAI_AGAIN", "192.0.2.9 192.0.2.9"]);
});

deviceTest("names are resolved over air that loses one frame in five", scene([right, right], [
	...Array.from({ length: 5 }, (_, row) => ({ ask: Array.from({ length: 4 }, (_, index) => `n${row}${index}.example`), timeoutMs: 20_000 })),
], { faults: { loss: 0.2, duplicate: 0.1, reorder: 0.1 } }), run => {
	assert.equal(said(run).length, 20);
	assert.ok(said(run).every(line => / 192\.0\.2\.1$/.test(line)), run.console);
});
