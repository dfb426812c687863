// Who may name whom: the table of DESIGN.md, "The house", as a function from files to the sentences that they break.

import { dirname, join, normalize } from "node:path";
import ts from "typescript";

export interface SourceFile {
	/** Path relative to the project. */
	readonly path: string;
	readonly text: string;
}

/** What a file names: another file of the project by its path, or something from outside by its name. */
interface Reference {
	readonly from: string;
	/** As it is written. */
	readonly written: string;
	/** Path in the project; undefined for what comes from outside. */
	readonly path: string | undefined;
}

interface Rule {
	readonly applies: (from: string) => boolean;
	readonly allows: (reference: Reference) => boolean;
	readonly sentence: string;
}

/** Modules from below to above; of one level, each may name the other. A folder's level is that of its longest prefix here. */
const levels: readonly (readonly string[])[] = [
	["modules/base"],
	["modules/url", "modules/instrumentation", "modules/time", "modules/certificates", "modules/performance", "modules/reset", "modules/resource", "modules/storage"],
	["modules/io", "modules/led", "modules/wifi", "modules/web", "modules/crypto"],
	["modules/network", "modules/base64", "modules/structured-clone"],
	["modules/fetch", "modules/provisioning"],
];

/** What runs on the device and is no module. */
function isApp(from: string): boolean {
	return from === "main.ts" || from.startsWith("examples/") || from.startsWith("tools/conformance/device-app/");
}

const typescriptRules: readonly Rule[] = [
	{
		applies: isApp,
		allows: ({ from, written, path }) => path === undefined
			? !written.startsWith("node:")
			: path.startsWith("modules/") ? !written.startsWith(".") : dirname(path).startsWith(dirname(from)),
		sentence: "main.ts, examples and the app of conformance name public modules by their specifiers, and neither C nor platform/",
	},
	{
		applies: from => from.startsWith("modules/"),
		allows: ({ written, path }) => path === undefined ? !written.startsWith("node:") : path.startsWith("modules/"),
		sentence: "modules/ TypeScript names public modules only",
	},
	{
		applies: from => from.startsWith("modules/"),
		allows: ({ from, path }) => path === undefined || !path.startsWith("modules/") || levelOf(path) <= levelOf(from),
		sentence: "modules/ TypeScript names the public modules below it, never a layer above it",
	},
	{
		applies: from => from.startsWith("simulator/"),
		allows: ({ path }) => path === undefined || path.startsWith("simulator/"),
		sentence: "simulator/ names rp2040js, Node and small npm packages, and nothing else of this project: it learns the chip from the documents",
	},
	{
		applies: from => from.startsWith("tools/") && !isApp(from),
		allows: ({ from, path }) => path === undefined || path.startsWith("tools/") || ["simulator/simulator.ts", "simulator/flash/elf.ts"].includes(path) ||
			(from === "tools/main.ts" && (path === "simulator/cli.ts" || path.startsWith("test/bench/"))),
		sentence: "tools/ names Node, npm, certs/ and the simulator's public entries, simulator.ts and the reader of ELF files; modules and platform are read as files",
	},
	{
		applies: from => !from.startsWith("test/") && from !== "tools/main.ts",
		allows: ({ path }) => path === undefined || !path.startsWith("test/"),
		sentence: "test/ is not imported by others",
	},
];

const cRules: readonly Rule[] = [
	{
		applies: from => from.startsWith("modules/"),
		allows: ({ from, path }) => path === undefined || !path.startsWith("modules/") || dirname(path) === dirname(from),
		sentence: "the C of a module does not name another module's C",
	},
	{
		applies: from => from.startsWith("platform/trust/"),
		allows: ({ from, written, path }) => isOwnOrStandard(from, written, path),
		sentence: "platform/trust names nothing but C's own headers: no library, no I/O",
	},
	{
		applies: from => /^platform\/lwip\/(?:address_text|dns_message|mdns_responder)\.[ch]$/.test(from),
		allows: ({ from, written }) => /^(?:std\w+|string|dns_message|address_text)\.h$/.test(written) || (from.includes("mdns_responder") && written === "mdns_responder.h"),
		sentence: "addresses as text, the reader of DNS messages and the responder of mDNS name nothing but C's own headers: no lwIP, no I/O",
	},
	{
		applies: from => from.startsWith("platform/tls/"),
		allows: ({ from, written, path }) => isOwnOrStandard(from, written, path) || /^(?:mbedtls|psa|lwip)\/|^(?:bignum_core|bignum_internal|common|ssl_misc|ssl_tls13_keys)\.h$/.test(written) ||
			path?.startsWith("platform/board/") === true || path === "platform/loop.h" || path === "platform/image/image.h" ||
			path === "platform/trust/trust.h" || path === "platform/trust/der.h" || isAddressHeader(path) || written === "hardware/timer.h",
		sentence: "platform/tls names Mbed TLS, lwIP's raw TCP, platform/board, platform/trust, the loop and the image's roots, never XS or modules",
	},
	{
		applies: from => from.startsWith("platform/cyw43-driver/"),
		allows: ({ from, written, path }) => isOwnOrStandard(from, written, path) || /^(?:lwip|netif)\//.test(written) || written === "cyw43_configport.h"
			|| written === "../../../build/radio/radio_files.h",
		sentence: "platform/cyw43-driver names the SDK's bus and configuration port, lwIP's netif, its own headers and where the radio's files are, never XS or modules",
	},
	{
		applies: from => from.startsWith("platform/"),
		allows: ({ path }) => path?.startsWith("modules/") !== true,
		sentence: "platform/ lies below the modules and does not name them",
	},
];

/** One line for each import or include that the table does not allow, with the sentence it breaks. */
export function oddReferences(files: readonly SourceFile[]): string[] {
	const typescript = files.filter(({ path }) => path.endsWith(".ts"));
	const specifiers = moduleSpecifiers(files);
	const headers = new Map(files.filter(({ path }) => path.endsWith(".h")).map(({ path }) => [path.slice(path.lastIndexOf("/") + 1), path]));
	const paths = new Set(files.map(({ path }) => path));
	const included = files.filter(({ path }) => /\.[chS]$/.test(path)).map(file => includes(file, headers, paths));
	return [
		...broken(typescriptRules, typescript.flatMap(file => imports(file, specifiers))),
		...broken(cRules, included.flat()),
		...included.flatMap(tooManyLibraries),
	];
}

/** The C of a module that leans on two libraries, or on a library and a part of the platform. */
function tooManyLibraries(references: readonly Reference[]): string[] {
	const libraries = new Set(references.filter(({ from }) => from.startsWith("modules/")).flatMap(libraryOf));
	return libraries.size < 2 ? [] : [
		`${references[0]!.from} names ${[...libraries].join(" and ")}: ` +
		"the C of a module names the engine host and one library or one platform header",
	];
}

/** Addresses as text: counted as lwIP, whose own readers and writers they stand in for. */
function isAddressHeader(path: string | undefined): boolean {
	return path === "platform/lwip/network_address.h" || path === "platform/lwip/address_text.h";
}

/** What a header belongs to; nothing for the engine host with its loop and pins, the C library and the module's own. */
function libraryOf({ written, path }: Reference): string[] {
	if (isAddressHeader(path)) {
		return ["lwip"];
	}
	if (path !== undefined) {
		return path.startsWith("platform/") && !/^platform\/(?:xs\/|pins\/|loop\.h$)/.test(path) ? [dirname(path)] : [];
	}
	const library = /^(lwip|mbedtls|psa|hardware|pico)\//.exec(written)?.[1];
	return library === undefined ? [] : [library === "pico" || library === "hardware" ? "pico-sdk" : library];
}

function broken(rules: readonly Rule[], references: readonly Reference[]): string[] {
	return references.flatMap(reference => rules
		.filter(rule => rule.applies(reference.from) && !rule.allows(reference))
		.map(rule => `${reference.from} names ${reference.written}: ${rule.sentence}`));
}

function imports({ path, text }: SourceFile, specifiers: ReadonlyMap<string, string>): Reference[] {
	return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => ({
		from: path,
		written: fileName,
		path: fileName.startsWith(".") ? normalize(join(dirname(path), fileName)) : specifiers.get(fileName),
	}));
}

function includes({ path, text }: SourceFile, headers: ReadonlyMap<string, string>, paths: ReadonlySet<string>): Reference[] {
	return [...text.matchAll(/^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]/gm)].map(([, written]) => {
		const beside = normalize(join(dirname(path), written!));
		return { from: path, written: written!, path: paths.has(beside) ? beside : headers.get(written!) };
	});
}

/** What each specifier of the manifests stands for: "embedded:io/socket/tcp" is modules/io/socket/tcp/tcp.ts. */
function moduleSpecifiers(files: readonly SourceFile[]): Map<string, string> {
	const specifiers = new Map<string, string>();
	for (const { path, text } of files.filter(file => /^modules\/.*manifest\.json$/.test(file.path))) {
		const { modules = {} } = JSON.parse(text) as { modules?: Record<string, string | string[]> };
		for (const [specifier, target] of Object.entries(modules)) {
			if (typeof target === "string") {
				specifiers.set(specifier, normalize(join(dirname(path), `${target}.ts`)));
			}
		}
	}
	return specifiers;
}

function levelOf(path: string): number {
	const level = levels.findLastIndex(folders => folders.some(folder => path.startsWith(`${folder}/`)));
	if (level === -1) {
		throw new Error(`${path} has no place in the layers: add its folder to test/unit/layers/layers.ts`);
	}
	return level;
}

function isOwnOrStandard(from: string, written: string, path: string | undefined): boolean {
	const part = from.split("/").slice(0, 2).join("/");
	return path === undefined ? /^[a-z]+\.h$/.test(written) && written !== "engine.h" : path.startsWith(`${part}/`);
}
