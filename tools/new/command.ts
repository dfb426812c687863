// `npm run new`: a folder for an app of one's own.

import { Command } from "commander";
import { newApp, nextCommands, shown } from "./new-app.ts";
import { templates } from "./templates.ts";

interface Options {
	readonly template: string;
	readonly json?: boolean;
}

export function command(): Command {
	return new Command()
		.description("Makes a folder with an app that builds.")
		.argument("<folder>", "new or empty; inside this project or anywhere else")
		.option("--template <name>", `what it begins with: ${Object.entries(templates).map(([name, { summary }]) => `${name} (${summary})`).join(", ")}`, "hello")
		.option("--json", "print {folder, template, files, commands}; the commands are to be typed in this project's folder")
		.addHelpText("after", "\nExit status: 0 the folder is there; 1 something to put right first, and nothing was written.")
		.action((folder: string, { template, json = false }: Options) => {
			const files = newApp(folder, template);
			const commands = nextCommands(folder);
			console.log(json
				? JSON.stringify({ folder, template, files, commands: commands.map(({ line }) => line) })
				: [`${folder}: ${files.join(", ")}`, "", ...shown(commands).map(line => `  ${line}`)].join("\n"));
		});
}
