// The board asks others whether they are there, and over IPv6 is asked.

import assert from "node:assert/strict";
import test from "node:test";
import type { NetworkFaults } from "../../../simulator/simulator.ts";
import { deviceTest, sceneBoard, type DeviceRun, type DeviceScene } from "../../support/device.ts";

function scene(configuration: Record<string, unknown>, faults: NetworkFaults = {}): DeviceScene {
	return { app: "test/device/ping/app", hosts: { "a.example": { address: "198.51.100.7" }, "six.example": { address: null, ipv6: "2001:db8::10" } }, faults, until: /^end\r?$/m, configuration };
}

function lines(run: DeviceRun): string[] {
	assert.equal(run.end.reason, "matched", run.console);
	return run.console.split(/\r?\n/).filter(line => line !== "" && line !== "end");
}

for (const lengthBytes of [0, 56, 1472]) {
	deviceTest(`a host answers ${lengthBytes} bytes, by name and by address`, scene({ hosts: ["a.example", "198.51.100.7", "192.168.4.1"], lengthBytes }), run => {
		assert.deepEqual(lines(run), ["a.example ok 198.51.100.7 in time", "198.51.100.7 ok 198.51.100.7 in time", "192.168.4.1 ok 192.168.4.1 in time"]);
	});
}

deviceTest("a host that is not there is given up in time, and a name that is not there at once", scene({ hosts: ["198.51.100.99", "nobody.example"], timeoutMs: 500 }), run => {
	assert.deepEqual(lines(run).map(line => line.replace(/:.*/, "")), ["198.51.100.99 ETIMEDOUT", "nobody.example ENOTFOUND"]);
});

deviceTest("a router that has no way says so at once", scene({ hosts: ["198.51.100.8", "198.51.100.7"], timeoutMs: 500 }, { unreachable: ["198.51.100.8"] }), run => {
	assert.deepEqual(lines(run), ["198.51.100.8 EHOSTUNREACH: ping 198.51.100.8 (198.51.100.8): a router says that there is no way to it", "198.51.100.7 ok 198.51.100.7 in time"]);
});

deviceTest("more bytes than a frame takes are refused", scene({ hosts: ["198.51.100.7"], lengthBytes: 1473 }), run => assert.match(run.console, /^198\.51\.100\.7 EINVAL: .*1473 bytes/m));

deviceTest("four are asked at once, and one more is told so", scene({ hosts: ["a.example", "198.51.100.7", "192.168.4.1", "198.51.100.99", "198.51.100.7"], together: true, timeoutMs: 900 }), run => {
	const said = lines(run);
	assert.equal(said.filter(line => / ok .* in time$/.test(line)).length, 3, run.console);
	assert.equal(said.filter(line => / ENOMEM: /.test(line)).length, 1, run.console);
	assert.equal(said.filter(line => / ETIMEDOUT: /.test(line)).length, 1, run.console);
});

deviceTest("without a network, that is said", scene({ hosts: ["198.51.100.7"], network: false }), run => assert.match(run.console, /^198\.51\.100\.7 ENETUNREACH/m));

deviceTest("an answer that comes twice, or damaged, is told once, or never", scene({ hosts: Array.from({ length: 12 }, () => "198.51.100.7"), timeoutMs: 300 }, { duplicate: 0.5, corrupt: 0.2 }), run => {
	const said = lines(run);
	assert.equal(said.length, 12);
	assert.ok(said.every(line => / ok .* in time$| ETIMEDOUT: /.test(line)), run.console);
	assert.ok(said.some(line => / ok /.test(line)), run.console);
});

deviceTest("over IPv6 a host answers, by name and by address, and one that is not there is given up", scene(
	{ hosts: ["six.example", "2001:db8:0::10", "a.example", "2001:db8::dead", "2001:db8::x"], waitMs: 3_000, timeoutMs: 500, lengthBytes: 1232 }, { duplicate: 0.5 }), run => {
	const said = lines(run);
	assert.deepEqual(said.slice(0, 3), ["six.example ok 2001:db8::10 in time", "2001:db8:0::10 ok 2001:db8::10 in time", "a.example ok 198.51.100.7 in time"]);
	assert.deepEqual(said.slice(3).map(line => / [A-Z]+/.exec(line)![0]), [" ETIMEDOUT", " EINVAL"]);
});

deviceTest("more bytes than each path of IPv6 takes are refused", scene({ hosts: ["2001:db8::10"], waitMs: 3_000, lengthBytes: 1233 }), run => {
	assert.match(run.console, /^2001:db8::10 EINVAL: .*1233 bytes, expected 0 to 1232/m);
});

deviceTest("without IPv6 in the network that is said at once", { ...scene({ hosts: ["2001:db8::10"] }), ipv6: false }, run => {
	assert.match(run.console, /^2001:db8::10 ENETUNREACH: .*there is no network that leads there/m);
});

test("others connect to the board over IPv6", async () => {
	const board = await sceneBoard(scene({ hosts: ["2001:db8::10"], waitMs: 3_000, listen: 80 }));
	assert.equal((await board.run({ until: /^2001:db8::10 ok .*\r$/m, timeoutMicros: 30e6 })).reason, "matched", board.console.text);
	await board.run({ timeoutMicros: 0.5e6 });
	const client = board.radio!.connect(80, true);
	let answer = "";
	client.on("data", (bytes: Buffer) => { answer += bytes.toString(); }).on("error", () => {});
	assert.equal((await board.run({ until: /^end\r$/m, timeoutMicros: 30e6 })).reason, "matched", board.console.text);
	await board.run({ timeoutMicros: 0.5e6 });
	assert.equal(answer, "you are 2001:db8::200\n");
	board.close();
});
