// A table is kept, and the next one is compared with it.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { growth, keepTable, keptTable } from "../../../tools/size/kept-table.ts";

const table = { ram: [{ name: "C stack", bytes: 8192 }], flash: [{ name: "image", bytes: 1000 }, { name: "left over", bytes: 500 }] };

test("a kept table is read again, app by app; none and a damaged one are none", async context => {
	const folder = await mkdtemp(join(tmpdir(), "picofetch-size-"));
	context.after(() => rm(folder, { recursive: true, force: true }));
	assert.equal(keptTable("app", folder), undefined);
	keepTable("app", table, new Date("2026-01-02T03:04:05Z"), folder);
	assert.deepEqual(keptTable("app", folder), { at: "2026-01-02T03:04:05.000Z", ...table });
	assert.equal(keptTable("other", folder), undefined);
	await writeFile(join(folder, "app.json"), '{"at": 5');
	assert.equal(keptTable("app", folder), undefined);
});

test("a row's growth counts from the kept one, and a new row's from nothing", () => {
	assert.equal(growth({ name: "image", bytes: 1100 }, table.flash), 100);
	assert.equal(growth({ name: "left over", bytes: 400 }, table.flash), -100);
	assert.equal(growth({ name: "image", bytes: 1000 }, table.flash), 0);
	assert.equal(growth({ name: "new", bytes: 7 }, table.flash), 7);
});
