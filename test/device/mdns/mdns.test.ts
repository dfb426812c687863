// The board tells the local network who it is, and a neighbour listens: packets are read and written by dns-packet.

import assert from "node:assert/strict";
import { decode, encode, type Answer, type Packet } from "dns-packet";
import type { GroupPeer, UdpReply } from "../../../simulator/simulator.ts";
import { deviceTest, type DeviceRun, type DeviceScene } from "../../support/device.ts";

const services = [{ type: "_http._tcp", port: 80, name: "My Pico", txt: { path: "/" } }];
const board = "192.168.4.2";

/** What a neighbour does at one of the board's messages. */
type Act = (message: Packet, count: number, say: (packet: Packet | Uint8Array, as?: UdpReply) => void) => void;

/** A board with a neighbour that remembers all messages to the group, and those to himself at port 5353 or 40000. */
function scene(act: Act = () => {}, configuration: Record<string, unknown> = {}, more: Partial<DeviceScene> = {}) {
	const heard: Packet[] = [];
	const alone: { port: number; packet: Packet }[] = [];
	const listenAlone = (port: number) => (datagram: Uint8Array) => {
		alone.push({ port, packet: decode(Buffer.from(datagram)) });
	};
	const neighbour: GroupPeer = (datagram, answer) => {
		const message = decode(Buffer.from(datagram));
		heard.push(message);
		act(message, heard.length, (packet, as) => answer.toGroup(packet instanceof Uint8Array ? packet : new Uint8Array(encode(packet)), as));
	};
	const udp = { 5353: listenAlone(5353), 40_000: listenAlone(40_000) };
	return {
		app: "test/device/mdns/app", hosts: { neighbour: { address: "192.168.4.250", udp, groups: { "224.0.0.251:5353": neighbour } } }, until: /^end\r?$/m, configuration: { services, ...configuration }, heard, alone, ...more,
	};
}

function query(questions: readonly [name: string, type: string][], more: Packet = {}): Packet {
	return { ...more, type: "query", questions: questions.map(([name, type]) => ({ name, type: type as "A" })) };
}

function address(name: string, data: string): Answer {
	return { type: "A", name, ttl: 120, data, flush: true } as Answer;
}

/** "PTR _http._tcp.local" and so on, of a section. */
function told(answers: readonly Answer[] | undefined): string[] {
	return (answers ?? []).map(({ type, name }) => `${type} ${name}`);
}

function isProbe({ type, authorities }: Packet): boolean {
	return type === "query" && authorities!.length > 0;
}

function ended(run: DeviceRun): void {
	assert.equal(run.end.reason, "matched", run.console);
}

deviceTest("a name and a service are probed three times, announced twice, and taken back", scene(), (run, { heard }) => {
	ended(run);
	assert.match(run.console, /^named pico\r?$/m);
	assert.match(run.console, /^EADDRINUSE: .*5353/m, "one responder a board");
	assert.match(run.console, /^taken\r?\nend/m, "the port is free behind it");
	assert.deepEqual(heard.slice(0, 3).map(isProbe), [true, true, true]);
	assert.deepEqual(heard[0]!.questions!.map(({ name, type }) => `${type} ${name}`), ["ANY pico.local", "ANY My Pico._http._tcp.local"]);
	assert.deepEqual(told(heard[0]!.authorities), ["A pico.local", "SRV My Pico._http._tcp.local", "TXT My Pico._http._tcp.local"]);
	for (const announcement of heard.slice(3, 5)) {
		assert.equal(announcement.type, "response");
		assert.deepEqual(announcement.questions, []);
		const [a, , srv, txt, ptr, all] = announcement.answers as (Answer & { flush?: boolean; data: unknown; ttl: number })[];
		assert.deepEqual([a!.name, a!.data, a!.ttl, a!.flush], ["pico.local", board, 120, true]);
		assert.deepEqual([srv!.name, srv!.data, srv!.flush], ["My Pico._http._tcp.local", { priority: 0, weight: 0, port: 80, target: "pico.local" }, true]);
		assert.deepEqual([txt!.type, String(txt!.data)], ["TXT", "path=/"]);
		assert.deepEqual([ptr!.name, ptr!.data, ptr!.ttl, ptr!.flush], ["_http._tcp.local", "My Pico._http._tcp.local", 4500, false]);
		assert.deepEqual([all!.name, all!.data], ["_services._dns-sd._udp.local", "_http._tcp.local"]);
	}
	assert.equal(heard.length, 6);
	assert.ok(heard[5]!.answers!.length === 5 && heard[5]!.answers!.every(answer => (answer as { ttl: number }).ttl === 0));
});

deviceTest("who asks is answered: by name, by service, by kind, and told what there is not", scene((_, count, say) => {
	if (count === 5) {
		say(query([["PICO.local", "A"]]), { afterMicros: 1.2e6 });
		say(query([["_http._tcp.local", "PTR"]]), { afterMicros: 2.4e6 });
		say(query([["_services._dns-sd._udp.local", "PTR"]]), { afterMicros: 3.6e6 });
		say(query([["pico.local", "AAAA"]]), { afterMicros: 4.8e6 });
		say(query([["other.local", "A"], ["_ipp._tcp.local", "PTR"]]), { afterMicros: 5.0e6 });
	}
}), (run, { heard }) => {
	ended(run);
	const answers = heard.slice(5, -1);
	assert.deepEqual(answers.map(({ answers: said }) => told(said)), [["A pico.local"], ["PTR _http._tcp.local"], ["PTR _services._dns-sd._udp.local"], ["NSEC pico.local"]]);
	assert.deepEqual(told(answers[1]!.additionals), ["A pico.local", "NSEC pico.local", "SRV My Pico._http._tcp.local", "TXT My Pico._http._tcp.local"]);
	assert.deepEqual((answers[3]!.answers![0] as unknown as { data: { rrtypes: string[] } }).data.rrtypes, ["A"]);
});

/** A question that may be answered to the asker alone. */
function questionAlone(name: string): Uint8Array {
	const bytes = new Uint8Array(encode(query([[name, "A"]])));
	bytes[bytes.length - 2]! |= 0x80;
	return bytes;
}

deviceTest("who asks for it is answered alone, and so is one who knows DNS alone; hosts of other networks are not", scene((_, count, say) => {
	if (count === 5) {
		say(questionAlone("pico.local"), { afterMicros: 1.2e6 });
		say(query([["pico.local", "A"]], { id: 4711 }), { port: 40_000, afterMicros: 1.4e6 });
		say(query([["pico.local", "A"]], { id: 4712 }), { port: 40_000, afterMicros: 1.6e6, address: "198.51.100.9" });
	}
}), (run, { heard, alone }) => {
	ended(run);
	assert.equal(heard.length, 6, "nothing but probes, announcements and the end is for all");
	assert.deepEqual(alone.map(({ port, packet }) => [port, packet.id, ...told(packet.answers)]), [[5353, 0, "A pico.local"], [40_000, 4711, "A pico.local"]]);
});

deviceTest("a name is the board's over air that loses one frame in five, and whoever asks three times is answered", scene((_, count, say) => {
	for (let round = 0; count === 1 && round < 3; round++) {
		say(query([["pico.local", "A"]]), { afterMicros: 5e6 + round * 1.1e6 });
	}
}, { stayMs: 12_000 }, { faults: { loss: 0.2, duplicate: 0.1, reorder: 0.1 } }), (run, { heard }) => {
	ended(run);
	assert.match(run.console, /^named pico\r?$/m);
	assert.ok(heard.some(({ type, answers }) => type === "response" && told(answers).join() === "A pico.local"), String(heard.length));
});

deviceTest("what was said a moment ago, or is known, is not said again", scene((_, count, say) => {
	if (count === 5) {
		const known = (ttl: number): Packet => query([["_http._tcp.local", "PTR"]], { answers: [{ type: "PTR", name: "_http._tcp.local", ttl, data: "my pico._http._tcp.local" }] });
		say(query([["pico.local", "A"]]), { afterMicros: 0.5e6 });
		say(known(4000), { afterMicros: 1.5e6 });
		say(known(1000), { afterMicros: 3e6 });
	}
}), (run, { heard }) => {
	ended(run);
	assert.deepEqual(heard.slice(5, -1).map(({ answers }) => told(answers)), [["PTR _http._tcp.local"]], "only what is known for less than half of its time");
});

deviceTest("a name that another has is left to him", scene((message, _, say) => {
	if (message.questions!.some(({ name }) => name === "pico.local")) {
		say({ type: "response", answers: [address("pico.local", "192.168.4.77")] });
	}
}), (run, { heard }) => {
	ended(run);
	assert.match(run.console, /^named pico-2\r?$/m);
	assert.doesNotMatch(run.console, /^named pico\r?$/m);
	const announcement = heard.find(({ type }) => type === "response")!;
	assert.deepEqual(told(announcement.answers).slice(0, 1), ["A pico-2.local"]);
	assert.equal((announcement.answers![2] as { data: { target: string } }).data.target, "pico-2.local");
});

deviceTest("without a name of its own it is that of the Wi-Fi interface, its services' too", scene((message, _, say) => {
	if (message.questions!.some(({ name }) => name === "kitchen.local")) {
		say({ type: "response", answers: [address("kitchen.local", "192.168.4.77")] });
	}
}, { wifiName: "kitchen", services: [{ type: "_http._tcp", port: 80 }] }), (run, { heard }) => {
	ended(run);
	assert.equal(run.report.radio?.hostName, "kitchen");
	assert.match(run.console, /^named kitchen-2\r?$/m);
	assert.ok(told(heard.find(({ type }) => type === "response")!.answers).includes("SRV kitchen._http._tcp.local"));
});

deviceTest("a service's name that another has gets a number", scene((message, _, say) => {
	if (message.questions!.some(({ name }) => name === "My Pico._http._tcp.local")) {
		say({ type: "response", answers: [{ type: "SRV", name: "My Pico._http._tcp.local", ttl: 120, data: { port: 8080, target: "other.local" } }] });
	}
}), (run, { heard }) => {
	ended(run);
	assert.match(run.console, /^named pico\r?$/m);
	assert.ok(told(heard.find(({ type }) => type === "response")!.answers).includes("SRV My Pico (2)._http._tcp.local"));
});

for (const [what, other, probes] of [["later", "192.168.4.200", 4], ["earlier", "10.0.0.1", 3]] as const) {
	deviceTest(`of two that probe at once the later wins: the other says something ${what}`, scene((_, count, say) => {
		if (count === 1) {
			say(query([["pico.local", "ANY"]], { authorities: [address("pico.local", other)] }));
		}
	}), (run, { heard }) => {
		ended(run);
		// The winner of this scene never announces: the board waits for a second, and has the name.
		assert.match(run.console, /^named pico\r?$/m);
		assert.equal(heard.filter(isProbe).length, probes);
	});
}

deviceTest("a name that was announced is defended at once, and probed again when another insists", scene((_, count, say) => {
	if (count === 5) {
		say(query([["pico.local", "ANY"]], { authorities: [address("pico.local", "192.168.4.77")] }));
	} else if (count === 6) {
		say({ type: "response", answers: [address("pico.local", "192.168.4.77")] }, { afterMicros: 1e6 });
	}
}), (run, { heard }) => {
	ended(run);
	assert.ok(told(heard[5]!.answers).includes("A pico.local"), "the defence");
	assert.deepEqual(heard.slice(6, 9).map(isProbe), [true, true, true]);
	assert.equal([...run.console.matchAll(/^named pico\r?$/gm)].length, 2);
});

/** A response of 70 addresses of the board, each but the first with a pointer for its name. */
function crowded(name: string): Uint8Array {
	const first = encode({ type: "response", answers: [address(name, board)] });
	const next = Buffer.concat([Buffer.of(0xc0, 12), first.subarray(-14)]);
	const message = Buffer.concat([first, ...Array.from({ length: 69 }, () => next)]);
	message[7] = 70;
	return new Uint8Array(message);
}

deviceTest("rubbish, and who speaks from another port, change nothing", scene((_, count, say) => {
	say(new Uint8Array(0));
	say(Uint8Array.from({ length: 60 }, (__, index) => index * 37 + count));
	say(Uint8Array.of(0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4));
	say({ type: "response", answers: [address("pico.local", "192.168.4.77")] }, { port: 5354 });
	for (let flood = 0; flood < 40; flood++) { // of names that lead to one another, and of our own
		say(crowded(flood % 2 ? "pico.local" : Array.from({ length: 120 }, () => "a").join(".")), { afterMicros: flood * 2000 });
	}
	say(query([["pico.local", "A"]]), { port: 40_000, afterMicros: 1.5e6 });
}), (run, { heard }) => {
	ended(run);
	assert.match(run.console, /^named pico\r?$/m);
	assert.equal(heard.length, 6);
});

deviceTest("a board whose radio hangs asks for its name again when it is back, and is asked by the group", scene((message, _, say) => {
	if (isProbe(message)) {
		say(query([["pico.local", "A"]]), { afterMicros: 6e6 });
	}
}, { stayMs: 40_000 }, { radioFaults: { hangAfterMicros: 8e6 }, timeoutMs: 100_000 }), (run, { heard }) => {
	ended(run);
	assert.equal([...run.console.matchAll(/^named pico\r?$/gm)].length, 2, run.console);
	assert.equal(heard.filter(isProbe).length, 6);
	assert.deepEqual(told(heard.at(-2)!.answers), ["A pico.local"]);
});

deviceTest("a board that is moved to another address announces that", scene(undefined, { stayMs: 400_000 }, {
	dhcp: { leaseSeconds: 600 }, faults: { dhcp: { renewal: "move" } }, timeoutMs: 500_000,
}), (run, { heard }) => {
	ended(run);
	const said = heard.filter(({ type, answers }) => type === "response" && answers!.length > 0).map(({ answers }) => (answers![0] as { data: string }).data);
	assert.ok(said.includes(board) && said.at(-1) !== board, said.join(" "));
});

const wrong = [
	{ hostName: "" }, { hostName: "my pico" }, { hostName: "pico.local" }, { hostName: "-pico" },
	{ hostName: "pico", services: [{ type: "http", port: 80 }] }, { hostName: "pico", services: [{ type: "_http._tcp", port: 0 }] },
	{ hostName: "pico", services: [{ type: "_http._tcp", port: 80, name: "a.b" }] }, { hostName: "pico", services: [{ type: "_http._tcp", port: 80, txt: { "a=": "" } }] },
	{ hostName: "pico", services: [{ type: "_http._tcp", port: 80 }, { type: "_HTTP._tcp", port: 81 }] },
	{ hostName: "pico", services: ["_a._tcp", "_b._tcp", "_c._tcp", "_d._tcp"].map(type => ({ type, port: 80, txt: { long: "x".repeat(250) } })) },
];
deviceTest("what cannot be said is refused", scene(undefined, { wrong, stayMs: 10 }), run => {
	ended(run);
	assert.equal([...run.console.matchAll(/^EINVAL: mdns /gm)].length, wrong.length, run.console);
});
