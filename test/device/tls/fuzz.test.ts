/** platform/tls as client and as server, on the host with sanitizers: the stories of its corpus, and a sample of the soak "tls". */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { soakStories } from "../../bench/soak-stories.ts";
import { buildBare } from "./bare/build.ts";

const corpus = join(import.meta.dirname, "corpus");

async function tell(name: string, ...how: readonly string[]): Promise<string> {
	const { stdout } = await promisify(execFile)(await buildBare("fuzz", "stories"), [...how, join(corpus, name)]);
	return stdout.trim();
}

/** Those that have names, and how they end: what others are changed from goes well. */
const good: Readonly<Record<string, string>> = {
	"gives-13": "open, ECLOSED (-0x0), 20 bytes",
	"gives-12": "open, ECLOSED (-0x0), 20 bytes",
	"13-hrr-cookie": "open, ECLOSED (-0x0), 20 bytes",
	"13-certreq": "open, ECLOSED (-0x0), 20 bytes",
	"13-resumed": "open, resumed, ECLOSED (-0x0), 20 bytes",
	"12-resumed-new": "open, resumed, ECLOSED (-0x0), 20 bytes",
	"listens-13": "open, ECLOSED (-0x0), 20 bytes",
	"listens-12": "open, ECLOSED (-0x0), 20 bytes",
};

for (const [name, end] of Object.entries(good)) {
	test(`the story ${name} ends well`, async () => assert.equal(await tell(`${name}.story`), end));
}

for (const name of ["13-resumed", "12-resumed-new", "listens-13", "listens-12"]) {
	test(`memory refused at each allocation of ${name} ends it with ERR_TLS_MEMORY, and the next one is whole`, async () => {
		const [, refused, unseen] = /^(\d+) refused, (\d+) unseen$/.exec(await tell(`${name}.story`, "faults"))!.map(Number);
		assert.ok(refused! > 20 && unseen === 0, `${unseen} of ${refused} went unseen`);
	});
}

test("1,000 connections, changed by chance, end once, give their memory back, and open to the proven server alone (seed 1)", async () => {
	assert.ok(readdirSync(corpus).filter(name => name.endsWith(".story")).length > 20);
	const { rounds, open } = await soakStories({ seed: 1, rounds: 1000 });
	assert.equal(rounds, 1000);
	assert.ok(open > 50, `${open} open`);
});
