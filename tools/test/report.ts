// Makes the events of node:test readable: a line a test under the name of its file, every failure again at the end
// with its reason, then the count.

import type { TestEvent } from "node:test/reporters";
import { coloursFor } from "../colours.ts";

interface Failure {
	readonly where: string;
	readonly name: string;
	readonly reason: string;
}

/** node:test's reason to skip what `--name` does not name. */
const notNamed = "test name does not match pattern";

export class TestReport {
	passed = 0;
	failed = 0;
	skipped = 0;
	readonly #failures: Failure[] = [];
	readonly #colours: ReturnType<typeof coloursFor>;

	constructor(readonly stream: { readonly isTTY?: boolean; write(text: string): unknown }) {
		this.#colours = coloursFor(stream);
	}

	/**
	 * Prints what one test file tells, in one piece when it has ended, since files run side by side.
	 *
	 * @param path of the file, as it shall be shown. A test's own `file` is where test() was called, which may be a file that many share.
	 */
	async file(path: string, events: AsyncIterable<TestEvent>): Promise<void> {
		const lines: string[] = [];
		let output = "";
		for await (const event of events) {
			switch (event.type) {
				case "test:stdout":
				case "test:stderr":
					output += event.data.message;
					break;
				case "test:pass":
				case "test:fail":
					lines.push(...this.#result(path, event, output));
					break;
			}
		}
		if (lines.length !== 0) {
			this.#line(["", this.#colours.bold(path), ...lines].join("\n"));
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

	/** The line of a test; none for a file that has ended well, which is a test to node:test too, and for one that was not asked for. */
	#result(path: string, event: Extract<TestEvent, { type: "test:pass" | "test:fail" }>, output: string): string[] {
		const { name, nesting, details, skip, todo, file } = event.data;
		const isFile = name === file;
		const isGroup = details.type === "suite" || (event.type === "test:fail" && failureType(event.data.details.error) === "subtestsFailed");
		if ((event.type === "test:pass" && isFile) || skip === notNamed) {
			return [];
		}
		const title = isFile ? "(the file itself)" : name;
		const mark = event.type === "test:fail" ? this.#colours.red("✖") : skip !== undefined ? this.#colours.yellow("-") : this.#colours.green("✔");
		const reason = typeof skip === "string" ? ` (${skip})` : "";
		if (!isGroup) {
			if (skip !== undefined || todo !== undefined) {
				this.skipped++;
			} else if (event.type === "test:pass") {
				this.passed++;
			} else {
				this.fail(path, title, reasonOf(event.data.details.error) + (isFile ? `\n${output}` : ""));
			}
		}
		return [`  ${"  ".repeat(nesting)}${mark} ${title}${reason} ${this.#colours.dim(`${Math.round(details.duration_ms)} ms`)}`];
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
