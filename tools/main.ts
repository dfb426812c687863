// Command dispatch: `npm start`, `npm test`, `npm run <command>` all come here through tools/bootstrap.mjs. A command
// is one row of the table; its file is imported only when it is called, and describes its own options.

import { Command } from "commander";
import { refuseForgottenValues } from "./option-values.ts";
import { UserError } from "./user-error.ts";

interface Row {
	readonly summary: string;
	/** True when the command needs the compiler and the third-party sources, whatever its arguments are. */
	readonly needsSetUp: boolean;
	/** Imports the command's file, whose `command()` gives its options and its action. */
	readonly load: () => Promise<{ command(): Command }>;
}

const rows: Record<string, Row> = {
	start: {
		summary: "builds the firmware, boots it on a simulated Pico W and fetches a verified page",
		needsSetUp: true,
		load: () => import("./start/start.ts"),
	},
	test: {
		summary: "runs every test",
		needsSetUp: true,
		load: () => import("./test/run.ts"),
	},
	build: {
		summary: "builds an app into a .uf2 for the Pico W",
		needsSetUp: true,
		load: () => import("./build/command.ts"),
	},
	dev: {
		summary: "runs an app on a simulated Pico W, and anew whenever a file changes",
		needsSetUp: true,
		load: () => import("./dev/command.ts"),
	},
	certs: {
		summary: "lists, adds and refreshes the roots that images trust",
		needsSetUp: false,
		load: () => import("./certificates/command.ts"),
	},
	setup: {
		summary: "installs what is missing: compiler, third-party sources, test authority",
		needsSetUp: false,
		load: () => import("./setup/command.ts"),
	},
	simulate: {
		summary: "boots a .uf2, .elf or .bin on a simulated Pico W",
		needsSetUp: false,
		load: () => import("../simulator/cli.ts"),
	},
	debug: {
		summary: "debugs an app on a simulated Pico W with xsbug or another XS debugger",
		needsSetUp: true,
		load: () => import("./debug/command.ts"),
	},
	flash: {
		summary: "builds an app and puts it onto a Pico W over USB",
		needsSetUp: false,	// only when it builds, and then by itself
		load: () => import("./flash/command.ts"),
	},
	monitor: {
		summary: "shows the console of a board",
		needsSetUp: false,
		load: () => import("./monitor/command.ts"),
	},
	new: {
		summary: "makes a folder for an app of your own",
		needsSetUp: false,
		load: () => import("./new/command.ts"),
	},
	size: {
		summary: "builds an app and prints where its RAM and flash go",
		needsSetUp: true,
		load: () => import("./size.ts"),
	},
	bench: {
		summary: "measures boot, handshake and first byte on the simulated Pico W",
		needsSetUp: true,
		load: () => import("../test/bench/bench.ts"),
	},
	conformance: {
		summary: "runs public suites of certificate paths through the validator",
		needsSetUp: true,
		load: () => import("./conformance/command.ts"),
	},
	soak: {
		summary: "runs the long tests, by chance, until their time is over",
		needsSetUp: true,
		load: () => import("../test/bench/soak.ts"),
	},
};

await main(process.argv.slice(2));

async function main(commandLine: readonly string[]): Promise<void> {
	const [name = "--help", ...parameters] = commandLine;
	const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
	if (row === undefined) {
		await overview().parseAsync([name], { from: "user" });
		return;
	}
	try {
		const { command } = await row.load();
		const program = command().name(`npm run ${name} --`);
		program.hook("preAction", (_, action) => refuseForgottenValues(action));
		if (row.needsSetUp) {
			program.hook("preAction", async () => {	// behind the options: a typo is told at once
				const { setUp } = await import("./setup/set-up.ts");
				await setUp();
			});
		}
		await program.parseAsync(parameters, { from: "user" });
	} catch (error) {
		if (!(error instanceof UserError)) {
			throw error;
		}
		console.error(error.message);
		process.exitCode = error.status;
	}
}

/** The list of commands, shown by `--help` and for a word that is none of them. */
function overview(): Command {
	const program = new Command("node tools/bootstrap.mjs")
		.description("picofetch: TypeScript on a Raspberry Pi Pico W that fetches over verified HTTPS")
		.usage("<command> [options]")
		.helpCommand(false)
		.showHelpAfterError();
	for (const [name, row] of Object.entries(rows)) {
		program.command(name).description(row.summary);
	}
	return program;
}
