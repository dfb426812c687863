// Makes the folder of a new app.

import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { quoted } from "../quoted.ts";
import { UserError } from "../user-error.ts";
import { templates } from "./templates.ts";

const projectFolder = resolve(import.meta.dirname, "../..");

/**
 * Writes manifest.json, main.ts, tsconfig.json, README.md and .gitignore into a folder that is new or empty.
 * @returns the names of what was written
 * @throws UserError when the folder has something in it, or cannot be made
 */
export function newApp(folder: string, template: string): string[] {
	const chosen = Object.hasOwn(templates, template) ? templates[template] : undefined;
	if (chosen === undefined) throw new UserError(`--template ${template}: expected one of ${Object.keys(templates).join(", ")}`);
	if (hasSomething(folder)) throw new UserError(`${folder}: there is something already: name a folder that is new or empty`);
	const files: Readonly<Record<string, string>> = {
		"manifest.json": `${JSON.stringify(chosen.manifest, undefined, "\t")}\n`,
		"main.ts": chosen.main,
		"tsconfig.json": editorConfiguration(folder),
		"README.md": readme(folder, chosen.summary),
		".gitignore": "network.json\n",
	};
	try {
		makeFolder(resolve(folder));
		for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { flag: "wx" });
	} catch (cause) {
		throw new UserError(`${folder}: cannot be written (${(cause as NodeJS.ErrnoException).code})`, { cause });
	}
	return Object.keys(files);
}

/** Node 20's own way to make the parents too does not return where the system says ENOENT to the last of them, as /proc does. */
function makeFolder(folder: string): void {
	if (existsSync(folder)) return;
	makeFolder(dirname(folder));
	mkdirSync(folder);
}

function hasSomething(folder: string): boolean {
	try {
		return existsSync(folder) && (!statSync(folder).isDirectory() || readdirSync(folder).length > 0);
	} catch (cause) {
		throw new UserError(`${folder}: cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
	}
}

/** For the editor alone: the build has the device's options, and each module's types, from the manifest. */
function editorConfiguration(folder: string): string {
	const modules = relative(resolve(folder), join(projectFolder, "modules")).replaceAll(sep, "/");
	return `${JSON.stringify({ extends: `${modules.startsWith(".") ? modules : `./${modules}`}/tsconfig.json`, include: [".", `${modules}/**/*.d.ts`] }, undefined, "\t")}\n`;
}

function readme(folder: string, summary: string): string {
	const name = basename(resolve(folder));
	return `# ${name}

A picofetch app: ${summary}. In picofetch's folder:

\`\`\`sh
${shown(nextCommands(folder)).join("\n")}
\`\`\`
`;
}

interface NextCommand {
	/** As it is typed in the project's folder. */
	readonly line: string;
	readonly what: string;
}

/** What one does with a new app. */
export function nextCommands(folder: string): NextCommand[] {
	const app = quoted(relative(projectFolder, resolve(folder)) || ".");
	return [
		{ line: `npm run dev -- --app ${app}`, what: "on a simulated Pico W, anew with each change" },
		{ line: `npm run flash -- --app ${app} --monitor`, what: "onto a board" },
	];
}

/** A line for each, what it does in a column beside it. */
export function shown(commands: readonly NextCommand[]): string[] {
	const width = Math.max(...commands.map(({ line }) => line.length));
	return commands.map(({ line, what }) => `${line.padEnd(width)}    # ${what}`);
}
