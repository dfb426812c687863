// Where the 264 KB of RAM and the 2 MB of flash go, by part, from the linker's map and the ELF.

import { type Contribution, readLinkMap } from "./link-map.ts";

export interface MemoryInput {
	/** The linker's map. */
	readonly map: string;
	/** Sections of the ELF. */
	readonly sections: readonly { readonly name: string; readonly address: number; readonly sizeBytes: number; readonly allocated: boolean }[];
	/** Symbols of the ELF: platform/linker sets the bounds of firmware and image. */
	readonly symbols: ReadonlyMap<string, { readonly address: number }>;
	/** Image record, frozen heap and data records. */
	readonly imageBytes: number;
	/** The web's roots. */
	readonly rootStoreBytes: number;
	/** Slots and chunks of the script: the firmware takes them from the C heap at start, so the ELF does not have them. */
	readonly scriptArenaBytes: number;
}

export interface Row {
	readonly name: string;
	readonly bytes: number;
}

export interface MemoryTable {
	readonly ram: readonly Row[];
	readonly flash: readonly Row[];
}

const ramStart = 0x20000000;
/** Six banks: 256 KB and two of 4 KB (RP2040 datasheet 2.6.2). */
const ramBytes = 264 * 1024;

const codeInRam = "code and vectors in RAM";
const tlsArena = "TLS arena";
const scriptArena = "XS arena (slots, chunks, stack)";

/** Rows by where an object comes from; the first that fits. What lies in a folder of platform/ is named relative to it by CMake. */
const origins: readonly (readonly [string, RegExp])[] = [
	["XS engine", /third-party\/xs\/|\.dir\/(?:xs|image)\//],
	["lwIP", /third-party\/lwip\/|\/pico_lwip\//],
	["names and addresses", /\.dir\/lwip\//],
	["Mbed TLS", /third-party\/mbedtls\/|mbedtls\.a|\.dir\/tls\//],
	["path validator", /\.dir\/trust\//],
	["radio driver", /cyw43/],
	["SDK, USB, board", /third-party\/(?:pico-sdk|tinyusb)\/|\.dir\/(?:board|console|stage)\/|\.dir\/\w+\.c\.o|bs2_default|crt[in1]\.o|crtbegin\.o|crtend\.o/],
	["C library", /lib(?:c|g|m|gcc|nosys|stdc\+\+|supc\+\+)(?:_nano)?\.a\(|^linker stubs$/],
	["app modules", /modules\/|natives\.c|examples\//],
];

export function memoryTable({ map, sections, symbols, imageBytes, rootStoreBytes, scriptArenaBytes }: MemoryInput): MemoryTable {
	const allocated = sections.filter(section => section.allocated && section.sizeBytes !== 0);
	const names = new Set(allocated.map(section => section.name));
	const contributions = readLinkMap(map).filter(({ output }) => names.has(output));
	const inRam = (address: number) => address >= ramStart && address < ramStart + ramBytes;

	const ram = new Tally(["C stack", codeInRam, ...origins.map(([name]) => name), tlsArena, scriptArena]);
	for (const contribution of contributions.filter(({ address }) => inRam(address))) {
		ram.add(ramRow(contribution), contribution.sizeBytes);
	}
	ram.add(scriptArena, scriptArenaBytes);
	const ramSections = allocated.filter(({ address }) => inRam(address));
	ram.add("alignment", total(ramSections) + scriptArenaBytes - ram.sum());

	const firmwareStart = addressOf(symbols, "__firmware_start");
	const imageEnd = addressOf(symbols, "__image_end");
	const inFirmware = (address: number) => address >= firmwareStart && address < imageEnd;
	const firmware = new Tally(origins.map(([name]) => name));
	// What is initialised in RAM or runs there is also kept in flash.
	const keptForRam = allocated.filter(({ name, address }) => inRam(address) && /^\.(?:data|scratch)/.test(name));
	const kept = new Set(keptForRam.map(({ name }) => name));
	for (const { output, object, address, sizeBytes } of contributions) {
		if (inFirmware(address) || kept.has(output)) {
			firmware.add(origin(object), sizeBytes);
		}
	}
	const firmwareBytes = total(allocated.filter(({ address }) => inFirmware(address))) + total(keptForRam);
	firmware.add("alignment", firmwareBytes - firmware.sum());
	const named = (...wanted: string[]) => total(allocated.filter(({ name }) => wanted.includes(name)));

	return {
		ram: [...ram.rows(), { name: "left over", bytes: ramBytes - ram.sum() }],
		flash: [
			{ name: "update stage", bytes: named(".boot2", ".stage") },
			...firmware.rows().map(({ name, bytes }) => ({ name: `firmware: ${name}`, bytes })),
			{ name: "image (frozen heap, configuration, own roots)", bytes: imageBytes },
			{ name: "left over for firmware and image", bytes: imageEnd - addressOf(symbols, "__image_start") - imageBytes },
			{ name: "radio firmware", bytes: named(".radio") },
			{ name: "roots of the web", bytes: rootStoreBytes },
		],
	};
}

function ramRow({ output, section, object }: Contribution): string {
	if (output.startsWith(".stack")) {
		return "C stack";
	}
	if (output === ".ram_vector_table" || /^\.(?:text|time_critical|scratch_[xy])\b/.test(section)) {
		return codeInRam;
	}
	const from = origin(object);
	return from === "Mbed TLS" && section === ".uninitialized_data.tls_arena" ? tlsArena : from;
}

/** @throws Error naming an object that no row claims */
function origin(object: string): string {
	const found = origins.find(([, pattern]) => pattern.test(object));
	if (found === undefined) {
		throw new Error(`size: no row of the table claims ${object}: add its folder to tools/size/memory-table.ts`);
	}
	return found[0];
}

/** @throws Error when the ELF lacks the symbol */
function addressOf(symbols: MemoryInput["symbols"], name: string): number {
	const symbol = symbols.get(name);
	if (symbol === undefined) {
		throw new Error(`size: the ELF has no symbol ${name}: platform/linker sets it`);
	}
	return symbol.address;
}

function total(sections: readonly { readonly sizeBytes: number }[]): number {
	return sections.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Sums by row, rows in a given order. */
class Tally {
	readonly #bytes: Map<string, number>;

	constructor(names: readonly string[]) {
		this.#bytes = new Map(names.map(name => [name, 0]));
	}

	add(name: string, bytes: number): void {
		this.#bytes.set(name, (this.#bytes.get(name) ?? 0) + bytes);
	}

	sum(): number {
		return [...this.#bytes.values()].reduce((sum, bytes) => sum + bytes, 0);
	}

	rows(): Row[] {
		return [...this.#bytes].filter(([, bytes]) => bytes !== 0).map(([name, bytes]) => ({ name, bytes }));
	}
}
