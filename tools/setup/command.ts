// `npm run setup`: what every other command does first, by itself.

import { Command } from "commander";
import { setUp } from "./set-up.ts";

export function command(): Command {
	return new Command()
		.description("Install what is missing: compiler and host tools, third-party sources, test authority.")
		.action(() => setUp());
}
