// npm run build: an app into a .uf2.

import { relative } from "node:path";
import { Command } from "commander";
import pico from "picocolors";
import { UserError } from "../user-error.ts";
import { buildApp, type BuildResult } from "./build.ts";
import { readElf } from "./elf.ts";

interface Options {
	readonly app?: string;
	readonly ssid?: string;
	readonly password?: string;
	readonly ca: readonly string[];
	readonly config: Readonly<Record<string, unknown>>;
}

export function command(): Command {
	return new Command()
		.description("Builds an app into build/NAME.uf2 for the Pico W.")
		.option("--app <folder>", "folder of the app, with its manifest.json (default: this project's main.ts)")
		.option("--ssid <name>", "Wi-Fi network (or PICOFETCH_SSID, or network.json)")
		.option("--password <passphrase>", "its passphrase (or PICOFETCH_PASSWORD, or network.json)")
		.option("--ca <file>", "trust the roots of this PEM file too; may be repeated", (file, files: string[]) => [...files, file], [])
		.option("--config <key=value>", "set a key of the app's config; may be repeated", addSetting, {})
		.action(async (options: Options) => {
			const terminal = process.stderr.isTTY;
			const result = await buildApp({
				...options,
				progress: line => {
					if (terminal) {
						process.stderr.write(`\r\x1b[2K${line}`);
					}
				},
			}).finally(() => {
				if (terminal) {
					process.stderr.write("\r\x1b[2K");
				}
			});
			console.log(summary(result));
		});
}

/** `retries=3` is a number, `name=pico` a string, `colours=["red"]` a list: JSON when it is any. */
export function addSetting(text: string, settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
	const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
	if (key === undefined || value === undefined) {
		throw new UserError(`--config: found ${JSON.stringify(text)}, expected key=value`);
	}
	try {
		return { ...settings, [key]: JSON.parse(value) as unknown };
	} catch {
		return { ...settings, [key]: value };
	}
}

function summary(result: BuildResult): string {
	const { symbols } = readElf(result.elf);
	const address = (name: string) => symbols.get(name)?.address ?? 0;
	const firmwareBytes = address("__firmware_end") - address("__firmware_start");
	const freeBytes = address("__image_end") - address("__image_start") - result.image.length;
	return [
		`${pico.bold(relative(process.cwd(), result.uf2Path))}: firmware ${kilobytes(firmwareBytes)}, image ${kilobytes(result.image.length)}, ${kilobytes(freeBytes)} free`,
		`network: ${result.ssid ?? "none named (--ssid)"}`,
		`trusted roots: ${result.roots.length === 0 ? "none" : ""}`.trimEnd(),
		...result.roots.map(({ subject, notAfter, file }) => `  ${subject} (until ${notAfter}, ${file})`),
	].join("\n");
}

function kilobytes(bytes: number): string {
	return `${Math.round(bytes / 102.4) / 10} KB`;
}
