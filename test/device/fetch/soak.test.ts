// A tenth of the soak "fetch".

import test from "node:test";
import { soakFetch } from "../../bench/soak-fetch.ts";

test("50 fetches on one boot end as they should, and memory comes back (seed 1)", async () => {
	await soakFetch({ seed: 1, count: 50, secureEvery: 5 });
});
