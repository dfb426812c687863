// What the freeze on the chip is given: sizes, modules, their order. platform/xs/freeze.c reads it word for word.

import type { Pack } from "../xs-compiler/compile-modules.ts";
import { UserError } from "../user-error.ts";

/** Sizes of the script's machine, in Moddable's terms (manifest `creation`). */
export interface Creation {
	/** Bytes for stack, slots and chunks together. Default 88,064. */
	readonly static?: number;
	/** Bytes of chunks: strings, buffers, arrays. */
	readonly chunk?: { readonly initial?: number; readonly incremental?: number };
	/** Slots of 16 bytes: properties, variables, objects. */
	readonly heap?: { readonly initial?: number; readonly incremental?: number };
	/** Slots of the script's stack. Default 512. */
	readonly stack?: number;
	/** Names that a program may make at run time; sizes of the tables of names. */
	readonly keys?: { readonly initial?: number; readonly incremental?: number; readonly name?: number; readonly symbol?: number };
}

/** What comes after a failure; the places are platform/failure.h's. */
export const failurePolicies = ["stay", "reboot", "restart"] as const;
export type FailurePolicy = typeof failurePolicies[number];

/** Bytes of the arena of an app whose manifest does not say. */
export const defaultArenaBytes = 88_064;

const noSymbol = 0xffff_ffff;

/**
 * The input of the freeze as bytes.
 * @param preload specifiers, in the order in which they are loaded
 * @throws UserError when a module that is to be preloaded, or the main module, is not among the packs
 */
export function freezeInput(packs: readonly Pack[], preload: readonly string[], main: string, creation: Creation, afterFailure: FailurePolicy): Uint8Array {
	const { chunk = {}, heap = {}, keys = {} } = creation;
	const indexes = preload.map(specifier => indexOf(packs, specifier));
	indexOf(packs, main);
	return Buffer.concat([
		words([packs.length, indexes.length]),
		words([
			creation.static ?? defaultArenaBytes,
			chunk.initial ?? 8_192, chunk.incremental ?? 1_024,
			heap.initial ?? 512, heap.incremental ?? 128,
			creation.stack ?? 512,
			keys.initial ?? 64, keys.incremental ?? 32,
			keys.name ?? 251, keys.symbol ?? 13,
			failurePolicies.indexOf(afterFailure),
		]),
		text(main),
		...packs.map(moduleBytes),
		words(indexes),
	]);
}

function moduleBytes({ specifier, code, symbols, natives }: Pack): Uint8Array {
	return Buffer.concat([
		text(specifier),
		block(code),
		words([symbols.length]),
		...symbols.map(text),
		words([natives.length]),
		...natives.flatMap(({ cName, parameterCount, symbolIndex }) => [text(cName), words([parameterCount, symbolIndex ?? noSymbol])]),
	]);
}

function words(values: readonly number[]): Uint8Array {
	const bytes = Buffer.alloc(values.length * 4);
	values.forEach((value, index) => bytes.writeUInt32LE(value >>> 0, index * 4));
	return bytes;
}

/** A length and bytes, padded to a whole word. */
function block(bytes: Uint8Array): Uint8Array {
	return Buffer.concat([words([bytes.length]), bytes, Buffer.alloc(-bytes.length & 3)]);
}

/** A block of UTF-8 with its NUL. */
function text(value: string): Uint8Array {
	return block(Buffer.from(`${value}\0`));
}

function indexOf(packs: readonly Pack[], specifier: string): number {
	const index = packs.findIndex(pack => pack.specifier === specifier);
	if (index < 0) {
		throw new UserError(`there is no module "${specifier}": name it in "modules" of a manifest.json`);
	}
	return index;
}
