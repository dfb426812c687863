// `npm run setup`: what every other command does first, by itself.

import { Command } from "commander";
import { setUp } from "./set-up.ts";

export function command(): Command {
	return new Command()
		.description("Installs what is missing: compiler and host tools, third-party sources, test authority.")
		.option("--browser", "also Debian's chromium, in which tests show the simulator's page")
		.action(({ browser = false }: { browser?: boolean }) => setUp({ browser }));
}
