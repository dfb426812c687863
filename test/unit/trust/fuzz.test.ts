// A sample of the soak "trust".

import assert from "node:assert/strict";
import test from "node:test";
import { soakJudgements } from "../../bench/soak-judgements.ts";
import { soakTrust } from "../../bench/soak-trust.ts";

test("10,000 chains changed by chance are judged within their bounds (seed 1)", async () => {
	const { rounds, trusted } = await soakTrust({ seed: 1, rounds: 10_000 });
	assert.equal(rounds, 10_000);
	assert.ok(trusted > 10, "changes leave some chains whole");
});

test("500 chains shuffled and damaged by chance are judged alike by both, or refused (seed 1)", async () => {
	const { trusted, refused } = await soakJudgements({ seed: 1, count: 500 });
	assert.ok(trusted > 100 && refused > 100, `${trusted} trusted, ${refused} refused`);
});
