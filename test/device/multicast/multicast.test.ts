// The board as a member of groups.

import assert from "node:assert/strict";
import { parseHost } from "../../../simulator/network/host-option.ts";
import type { GroupPeer } from "../../../simulator/simulator.ts";
import { deviceTest } from "../../support/device.ts";

/** Tells the group ten times what it heard, and a little more. */
function telling(more: number): Readonly<Record<string, GroupPeer>> {
	return { "239.1.2.3:5000": ([number], answer) => answer.toGroup(Uint8Array.of(number! * 10 + more)) };
}

deviceTest("what is sent to a group is heard by its members, and by nobody who has left", {
	app: "test/device/multicast/app", hosts: { one: { address: "192.168.4.250", groups: telling(0) }, two: { address: "192.168.4.77", groups: telling(1) } }, until: /^end\r?$/m,
}, run => {
	assert.equal(run.end.reason, "matched", run.console);
	assert.deepEqual(run.console.split(/\r?\n/).filter(line => /^heard/.test(line)), [
		"heard 10 from 192.168.4.250:5000", "heard 11 from 192.168.4.77:5000", "heard 20 from 192.168.4.250:5000", "heard 21 from 192.168.4.77:5000",
	]);
	assert.equal([...run.console.matchAll(/^group "[^"]*" EINVAL/gm)].length, 3, run.console);
	assert.match(run.console, /^member 0 ok\r?\nmember 1 ok\r?\nmember 2 ok\r?\nmember 3 ENOMEM/m);
});

deviceTest("a group that --host gives a host says again what is said there", {
	app: "test/device/multicast/app", hosts: Object.fromEntries([parseHost("one,address=192.168.4.250,group=239.1.2.3:5000")]), until: /^end\r?$/m,
}, ({ console: text }) => {
	assert.deepEqual(text.split(/\r?\n/).filter(line => /^heard/.test(line)), ["heard 1 from 192.168.4.250:5000", "heard 2 from 192.168.4.250:5000"]);
});
