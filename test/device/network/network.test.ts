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

deviceTest("the interface tells each change of its connection", scene("states"), run => {
	says(run, /^states ok "\d+ 300 500 100"/m);
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
	"silent.example": { udp: { 123: () => {} } },
};

/** A time server whose clock stands. */
function saying(unixMs: number): UdpPeer {
	return (request, reply) => {
		const answer = answerNtp(request, unixMs);
		if (typeof answer === "string") throw new Error(answer);
		reply(answer);
	};
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
	says(run, /^clock ERR_NTP_DISAGREE: ntp: of 3 servers no two agree: .*past\.example says 2026-01-15T11:00:00/m);
});

deviceTest("one answer of three is not enough", clock(["silent.example", "pool.ntp.org", "nobody.example"]), run => says(run, /^clock ERR_NTP_DISAGREE/m));

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
