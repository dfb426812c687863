// npm run build: an app into a .uf2.

import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { Command, Option } from "commander";
import { coloursFor } from "../colours.ts";
import { UserError } from "../user-error.ts";
import { buildApp, type BuiltApp } from "./build-app.ts";
import { readElf } from "./elf.ts";
import { type NetworkSettings, networkSettings, type Security, securities } from "./network-settings.ts";
import { buildDay } from "./build-day.ts";
import { withRecords } from "./records.ts";
import { type RootsProfile, rootsOf, rootsProfiles, type TrustedRoots } from "./roots.ts";
import { assembleUf2 } from "./uf2-file.ts";

const buildFolder = resolve(import.meta.dirname, "../../build");

/** What `withBuildOptions` reads. */
export interface BuildCommandOptions {
	readonly app?: string;
	readonly debug?: boolean;
	readonly ssid?: string;
	readonly password?: string;
	readonly security?: Security;
	readonly ca?: readonly string[];
	readonly roots?: RootsProfile;
	readonly config?: Readonly<Record<string, unknown>>;
}

/** Options and action of `npm run build`. */
export function command(): Command {
	return withBuildOptions(new Command().description("Builds an app into build/NAME.uf2 for the Pico W."))
		.action(async (options: BuildCommandOptions) => void await buildUf2(options));
}

/** Adds the options that say what is built. */
export function withBuildOptions(command: Command): Command {
	return command
		.option("--app <folder>", "folder of the app, with its manifest.json (default: this project's main.ts)")
		.option("--debug", "with the debugger's protocol on a second serial port: build/NAME-debug.uf2")
		.option("--ssid <name>", "Wi-Fi network (or PICOFETCH_SSID, or network.json)")
		.option("--password <passphrase>", "its passphrase (or PICOFETCH_PASSWORD, or network.json)")
		.addOption(new Option("--security <kind>", "its protection (default: wpa2 with a passphrase, open without)").choices(securities))
		.option("--ca <file>", "trust the roots of this PEM file too; may be repeated", (file, files: string[] = []) => [...files, file])
		.addOption(new Option("--roots <profile>", "which of the web's roots to trust (default: the manifest's \"roots\", else full)").choices(rootsProfiles))
		.option("--config <key=value>", "set a key of the app's config; may be repeated", addSetting);
}

/** Builds as `npm run build` does, tells what it tells, and answers the path of the .uf2. */
export async function buildUf2(options: BuildCommandOptions, tell: (text: string) => void = console.log): Promise<string> {
	const { app: folder, debug = false, ca = [], roots: profile, config = {} } = options;
	const network = networkSettings(options);
	const given = ca.flatMap(rootsOf);
	const app = await buildApp({ debug, ...folder === undefined ? {} : { app: folder }, ...profile === undefined ? {} : { roots: profile } });
	const roots: TrustedRoots = { ...app.roots, own: [...app.roots.own, ...given] };
	const image = withRecords(app.image, {
		configuration: { ...app.configuration, ...config },
		...network,
		earliest: buildDay(),
		roots: roots.own.map(({ der }) => der),
		data: app.data,
	});
	const uf2Path = writeFiles(app, image);
	tell(summary(app, image, uf2Path, network, roots));
	return uf2Path;
}

/** Writes build/NAME.elf, .map, .image and .uf2, and answers the last one's path. */
function writeFiles(app: BuiltApp, image: Uint8Array): string {
	mkdirSync(buildFolder, { recursive: true });
	const path = (extension: string) => join(buildFolder, `${app.name}.${extension}`);
	writeFileSync(path("elf"), app.elf);
	writeFileSync(path("map"), app.map);
	writeFileSync(path("image"), image);
	writeFileSync(path("uf2"), assembleUf2({ elf: app.elf, image, rootStore: app.roots.store }));
	return path("uf2");
}

/** `retries=3` is a number, `name=pico` a string, `colours=["red"]` a list: JSON when it is any. */
export function addSetting(text: string, settings: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
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

function summary(app: BuiltApp, image: Uint8Array, uf2Path: string, { ssid }: NetworkSettings, roots: TrustedRoots): string {
	const { symbols } = readElf(app.elf);
	const between = (start: string, end: string) => (symbols.get(end)?.address ?? 0) - (symbols.get(start)?.address ?? 0);
	const firmwareBytes = between("__firmware_start", "__firmware_end");
	const freeBytes = between("__image_start", "__image_end") - image.length;
	return [
		`${coloursFor(process.stdout).bold(relative(process.cwd(), uf2Path))}: firmware ${kilobytes(firmwareBytes)}, image ${kilobytes(image.length)}, ${kilobytes(freeBytes)} free`,
		`network: ${ssid ?? "none named (--ssid NAME --password PASSPHRASE)"}`,
		`trusted roots of the web: ${roots.webSummary}`,
		...roots.own.map(({ subject, notAfter, file }) => `trusted root of your own: ${subject} (until ${notAfter}, ${file})`),
	].join("\n");
}

function kilobytes(bytes: number): string {
	return `${(bytes / 1024).toFixed(1)} KB`;
}
