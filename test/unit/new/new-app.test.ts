// `npm run new` makes folders that an editor and the build understand.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import test, { type TestContext } from "node:test";
import { compileTypeScript } from "../../../tools/build/compile-typescript.ts";
import { readManifest } from "../../../tools/build/manifest.ts";
import { typecheck } from "../../../tools/build/typecheck.ts";
import { newApp } from "../../../tools/new/new-app.ts";
import { templates } from "../../../tools/new/templates.ts";
import { UserError } from "../../../tools/user-error.ts";

async function scratch(context: TestContext): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "picofetch-new-"));
	context.after(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

for (const template of Object.keys(templates)) {
	test(`template ${template}: the editor finds no fault, and the build takes it`, async context => {
		const above = await scratch(context);
		const app = join(above, "my app/here");
		assert.deepEqual(newApp(app, template), ["manifest.json", "main.ts", "tsconfig.json", "README.md", ".gitignore"]);
		assert.deepEqual(typecheck(join(app, "tsconfig.json")), []);
		const modules = await compileTypeScript(readManifest(app), join(above, "work"));
		assert.ok(modules.some(({ specifier }) => specifier === "main"));
		assert.match(await readFile(join(app, "README.md"), "utf8"), /^# here\n/);
	});
}

test("a folder with something in it, a file, and a template that is none are refused, and nothing is written", async context => {
	const folder = await scratch(context);
	await writeFile(join(folder, "notes.txt"), "mine");
	const refused = (work: () => unknown) => assert.throws(work, UserError);
	refused(() => newApp(folder, "hello"));
	refused(() => newApp(join(folder, "notes.txt"), "hello"));
	refused(() => newApp(join(folder, "notes.txt/deeper"), "hello"));
	refused(() => newApp(join(folder, "new"), "rocket"));
	assert.equal(existsSync(join(folder, "new")), false);
	assert.equal(existsSync(resolve(folder, "manifest.json")), false);
});
