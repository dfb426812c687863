/**
 * The health tests of the random source (NIST SP 800-90B section 4.4) on sources that are good, stuck and biased, and when the
 * generator asks it for a new seed.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { buildBare } from "./bare/build.ts";

const seed = 0x2545f491;

/** Bits that are one with the given probability: xorshift32 (Marsaglia 2003), the same at each run. */
function bits(count: number, probabilityOfOne: number): Uint8Array {
	let state = seed;
	return Uint8Array.from({ length: count }, () => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) / 2 ** 32 < probabilityOfOne ? 1 : 0;
	});
}

async function failsAt(samples: Uint8Array): Promise<number> {
	return Number(execFileSync(await buildBare("host", "health"), { input: samples, encoding: "utf8" }));
}

test("a million fair bits raise no alarm", async () => {
	assert.equal(await failsAt(bits(1_000_000, 0.5)), 0);
});

test("a source that is stuck is found at its 61st equal sample", async () => {
	assert.equal(await failsAt(new Uint8Array(1024)), 61);
	assert.equal(await failsAt(new Uint8Array(1024).fill(1)), 61);
});

test("a source that gets stuck after a good start is found", async () => {
	const samples = bits(5000, 0.5);
	samples.fill(samples[3999]!, 4000);
	const at = await failsAt(samples);
	assert.ok(at > 4000 && at <= 4061, `${at}`);
});

test("a source that is one in nine of ten samples is found within a window", async () => {
	const at = await failsAt(bits(4096, 0.9));
	assert.ok(at > 0 && at <= 1024 * 2, `${at}`);
});

test("a bias that still leaves more than half a bit a sample is let pass", async () => {
	assert.equal(await failsAt(bits(200_000, 0.6)), 0);
});

/** What the generator asks of its source within 2,500 requests, when the fill of that number fails. */
async function asked(failingFill = 0): Promise<string[]> {
	return execFileSync(await buildBare("host", "reseeding"), [`fails=${failingFill}`], { encoding: "utf8" }).trimEnd().split("\n");
}

// A request is the one for the seed that is kept over a reset.
test("a new seed comes every 1,024 requests, gathered from 128 before it on", async () => {
	assert.deepEqual(await asked(), [
		"prepare 0", "fill 0 48",
		"prepare 894", "fill 1023 48",
		"prepare 1918", "fill 2047 48",
	]);
});

test("a source that is stuck when a new seed is due refuses every number from then on", async () => {
	assert.deepEqual(await asked(1), ["prepare 0", "fill 0 48", "refused 0 zeroed"]);
	assert.deepEqual(await asked(2), ["prepare 0", "fill 0 48", "prepare 894", "fill 1023 48", "refused 1023 zeroed"]);
});
