// A network that is kept: by script over the loss of the access point, by the driver over the loss of the radio.

import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import type { NetworkFaults } from "../../../simulator/simulator.ts";
import { simulatedNetwork } from "../../../tools/start/simulated-network.ts";
import { deviceTest, type DeviceRun, type DeviceScene } from "../../support/device.ts";

const hosts = {
	"echo.example": {
		address: "203.0.113.10",
		ports: {
			7: {
				connect: () => {
					const [near, far] = duplexPair();
					far.on("error", () => {});
					far.pipe(far);
					return near;
				},
			},
		},
	},
};

function scene(more: Partial<DeviceScene> = {}): DeviceScene {
	return { app: "test/device/keeper/app", hosts, until: /^end\r?$/m, timeoutMs: 200_000, ...more };
}

function lines(run: DeviceRun, pattern: RegExp): string[] {
	assert.equal(run.end.reason, "matched", run.console);
	return run.console.split("\r\n").filter(line => pattern.test(line));
}

function answers(run: DeviceRun): { asked: number; answered: number } {
	const [, asked, answered] = /asked (\d+) answered (\d+)/.exec(lines(run, /^asked/)[0]) ?? assert.fail(run.console);
	return { asked: Number(asked), answered: Number(answered) };
}

deviceTest("an access point that is away for a second every five costs no connection", scene({
	accessPoints: [{ ...simulatedNetwork, vanishes: { everyMicros: 5e6, forMicros: 1e6 } }],
	configuration: { seconds: 30 },
}), run => {
	const { asked, answered } = answers(run);
	assert.ok(answered >= asked - 2 && answered >= 25, run.console);
});

deviceTest("an access point that is away for longer is joined again each time", scene({
	accessPoints: [{ ...simulatedNetwork, vanishes: { everyMicros: 20e6, forMicros: 9e6 } }],
	configuration: { seconds: 72 },
}), run => {
	assert.ok(lines(run, /^joined 192\.168\.4\.2$/).length >= 4, run.console);
	assert.ok(lines(run, /^waiting ERR_WIFI_LOST$/).length >= 3, run.console);
	assert.ok(answers(run).answered >= 12, run.console);
});

deviceTest("a radio whose firmware hangs is started anew and joins again, without the script", scene({
	radioFaults: { hangAfterMicros: 4e6 }, configuration: { seconds: 30 },
}), run => {
	assert.match(run.console, /radio does not answer: it is started anew/);
	assert.equal(lines(run, /^joined 192\.168\.4\.2$/).length, 2, run.console);
	assert.ok(answers(run).answered >= 15, run.console);
});

deviceTest("a radio that hangs while nothing is sent is found within 12 s", scene({
	radioFaults: { hangAfterMicros: 900_000 }, configuration: { seconds: 25, quiet: true },
}), run => {
	assert.match(run.console, /radio does not answer: it is started anew/);
	assert.equal(lines(run, /^joined 192\.168\.4\.2$/).length, 2, run.console);
});

deviceTest("a radio that is quiet, its bus asleep, is not taken for a dead one", scene({ configuration: { seconds: 60, quiet: true } }), run => {
	assert.doesNotMatch(run.console, /radio does not answer/);
	assert.equal(lines(run, /^joined /).length, 1, run.console);
});

deviceTest("a radio that drops off the bus is started anew", scene({
	radioFaults: { offBusAfterMicros: 4e6 }, configuration: { seconds: 30 },
}), run => {
	assert.match(run.console, /radio does not answer: it is started anew/);
	assert.ok(answers(run).answered >= 15, run.console);
});

deviceTest("a radio that gives no credit any more is started anew", scene({
	radioFaults: { starveAtMicros: 4e6, starveForMicros: 3.6e9 }, configuration: { seconds: 30 },
}), run => {
	assert.match(run.console, /radio does not answer: it is started anew/);
	assert.ok(answers(run).answered >= 3, run.console);
});

deviceTest("interrupts that get lost delay, and lose nothing", scene({
	radioFaults: { lostInterruptEvery: 7 }, configuration: { seconds: 20 },
}), run => {
	assert.doesNotMatch(run.console, /radio does not answer/);
	const { asked, answered } = answers(run);
	assert.ok(answered >= asked - 2 && answered >= 8, run.console);
});

deviceTest("a radio that hangs again and again is left off, and tried anew by the keeper, with the same name and power saving", scene({
	radioFaults: { hangAfterMicros: 1_500_000, failures: 6 }, configuration: { seconds: 120, hostName: "kept", powerSaving: "none" },
}), run => {
	assert.match(run.console, /radio does not come back: it is off/);
	assert.ok(lines(run, /^waiting ERR_WIFI_CHIP$/).length >= 1, run.console);
	assert.match(run.console.slice(run.console.lastIndexOf("waiting")), /^joined /m);
	const { hostName, powerSaving } = run.report.radio!;
	assert.deepEqual([hostName, powerSaving?.PM], ["kept", 0]);
});

deviceTest("a network that is not there ends a keeper after its tries", scene({
	ssid: "elsewhere", configuration: { seconds: 200, attempts: 3 },
}), run => {
	assert.deepEqual(lines(run, /^(joining|waiting|ended|promised)/), [
		"waiting ERR_WIFI_NO_NETWORK", "joining ERR_WIFI_NO_NETWORK", "waiting ERR_WIFI_NO_NETWORK", "joining ERR_WIFI_NO_NETWORK",
		"ended ERR_WIFI_NO_NETWORK", "promised ERR_WIFI_NO_NETWORK",
	], run.console);
});

const second = { ssid: "second" };

for (const [meddles, what] of [["leave", "is left by others of the app"], ["joinAnother", "others of the app leave for another one"], ["keepTwice", "a second keeper gives up"]] as const) {
	deviceTest(`a network that ${what} is joined again`, scene({ accessPoints: [simulatedNetwork, second], configuration: { seconds: 12, meddles } }), run => {
		assert.deepEqual(lines(run, /^(joining|joined|waiting|twice|elsewhere)/), [
			"joined 192.168.4.2", ...meddles === "keepTwice" ? ["joined 192.168.4.2", "twice 192.168.4.2"] : [],
			...meddles === "joinAnother" ? ["joining", "waiting ERR_WIFI_LOST", "elsewhere 192.168.4.2"] : ["waiting ERR_WIFI_LOST"],
			"joining ERR_WIFI_LOST", "joined 192.168.4.2",
		], run.console);
		assert.ok(answers(run).answered >= 7, run.console);
	});
}

for (const meddlesMs of [50, 500, 600]) {
	deviceTest(`a keeper that is closed ${meddlesMs} ms after its start tells nothing more, and another begins at once`, scene({
		configuration: { seconds: 8, quiet: true, meddles: "closeAndKeepAgain", meddlesMs },
	}), run => {
		assert.deepEqual(lines(run, /^(joining|joined|waiting|closed|again|promised)/), ["closed ended", "promised ECLOSED", "again 192.168.4.2"], run.console);
	});
}

deviceTest("a scan while a network is joined tells what it hears, and the network is joined all the same", scene({ configuration: { seconds: 8, meddles: "scan", meddlesMs: 450 } }), run => {
	assert.deepEqual(lines(run, /^(joined|heard|scanned)/).sort(), ["heard picofetch", "joined 192.168.4.2", "scanned"], run.console);
});

deviceTest("an access point that goes to another channel is found there", scene({
	accessPoints: [{ ...simulatedNetwork, channel: 1, goneAtMicros: 5e6 }, { ...simulatedNetwork, channel: 11, backAtMicros: 6e6, goneAtMicros: 1 }], configuration: { seconds: 40 },
}), run => {
	assert.deepEqual(lines(run, /^joined/), ["joined 192.168.4.2", "joined 192.168.4.2"], run.console);
	assert.ok(answers(run).answered >= 20, run.console);
});

/** While the radio sleeps as much as it can. */
function leaseScene(faults: NetworkFaults["dhcp"], leaseSeconds: number, seconds: number): DeviceScene {
	return scene({ dhcp: { leaseSeconds }, faults: { dhcp: faults }, timeoutMs: 700_000, configuration: { seconds, quiet: true, powerSaving: "aggressive" } });
}

for (const [what, faults, counts] of [
	["is renewed", {}, { renewed: 2, rebound: 0 }],
	["that its server does not renew is rebound", { renewal: "silent" }, { renewed: 0, rebound: 1 }], // lwIP counts in minutes
] as const) {
	deviceTest(`a lease ${what} in time while the radio sleeps`, leaseScene(faults, 600, 660), run => {
		assert.deepEqual(lines(run, /^(joining|joined|waiting)/), ["joined 192.168.4.2"], run.console);
		assert.deepEqual(run.report.radio!.dhcp, { bound: 1, refused: 0, declined: 0, ...counts });
		assert.equal(run.report.radio!.powerSaving?.PM, 1);
	});
}

deviceTest("a lease that is lost is told with its reason, and so is the next", leaseScene({ renewal: "silent", rebinding: "silent" }, 240, 280), run => {
	assert.deepEqual(lines(run, /^(joining|joined|waiting)/), ["joined 192.168.4.2", "joining ERR_WIFI_LEASE", "joined 192.168.4.2"], run.console);
	assert.equal(run.report.radio!.dhcp.bound, 2);
});

deviceTest("an address that another host insists on is told with the reason, and so is the next", scene({
	faults: { announces: [14e6, 16e6].map(atMicros => ({ address: "192.168.4.2", atMicros })) }, configuration: { seconds: 25, quiet: true },
}), run => {
	assert.deepEqual(lines(run, /^(joining|joined|waiting)/), ["joined 192.168.4.2", "joining ERR_WIFI_LEASE", "joined 192.168.4.3"], run.console);
});
