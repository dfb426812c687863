// The unpacker of the radio's firmware, on the host with the sanitizers of its compiler.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import test from "node:test";
import { packed, packRadio } from "../../../tools/build/pack-radio.ts";
import { hostProgram } from "../../support/host-program.ts";

const driver = resolve(import.meta.dirname, "../../../platform/cyw43-driver/src");
const program = hostProgram([join(import.meta.dirname, "inflate.c")], driver);

function run(file: Uint8Array, ...parameters: readonly string[]) {
	const path = join(program.folder, "file");
	writeFileSync(path, file);
	return program.run([path, ...parameters]);
}

/** The same numbers in each run. */
function noise(lengthBytes: number, values: number): Uint8Array {
	let state = 1;
	return Uint8Array.from({ length: lengthBytes }, () => (state = (state * 48271) % 0x7fffffff) % values);
}

test("the radio's firmware comes out as it is, packed to less than 152 KB", () => {
	const firmware = readFileSync(resolve(import.meta.dirname, "../../../third-party/radio/43439A0.bin"));
	const file = readFileSync(packRadio(program.folder));
	assert.ok(file.length < 152 * 1024, `${file.length}`);
	const { status, stdout, stderr } = run(file);
	assert.equal(status, 0, String(stderr));
	assert.ok(firmware.equals(stdout));
});

for (const [name, bytes] of [
	["nothing", new Uint8Array(0)],
	["one byte (fixed codes)", Uint8Array.of(7)],
	["a piece", noise(64, 200)],
	["what cannot be packed (stored blocks)", noise(100_000, 256)],
	["one value", new Uint8Array(100_001)],
	["two values (one distance)", Uint8Array.from({ length: 5000 }, (_, index) => index % 2)],
	["codes of up to 15 bits", Uint8Array.from({ length: 65_536 }, (_, index) => Math.clz32(index) * 8 + index % 3)],
] as const) {
	test(`${name} comes out as it went in`, () => {
		const { status, stdout, stderr } = run(packed(bytes));
		assert.equal(status, 0, String(stderr));
		assert.ok(stdout.equals(bytes));
	});
}

test("a file that is damaged is never taken for right, and never read beyond its end", () => {
	for (const [bytes, rounds] of [[noise(3000, 20), "4000"], [noise(3000, 256), "2000"], [new Uint8Array(3000), "2000"]] as const) {
		const { status, stderr } = run(packed(bytes), "11", rounds);
		assert.equal(status, 0, String(stderr));
	}
});

test("other sums, another length and a file that ends in its header are damage", () => {
	const file = packed(noise(3000, 20));
	for (const offset of [0, 4, 8]) {
		const changed = file.slice();
		changed[offset]! ^= 1;
		assert.equal(run(changed).status, 3, `byte ${offset}`);
	}
	assert.equal(run(file.slice(0, 12)).status, 3);
});
