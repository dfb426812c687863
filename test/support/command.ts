// A command of the project as it is called: a process of its own.

import { spawn } from "node:child_process";
import type { TestContext } from "node:test";

export interface Running {
	stdout: string;
	stderr: string;
	/** Exit status. */
	readonly ended: Promise<number | null>;
	/** On its standard input, where that is a pipe. */
	type(text: string): void;
	interrupt(): void;
}

/**
 * Starts `npm run NAME -- ...`; the end of the test ends it.
 * @param stdin descriptor of a terminal to type on; default a pipe
 */
export function startCommand(context: TestContext, parameters: readonly string[], stdin: number | "pipe" = "pipe"): Running {
	const child = spawn(process.execPath, ["--import", "tsx", "tools/main.ts", ...parameters], { stdio: [stdin, "pipe", "pipe"], env: { ...process.env, CI: "1" } });
	const running: Running = {
		stdout: "",
		stderr: "",
		ended: new Promise(resolve => child.once("close", resolve)),
		type: text => void child.stdin?.write(text),
		interrupt: () => void child.kill("SIGINT"),
	};
	child.stdout!.setEncoding("utf8").on("data", (text: string) => { running.stdout += text; });
	child.stderr!.setEncoding("utf8").on("data", (text: string) => { running.stderr += text; });
	context.after(() => child.kill("SIGKILL"));
	return running;
}
