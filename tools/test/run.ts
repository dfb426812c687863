// `npm test`: builds what the device tests boot, runs every test file, and ends with the line "N passed, N failed".
// A test file is a process of its own, so that one that hangs or crashes takes no other with it.

import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError } from "commander";
import { UserError } from "../user-error.ts";
import { TestReport } from "./report.ts";

interface Options {
	readonly only?: string;
	readonly name?: RegExp;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Where a failed device test leaves its console and its network traffic. Emptied before every run. */
const outputFolder = join(root, "build/test");

/** Long enough for the longest device test on a slow machine; a hanging one is ended and counted as failed. */
const fileTimeoutMs = 10 * 60_000;
const filesAtATime = 2;

export function command(): Command {
	return new Command()
		.description("Runs every test: test/unit in Node, test/device by the UF2 on the simulated Pico W.")
		.option("--only <text>", "only the files whose path contains this")
		.option("--name <regexp>", "only the tests whose name matches this", regularExpression)
		.action((options: Options) => runTests(options));
}

async function runTests({ only, name }: Options): Promise<void> {
	const startedAtMs = performance.now();
	const files = [...await testFiles("test/unit"), ...await testFiles("test/device")]
		.filter(file => only === undefined || file.includes(only));
	if (files.length === 0) {
		throw new UserError(`no test file has ${JSON.stringify(only)} in its path`);
	}
	await rm(outputFolder, { recursive: true, force: true });
	await mkdir(outputFolder, { recursive: true });
	const report = new TestReport(process.stdout);
	if (files.some(file => file.startsWith("test/device/"))) {
		await buildDeviceApp(report);
	}

	// The processes of the test files read TypeScript through the same loader as this one.
	process.env["NODE_OPTIONS"] = `${process.env["NODE_OPTIONS"] ?? ""} --import=${import.meta.resolve("tsx")}`;
	const waiting = files.values();
	await Promise.all(Array.from({ length: filesAtATime }, async () => {
		for (const file of waiting) {
			await report.file(file, run({
				files: [join(root, file)],
				timeout: fileTimeoutMs,
				...(name ? { testNamePatterns: name } : {}),
			}));
		}
	}));
	report.end((performance.now() - startedAtMs) / 1000, await leftBehind());
	process.exitCode = report.failed === 0 && report.passed !== 0 ? 0 : 1;
}

/** Builds the project's own app once, here: a fault in it is told by itself, and no two tests build it side by side. */
async function buildDeviceApp(report: TestReport): Promise<void> {
	const { buildApp } = await import("../build/build-app.ts");
	try {
		await buildApp();
	} catch (error) {
		if (!(error instanceof UserError)) {
			throw error;
		}
		report.fail("npm run build", "the project's own app builds", error.message);
	}
}

/** Paths of the test files under a folder, relative to the project, in order. */
async function testFiles(folder: string): Promise<string[]> {
	if (!existsSync(join(root, folder))) {
		return [];
	}
	const names = await readdir(join(root, folder), { recursive: true });
	return names.filter(name => name.endsWith(".test.ts")).map(name => join(folder, name)).sort();
}

async function leftBehind(): Promise<string[]> {
	const names = await readdir(outputFolder, { recursive: true, withFileTypes: true });
	return names.filter(entry => entry.isFile()).map(entry => relative(root, join(entry.parentPath, entry.name))).sort();
}

function regularExpression(text: string): RegExp {
	try {
		return new RegExp(text);
	} catch (error) {
		throw new InvalidArgumentError((error as Error).message);
	}
}
