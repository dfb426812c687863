// JavaScript modules to XS bytecode, by the host program beside this file. Used by the build.
// The program is the XS engine's own parser and coder (third-party/xs), compiled once into the work folder.

import { execFile } from "node:child_process";
import { mkdir, readFile, rename, stat } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { UserError } from "../user-error.ts";

const run = promisify(execFile);

const projectFolder = fileURLToPath(new URL("../..", import.meta.url));
const programSource = fileURLToPath(new URL("xs-compiler.c", import.meta.url));

const parserSources = [
	"xsBigInt", "xsCode", "xsCommon", "xsdtoa", "xsLexical", "xsre", "xsScope", "xsScript", "xsSourceMap", "xsSyntaxical", "xsTree",
];

/** A module to compile. */
export interface ModuleSource {
	/** The name by which other modules import it. */
	readonly specifier: string;
	/** Its JavaScript file; a source map that the file names gives the lines of its TypeScript. */
	readonly path: string;
}

/** A function in C that a module binds. */
export interface Native {
	readonly cName: string;
	/** Number of parameters, the function's `length`. */
	readonly parameterCount: number;
	/** The name the function has in script: an index into the pack's symbols; undefined when it has none. */
	readonly symbolIndex: number | undefined;
}

/** A compiled module. */
export interface Pack {
	readonly specifier: string;
	/** Bytecode; names are little-endian 16-bit indexes into `symbols`. */
	readonly code: Uint8Array;
	readonly symbols: readonly string[];
	readonly natives: readonly Native[];
}

export interface CompileOptions {
	/** Keep files and lines, for stacks. Default true. */
	readonly debug?: boolean;
	/** Where the program and the packs are kept. Default build/xs-compiler. */
	readonly workFolder?: string;
}

/**
 * Compiles modules; those whose pack is newer than their source are taken as they are.
 * A module that does not parse ends in a UserError with FILE:LINE and the parser's sentence.
 */
export async function compileModules(modules: readonly ModuleSource[], options: CompileOptions = {}): Promise<Pack[]> {
	const { debug = true, workFolder = path.join(projectFolder, "build/xs-compiler") } = options;
	const program = await buildProgram(workFolder);
	const packFolder = path.join(workFolder, debug ? "packs-debug" : "packs");
	await mkdir(packFolder, { recursive: true });
	const packs: Pack[] = [];
	for (const module of modules)
		packs.push(parsePack(module.specifier, await compile(program, module, packFolder, debug)));
	return packs;
}

async function compile(program: string, module: ModuleSource, packFolder: string, debug: boolean): Promise<Uint8Array> {
	// The bytecode keeps the path: from the project's folder it is the same wherever the project lies.
	const modulePath = path.relative(projectFolder, module.path);
	const packPath = path.join(packFolder, `${encodeURIComponent(`${module.specifier}@${modulePath}`)}.pack`);
	const inputs = [program, module.path, `${module.path}.map`];
	if (!await isNewer(packPath, inputs)) {
		const flags = debug ? [] : ["--no-debug"];
		try {
			await run(program, [...flags, module.specifier, modulePath, `${packPath}.part`], { cwd: projectFolder });
		}
		catch (error) {
			const { stderr } = error as { stderr?: string };
			throw new UserError(stderr?.trim() || `xs-compiler did not run for ${module.path}`, { cause: error });
		}
		await rename(`${packPath}.part`, packPath);
	}
	return readFile(packPath);
}

async function buildProgram(workFolder: string): Promise<string> {
	const program = path.join(workFolder, "xs-compiler");
	const xs = path.join(projectFolder, "third-party/xs/xs");
	const sources = [programSource, ...parserSources.map(name => path.join(xs, "sources", `${name}.c`))];
	if (!await isNewer(program, sources)) {
		await mkdir(workFolder, { recursive: true });
		const includes = ["includes", "sources", "platforms"].flatMap(folder => ["-I", path.join(xs, folder)]);
		await run("cc", [
			"-O1", "-fno-strict-aliasing", "-w", "-DINCLUDE_XSPLATFORM", "-DmxCompile=1", "-DmxParse=1", ...includes, ...sources, "-lm", "-o", `${program}.part`,
		]);
		await rename(`${program}.part`, program);
	}
	return program;
}

async function isNewer(output: string, inputs: readonly string[]): Promise<boolean> {
	const written = await modifiedMs(output);
	for (const input of inputs) {
		const modified = await modifiedMs(input);
		if (modified !== undefined && (written === undefined || written <= modified))
			return false;
	}
	return written !== undefined;
}

async function modifiedMs(file: string): Promise<number | undefined> {
	try {
		return (await stat(file)).mtimeMs;
	}
	catch {
		return undefined;
	}
}

const noSymbol = 0xffff;	// XS_NO_ID of a 16-bit txID, as the coder writes it

/** Reads a pack as xs-compiler.c describes it. */
export function parsePack(specifier: string, bytes: Uint8Array): Pack {
	const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (view.toString("latin1", 0, 4) !== "XSP1")
		throw new Error(`pack of ${specifier}: not a pack`);
	let offset = 4;
	const block = (): Buffer => {
		const length = view.readUInt32LE(offset);
		const start = offset + 4;
		offset = start + length;
		if (offset > view.length)
			throw new Error(`pack of ${specifier}: cut short`);
		return view.subarray(start, offset);
	};
	const code = block();
	const symbols = parseSymbols(block());
	const natives = parseNatives(block());
	return { specifier, code, symbols, natives };
}

function parseSymbols(block: Buffer): string[] {
	const count = block.readUInt16LE(0);	// index 0 is no name and stands for none in the block (fxRunScript in xsRun.c)
	return ["", ...block.toString("utf8", 2).split("\0")].slice(0, count);
}

function parseNatives(block: Buffer): Native[] {
	if (block.length === 0)
		return [];
	const natives: Native[] = [];
	let offset = 2;
	for (let count = block.readUInt16LE(0); count > 0; count--) {
		const end = block.indexOf(0, offset + 3);
		const symbolIndex = block.readUInt16LE(offset + 1);
		natives.push({
			parameterCount: block.readUInt8(offset),
			symbolIndex: symbolIndex === noSymbol ? undefined : symbolIndex,
			cName: block.toString("utf8", offset + 3, end),
		});
		offset = end + 1;
	}
	return natives;
}
