// The board as a member of groups.

import assert from "node:assert/strict";
import type { UdpPeer } from "../../../simulator/simulator.ts";
import { deviceTest } from "../../support/device.ts";

const answering: UdpPeer = ([number], reply) => {
	reply(Uint8Array.of(number! * 10));
	reply(Uint8Array.of(number! * 10 + 1), { address: "192.168.4.77", port: 6000 });
};

deviceTest("what is sent to a group is heard by its members, and by nobody who has left", {
	app: "test/device/multicast/app", groups: { "239.1.2.3": { 5000: answering } }, until: /^end\r?$/m,
}, run => {
	assert.equal(run.end.reason, "matched", run.console);
	assert.deepEqual(run.console.split(/\r?\n/).filter(line => /^heard/.test(line)), [
		"heard 10 from 192.168.4.250:5000", "heard 11 from 192.168.4.77:6000", "heard 20 from 192.168.4.250:5000", "heard 21 from 192.168.4.77:6000",
	]);
	assert.equal([...run.console.matchAll(/^group "[^"]*" EINVAL/gm)].length, 3, run.console);
	assert.match(run.console, /^member 0 ok\r?\nmember 1 ok\r?\nmember 2 ok\r?\nmember 3 ENOMEM/m);
});
