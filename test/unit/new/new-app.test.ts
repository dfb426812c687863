// `npm run new` makes folders that an editor and the build understand.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import test, { type TestContext } from "node:test";
import { compileTypeScript } from "../../../tools/build/compile-typescript.ts";
import { readManifest } from "../../../tools/build/manifest.ts";
import { typecheck } from "../../../tools/build/typecheck.ts";
import { newApp, nextCommands, shown } from "../../../tools/new/new-app.ts";
import { templates } from "../../../tools/new/templates.ts";
import { quoted } from "../../../tools/quoted.ts";
import { UserError } from "../../../tools/user-error.ts";
import { startCommand } from "../../support/command.ts";

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
		const readme = await readFile(join(app, "README.md"), "utf8");
		assert.match(readme, /^# here\n/);
		assert.ok(readme.includes(`npm run dev -- --app '${relative(process.cwd(), app)}' `), readme);
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
	if (process.platform === "linux") refused(() => newApp("/proc/new", "hello"));
	assert.equal(existsSync(join(folder, "new")), false);
	assert.equal(existsSync(resolve(folder, "manifest.json")), false);
});

test("a word is quoted where the shell needs it, and comes out as it was", async () => {
	for (const word of ["../my-app", "a b", "it's", "$HOME", "a*", "ä", "a;b", "-x", "", "`date`", "a\\b", "!x"]) {
		const { stdout } = await promisify(execFile)("sh", ["-c", `printf %s ${quoted(word)}`]);
		assert.equal(stdout, word);
	}
	assert.equal(quoted("../my-app"), "../my-app");
	assert.equal(quoted("C:\\my apps\\one", "win32"), '"C:\\my apps\\one"');
	assert.equal(quoted("..\\one", "win32"), "..\\one");
});

test("the commands to type name the folder as one sees it from the project", () => {
	assert.deepEqual(nextCommands("examples/my app").map(({ line }) => line), ["npm run dev -- --app 'examples/my app'", "npm run flash -- --app 'examples/my app' --monitor"]);
	assert.deepEqual(shown([{ line: "a", what: "one" }, { line: "bcd", what: "two" }]), ["a      # one", "bcd    # two"]);
});

test("what is made is told as JSON, for other programs", async context => {
	const app = join(await scratch(context), "my app");
	const made = startCommand(context, ["new", app, "--template", "fetch", "--json"]);
	assert.equal(await made.ended, 0);
	assert.deepEqual(JSON.parse(made.stdout), {
		folder: app,
		template: "fetch",
		files: ["manifest.json", "main.ts", "tsconfig.json", "README.md", ".gitignore"],
		commands: nextCommands(app).map(({ line }) => line),
	});
});
