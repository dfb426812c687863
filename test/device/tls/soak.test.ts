// A tenth of the soak "handshakes".

import test from "node:test";
import { soakHandshakes } from "../../bench/soak-handshakes.ts";

test("50 handshakes, new and resumed, in turn with failures, end as they should, and memory comes back (seed 1)", async () => {
	await soakHandshakes({ seed: 1, count: 50 });
});
