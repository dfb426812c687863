// `npm run new`: a folder for an app of one's own.

import { Command } from "commander";
import { newApp, shownFrom } from "./new-app.ts";
import { templates } from "./templates.ts";

export function command(): Command {
	return new Command()
		.description("Makes a folder with an app that builds.")
		.argument("<folder>", "new or empty; inside this project or anywhere else")
		.option("--template <name>", `what it begins with: ${Object.entries(templates).map(([name, { summary }]) => `${name} (${summary})`).join(", ")}`, "hello")
		.action((folder: string, { template }: { template: string }) => {
			const files = newApp(folder, template);
			console.log([
				`${folder}: ${files.join(", ")}`,
				"",
				`  npm run dev -- --app ${shownFrom(folder)}                on a simulated Pico W, anew with each change`,
				`  npm run flash -- --app ${shownFrom(folder)} --monitor    onto a board`,
			].join("\n"));
		});
}
