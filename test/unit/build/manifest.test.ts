// Manifests in the Moddable form: what they mean, and how their faults are told.

import assert from "node:assert/strict";
import { join, relative } from "node:path";
import test, { type TestContext } from "node:test";
import { readManifest } from "../../../tools/build/manifest.ts";
import { UserError } from "../../../tools/user-error.ts";
import { folderWith } from "./folder.ts";

const json = (value: unknown) => JSON.stringify(value);

test("an app has the modules, settings and libraries of what it includes, and its own win", context => {
	const folder = folderWith(context, {
		"app/manifest.json": json({
			include: ["../socket/manifest.json", "../base"],
			modules: { "*": "./main", "greeting": "./words/hello" },
			preload: ["embedded:io/socket/*", "main"],
			config: { wifi: { retries: 5 }, url: "https://a.example/" },
			creation: { static: 90000 },
		}),
		"app/main.ts": "",
		"app/words/hello.js": "",
		"socket/manifest.json": json({
			include: "../base/manifest.json",
			modules: { "embedded:io/socket/tcp": "./tcp" },
			config: { wifi: { retries: 2, channel: 6 } },
			libraries: ["network"],
		}),
		"socket/tcp.ts": "",
		"socket/tcp.c": "",
		"base/manifest.json": json({ modules: { "base/*": "./parts/*" }, creation: { static: 80000, stack: 256 }, libraries: ["engine"] }),
		"base/parts/one.ts": "",
		"base/parts/two.c": "",
		"base/parts/types.d.ts": "",
	});
	const manifest = readManifest(join(folder, "app"));
	assert.deepEqual(manifest.modules, [
		{ specifier: "base/one", source: join(folder, "base/parts/one.ts") },
		{ specifier: "base/two", c: join(folder, "base/parts/two.c") },
		{ specifier: "embedded:io/socket/tcp", source: join(folder, "socket/tcp.ts"), c: join(folder, "socket/tcp.c") },
		{ specifier: "main", source: join(folder, "app/main.ts") },
		{ specifier: "greeting", source: join(folder, "app/words/hello.js") },
	]);
	assert.deepEqual(manifest.preload, ["embedded:io/socket/tcp", "main"]);
	assert.deepEqual(manifest.config, { wifi: { retries: 5, channel: 6 }, url: "https://a.example/" });
	assert.deepEqual(manifest.creation, { static: 90000, stack: 256 });
	assert.deepEqual(manifest.libraries, ["engine", "network"]);
	assert.equal(manifest.files.at(-1), join(folder, "app/manifest.json"));
	assert.equal(manifest.files.length, 3);
});

test("variables, platforms and the tilde mean what they mean to Moddable", context => {
	const folder = folderWith(context, {
		"manifest.json": json({
			build: { PARTS: "./parts", DEEP: "$(PARTS)/deep" },
			modules: { "*": ["$(PARTS)/*", "$(DEEP)/three"], "~": "$(PARTS)/two" },
			platforms: {
				"esp32": { modules: { chip: "./absent" } },
				"pico": { defines: { wifi: { retries: 3 } } },
				"pico/pico_w": { defines: { wifi: { retries: 4 } } },
				"...": { error: "not for you" },
			},
		}),
		"parts/one.ts": "",
		"parts/two.ts": "",
		"parts/deep/three.ts": "",
	});
	const manifest = readManifest(folder);
	assert.deepEqual(manifest.modules.map(({ specifier }) => specifier), ["one", "three"]);
	assert.deepEqual(manifest.defines, { wifi: { retries: 4 } });
});

test("$(MODULES) is this project's folder of modules", context => {
	const folder = folderWith(context, { "manifest.json": json({ include: "$(MODULES)/absent/manifest.json" }) });
	assert.throws(() => readManifest(folder), /modules\/absent\/manifest\.json/);
});

for (const [behaviour, files, expected] of [
	["a missing manifest", {}, /^PATH: found no such file, expected the app's manifest$/],
	["text that is no JSON", { "manifest.json": "{" }, /^PATH: found no JSON \(.*\), expected a manifest object$/],
	["a key that nobody knows", { "manifest.json": json({ module: {} }) }, /^PATH: module: found a key that picofetch does not know, expected build, include, /],
	["modules that are a list", { "manifest.json": json({ modules: ["./main"] }) }, /^PATH: modules: found \["\.\/main"\], expected an object$/],
	["a module that is a number", { "manifest.json": json({ modules: { "embedded:io/x": 7 } }) }, /^PATH: modules\["embedded:io\/x"\]: found 7, expected a string or a list of strings$/],
	["a module without a file", { "manifest.json": json({ modules: { main: ["./man"] } }) }, /^PATH: modules\.main\[0\]: found "\.\/man", expected a module; there is no .*man\.ts, .*man\.js, .*man\.c$/],
	["a module named with its extension", { "manifest.json": json({ modules: { main: "./main.ts" } }), "main.ts": "" }, /^PATH: modules\.main: found "\.\/main\.ts", expected the file's name without its extension: "\.\/main"$/],
	["a path that begins nowhere", { "manifest.json": json({ modules: { main: "main" } }), "main.ts": "" }, /^PATH: modules\.main: found "main", expected a path that begins with/],
	["an unknown variable", { "manifest.json": json({ include: ["$(MODDABLES)/x"] }) }, /^PATH: include\[0\]: found \$\(MODDABLES\), expected one of \$\(MODULES\)/],
	["an include that is not there", { "manifest.json": json({ include: ["./sub"] }) }, /^PATH: include\[0\]: found "\.\/sub", expected a manifest; there is none at/],
	["a circle of includes", { "manifest.json": json({ include: "./sub" }), "sub/manifest.json": json({ include: "../manifest.json" }) }, /include: found a circle \(.*manifest\.json -> .*sub\/manifest\.json -> .*\), expected/],
	["a preload of what is no module", { "manifest.json": json({ modules: { main: "./main" }, preload: ["mian"] }), "main.ts": "" }, /^PATH: preload\[0\]: found "mian", expected the specifier of a module of this app$/],
	["an unknown library", { "manifest.json": json({ libraries: ["netwrok"] }) }, /^PATH: libraries\[0\]: found "netwrok", expected one of "access-point", "board", "engine", "network", "network-ipv6", "network-mdns", "network-multicast", "network-raw", "pins", "tls", "tls-server"$/],
	["roots that are none", { "manifest.json": json({ roots: "all" }) }, /^PATH: roots: found "all", expected "full" or "lite" or "own"$/],
	["a policy that is none", { "manifest.json": json({ afterFailure: "explode" }) }, /^PATH: afterFailure: found "explode", expected "stay" or "reboot" or "restart"$/],
	["data without a file", { "manifest.json": json({ data: { "*": "./none" } }) }, /^PATH: data\["\*"\]: found "\.\/none", expected a file; there is none at/],
	["resources for screens", { "manifest.json": json({ resources: { "*": "./none" } }) }, /^PATH: resources: found resources, which the Moddable SDK converts for screens, expected data: /],
	["creation that is a list", { "manifest.json": json({ creation: [] }) }, /^PATH: creation: found \[\], expected an object$/],
	["a config that is text", { "manifest.json": json({ config: "x" }) }, /^PATH: config: found "x", expected an object$/],
] satisfies Array<[string, Record<string, string>, RegExp]>) {
	test(`${behaviour} is refused with file, place, what was found and what was expected`, (context: TestContext) => {
		const folder = folderWith(context, files);
		assert.throws(() => readManifest(folder), (error: unknown) => {
			assert.ok(error instanceof UserError);
			assert.match(error.message.replace(relative(process.cwd(), join(folder, "manifest.json")), "PATH"), expected);
			return true;
		});
	});
}

test("data names files as Moddable does: with their endings, renamed, by folder, and taken back", context => {
	const folder = folderWith(context, {
		"manifest.json": JSON.stringify({
			include: "./part",
			data: { "*": ["./texts/*", "./logo"], "help": "./readme.md", "pages/*": "./index.html", "~": "./texts/draft.txt" },
		}),
		"part/manifest.json": JSON.stringify({ modules: { main: "./main" }, data: { "*": "./old.txt", "help.md": "./old.md" } }),
		"part/main.ts": "", "part/old.txt": "", "part/old.md": "",
		"texts/a.txt": "", "texts/draft.txt": "", "logo.bin": "", "logo.png": "", "readme.md": "", "index.html": "",
	});
	assert.deepEqual(Object.fromEntries(readManifest(folder).data.map(({ name, path }) => [name, relative(folder, path)])), {
		"old.txt": "part/old.txt", "help.md": "readme.md", "a.txt": "texts/a.txt", "logo.bin": "logo.bin", "logo.png": "logo.png", "pages/index.html": "index.html",
	});
});
