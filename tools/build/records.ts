// The data records of an image: configuration, network and the user's own roots. They lie behind the frozen heap and have a CRC
// of their own, so that a change of one of them needs no new freeze and no new link.

import { crc32 } from "node:zlib";
import { imageMagic, imageRecord, imageRecordBytes } from "./image-record.ts";

/** What an image knows beside its code. */
export interface Records {
	/** The manifest's merged `config`. */
	readonly configuration: object;
	readonly ssid?: string;
	readonly password?: string;
	/** As `security` of "wifi" has it. */
	readonly security?: string;
	/** It is later, wherever the image runs: the clock refuses to be set before. Default 2024-01-01. */
	readonly earliest?: Date;
	/** The user's own authorities, DER, which are held to RFC 5280 alone. The web's lie beside the image (root-store.ts). */
	readonly roots: readonly Uint8Array[];
	/** The files of the manifest's `data`. Default none. */
	readonly data?: readonly NamedData[];
}

/** A file that the device reads in place. */
export interface NamedData {
	readonly name: string;
	readonly bytes: Uint8Array;
}

/** One record as it lies in flash: type (four letters), length in bytes, bytes, zeros up to a multiple of 4. */
export interface DataRecord {
	readonly type: string;
	readonly bytes: Uint8Array;
}

/**
 * The image with its data records in place of those it had.
 * @param image what the freeze made, with or without records behind it
 * @throws Error when `image` does not begin with an image record
 */
export function withRecords(image: Uint8Array, records: Records): Uint8Array {
	const frozenLength = checkedFrozenLength(image);
	const data = emitRecords(records);
	const result = new Uint8Array(frozenLength + data.length);
	result.set(image.subarray(0, frozenLength));
	result.set(data, frozenLength);
	const view = new DataView(result.buffer);
	view.setUint32(imageRecord.recordsOffset, frozenLength, true);
	view.setUint32(imageRecord.recordsLength, data.length, true);
	view.setUint32(imageRecord.recordsCrc32, crc32(data), true);
	return result;
}

/**
 * The data records of an image, in their order.
 * @throws Error when a length or the CRC is wrong
 */
export function readRecords(image: Uint8Array): DataRecord[] {
	checkedFrozenLength(image);
	const header = new DataView(image.buffer, image.byteOffset, image.byteLength);
	const start = header.getUint32(imageRecord.recordsOffset, true);
	const length = header.getUint32(imageRecord.recordsLength, true);
	const data = image.subarray(start, start + length);
	if (data.length !== length || crc32(data) !== header.getUint32(imageRecord.recordsCrc32, true)) {
		throw new Error("image: the data records are damaged: their CRC-32 is wrong");
	}
	const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
	const records: DataRecord[] = [];
	for (let offset = 0; ;) {
		if (offset + 8 > length) {
			throw new Error("image: the data records have no end");
		}
		const type = view.getUint32(offset, true);
		const bytes = view.getUint32(offset + 4, true);
		if (type === 0) {
			return records;
		}
		if (bytes > length - offset - 8) {
			throw new Error(`image: a data record of ${bytes} bytes is longer than what is left`);
		}
		records.push({ type: new TextDecoder().decode(data.subarray(offset, offset + 4)), bytes: data.slice(offset + 8, offset + 8 + bytes) });
		offset += 8 + padded(bytes);
	}
}

function emitRecords(records: Records): Uint8Array {
	const text = new TextEncoder();
	const list: DataRecord[] = [{ type: "CONF", bytes: text.encode(JSON.stringify(records.configuration)) }];
	if (records.ssid !== undefined) {
		list.push({ type: "SSID", bytes: text.encode(records.ssid) });
	}
	if (records.password !== undefined) {
		list.push({ type: "PASS", bytes: text.encode(records.password) });
	}
	if (records.security !== undefined) {
		list.push({ type: "SECU", bytes: text.encode(records.security) });
	}
	if (records.earliest !== undefined) {
		list.push({ type: "TIME", bytes: new Uint8Array(BigInt64Array.of(BigInt(records.earliest.getTime())).buffer) });
	}
	list.push(...records.roots.map(bytes => ({ type: "ROOT", bytes })));
	list.push(...(records.data ?? []).map(({ name, bytes }) => ({ type: "DATA", bytes: named(name, bytes) })));
	const end = 8;
	const result = new Uint8Array(list.reduce((sum, { bytes }) => sum + 8 + padded(bytes.length), end));
	const view = new DataView(result.buffer);
	let offset = 0;
	for (const { type, bytes } of list) {
		result.set(text.encode(type), offset);
		view.setUint32(offset + 4, bytes.length, true);
		result.set(bytes, offset + 8);
		offset += 8 + padded(bytes.length);
	}
	return result;
}

/** The name with zeros up to a multiple of 4, one at least, and the bytes: they lie at a multiple of 4 in flash. */
function named(name: string, bytes: Uint8Array): Uint8Array {
	const label = new TextEncoder().encode(name);
	const result = new Uint8Array(padded(label.length + 1) + bytes.length);
	result.set(label);
	result.set(bytes, padded(label.length + 1));
	return result;
}

function padded(lengthBytes: number): number {
	return (lengthBytes + 3) & ~3;
}

function checkedFrozenLength(image: Uint8Array): number {
	const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
	if (image.length < imageRecordBytes || view.getUint32(imageRecord.magic, true) !== imageMagic) {
		throw new Error("image: there is no image record at its beginning");
	}
	const length = view.getUint32(imageRecord.frozenLength, true);
	if (length < imageRecordBytes || length > image.length || length % 4 !== 0) {
		throw new Error(`image: its record names ${length} frozen bytes, there are ${image.length}`);
	}
	return length;
}
