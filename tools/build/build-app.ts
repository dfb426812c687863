// An app into code: manifest, TypeScript, bytecode, firmware, frozen heap. Each step takes what an earlier build made when
// nothing that it depends on has changed.

import { readFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { compileModules } from "../xs-compiler/compile-modules.ts";
import { compileTypeScript } from "./compile-typescript.ts";
import { readElf } from "./elf.ts";
import { freezeKept } from "./freeze-kept.ts";
import { linkFirmware } from "./link-firmware.ts";
import { withLock } from "./lock.ts";
import { readManifest } from "./manifest.ts";
import { checkRamLeft } from "./ram-left.ts";
import { reachableModules } from "./reachable-modules.ts";
import type { NamedData } from "./records.ts";
import { noRoots, type RootsProfile, type TrustedRoots, trustedRoots } from "./roots.ts";

const projectFolder = resolve(import.meta.dirname, "../..");
const buildFolder = join(projectFolder, "build");

/** An app, before it is told its network, a configuration of the moment and further roots (see `withRecords`). */
export interface BuiltApp {
	/** "picofetch" for the project's own app, else the name of the app's folder. */
	readonly name: string;
	readonly elf: Uint8Array;
	/** The linker's map. */
	readonly map: string;
	/** The image record and the frozen heap, without data records. */
	readonly image: Uint8Array;
	/** The manifest's merged `config`. */
	readonly configuration: Readonly<Record<string, unknown>>;
	/** The web's roots, and the user's own of certs/. */
	readonly roots: TrustedRoots;
	/** The files of the manifest's `data`. */
	readonly data: readonly NamedData[];
}

export interface BuildOptions {
	/** Folder of the app: the one that holds its manifest.json. Default: the project's own. */
	readonly app?: string;
	/** Which of the web's roots it trusts. Default: the manifest's "roots". */
	readonly roots?: RootsProfile;
	/** A debug build: the xsbug protocol on a second serial port (platform/debugger). Its name ends in "-debug". Default false. */
	readonly debug?: boolean;
	/** A build for tests: each allocation collects garbage first, while freezing too. Its name ends in "-stress". Default false. */
	readonly stress?: boolean;
	/** Called with a short line at each step that takes time. */
	readonly onProgress?: (line: string) => void;
	/** Says nothing on a terminal. Default false. */
	readonly quiet?: boolean;
}

/**
 * Compiles, links and freezes an app. Under two seconds when nothing has changed. Writes only what later builds take up, under
 * build/app, build/firmware and build/xs-compiler, so that several tests may build one app at the same time.
 * @throws UserError for a fault in the app: manifest, TypeScript, C, or a module that cannot be frozen
 */
export async function buildApp({ app = projectFolder, debug = false, stress = false, roots, quiet = false, onProgress = quiet ? () => {} : progressLine }: BuildOptions = {}): Promise<BuiltApp> {
	const appFolder = resolve(app);
	const appName = appFolder === projectFolder ? "picofetch" : basename(appFolder);
	const variant = `${debug ? "-debug" : ""}${stress ? "-stress" : ""}`;
	const name = `${appName}${variant}`;
	const folder = join(buildFolder, "app", folderName(appFolder, appName));
	try {
		return await withLock(`${folder}.lock`, async () => {
			const manifest = readManifest(appFolder);
			onProgress(`${name}: TypeScript`);
			const modules = reachableModules(await compileTypeScript(manifest, folder), manifest.preload);
			const preload = manifest.preload.filter(specifier => modules.some(module => module.specifier === specifier));
			const workFolder = join(buildFolder, "xs-compiler");
			const packs = await withLock(`${workFolder}.lock`, () => compileModules(modules, { workFolder }));
			const { elf, map } = await linkFirmware({
				sources: manifest.modules.flatMap(({ c }) => c ?? []),
				natives: packs.flatMap(pack => pack.natives.map(({ cName }) => cName)),
				libraries: manifest.libraries,
				definitions: [...definitions(manifest.defines), ...stress ? ["mxStress=1"] : []],
				debugger: debug,
			}, line => onProgress(`${name}: ${line}`));
			checkRamLeft(readElf(elf).symbols, manifest.creation);
			onProgress(`${name}: freezing the heap`);
			const image = await freezeKept({ elf, packs, preload, creation: manifest.creation, afterFailure: manifest.afterFailure, ...stress ? { mostCycles: 400e9 } : {} }, variant === "" ? folder : join(folder, variant.slice(1)));
			return { name, elf, map, image, configuration: manifest.config, roots: manifest.libraries.includes("tls") ? trustedRoots(roots ?? manifest.roots, appFolder) : noRoots, data: manifest.data.map(({ name: file, path }) => ({ name: file, bytes: readFileSync(path) })) };
		});
	} finally {
		if (!quiet && onProgress === progressLine) {
			progressLine("");
		}
	}
}

/** One line on a terminal that the next one replaces; nothing elsewhere. */
function progressLine(line: string): void {
	if (process.stderr.isTTY) {
		process.stderr.write(`\r\x1b[2K${line}`);
	}
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
