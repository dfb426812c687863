// `npm run conformance -- --suite DIR`: certificate-path cases of public suites through the validator, with a score table.

import { Command } from "commander";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../user-error.ts";
import { judge } from "./judge.ts";
import { readSuite, type SuiteCase } from "./suites.ts";

interface Options {
	readonly suite: string;
	readonly both?: true;
	readonly json?: true;
}

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
	return new Command()
		.description("run certificate-path cases of public suites through the validator")
		.requiredOption("--suite <folder>", "folder with .json files: x509-limbo's limbo.json, BetterTLS's export-tests")
		.option("--both", "let Mbed TLS judge each path that was found too, as on the board")
		.option("--json", "print the scores as JSON")
		.action(async (options: Options) => {
			const { cases, left } = readFolder(options.suite, options.both === true);
			const scores = await score(cases, options.both ? "both" : "ours");
			console.log(options.json ? JSON.stringify({ scores, left }, undefined, "\t") : table(scores, left));
			process.exitCode = scores.some(({ accepted }) => accepted.some(({ isSoft }) => !isSoft)) ? 1 : 0;
		});
}

/** @throws UserError when the folder holds no suite */
function readFolder(folder: string, byBoth: boolean): { cases: SuiteCase[]; left: { name: string; suite: string; reason: string }[] } {
	let files: string[];
	try {
		files = readdirSync(folder).filter(name => name.endsWith(".json")).sort();
	} catch (cause) {
		throw new UserError(`${folder}: found no folder that can be read (${(cause as NodeJS.ErrnoException).code}), expected one with suites in .json files`, { cause });
	}
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
	const verdicts = await judge(cases, by);
	const bySuite = new Map<string, { agreed: number; total: number; accepted: Difference[]; refused: Difference[] }>();
	cases.forEach(({ name, suite, expected, isSoft }, index) => {
		const { code } = verdicts[index]!;
		const tally = bySuite.get(suite) ?? { agreed: 0, total: 0, accepted: [], refused: [] };
		bySuite.set(suite, tally);
		tally.total++;
		if ((code === undefined) === (expected === "accept")) {
			tally.agreed++;
		} else {
			tally[code === undefined ? "accepted" : "refused"].push({ name, found: code ?? "trusted", expected, isSoft });
		}
	});
	return [...bySuite].map(([suite, tally]) => ({ suite, ...tally }));
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
