// `npm run conformance -- --suite DIR`: certificate-path cases of public suites through the validator, with a score table; with
// `--device N` a sample of them through the .uf2 on a simulated board. `-- tls-shim FLAGS` is tls-shim.ts,
// `-- --vectors DIR` vectors.ts.

import { Command } from "commander";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../user-error.ts";
import { wholeNumber } from "../option-values.ts";
import { judge, type Verdict } from "./judge.ts";
import { drawSample, judgeOnDevice, reasonToLeaveToHost } from "./sample.ts";
import { readVectors, scoreVectors } from "./vectors.ts";
import { readSuite, type Suite, type SuiteCase } from "./suites.ts";

interface Options {
	readonly suite?: string;
	readonly vectors?: string;
	readonly both?: true;
	readonly device?: number;
	readonly seed: number;
	readonly json?: true;
}

type Left = Suite["left"][number];

export interface Difference {
	readonly name: string;
	/** Of the validator: trusted, or the code of its refusal. */
	readonly found: string;
	readonly expected: SuiteCase["expected"];
	/** True when the suite calls it a warning. */
	readonly isSoft: boolean;
}

export interface Score {
	readonly suite: string;
	readonly agreed: number;
	readonly total: number;
	/** Accepted where the suite refuses. */
	readonly accepted: readonly Difference[];
	/** Refused where the suite accepts. */
	readonly refused: readonly Difference[];
}

export function command(): Command {
	const program = new Command()
		.enablePositionalOptions()
		.description("Runs certificate-path cases of public suites through the validator.")
		.option("--suite <folder>", "folder with .json files: x509-limbo's limbo.json, BetterTLS's export-tests")
		.option("--vectors <folder>", "folder with .json files of test vectors: Wycheproof's testvectors_v1")
		.option("--both", "let Mbed TLS judge each path that was found too, as on the board")
		.option("--device <number>", "judge so many of the cases by the .uf2 on a simulated Pico W instead, and name what the host finds otherwise", wholeNumber)
		.option("--seed <number>", "which cases are drawn for --device", wholeNumber, 1)
		.option("--json", "print the scores as JSON")
		.action(async (options: Options) => {
			if (options.vectors !== undefined) {
				await runVectors(options.vectors, options.json === true);
				return;
			}
			if (options.suite === undefined) {
				throw new UserError("nothing to run: give --suite FOLDER or --vectors FOLDER");
			}
			const { cases, left } = readFolder(options.suite, options.both === true || options.device !== undefined);
			if (options.device !== undefined) {
				await runSample(cases, left, options.device, options);
				return;
			}
			const scores = await score(cases, options.both ? "both" : "ours");
			console.log(options.json ? JSON.stringify({ scores, left }, undefined, "\t") : table(scores, left));
			process.exitCode = isUnsafe(scores) ? 1 : 0;
		});
	program.command("tls-shim")
		.description("The device as the client of an outside TLS test runner, with the flags of BoringSSL's shim: -port, -shim-id, -host-name, -trust-cert ...")
		.argument("[flags...]")
		.helpOption(false)
		.allowUnknownOption()
		.passThroughOptions()
		.action(async (flags: readonly string[]) => {
			const { runShim } = await import("./tls-shim.ts");
			process.exitCode = await runShim(flags, line => console.error(line));
		});
	return program;
}

function isUnsafe(scores: readonly Score[]): boolean {
	return scores.some(({ accepted }) => accepted.some(({ isSoft }) => !isSoft));
}

/** Draws cases, lets the device and both judgements of the host judge them, and prints the device's scores. */
async function runSample(all: readonly SuiteCase[], leftByHost: readonly Left[], count: number, { seed, json }: Options): Promise<void> {
	const forHost = all.flatMap(one => {
		const reason = reasonToLeaveToHost(one);
		return reason === undefined ? [] : [{ name: one.name, suite: one.suite, reason }];
	});
	const named = new Set(forHost.map(({ name }) => name));
	const cases = drawSample(all.filter(({ name }) => !named.has(name)), count, seed);
	const host = await judge(cases, "both");
	const verdicts: { readonly code?: string }[] = [];
	for (const one of cases) {
		verdicts.push(await judgeOnDevice(one));
	}
	const scores = tally(cases, verdicts);
	const differences = cases.flatMap(({ name }, index) => {
		const found = verdicts[index]!.code ?? "trusted";
		const onHost = host[index]!.code ?? "trusted";
		// "library" and "parse" stand for any code of Mbed TLS's.
		const isSame = found === onHost || (found !== "trusted" && ["library", "parse"].includes(onHost));
		return isSame ? [] : [{ name, device: found, host: onHost }];
	});
	const left = [...leftByHost, ...forHost];
	console.log(json ? JSON.stringify({ device: cases.length, seed, scores, differences, left }, undefined, "\t") : [
		`${cases.length} of ${all.length} cases, judged by the .uf2 on a simulated Pico W (seed ${seed})`,
		table(scores, left),
		...differences.map(({ name, device, host: onHost }) => `differs: ${name}: ${device} on the device, ${onHost} on the host`),
		differences.length === 0 ? "the device and the host agree" : `the device and the host differ in ${differences.length} of ${cases.length}`,
	].join("\n"));
	process.exitCode = isUnsafe(scores) || differences.some(({ device }) => device === "trusted") ? 1 : 0;
}

/** Runs the vectors of a folder and prints their scores. @throws UserError when there are none */
async function runVectors(folder: string, json: boolean): Promise<void> {
	const files = filesOf(folder);
	const read = files.flatMap(name => readVectors(name.replace(/\.json$/, ""), parse(join(folder, name))) ?? []);
	const vectors = read.flatMap(file => file.vectors);
	if (vectors.length === 0) {
		throw new UserError(`${folder}: found no vector that TLS asks for in ${files.length} .json files, expected Wycheproof's testvectors_v1`);
	}
	const left: Record<string, number> = {};
	for (const [reason, count] of read.flatMap(file => Object.entries(file.left))) {
		left[reason] = (left[reason] ?? 0) + count;
	}
	const scores = await scoreVectors(vectors);
	console.log(json ? JSON.stringify({ scores, left }, undefined, "\t") : [
		"primitive             agree   of   left to us: taken, refused   taken where invalid   refused where valid",
		...scores.map(({ primitive, agreed, total, acceptable, accepted, refused }) => `${primitive.padEnd(20)} ${String(agreed).padStart(6)} ${String(total).padStart(4)} `
			+ `${`${acceptable.taken}, ${acceptable.refused}`.padStart(28)} ${String(accepted.length).padStart(21)} ${String(refused.length).padStart(21)}`),
		...scores.flatMap(({ accepted, refused }) => [...accepted, ...refused]),
		...Object.entries(left).map(([reason, count]) => `left out: ${count}: ${reason}`),
	].join("\n"));
	process.exitCode = scores.some(({ accepted, refused }) => accepted.length + refused.length > 0) ? 1 : 0;
}

/** Names of .json files. @throws UserError for no folder */
function filesOf(folder: string): string[] {
	try {
		return readdirSync(folder).filter(name => name.endsWith(".json")).sort();
	} catch (cause) {
		throw new UserError(`${folder}: found no folder that can be read (${(cause as NodeJS.ErrnoException).code}), expected one with .json files`, { cause });
	}
}

/** @throws UserError when the folder holds no suite */
function readFolder(folder: string, byBoth: boolean): { cases: SuiteCase[]; left: Left[] } {
	const files = filesOf(folder);
	const suites = files.flatMap(name => readSuite(parse(join(folder, name)), new Date(), byBoth) ?? []);
	if (suites.length === 0) {
		throw new UserError(`${folder}: found no suite in ${files.length} .json files, expected "testcases" (x509-limbo) or "trustRoot" and "suites" (BetterTLS)`);
	}
	return { cases: suites.flatMap(({ cases }) => cases), left: suites.flatMap(({ left }) => left) };
}

function parse(path: string): unknown {
	try {
		return JSON.parse(readFileSync(path, "utf8"));
	} catch (cause) {
		throw new UserError(`${path}: found no JSON (${(cause as Error).message}), expected a suite`, { cause });
	}
}

/** Judges cases and counts them by the part of the suite that they belong to. */
export async function score(cases: readonly SuiteCase[], by: "ours" | "both"): Promise<Score[]> {
	return tally(cases, await judge(cases, by));
}

function tally(cases: readonly SuiteCase[], verdicts: readonly Pick<Verdict, "code">[]): Score[] {
	const bySuite = new Map<string, { agreed: number; total: number; accepted: Difference[]; refused: Difference[] }>();
	cases.forEach(({ name, suite, expected, isSoft }, index) => {
		const { code } = verdicts[index]!;
		const counts = bySuite.get(suite) ?? { agreed: 0, total: 0, accepted: [], refused: [] };
		bySuite.set(suite, counts);
		counts.total++;
		if ((code === undefined) === (expected === "accept")) {
			counts.agreed++;
		} else {
			counts[code === undefined ? "accepted" : "refused"].push({ name, found: code ?? "trusted", expected, isSoft });
		}
	});
	return [...bySuite].map(([suite, counts]) => ({ suite, ...counts }));
}

function table(scores: readonly Score[], left: readonly { name: string; reason: string }[]): string {
	const lines = ["suite                       agree   of   accepted where refused   refused where accepted"];
	for (const { suite, agreed, total, accepted, refused } of scores) {
		lines.push(`${suite.padEnd(26)} ${String(agreed).padStart(6)} ${String(total).padStart(4)} ${String(accepted.length).padStart(24)} ${String(refused.length).padStart(24)}`);
	}
	for (const { suite, accepted, refused } of scores) {
		for (const { name, found, expected, isSoft } of [...accepted, ...refused]) {
			lines.push(`${suite}: ${name}: ${found}, the suite says ${expected}${isSoft ? " (a warning)" : ""}`);
		}
	}
	for (const { name, reason } of left) {
		lines.push(`left out: ${name}: ${reason}`);
	}
	return lines.join("\n");
}
