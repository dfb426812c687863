// Who opens a socket before there is a network is told so.

import assert from "node:assert/strict";
import { deviceTest } from "../../support/device.ts";

deviceTest("a socket that is opened before any network says that there is none, and can be opened behind it", {
	app: "test/device/before-network/app", until: /^end\r?$/m, timeoutMs: 60_000,
}, ({ console: text }) => {
	assert.deepEqual([...text.matchAll(/^(?:before|behind) .*?(?=\r?$)/gm)].map(([line]) => line).filter(line => !line.startsWith("behind tcp")), [
		"before listener ENETUNREACH: listener 80: no network was begun yet. Join one or open one first.",
		"before udp ENETUNREACH: udp: no network was begun yet. Join one or open one first.",
		"before tcp ENETUNREACH",
		"behind listener ok",
		"behind udp ok",
	]);
});
