// A sample of the soak "lock-step".

import assert from "node:assert/strict";
import test from "node:test";
import { soakLockStep } from "../../bench/soak-lock-step.ts";

test("power-on to a page over HTTPS is the same by the fast loop and by the plain interpreter, at each stretch and each exception (seed 1)", async () => {
	const { boot: { stretches, exceptions, borders, activeCycles: [cycles] } } = await soakLockStep({ seed: 1 });
	assert.ok(stretches > 100_000 && exceptions > 1000 && borders > 500 && cycles > 50e6, `${stretches} stretches, ${exceptions} exceptions, ${borders} looks at memory, ${cycles} cycles`);
});
