// What the network's services do to the real firmware over the life of a lease, and when its names are answered oddly.

import assert from "node:assert/strict";
import test from "node:test";
import type { NetworkFaults, NetworkOptions } from "../../../simulator/simulator.ts";
import { deviceTest, sceneBoard, type DeviceRun, type DeviceScene } from "../../support/device.ts";

const hosts: NetworkOptions["hosts"] = {
	"echo.example": { udp: { 5000: (datagram, reply) => reply(datagram.slice().reverse()) } },
};

function scene(story: string, faults: NetworkFaults, more: Partial<DeviceScene> = {}, configuration: Record<string, unknown> = {}): DeviceScene {
	return {
		app: "test/device/network/app", hosts, faults, until: /^end\r?$/m, timeoutMs: 120_000, configuration: { story, ...configuration }, ...more,
	};
}

/** Keeps a lease of ten minutes for twelve, and looks at the address every five seconds. */
function leaseScene(faults: NetworkFaults["dhcp"] = {}): DeviceScene {
	return scene("lease", { dhcp: faults }, { dhcp: { leaseSeconds: 600 }, timeoutMs: 900_000 }, { seconds: 720 });
}

function says(run: DeviceRun, ...lines: readonly RegExp[]): void {
	assert.equal(run.end.reason, "matched", run.console);
	for (const line of lines) {
		assert.match(run.console, line);
	}
}

/** The address as the app saw it, each time that it changed. */
function addresses(run: DeviceRun): string[] {
	return [...run.console.matchAll(/^\d+ s (\S+)/gm)].map(([, address]) => address!);
}

/** ARP packets by which the device said that the address is its own. */
function announcements(run: DeviceRun, address: string): number {
	const own = Buffer.from(address.split(".").map(Number));
	const request = Buffer.from("0806000108000604000128cdc1", "hex"); // Ethernet's type and ARP's head, the board's maker
	const frames = Buffer.from(run.pcap);
	let count = 0;
	for (let at = frames.indexOf(request); at >= 0; at = frames.indexOf(request, at + 1)) {
		const sender = at + 2 + 14;
		if (frames.subarray(sender, sender + 4).equals(own) && frames.subarray(sender + 10, sender + 14).equals(own)) count++;
	}
	return count;
}

const works = /^datagram ok "203\.0\.113\.10:5000 3,2,1"/m;

deviceTest("a lease is renewed in time, and nothing is noticed of it", leaseScene(), run => {
	says(run, works);
	assert.deepEqual(addresses(run), ["192.168.4.2"]);
	assert.deepEqual(run.report.radio?.dhcp, { bound: 1, renewed: 2, rebound: 0, refused: 0, declined: 0 });
});

deviceTest("a renewal that is not answered ends in a rebinding, and nothing is noticed of it", leaseScene({ renewal: "silent" }), run => {
	says(run, works);
	assert.deepEqual(addresses(run), ["192.168.4.2"]);
	assert.deepEqual(run.report.radio?.dhcp, { bound: 1, renewed: 0, rebound: 1, refused: 0, declined: 0 });
});

deviceTest("a renewal that is refused is followed by a new lease", leaseScene({ renewal: "refuse" }), run => {
	says(run, works);
	const { bound, refused } = run.report.radio!.dhcp;
	assert.ok(bound >= 2 && refused === bound - 1, `${bound} leases, ${refused} refusals`);
	assert.equal(addresses(run).at(-1), "192.168.4.2");
});

deviceTest("a device that is moved to another address goes on with it", leaseScene({ renewal: "move" }), run => {
	says(run, works);
	assert.deepEqual(addresses(run).filter(address => address !== "none"), ["192.168.4.2", "192.168.4.3", "192.168.4.4"]);
});

deviceTest("a lease that nobody extends is over, and asked for anew", leaseScene({ renewal: "silent", rebinding: "silent" }), run => {
	says(run, works);
	assert.equal(run.report.radio?.dhcp.bound, 2);
});

deviceTest("an address that another host has is declined before it is used, and the next one taken", scene("lease", {}, {
	hosts: { ...hosts, "squatter.example": { address: "192.168.4.2" } },
}, { seconds: 20 }), run => {
	says(run, works);
	assert.deepEqual(addresses(run), ["192.168.4.3"]);
	assert.deepEqual(run.report.radio?.dhcp, { bound: 2, renewed: 0, rebound: 0, refused: 0, declined: 1 });
});

deviceTest("an address that another host announces once is defended and kept", scene("lease", { announces: [{ address: "192.168.4.2", atMicros: 20e6 }] }, {}, { seconds: 40 }), run => {
	says(run, works);
	assert.deepEqual(addresses(run), ["192.168.4.2"]);
	assert.equal(announcements(run, "192.168.4.2"), 2, "the first is that of the lease");
	assert.equal(run.report.radio?.dhcp.declined, 0);
});

deviceTest("an address that another host insists on is given up, and another one asked for", scene("lease", {
	announces: [20e6, 23e6].map(atMicros => ({ address: "192.168.4.2", atMicros })),
}, {}, { seconds: 40 }), run => {
	says(run, works);
	assert.deepEqual(addresses(run).filter(address => address !== "none"), ["192.168.4.2", "192.168.4.3"]);
	assert.equal(run.report.radio?.dhcp.declined, 1);
});

for (const [what, dhcp] of Object.entries({ "no address left": { exhausted: true }, "no acknowledgement": { withholdsAck: true } })) {
	deviceTest(`a network with ${what} ends a join by its time limit`, scene("join", { dhcp }, {}, { timeoutMs: 15_000 }), run => {
		says(run, /^join ERR_WIFI_TIMEOUT: .*no address came within 15000 ms/m);
	});
}

deviceTest("a DHCP server that refuses at first is asked again", scene("join", { dhcp: { refusals: 2 } }), run => {
	says(run, /^join ok .*"192\.168\.4\.2"/m);
	assert.equal(run.report.radio?.dhcp.refused, 2);
});

test("a joined device answers pings of its router, short and long", async () => {
	const board = await sceneBoard(scene("join", {}));
	await board.run({ until: /^end\r?$/m, timeoutMicros: 10e6 });
	const answered: [lengthBytes: number, micros: number][] = [];
	for (const lengthBytes of [0, 56, 1400]) {
		board.radio!.ping(lengthBytes, micros => answered.push([lengthBytes, micros]));
		await board.run({ timeoutMicros: 1e6 });
	}
	board.close();
	assert.deepEqual(answered.map(([lengthBytes]) => lengthBytes), [0, 56, 1400], board.console.text);
	assert.ok(answered.every(([, micros]) => micros > 100 && micros < 100_000), JSON.stringify(answered));
});

deviceTest("a name that stands for another is resolved", scene("names", {}, {
	hosts: { "echo.example": { alias: "edge.example" }, "edge.example": { alias: "host.example" }, "host.example": { address: "198.51.100.7" } },
}), run => says(run, /^echo\.example ok "198\.51\.100\.7"/m));

deviceTest("names in circles are no names", scene("names", {}, { hosts: { "echo.example": { alias: "other.example" }, "other.example": { alias: "echo.example" } } }), run => {
	says(run, /^echo\.example (EAI_AGAIN|ENOTFOUND)/m);
});

deviceTest("a DNS server that takes a second is waited for", scene("names", { dnsDelayMicros: 900_000 }), run => {
	says(run, /^echo\.example ok/m, /^nobody\.example ENOTFOUND/m);
});

deviceTest("a DNS answer with another query's number is none", scene("names", { dnsWrongId: true }), run => {
	says(run, /^echo\.example EAI_AGAIN/m, /^nobody\.example EAI_AGAIN/m);
});

deviceTest("a name whose answer was cut off is asked for again by TCP", scene("names", { dnsTruncated: true }), run => {
	says(run, /^echo\.example ok "203\.0\.113\.10"/m, /^nobody\.example ENOTFOUND/m);
});
