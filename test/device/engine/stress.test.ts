// The engine while it collects garbage at each allocation: a reference that is held where the collector does not see it shows at
// once. The rest of this is in `npm run soak`.

import assert from "node:assert/strict";
import { deviceTest } from "../../support/device.ts";
import { app, inNode } from "./cases.ts";

deviceTest("with a collection at each allocation, while freezing and while running, each case answers as in Node",
	{ app, stress: true, network: false, until: /^over\r?$/m, timeoutMs: 60_000 }, async ({ console: text }) => {
		assert.deepEqual(text.trimEnd().split(/\r?\n/), await inNode());
	});
