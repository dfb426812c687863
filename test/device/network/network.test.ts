// Wi-Fi, names, sockets and the clock by the real firmware: what each does when all is well and when it is not.

import assert from "node:assert/strict";
import { duplexPair, type Duplex } from "node:stream";
import { answerNtp } from "../../../simulator/network/ntp-server.ts";
import type { AirFaults, UdpPeer } from "../../../simulator/simulator.ts";
import { simulatedNetwork } from "../../../tools/start/simulated-network.ts";
import { deviceTest, powerOn, type DeviceRun, type DeviceScene } from "../../support/device.ts";

const app = "test/device/network/app";

/** Answers each byte with itself. */
function echoPeer(): Duplex {
	const [near, far] = duplexPair();
	far.on("error", () => {});
	far.pipe(far);
	return near;
}

/** Takes what comes and ends the connection. */
function endingPeer(): Duplex {
	const [near, far] = duplexPair();
	far.on("error", () => {});
	far.once("data", () => far.end());
	return near;
}

const hosts = {
	"echo.example": {
		ports: { 7: { connect: echoPeer }, 13: { connect: endingPeer } },
		udp: { 5000: (datagram: Uint8Array, reply: (answer: Uint8Array) => void) => reply(datagram.slice().reverse()) },
	},
};

function scene(story: string, more: Partial<DeviceScene> & { configuration?: Record<string, unknown> } = {}): DeviceScene {
	return { app, hosts, until: /^end\r?$/m, timeoutMs: 90_000, ...more, configuration: { story, ...more.configuration } };
}

/** The run came to its end, and the console says each of these. */
function says(run: DeviceRun, ...lines: readonly (string | RegExp)[]): void {
	assert.equal(run.end.reason, "matched", run.console);
	for (const line of lines) {
		if (typeof line === "string") {
			assert.ok(run.console.includes(line), `"${line}" in:\n${run.console}`);
		} else {
			assert.match(run.console, line);
		}
	}
}

deviceTest("a join gives an address, the router and the board's own address", scene("join"), run => {
	says(run, /^join ok \{"ssid":"picofetch","address":"192\.168\.4\.2","gateway":"192\.168\.4\.1","mac":"28:cd:c1:0a:0b:0c"\}/m);
});

deviceTest("a radio firmware that is damaged in flash is said to be, and is not started", scene("join", { damaged: 0x100e2000 + 100_000 }), run => {
	says(run, /radio firmware: it is damaged in flash, behind \d+ of 231077 bytes: flash the whole UF2 again/, /^join ERR_WIFI_CHIP: /m);
});

deviceTest("a join with the wrong passphrase is refused, and the next one works", scene("join wrong, then right"), run => {
	says(run, /^wrong ERR_WIFI_PASSPHRASE: wifi "picofetch": the passphrase is not accepted/m, /^right ok/m);
});

deviceTest("a passphrase that cannot be one is refused before the radio is asked", scene("short passphrase"), run => {
	says(run, /^join ERR_WIFI_PASSPHRASE: .*8 to 63 characters/m);
});

deviceTest("a network that is not there is said to be missing", scene("join", { ssid: "another" }), run => {
	says(run, /^join ERR_WIFI_NO_NETWORK: wifi "another"/m);
});

deviceTest("a network without a DHCP server ends by the time limit", scene("join", { faults: { dhcpSilent: true }, configuration: { timeoutMs: 8000 } }), run => {
	says(run, /^join ERR_WIFI_TIMEOUT: .*no address came within 8000 ms/m);
});

for (const [what, dhcpAnswers, again] of [
	["gives an address anew", Infinity, /^again ok .*"address":"192\.168\.4\.2"/m],
	["gives none any more", 2, /^again ERR_WIFI_TIMEOUT: .*no address came within 8000 ms/m],
] as const) {
	let answers = 0;
	const faults = { get dhcpSilent() { return answers++ >= dhcpAnswers; } };
	deviceTest(`a network that was left, joined again, ${what}; a connection is told of the leaving`, scene("join, leave, join", { faults, configuration: { timeoutMs: 8000 } }), run => {
		says(run, /^connection ENETUNREACH\r?$/m, again);
	});
}

deviceTest("a radio that stops answering is an error, not a hang", scene("join", { radioFaults: { silentEvery: 12 } }), run => {
	assert.equal(run.end.reason, "matched", run.console);
	assert.match(run.console, /^join ERR_WIFI_CHIP/m);
});

for (const [what, radioFaults] of Object.entries({
	"rubbish words and a deaf status register": { rubbishWords: 5, deafPolls: 20, blankFrames: 6 },
	"busy answers": { busyEvery: 5 },
	"doubled events": { duplicateEvents: true },
	"a starved credit": { starveAtMicros: 150_000 },
})) {
	deviceTest(`a join survives ${what}`, scene("join", { radioFaults }), run => says(run, /^join ok/m));
}

deviceTest("a scan tells each access point once, and ends", scene("scan"), run => {
	says(run, /^scan ok "picofetch [0-9a-f:]{17} -48 6 true"/m);
});

deviceTest("a scan while a connection is at full speed tells what it hears, and no byte is lost", scene("scan beside an echo"), run => {
	says(run, /^scan ok "picofetch [0-9a-f:]{17} -48 6 true"/m, /^echo ok 49152/m);
});

deviceTest("a radio that takes no scan now is busy, not broken", scene("scan", { radioFaults: { refusesScans: true } }), run => {
	says(run, /^scan EBUSY: wifi: another scan is under way, or the radio is joining\. Try again\./m);
});

deviceTest("the interface tells each change of its connection", scene("states"), run => {
	says(run, /^states ok "0 400 500 200"/m);
});

deviceTest("a datagram is read into the part of a buffer that is given, or refused whole", scene("datagram into a buffer"), run => {
	says(run, /^buffer ok "RangeError 3 0,3,2,1,0,0 of 203\.0\.113\.\d+:5000 for an app's own, then ECLOSED: /m);
});

deviceTest("datagrams that come in a burst are kept in order, and counted where they cannot be", scene("burst", {
	hosts: {
		"echo.example": {
			udp: {
				5001: (asked, reply) => {
					const { 0: count, 1: lengthBytes } = new Uint16Array(asked.slice().buffer);
					for (let index = 0; index < count!; index++) reply(new Uint8Array(lengthBytes!).fill(index));
				},
			},
		},
	},
	configuration: { bursts: [[4, 1472], [20, 100], [6, 1400], [100, 64], [20, 100]] },
}), run => {
	says(run, /^burst ok "4 and 0, 20 and 0, 6 and 0, 44 and 56, 20 and 0; nothing kept"/m);
});

deviceTest("a name is resolved, and a missing one is told from silence", scene("names"), run => {
	says(run, /^echo\.example ok "203\.0\.113\.\d+"/m, /^nobody\.example ENOTFOUND/m, /^empty EINVAL/m);
});

deviceTest("names without an answer end as EAI_AGAIN", scene("names", { faults: { dnsSilent: true } }), run => {
	says(run, /^echo\.example EAI_AGAIN/m, /^nobody\.example EAI_AGAIN/m);
});

deviceTest("without a network, names and connections say so", scene("without network"), run => {
	says(run, /^name EAI_AGAIN/m, /^tcp ENETUNREACH/m);
});

deviceTest("100 KB come back as they were sent", scene("echo"), run => says(run, "echo ok 102400"));

deviceTest("data waits while the radio's flow control stops it", scene("echo", { radioFaults: { stopFlowAtMicros: 1_500_000 } }), run => {
	says(run, "echo ok 102400");
	assert.ok(!run.report.violations.some(({ code }) => code === "radio-flow-control"), "none is sent meanwhile");
});

for (const [what, faults] of Object.entries({
	"loses frames": { loss: 0.03 },
	"doubles frames": { duplicate: 0.1 },
	"lets frames overtake each other": { reorder: 0.05 },
	"damages frames": { corrupt: 0.03 },
	"is slow and uneven": { delayMicros: 30_000, jitterMicros: 20_000 },
	"does all of it": { loss: 0.01, duplicate: 0.02, reorder: 0.02, corrupt: 0.01, delayMicros: 5_000, jitterMicros: 5_000 },
} satisfies Record<string, AirFaults>)) {
	deviceTest(`100 KB come back as they were sent over air that ${what}`, scene("echo", { faults, timeoutMs: 300_000 }), run => {
		says(run, "echo ok 102400");
		const { lostFrames, duplicatedFrames, reorderedFrames, corruptedFrames } = run.report.radio!;
		const happened = { loss: lostFrames, duplicate: duplicatedFrames, reorder: reorderedFrames, corrupt: corruptedFrames };
		for (const [fault, count] of Object.entries(happened)) {
			assert.equal(count > 0, fault in faults, `${fault}: ${count}`);
		}
	});
}

deviceTest("a closed port is refused", scene("port closed"), run => says(run, /^closed ok "onError ECONNREFUSED"/m));

deviceTest("a port that never answers ends as ETIMEDOUT", scene("port silent", { faults: { tcpSilentPorts: [11] }, timeoutMs: 300_000 }), run => {
	says(run, /^silent ok "onError ETIMEDOUT"/m);
});

deviceTest("a connection closed inside onWritable tells nothing more", scene("close in onWritable"), run => says(run, /^close ok "onWritable"/m));

deviceTest("a connection closed inside onReadable tells nothing more", scene("close in onReadable"), run => says(run, /^close ok "onWritable( onWritable)? onReadable 4"/m));

deviceTest("a connection that the peer ended tells ECLOSED once, and may be closed inside onError", scene("close in onError"), run => {
	says(run, /^close ok "onWritable( onWritable)? onError ECLOSED"/m);
});

deviceTest("connections that were closed make room for others", scene("many connections"), run => says(run, /^round 11 ok/m));

deviceTest("one connection too many is an error, and the next one works", scene("too many connections"), run => {
	says(run, /^flood 9 then ENOMEM/m, /^after ok/m);
});

deviceTest("a network that throws the board out is told of, and can be joined again", scene("lost", { accessPoints: [{ ...simulatedNetwork, deauthenticates: { afterMicros: 800_000, reason: 2 } }] }), run => {
	says(run, /^lost ok "200 ERR_WIFI_LOST"/m, /^again ok/m, /^echo ok "onWritable/m);
});

deviceTest("an access point that falls silent is told of, and then not found", scene("lost", { accessPoints: [{ ...simulatedNetwork, goneAtMicros: 2_000_000 }] }), run => {
	says(run, /^lost ok "200 ERR_WIFI_LOST"/m, /^again ERR_WIFI_NO_NETWORK/m, /^echo EAI_AGAIN|^failed EAI_AGAIN/m);
});

deviceTest("behind a network that is lost another one can be looked for", scene("lost, then another", { accessPoints: [{ ...simulatedNetwork, goneAtMicros: 2_000_000 }] }), run => {
	says(run, /^lost ok "200 ERR_WIFI_LOST"/m, /^another ERR_WIFI_NO_NETWORK/m);
});

deviceTest("a resolver that was closed tells nobody", scene("closed resolver"), run => says(run, /^echo\.example ok/m, /^told 0/m));

deviceTest("a datagram goes there and back", scene("datagram"), run => says(run, /^datagram ok "203\.0\.113\.\d+:5000 3,2,1"/m));

deviceTest("the clock is set by NTP to within 50 ms", scene("clock"), run => {
	says(run, /^clock ok "/m);
	const told = Date.parse(/^clock ok "([^"]+)"/m.exec(run.console)![1]!);
	const truth = powerOn.getTime() + run.end.atMicros / 1000;
	assert.ok(Math.abs(told - truth) < 50, `${new Date(told).toISOString()} for ${new Date(truth).toISOString()}`);
});

const liars = {
	"past.example": { udp: { 123: saying(powerOn.getTime() - 3_600_000) } },
	"future.example": { udp: { 123: saying(powerOn.getTime() + 3_600_000) } },
	"also-past.example": { alias: "past.example" },
	"silent.example": { udp: { 123: () => {} } },
};

/** What a time server whose clock stands answers. */
function timeOf(request: Uint8Array, unixMs: number): Uint8Array {
	const answer = answerNtp(request, unixMs);
	if (typeof answer === "string") throw new Error(answer);
	return answer;
}

function saying(unixMs: number): UdpPeer {
	return (request, reply) => reply(timeOf(request, unixMs));
}

function clock(servers: string[], more: Partial<DeviceScene> = {}): DeviceScene {
	return scene("clock", { hosts: { ...hosts, ...liars }, ...more, configuration: { servers } });
}

for (const odd of ["past.example", "future.example", "silent.example", "nobody.example"]) {
	deviceTest(`of three time servers ${odd} is outvoted`, clock([odd, "0.pool.ntp.org", "1.pool.ntp.org"]), run => {
		const told = Date.parse(/^clock ok "([^"]+)"/m.exec(run.console)![1]!);
		assert.ok(Math.abs(told - powerOn.getTime() - run.end.atMicros / 1000) < 2_500, run.console);
	});
}

deviceTest("time servers of which no two agree leave the clock unset", clock(["past.example", "pool.ntp.org", "future.example"]), run => {
	says(run, /^clock ERR_NTP_DISAGREE: ntp: of 3 servers no two agree: .*past\.example \(203\.0\.113\.\d+\) says 2026-01-15T11:00:00/m);
});

deviceTest("one answer of three is not enough", clock(["silent.example", "pool.ntp.org", "nobody.example"]), run => says(run, /^clock ERR_NTP_DISAGREE/m));

deviceTest("two names of one time server are one voice", clock(["past.example", "also-past.example", "silent.example"]), run => {
	says(run, /^clock ERR_NTP_DISAGREE: .*past\.example \(203\.0\.113\.\d+\) says .*also-past\.example/m);
});

/** The right answer of a server that tells the time of power-on, which the run is a few seconds behind. */
function rightAnswer(request: Uint8Array): Uint8Array {
	return timeOf(request, powerOn.getTime() + 60_000);
}

/** An answer, changed. */
function changed(change: (answer: Uint8Array) => void, unixMs = powerOn.getTime() + 3_600_000): (request: Uint8Array) => Uint8Array {
	return request => {
		const answer = timeOf(request, unixMs);
		change(answer);
		return answer;
	};
}

const kiss = changed(answer => { answer[1] = 0; answer.set(Buffer.from("RATE"), 12); });
const unsynchronized = changed(answer => answer[0]! |= 3 << 6);

/** What a time server says that nobody may believe: in place of the truth, and as a refusal when it says whose answer it is. */
const lies: readonly { readonly what: string; readonly peer: UdpPeer; readonly code: string; readonly says?: RegExp }[] = [
	{ what: "answers another request than was sent", peer: (request, reply) => reply(changed(answer => answer[24]! ^= 1)(request)), code: "ERR_NTP_TIMEOUT" },
	{ what: "answers with an origin of nothing", peer: (request, reply) => reply(changed(answer => answer.fill(0, 24, 32))(request)), code: "ERR_NTP_TIMEOUT" },
	{ what: "gives the kiss of death", peer: (request, reply) => reply(kiss(request)), code: "ERR_NTP_REFUSED", says: /kiss-o'-death RATE/ },
	{ what: "gives the kiss of death to nobody's request", peer: (request, reply) => { const answer = kiss(request); answer[24]! ^= 1; reply(answer); }, code: "ERR_NTP_TIMEOUT" },
	{ what: "says that its clock is not set", peer: (request, reply) => reply(unsynchronized(request)), code: "ERR_NTP_REFUSED", says: /own clock is not set/ },
	{ what: "is of stratum 0", peer: (request, reply) => reply(changed(answer => answer[1] = 0)(request)), code: "ERR_NTP_REFUSED", says: /declines/ },
	{ what: "is of stratum 16", peer: (request, reply) => reply(changed(answer => answer[1] = 16)(request)), code: "ERR_NTP_REFUSED", says: /own clock is not set/ },
	{ what: "answers from another address", peer: (request, reply) => reply(rightAnswer(request), { address: "203.0.113.99" }), code: "ERR_NTP_TIMEOUT" },
	{ what: "answers from another port", peer: (request, reply) => reply(rightAnswer(request), { port: 1123 }), code: "ERR_NTP_TIMEOUT" },
	{ what: "sends the request back", peer: (request, reply) => reply(request), code: "ERR_NTP_TIMEOUT" },
	{ what: "is cut short", peer: (request, reply) => reply(rightAnswer(request).subarray(0, 47)), code: "ERR_NTP_TIMEOUT" },
	{ what: "sends nothing but an empty datagram", peer: (request, reply) => reply(request.subarray(0, 0)), code: "ERR_NTP_TIMEOUT" },
	{ what: "sends more junk at once than a socket keeps", peer: (request, reply) => { for (let i = 0; i < 120; i++) reply(request.subarray(0, i)); }, code: "ERR_NTP_TIMEOUT" },
	{ what: "sends no time", peer: (request, reply) => reply(changed(answer => answer.fill(0, 32))(request)), code: "ERR_NTP_REFUSED", says: /sent no time/ },
	{ what: "received the request an hour before it sent the answer", peer: (request, reply) => reply(changed(answer => new DataView(answer.buffer).setUint32(32, new DataView(answer.buffer).getUint32(32) - 3600))(request)), code: "ERR_NTP_REFUSED", says: /cannot be/ },
	{ what: "received the request an hour behind its answer", peer: (request, reply) => reply(changed(answer => new DataView(answer.buffer).setUint32(32, new DataView(answer.buffer).getUint32(32) + 3600))(request)), code: "ERR_NTP_REFUSED", says: /cannot be/ },
	{ what: "tells a time in the era behind 2036 that is beyond the clock's end", peer: (request, reply) => reply(changed(answer => { answer[32] = 0x7f; answer[40] = 0x7f; })(request)), code: "ERR_NTP_REFUSED", says: /cannot be/ },
	{ what: "tells the time of the first request to the second", peer: replaying(), code: "ERR_NTP_TIMEOUT" },
];

/** Keeps its first answer and gives it whenever it is asked again. */
function replaying(): UdpPeer {
	let first: Uint8Array | undefined;
	return (request, reply) => {
		if (first === undefined) {
			first = rightAnswer(request);
		} else {
			reply(first);
			reply(first);
		}
	};
}

for (const { what, peer, code, says: sentence = /./ } of lies) {
	deviceTest(`a time server that ${what} is not believed`, clock(["liar.example"], { hosts: { "liar.example": { udp: { 123: peer } } } }), run => {
		says(run, new RegExp(`^clock ${code}: .*${sentence.source}.*\\r?\\nis set false`, "m"));
	});
}

const spoiled: Readonly<Record<string, (request: Uint8Array, reply: Parameters<UdpPeer>[1]) => void>> = {
	"answers with a wrong origin": (request, reply) => { for (let i = 0; i < 3; i++) reply(changed(answer => answer[31]! ^= 1 + i)(request)); },
	"answers from another address": (request, reply) => reply(changed(() => {})(request), { address: "203.0.113.99" }),
	"answers from another port": (request, reply) => reply(changed(() => {})(request), { port: 1123 }),
	"kisses of death from another address": (request, reply) => reply(kiss(request), { address: "203.0.113.99" }),
	"junk": (request, reply) => { for (let i = 0; i < 3; i++) reply(request.subarray(0, i)); },
};

for (const [what, spoil] of Object.entries(spoiled)) {
	let asked = 0;
	deviceTest(`the right time is taken in spite of ${what} in front of it`, clock(["honest.example"], { hosts: { "honest.example": { udp: { 123: (request, reply) => {
		asked++;
		spoil(request, reply);
		reply(rightAnswer(request));
	} } } } }), run => {
		says(run, /^clock ok "2026-01-15T12:01:0\d/m, /^is set true/m);
		assert.ok(asked <= 2, `${asked} requests`);
	});
}

deviceTest("a time before the day of the build is refused", scene("clock", { earliest: new Date("2026-01-16T00:00:00Z") }), run => {
	says(run, /^clock ERR_NTP_REFUSED: .* its time 2026-01-15T12:00:.* cannot be/m);
});

deviceTest("the clock is set from the day of the build on, for twenty years", scene("set clock", { earliest: new Date("2026-01-16T00:00:00Z") }), run => {
	says(run, /^bounds 2026-01-16T00:00:00\.000Z 2046-01-16T00:00:00\.000Z/m);
	assert.deepEqual([...run.console.matchAll(/^(?:set (\S+)|is set (\w+))/gm)].map(([, said, set]) => said ?? set), [
		"ERR_TIME_OUT_OF_BOUNDS:", "false", "ok", "true", "ok", "true", "ERR_TIME_OUT_OF_BOUNDS:", "true", "RangeError:", "true", "RangeError:", "true",
	]);
});

deviceTest("a silent time server ends as ERR_NTP_TIMEOUT", scene("clock", { faults: { ntpSilent: true } }), run => says(run, /^clock ERR_NTP_TIMEOUT/m));
