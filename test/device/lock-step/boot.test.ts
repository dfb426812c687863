// A sample of the soak "lock-step".

import assert from "node:assert/strict";
import test from "node:test";
import { soakLockStep } from "../../bench/soak-lock-step.ts";
import { sceneBoard } from "../../support/device.ts";
import { inLockStep } from "../../support/lock-step.ts";

test("power-on to a page over HTTPS is the same by the fast loop and by the plain interpreter, at each stretch and each exception (seed 1)", async () => {
	const { boot: { stretches, exceptions, borders, activeCycles: [cycles] } } = await soakLockStep({ seed: 1, xip: false });
	assert.ok(stretches > 100_000 && exceptions > 1000 && borders > 500 && cycles > 50e6, `${stretches} stretches, ${exceptions} exceptions, ${borders} looks at memory, ${cycles} cycles`);
});

test("a boot without a network is the same too, with what flash costs (seed 2)", async () => {
	const { console: text, activeCycles: [cycles] } = await inLockStep({
		seed: 2, until: /^over\r?$/m, timeoutMicros: 20e6,
		board: () => sceneBoard({ app: "test/device/preferences/app", network: false, board: { xip: true }, configuration: { starts: 2, turns: 3 } }),
	});
	assert.match(text, /^over\r?$/m);
	assert.ok(cycles > 1e6, `${cycles} cycles`);
});
