// Runs one command of the set-up to its end and says in one sentence why it failed.

import { spawn } from "node:child_process";
import { UserError } from "../user-error.ts";

export interface RunOptions {
	/** Folder to run in. Default the current one. */
	readonly folder?: string;
	readonly environment: NodeJS.ProcessEnv;
}

export interface Outcome {
	/** True when the command ended with status 0. */
	readonly succeeded: boolean;
	readonly output: string;
	/** The telling line of what it complained about, also when it succeeded; "" for nothing. */
	readonly complaint: string;
	/** Why it failed, for the end of a sentence; "" when it succeeded. */
	readonly failure: string;
}

/** Thrown when there is no such command on the machine. */
export class MissingCommand extends UserError {}

/**
 * Runs a command without a terminal and collects what it prints.
 *
 * @throws MissingCommand when it cannot be started
 */
export function runCommand(command: string, parameters: readonly string[], options: RunOptions): Promise<Outcome> {
	return new Promise((resolve, reject) => {
		const child = spawn(command, parameters, {
			cwd: options.folder,
			env: options.environment,
			stdio: ["ignore", "pipe", "pipe"],
		});
		const output: Buffer[] = [];
		const complaint: Buffer[] = [];
		child.stdout.on("data", (bytes: Buffer) => output.push(bytes));
		child.stderr.on("data", (bytes: Buffer) => complaint.push(bytes));
		child.once("error", error => {
			reject(new MissingCommand(`${command} is not on this machine: install it and run the command again`, { cause: error }));
		});
		child.once("close", (status, signal) => {
			const text = Buffer.concat(output).toString();
			const complaintLine = tellingLine(Buffer.concat(complaint).toString());
			resolve({
				succeeded: status === 0,
				output: text,
				complaint: complaintLine,
				failure: status === 0 ? "" : failureOf(command, status, signal, complaintLine || tellingLine(text)),
			});
		});
	});
}

/** Runs a command that must succeed and answers what it printed; `sentence` says what the user was waiting for. */
export async function mustRun(
	sentence: string,
	command: string,
	parameters: readonly string[],
	options: RunOptions,
): Promise<string> {
	const outcome = await runCommand(command, parameters, options);
	if (!outcome.succeeded) {
		throw new UserError(`${sentence} (${outcome.failure})`);
	}
	return outcome.output;
}

function failureOf(command: string, status: number | null, signal: NodeJS.Signals | null, reason: string): string {
	if (signal !== null) {
		return `${command} was ended by ${signal}`;
	}
	return reason === "" ? `${command} ended with status ${status}` : `${command}: ${reason}`;
}

/**
 * The one line of a command's complaint that names the cause: the first that calls itself an error, else the first
 * warning of a failure, else the last line. cargo writes causes below, the deepest last.
 */
function tellingLine(complaint: string): string {
	const lines = complaint.split("\n").map(line => line.trim()).filter(line => line !== "");
	const find = (pattern: RegExp) => lines.find(line => pattern.test(line));
	const line = find(/^(?:E:|error\b|npm error (?!code|errno|syscall|A complete log))/i) ?? find(/^W: Failed/) ?? lines.at(-1) ?? "";
	const headline = line.replace(/^(?:[EW]:|error:|npm error)\s*/i, "");
	return lines.includes("Caused by:") ? `${headline}: ${lines.at(-1)}` : headline;
}
