// A tenth of the soak "http".

import test from "node:test";
import { soakHttp } from "../../bench/soak-http.ts";

test("2,000 responses split and cut by chance end as they should (seed 1)", async () => {
	await soakHttp({ seed: 1, count: 2000 });
});
