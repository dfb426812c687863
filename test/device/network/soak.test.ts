// A tenth of the soak "failures".

import test from "node:test";
import { soakFailures } from "../../bench/soak-failures.ts";

test("100 failures of the network, of every kind, are each told once, the next attempt works, and memory comes back (seed 1)", async () => {
	await soakFailures({ seed: 1, count: 100 });
});
