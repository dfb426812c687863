// A tenth of the soak "failures", and some hours of the soak "week".

import test from "node:test";
import { soakFailures } from "../../bench/soak-failures.ts";
import { soakWeek } from "../../bench/soak-week.ts";

test("100 failures of the network, of every kind, are each told once, the next attempt works, and memory comes back (seed 1)", async () => {
	await soakFailures({ seed: 1, count: 100 });
});

test("a board that gets a page every ten minutes and has its lease renewed is after six hours what it was (seed 1)", async () => {
	await soakWeek({ seed: 1, hours: 6 });
});

const millisecondsWrapAt = 2 ** 32;

test("a board that has run for 49.7 days goes on when its milliseconds begin anew in 32 bits (seed 1)", async () => {
	await soakWeek({ seed: 1, hours: 1, startMs: millisecondsWrapAt - 25 * 60_000 });
});
