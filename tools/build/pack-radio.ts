// Packs the firmware of the radio for flash: 151 KB instead of 226. The driver unpacks it while it downloads it
// (platform/cyw43-driver/src/cyw43_inflate.h).

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import pako from "pako";

const firmwarePath = resolve(import.meta.dirname, "../../third-party/radio/43439A0.bin");

/** CYW43_INFLATE_WINDOW_BYTES is 1 KB: the driver has no more memory to look back. */
const windowBits = 10;
/** CYW43_INFLATE_HEADER_BYTES and CYW43_INFLATE_PIECE_BYTES. */
const headerBytes = 12;
const pieceBytes = 64;

/** Packs once for each firmware, and answers the path of the packed one in `folder`. */
export function packRadio(folder: string): string {
	const firmware = readFileSync(firmwarePath);
	const path = join(folder, `43439A0-${createHash("sha256").update(firmware).digest("hex").slice(0, 12)}.packed`);
	if (!existsSync(path)) {
		mkdirSync(folder, { recursive: true });
		// Builds run beside each other: the file is there whole or not at all.
		const temporary = `${path}.${process.pid}`;
		writeFileSync(temporary, packed(firmware));
		renameSync(temporary, path);
	}
	return path;
}

/**
 * Its length, two sums over its 32-bit words, and a raw deflate stream. That is pako's and not Node's, whose bytes differ with
 * its version and the processor.
 */
export function packed(firmware: Uint8Array): Uint8Array {
	const stream = pako.deflateRaw(firmware, { level: 9, memLevel: 9, windowBits });
	const result = new Uint8Array(headerBytes + stream.length);
	const header = new DataView(result.buffer);
	header.setUint32(0, firmware.length, true);
	const words = new DataView(new ArrayBuffer(Math.ceil(firmware.length / pieceBytes) * pieceBytes));
	new Uint8Array(words.buffer).set(firmware);
	let [low, high] = [0, 0];
	for (let offset = 0; offset < words.byteLength; offset += 4) {
		low = (low + words.getUint32(offset, true)) >>> 0;
		high = (high + low) >>> 0;
	}
	header.setUint32(4, low, true);
	header.setUint32(8, high, true);
	result.set(stream, headerBytes);
	return result;
}
