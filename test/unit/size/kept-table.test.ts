// A table is kept, and the next one is compared with it.

import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { compared, keepTable, keptTable } from "../../../tools/size/kept-table.ts";
import { UserError } from "../../../tools/user-error.ts";

const table = { ram: [{ name: "C stack", bytes: 8192 }], flash: [{ name: "image", bytes: 1000 }, { name: "left over", bytes: 500 }] };
const at = new Date("2026-01-02T03:04:05Z");

async function scratch(context: TestContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "picofetch-size-"));
	context.after(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

test("a kept table is read again; none and a damaged one are none", async context => {
	const folder = await scratch(context);
	assert.equal(keptTable("app", folder), undefined);
	keepTable("app", table, at, folder);
	assert.deepEqual(keptTable("app", folder), { at: "2026-01-02T03:04:05.000Z", ...table });
	const [name] = await readdir(folder);
	for (const damaged of ['{"at": 5', "null", '{"at": "2026", "ram": [null], "flash": []}', '{"at": "2026", "ram": []}']) {
		await writeFile(join(folder, name!), damaged);
		assert.equal(keptTable("app", folder), undefined, damaged);
	}
});

test("apps of one name in two folders have a table each, and one named in two ways has one", async context => {
	const folder = await scratch(context);
	keepTable("one/app", table, at, folder);
	assert.equal(keptTable("two/app", folder), undefined);
	assert.equal(keptTable("one+app", folder), undefined);
	assert.ok(keptTable("one/../one/app/", folder));
});

test("a table that cannot be kept is told", async context => {
	const folder = await scratch(context);
	await writeFile(join(folder, "file"), "");
	assert.throws(() => keepTable("app", table, at, join(folder, "file/deeper")), (error: Error) => error instanceof UserError && /^--keep: .*: cannot be written \(ENOTDIR\)$/.test(error.message));
});

test("a row's growth counts from the kept one, and a new row's from nothing", () => {
	assert.deepEqual(compared([{ name: "image", bytes: 1100 }, { name: "new", bytes: 7 }, { name: "left over", bytes: 400 }], table.flash), [
		{ name: "image", bytes: 1100, growth: 100 },
		{ name: "new", bytes: 7, growth: 7 },
		{ name: "left over", bytes: 400, growth: -100 },
	]);
});

test("rows that have vanished stand where they stood, with nothing left of them", () => {
	const kept = ["a", "b", "c", "d"].map((name, index) => ({ name, bytes: index + 1 }));
	assert.deepEqual(compared([{ name: "d", bytes: 4 }, { name: "a", bytes: 1 }], kept), [
		{ name: "d", bytes: 4, growth: 0 },
		{ name: "a", bytes: 1, growth: 0 },
		{ name: "b", bytes: 0, growth: -2 },
		{ name: "c", bytes: 0, growth: -3 },
	]);
	assert.deepEqual(compared([{ name: "d", bytes: 4 }], kept).map(({ name }) => name), ["a", "b", "c", "d"]);
});
