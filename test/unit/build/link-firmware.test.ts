// What CMake left in a folder is used for the sources that it was made for, and for no others.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { isConfigured } from "../../../tools/build/link-firmware.ts";

test("a project that was moved or copied is configured anew", async context => {
	const folder = await mkdtemp(join(tmpdir(), "picofetch-cmake-"));
	context.after(() => rm(folder, { recursive: true, force: true }));
	assert.equal(isConfigured(folder, "/home/ada/picofetch/platform"), false);
	const cache = "CMAKE_GENERATOR:INTERNAL=Ninja\nCMAKE_HOME_DIRECTORY:INTERNAL=/home/ada/picofetch/platform\n";
	await writeFile(join(folder, "CMakeCache.txt"), cache);
	assert.equal(isConfigured(folder, "/home/ada/picofetch/platform"), false, "an interrupted CMake wrote no build.ninja");
	await writeFile(join(folder, "build.ninja"), "");
	await rm(join(folder, "CMakeCache.txt"));
	assert.equal(isConfigured(folder, "/home/ada/picofetch/platform"), false, "an interrupted one of the next project");
	await writeFile(join(folder, "CMakeCache.txt"), cache);
	assert.equal(isConfigured(folder, "/home/ada/picofetch/platform"), true);
	assert.equal(isConfigured(folder, "/home/ada/picofetch-2/platform"), false);
	assert.equal(isConfigured(folder, "/home/ada/picofetch"), false);
});
