// The data records behind a frozen image.

import assert from "node:assert/strict";
import test from "node:test";
import { imageMagic, imageRecord } from "../../../tools/build/image-record.ts";
import { readRecords, withRecords } from "../../../tools/build/records.ts";

function frozenImage(lengthBytes: number): Uint8Array {
	const image = new Uint8Array(lengthBytes).fill(0xa5);
	const view = new DataView(image.buffer);
	view.setUint32(imageRecord.magic, imageMagic, true);
	view.setUint32(imageRecord.version, 1, true);
	view.setUint32(imageRecord.frozenLength, lengthBytes, true);
	return image;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test("records come back as they were put in, in order, at multiples of four", () => {
	const roots = [Uint8Array.of(0x30, 1, 2), Uint8Array.of(0x30, 3, 4, 5, 6)];
	const image = withRecords(frozenImage(516), { configuration: { url: "https://ä.example/" }, ssid: "net", password: "a passphrase", security: "wpa3", earliest: new Date("2026-11-26T00:00:00Z"), roots });
	const records = readRecords(image);
	assert.deepEqual(records.map(({ type }) => type), ["CONF", "SSID", "PASS", "SECU", "TIME", "ROOT", "ROOT"]);
	assert.equal(text(records[0]!.bytes), '{"url":"https://ä.example/"}');
	assert.equal(text(records[1]!.bytes), "net");
	assert.equal(text(records[2]!.bytes), "a passphrase");
	assert.equal(text(records[3]!.bytes), "wpa3");
	assert.deepEqual(records.slice(5).map(({ bytes }) => bytes), roots);
	assert.deepEqual([...records[4]!.bytes], [0, 0xe4, 0x26, 0x15, 0xa2, 0x01, 0, 0]);
	assert.equal(image.length % 4, 0);
});

test("new records replace the old ones and leave what is frozen as it was", () => {
	const frozen = frozenImage(1024);
	const once = withRecords(frozen, { configuration: { a: 1 }, ssid: "one", roots: [new Uint8Array(300)] });
	const twice = withRecords(once, { configuration: { a: 2 }, roots: [] });
	assert.deepEqual(readRecords(twice).map(({ type, bytes }) => [type, text(bytes)]), [["CONF", '{"a":2}']]);
	assert.deepEqual(twice.subarray(48, 1024), frozen.subarray(48));
	assert.deepEqual(twice.subarray(0, 36), frozen.subarray(0, 36));
});

test("records with one bit turned are refused", () => {
	const image = withRecords(frozenImage(512), { configuration: { a: 1 }, roots: [] });
	image[520]! ^= 1;
	assert.throws(() => readRecords(image), /CRC-32 is wrong/);
});

test("an image without a record at its beginning, or one cut short, is refused", () => {
	const records = { configuration: {}, roots: [] };
	assert.throws(() => withRecords(new Uint8Array(600), records), /no image record/);
	assert.throws(() => withRecords(frozenImage(1024).subarray(0, 700), records), /names 1024 frozen bytes, there are 700/);
});

test("files of data have their names, and their bytes lie at a multiple of four", () => {
	const image = withRecords(frozenImage(516), { configuration: {}, roots: [], data: [{ name: "a.txt", bytes: Uint8Array.of(1, 2, 3) }, { name: "seven77", bytes: new Uint8Array(0) }] });
	const [, first, second] = readRecords(image);
	assert.deepEqual([...first!.bytes], [...new TextEncoder().encode("a.txt"), 0, 0, 0, 1, 2, 3]);
	assert.deepEqual([second!.type, ...second!.bytes], ["DATA", ...new TextEncoder().encode("seven77"), 0]);
});
