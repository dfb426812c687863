// An app into a .uf2: manifest, TypeScript, bytecode, firmware, frozen heap, data records. Each step takes what an earlier
// build made when nothing that it depends on has changed.

import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { compileModules } from "../xs-compiler/compile-modules.ts";
import { compileTypeScript } from "./compile-typescript.ts";
import { freezeKept } from "./freeze-kept.ts";
import { linkFirmware } from "./link-firmware.ts";
import { withLock } from "./lock.ts";
import { readManifest } from "./manifest.ts";
import { networkSettings } from "./network-settings.ts";
import { withRecords } from "./records.ts";
import { committed, type Root, rootsOf } from "./roots.ts";
import { assembleUf2 } from "./uf2-file.ts";

const projectFolder = resolve(import.meta.dirname, "../..");
const buildFolder = join(projectFolder, "build");

/** An app's code, before it is told its network, its roots and its configuration. */
export interface BuiltApp {
	/** "picofetch" for the project's own app, else the name of the app's folder. */
	readonly name: string;
	readonly elf: Uint8Array;
	/** The linker's map. */
	readonly map: string;
	/** The image record and the frozen heap, without data records. */
	readonly frozen: Uint8Array;
	/** The manifest's merged `config`. */
	readonly config: Readonly<Record<string, unknown>>;
}

export interface BuildOptions {
	/** Folder of the app: the one that holds its manifest.json. Default: the project's own. */
	readonly app?: string;
	/** Called with a short line at each step that takes time. */
	readonly progress?: (line: string) => void;
}

export interface ImageOptions {
	readonly ssid?: string;
	readonly password?: string;
	/** PEM files with roots to trust beside those of certs/. */
	readonly ca?: readonly string[];
	/** Roots to trust beside those of certs/, DER. */
	readonly roots?: readonly Uint8Array[];
	/** Laid over the manifest's `config`, key by key at the top. */
	readonly config?: Readonly<Record<string, unknown>>;
}

/** What a build has written into build/. */
export interface BuildResult extends BuiltApp {
	readonly elfPath: string;
	readonly mapPath: string;
	readonly imagePath: string;
	readonly uf2Path: string;
	readonly uf2: Uint8Array;
	/** The image with its data records. */
	readonly image: Uint8Array;
	/** The roots that the image trusts, as far as they came from PEM files. */
	readonly roots: readonly Root[];
	/** Name of the network in the image. */
	readonly ssid?: string;
}

/**
 * Compiles, links and freezes an app. Takes under two seconds when nothing has changed. Writes into build/ only what later builds
 * take up, so that tests may build one app several times with other data.
 * @throws UserError for a fault in the app: manifest, TypeScript, C, or a module that cannot be frozen
 */
export async function buildCode({ app = projectFolder, progress = () => {} }: BuildOptions = {}): Promise<BuiltApp> {
	const appFolder = resolve(app);
	const name = appFolder === projectFolder ? "picofetch" : basename(appFolder);
	const folder = join(buildFolder, "app", folderName(appFolder, name));
	return withLock(`${folder}.lock`, async () => {
		const manifest = readManifest(appFolder);
		const modules = compileTypeScript(manifest, folder);
		const packs = await compileModules(modules, { workFolder: join(buildFolder, "xs-compiler") });
		const { elf, map } = await linkFirmware({
			sources: manifest.modules.flatMap(({ c }) => c ?? []),
			natives: packs.flatMap(pack => pack.natives.map(({ cName }) => cName)),
			libraries: manifest.libraries,
			definitions: definitions(manifest.defines),
		}, progress);
		const frozen = await freezeKept({ elf, packs, preload: manifest.preload, creation: manifest.creation }, folder, progress);
		return { name, elf, map, frozen, config: manifest.config };
	});
}

/**
 * The .uf2 of built code with the given network, roots and configuration; needs neither compiler nor linker.
 * @throws UserError for a file of roots or a network that cannot be used
 */
export function assembleImage(code: BuiltApp, options: ImageOptions = {}): { uf2: Uint8Array; image: Uint8Array; roots: Root[]; ssid?: string } {
	const roots = [...committed(), ...(options.ca ?? []).flatMap(rootsOf)];
	const network = networkSettings(options);
	const image = withRecords(code.frozen, {
		configuration: { ...code.config, ...options.config },
		...network,
		roots: [...roots.map(({ der }) => der), ...(options.roots ?? [])],
	});
	return {
		uf2: assembleUf2({ elf: code.elf, image }),
		image,
		roots,
		...(network.ssid === undefined ? {} : { ssid: network.ssid }),
	};
}

/** Builds an app and writes build/NAME.uf2, .elf, .map and .image. */
export async function buildApp(options: BuildOptions & ImageOptions = {}): Promise<BuildResult> {
	const code = await buildCode(options);
	const assembled = assembleImage(code, options);
	const path = (extension: string) => join(buildFolder, `${code.name}.${extension}`);
	mkdirSync(buildFolder, { recursive: true });
	writeFileSync(path("elf"), code.elf);
	writeFileSync(path("map"), code.map);
	writeFileSync(path("image"), assembled.image);
	writeFileSync(path("uf2"), assembled.uf2);
	return { ...code, ...assembled, elfPath: path("elf"), mapPath: path("map"), imagePath: path("image"), uf2Path: path("uf2") };
}

/** One folder for each app: two apps may bear one name. */
function folderName(appFolder: string, name: string): string {
	return appFolder === projectFolder ? name : relative(projectFolder, appFolder).replaceAll("../", "up/").replaceAll("/", "+");
}

/** `{wifi: {retries: 3}}` is `MODDEF_WIFI_RETRIES=3`, as in the Moddable SDK. */
function definitions(defines: Readonly<Record<string, unknown>>, prefix = "MODDEF"): string[] {
	return Object.entries(defines).flatMap(([key, value]) => {
		const name = `${prefix}_${key.toUpperCase()}`;
		if (typeof value === "object" && value !== null && !Array.isArray(value)) {
			return definitions(value as Record<string, unknown>, name);
		}
		return [`${name}=${typeof value === "string" ? JSON.stringify(value) : typeof value === "boolean" ? Number(value) : String(value)}`];
	});
}
