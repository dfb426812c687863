// Files of the manifest's "data" on the device.

import assert from "node:assert/strict";
import { deviceTest } from "../../support/device.ts";

deviceTest("files of the manifest's data are read in place, by name, whole and in pieces", { app: "test/device/resource/app", network: false, until: /^over\r?$/m }, ({ console: text }) => {
	const told = Object.fromEntries([...text.matchAll(/^(\w+) (.*?)\r?$/gm)].map(([, what, value]) => [what, JSON.parse(value!)]));
	assert.deepEqual(told, {
		length: 18,
		slices: ["first line\nsecond\n", "line", "second\n", "", "second\n", "first"],
		renamed: "<p>page</p>",
		empty: 0,
		exists: [true, true, false, false, false],
		copied: ["First", "first"],
		none: 'Resource: the image has no none.txt: name it in "data" of manifest.json',
	});
});
