// Makes the events of node:test readable: a line a test under the name of its file, every failure again at the end
// with its reason, then the count.

import { relative } from "node:path";
import type { TestEvent } from "node:test/reporters";
import { coloursFor } from "../colours.ts";

interface Failure {
	readonly where: string;
	readonly name: string;
	readonly reason: string;
}

export class TestReport {
	passed = 0;
	failed = 0;
	skipped = 0;
	readonly #failures: Failure[] = [];
	readonly #outputs = new Map<string, string>();
	readonly #colours: ReturnType<typeof coloursFor>;
	#file: string | undefined;

	constructor(readonly stream: { readonly isTTY?: boolean; write(text: string): unknown }, readonly root: string) {
		this.#colours = coloursFor(stream);
	}

	take(event: TestEvent): void {
		switch (event.type) {
			case "test:stdout":
			case "test:stderr": {
				const { file, message } = event.data;
				this.#outputs.set(file, (this.#outputs.get(file) ?? "") + message);
				break;
			}
			case "test:pass":
			case "test:fail":
				this.#result(event);
				break;
		}
	}

	/** Counts a failure and keeps its reason for the end. */
	fail(where: string, name: string, reason: string): void {
		this.failed++;
		this.#failures.push({ where, name, reason });
	}

	/**
	 * Prints failures, what is left to look at, and the count, which is the last line.
	 *
	 * @param seconds how long it all took
	 * @param files logs and captures that failed tests left behind
	 */
	end(seconds: number, files: readonly string[]): void {
		for (const { where, name, reason } of this.#failures) {
			this.#line(`\n${this.#colours.red("✖")} ${this.#colours.bold(where)}: ${name}\n${indented(reason)}`);
		}
		if (this.#failures.length !== 0 && files.length !== 0) {
			this.#line(`\nLeft by failed tests:\n${files.map(file => `  ${file}`).join("\n")}`);
		}
		this.#line(`\n${Math.round(seconds)} s${this.skipped === 0 ? "" : `, ${this.skipped} skipped`}`);
		this.#line(`${this.passed} passed, ${this.failed} failed`);
	}

	#result(event: Extract<TestEvent, { type: "test:pass" | "test:fail" }>): void {
		const { name, nesting, details, skip, todo } = event.data;
		const file = event.data.file ?? "";
		const isFile = name === file;
		const isGroup = details.type === "suite" || (event.type === "test:fail" && failureType(event.data.details.error) === "subtestsFailed");
		if (this.#file !== file) {
			this.#file = file;
			this.#line(`\n${this.#colours.bold(relative(this.root, file))}`);
		}
		if (event.type === "test:pass" && isFile) {
			return;
		}
		const title = isFile ? "(the file itself)" : name;
		const mark = event.type === "test:fail" ? this.#colours.red("✖") : skip !== undefined ? this.#colours.yellow("-") : this.#colours.green("✔");
		const reason = typeof skip === "string" ? ` (${skip})` : "";
		this.#line(`  ${"  ".repeat(nesting)}${mark} ${title}${reason} ${this.#colours.dim(`${Math.round(details.duration_ms)} ms`)}`);
		if (isGroup) {
			return;
		}
		if (skip !== undefined || todo !== undefined) {
			this.skipped++;
		} else if (event.type === "test:pass") {
			this.passed++;
		} else {
			const output = isFile ? `\n${this.#outputs.get(file) ?? ""}` : "";
			this.fail(relative(this.root, file), title, reasonOf(event.data.details.error) + output);
		}
	}

	#line(text: string): void {
		this.stream.write(`${text}\n`);
	}
}

/** node:test wraps what was thrown; the wrapper's type tells a failed subtest from a failed test. */
function failureType(error: unknown): string | undefined {
	return (error as { failureType?: string }).failureType;
}

function reasonOf(error: unknown): string {
	const { cause, message } = error as Error;
	return cause instanceof Error ? describe(cause) : String(cause ?? message);
}

function describe(error: Error): string {
	const text = error.stack ?? error.message;
	return error.cause instanceof Error ? `${text}\ncaused by ${describe(error.cause)}` : text;
}

function indented(text: string): string {
	return text.trimEnd().split("\n").map(line => `    ${line}`).join("\n");
}
