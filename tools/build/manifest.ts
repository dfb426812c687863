// manifest.json in the Moddable form (Moddable SDK, documentation/tools/manifest.md): what an app is made of.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { failurePolicies, type FailurePolicy } from "../freeze/freeze-input.ts";
import { type RootsProfile, rootsProfiles } from "./roots.ts";
import { UserError } from "../user-error.ts";

/** One module as the engine will know it. */
export interface Module {
	/** The name that an import uses: "embedded:io/socket/tcp". */
	readonly specifier: string;
	/** Absolute path of the .ts or .js file; absent for a module that is C alone. */
	readonly source?: string;
	/** Absolute path of the .c file beside it. */
	readonly c?: string;
}

/** An app: its manifest with every included one merged into it; what is nearer to the app wins. */
export interface Manifest {
	/** Absolute path of the app's own manifest.json. */
	readonly path: string;
	/** Every manifest file that was read, absolute, the app's own last. */
	readonly files: readonly string[];
	/** By specifier, in the order of the manifests. */
	readonly modules: readonly Module[];
	/** Specifiers of the modules that run at build time and are kept in flash. */
	readonly preload: readonly string[];
	/** What `mc/config` answers. */
	readonly config: Readonly<Record<string, unknown>>;
	/** Sizes of the engine's arena, by Moddable's names. */
	readonly creation: Readonly<Record<string, unknown>>;
	/** What comes after a failure of the script or the firmware. */
	readonly afterFailure: FailurePolicy;
	/** Which of the web's roots the app trusts. */
	readonly roots: RootsProfile;
	/** C macros: `{wifi: {retries: 3}}` is `MODDEF_WIFI_RETRIES=3`. */
	readonly defines: Readonly<Record<string, unknown>>;
	/** Files that go into the image as they are, by the name that `Resource` knows them by. */
	readonly data: readonly DataFile[];
	/** Parts of the platform that the modules' C leans on: "network", "tls". */
	readonly libraries: readonly string[];
}

/** A file of "data". */
export interface DataFile {
	readonly name: string;
	/** Absolute. */
	readonly path: string;
}

/** Parts of the platform that "libraries" may name. */
export const libraryNames = ["access-point", "board", "engine", "network", "network-ipv6", "network-mdns", "network-multicast", "network-raw", "pins", "tls", "tls-server"] as const;

/** The names by which a manifest's "platforms" may mean this board, the nearer one first. */
const platformNames = ["pico/picofetch", "pico/pico_w", "pico"];

const extensions = [".ts", ".js", ".c"];

/**
 * Reads the manifest of the app in `folder` and everything it includes.
 * @throws UserError naming the file, the place in it, what was found there, and what was expected.
 */
export function readManifest(folder: string): Manifest {
	const path = resolve(folder, "manifest.json");
	const merged = new Merge();
	merged.read(path, new Map(), []);
	return merged.result(path);
}

/** A place in a manifest file, for the sentence of a fault. */
interface Place {
	readonly file: string;
	readonly path: string;
}

function fault(place: Place, found: string, expected: string): never {
	const path = place.path === "" ? "" : `${place.path}: `;
	throw new UserError(`${relative(process.cwd(), place.file) || place.file}: ${path}found ${found}, expected ${expected}`);
}

function at(place: Place, key: string | number): Place {
	const step = typeof key === "number" ? `[${key}]` : /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
	return { file: place.file, path: (place.path + step).replace(/^\./, "") };
}

/** A value as a fault shows it: short, in JSON. */
function shown(value: unknown): string {
	const text = JSON.stringify(value) ?? String(value);
	return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

class Merge {
	readonly #files: string[] = [];
	readonly #modules = new Map<string, Module>();
	readonly #preload: Array<{ pattern: string; place: Place }> = [];
	readonly #libraries = new Set<string>();
	#config: Record<string, unknown> = {};
	#creation: Record<string, unknown> = {};
	#defines: Record<string, unknown> = {};
	readonly #data = new Map<string, string>();
	#afterFailure: FailurePolicy = "stay";
	#roots: RootsProfile = "full";

	read(file: string, inherited: ReadonlyMap<string, string>, from: readonly string[]): void {
		if (from.includes(file)) {
			fault({ file, path: "include" }, `a circle (${[...from, file].map(path => relative(process.cwd(), path)).join(" -> ")})`, "manifests that do not include themselves");
		}
		if (this.#files.includes(file)) {
			return;
		}
		const place: Place = { file, path: "" };
		this.#section(parse(file), place, new Map(inherited), [...from, file]);
		this.#files.push(file);
	}

	#section(value: unknown, place: Place, variables: Map<string, string>, from: readonly string[]): void {
		const section = asObject(value, place);
		for (const [name, text] of Object.entries(asObject(section.build ?? {}, at(place, "build")))) {
			variables.set(name, expand(asString(text, at(at(place, "build"), name)), variables, at(at(place, "build"), name)));
		}
		for (const [key, below] of Object.entries(section)) {
			const here = at(place, key);
			switch (key) {
				case "build":
					break;
				case "include":
					for (const [included, itsPlace] of strings(below, here)) {
						this.read(this.#included(included, itsPlace, variables), variables, from);
					}
					break;
				case "modules":
					this.#addModules(asObject(below, here), here, variables);
					break;
				case "data":
					this.#addData(asObject(below, here), here, variables);
					break;
				case "resources":
					fault(here, "resources, which the Moddable SDK converts for screens", "data: files go into the image as they are");
					break;
				case "preload":
					for (const [pattern, itsPlace] of strings(below, here)) {
						this.#preload.push({ pattern, place: itsPlace });
					}
					break;
				case "config":
					this.#config = mergeObjects(this.#config, asObject(below, here));
					break;
				case "creation":
					this.#creation = mergeObjects(this.#creation, asObject(below, here));
					break;
				case "defines":
					this.#defines = mergeObjects(this.#defines, asObject(below, here));
					break;
				case "roots":
					this.#roots = rootsProfiles.find(profile => profile === below) ?? fault(here, shown(below), rootsProfiles.map(shown).join(" or "));
					break;
				case "afterFailure":
					this.#afterFailure = failurePolicies.find(policy => policy === below) ?? fault(here, shown(below), failurePolicies.map(shown).join(" or "));
					break;
				case "libraries":
					for (const [name, itsPlace] of strings(below, here)) {
						if (!(libraryNames as readonly string[]).includes(name)) {
							fault(itsPlace, shown(name), `one of ${libraryNames.map(shown).join(", ")}`);
						}
						this.#libraries.add(name);
					}
					break;
				case "platforms":
					this.#platform(asObject(below, here), here, variables, from);
					break;
				default:
					fault(here, "a key that picofetch does not know", "build, include, modules, preload, config, creation, afterFailure, roots, data, defines, libraries or platforms");
			}
		}
	}

	#platform(platforms: Record<string, unknown>, place: Place, variables: Map<string, string>, from: readonly string[]): void {
		const names = platformNames.filter(name => Object.hasOwn(platforms, name));
		// Moddable: "..." is for the platforms that are not named.
		for (const name of names.length > 0 ? names.reverse() : Object.hasOwn(platforms, "...") ? ["..."] : []) {
			const section = asObject(platforms[name], at(place, name));
			for (const key of ["error", "warning"]) {
				if (Object.hasOwn(section, key)) {
					fault(at(at(place, name), key), shown(section[key]), "modules that run on the Pico W");
				}
			}
			this.#section(section, at(place, name), variables, from);
		}
	}

	#included(text: string, place: Place, variables: ReadonlyMap<string, string>): string {
		let path = absolute(text, place, variables);
		if (existsSync(path) && statSync(path).isDirectory()) {
			path = join(path, "manifest.json");
		}
		if (!existsSync(path)) {
			fault(place, shown(text), `a manifest; there is none at ${relative(process.cwd(), path)}`);
		}
		return path;
	}

	#addModules(modules: Record<string, unknown>, place: Place, variables: ReadonlyMap<string, string>): void {
		for (const [specifier, value] of Object.entries(modules)) {
			for (const [target, itsPlace] of strings(value, at(place, specifier))) {
				const path = absolute(target, itsPlace, variables);
				if (specifier === "~") {
					for (const [name, module] of this.#modules) {
						if ([module.source, module.c].some(file => file !== undefined && withoutExtension(file) === path)) {
							this.#modules.delete(name);
						}
					}
				} else if (basename(path) === "*") {
					this.#addFolder(specifier, dirname(path), target, itsPlace);
				} else {
					this.#addModule(named(specifier, path, itsPlace), path, target, itsPlace);
				}
			}
		}
	}

	#addFolder(specifier: string, folder: string, target: string, place: Place): void {
		if (specifier !== "*" && !specifier.endsWith("/*")) {
			fault(place, `${shown(target)}, many files`, `a specifier that ends in "*" for them`);
		}
		const files = existsSync(folder) ? readdirSync(folder).filter(name => !name.endsWith(".d.ts") && extensions.some(extension => name.endsWith(extension))) : [];
		if (files.length === 0) {
			fault(place, shown(target), `.ts, .js or .c files in ${relative(process.cwd(), folder)}`);
		}
		for (const path of new Set(files.sort().map(name => withoutExtension(join(folder, name))))) {
			this.#addModule(named(specifier, path, place), path, target, place);
		}
	}

	/** As in Moddable: a target is a file, a file without its ending, or a folder's "*"; "*" is named as the file, anything else has its ending. */
	#addData(data: Record<string, unknown>, place: Place, variables: ReadonlyMap<string, string>): void {
		for (const [key, value] of Object.entries(data)) {
			for (const [target, itsPlace] of strings(value, at(place, key))) {
				const path = absolute(target, itsPlace, variables);
				const files = filesOf(path);
				if (files.length === 0) fault(itsPlace, shown(target), `a file; there is none at ${relative(process.cwd(), path)}`);
				for (const file of files) {
					if (key === "~") {
						for (const [name, kept] of this.#data) if (kept === file) this.#data.delete(name);
					} else {
						this.#data.set(key === "*" || key.endsWith("/*") ? key.slice(0, -1) + basename(file) : key.endsWith(extname(file)) ? key : key + extname(file), file);
					}
				}
			}
		}
	}

	#addModule(specifier: string, path: string, target: string, place: Place): void {
		if (extensions.some(extension => path.endsWith(extension)) && existsSync(path)) {
			fault(place, shown(target), `the file's name without its extension: ${shown(withoutExtension(target))}`);
		}
		const [ts, js, c] = extensions.map(extension => existsSync(path + extension) ? path + extension : undefined);
		if (ts === undefined && js === undefined && c === undefined) {
			fault(place, shown(target), `a module; there is no ${extensions.map(extension => relative(process.cwd(), path) + extension).join(", ")}`);
		}
		const source = ts ?? js;
		this.#modules.set(specifier, { specifier, ...(source === undefined ? {} : { source }), ...(c === undefined ? {} : { c }) });
	}

	result(path: string): Manifest {
		const modules = [...this.#modules.values()];
		const preload = new Set<string>();
		for (const { pattern, place } of this.#preload) {
			const matching = modules.filter(module => module.source !== undefined && (pattern.endsWith("*")
				? module.specifier.startsWith(pattern.slice(0, -1))
				: module.specifier === pattern));
			if (matching.length === 0) {
				fault(place, shown(pattern), "the specifier of a module of this app");
			}
			for (const module of matching) {
				preload.add(module.specifier);
			}
		}
		return {
			path,
			files: this.#files,
			modules,
			preload: [...preload],
			config: this.#config,
			creation: this.#creation,
			afterFailure: this.#afterFailure,
			roots: this.#roots,
			defines: this.#defines,
			data: [...this.#data].map(([name, path]) => ({ name, path })),
			libraries: [...this.#libraries].sort(),
		};
	}
}

function parse(file: string): unknown {
	let text: string;
	try {
		text = readFileSync(file, "utf8");
	} catch (cause) {
		throw new UserError(`${relative(process.cwd(), file)}: found no such file, expected the app's manifest`, { cause });
	}
	try {
		return JSON.parse(text);
	} catch (cause) {
		throw new UserError(`${relative(process.cwd(), file)}: found no JSON (${(cause as Error).message}), expected a manifest object`, { cause });
	}
}

/** The module's name: "*" stands for the file's own. */
function named(specifier: string, path: string, place: Place): string {
	if (specifier === "*" || specifier.endsWith("/*")) {
		return specifier.slice(0, -1) + basename(path);
	}
	if (specifier === "" || specifier.includes("*")) {
		fault(place, `the specifier ${shown(specifier)}`, `a name, "*" or a name that ends in "/*"`);
	}
	return specifier;
}

function filesOf(path: string): string[] {
	if (existsSync(path) && statSync(path).isFile()) return [path];
	const folder = dirname(path);
	const wanted = (name: string) => basename(path) === "*" ? !name.startsWith(".") : name.startsWith(`${basename(path)}.`);
	return existsSync(folder) ? readdirSync(folder).filter(wanted).sort().map(name => join(folder, name)).filter(file => statSync(file).isFile()) : [];
}

function absolute(text: string, place: Place, variables: ReadonlyMap<string, string>): string {
	const path = expand(text, variables, place);
	if (!/^(\.{0,2})\//.test(path)) {
		fault(place, shown(text), `a path that begins with "./", "../" or a variable such as $(MODULES)`);
	}
	return resolve(dirname(place.file), path);
}

function expand(text: string, variables: ReadonlyMap<string, string>, place: Place): string {
	return text.replaceAll(/\$\((\w+)\)/g, (whole, name: string) => {
		const value = variables.get(name) ?? ownVariables[name as keyof typeof ownVariables];
		if (value === undefined) {
			fault(place, whole, `one of ${[...Object.keys(ownVariables), ...variables.keys()].map(known => `$(${known})`).join(", ")}`);
		}
		return value;
	});
}

const projectFolder = resolve(import.meta.dirname, "../..");

const ownVariables = {
	/** This project's modules. */
	MODULES: join(projectFolder, "modules"),
	/** Data modules that come with the engine, as in the Moddable SDK: base64, hex, ... */
	MODDABLE: join(projectFolder, "third-party/xs"),
};

function withoutExtension(path: string): string {
	const extension = extensions.find(each => path.endsWith(each));
	return extension === undefined ? path : path.slice(0, -extension.length);
}

function asObject(value: unknown, place: Place): Record<string, unknown> {
	if (typeof value !== "object" || value === null || Array.isArray(value)) {
		fault(place, shown(value), "an object");
	}
	return value as Record<string, unknown>;
}

function asString(value: unknown, place: Place): string {
	if (typeof value !== "string") {
		fault(place, shown(value), "a string");
	}
	return value;
}

/** One string or a list of them, each with its place. */
function strings(value: unknown, place: Place): Array<[string, Place]> {
	if (Array.isArray(value)) {
		return value.map((each, index) => [asString(each, at(place, index)), at(place, index)]);
	}
	if (typeof value !== "string") {
		fault(place, shown(value), "a string or a list of strings");
	}
	return [[value, place]];
}

/** Objects are merged key by key; everything else of `over` replaces what was there. */
function mergeObjects(under: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
	const result = { ...under };
	for (const [key, value] of Object.entries(over)) {
		const below = result[key];
		result[key] = isPlainObject(below) && isPlainObject(value) ? mergeObjects(below, value) : value;
	}
	return result;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
