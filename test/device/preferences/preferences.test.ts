// Keys and values in the device's flash: over resets, over new firmware, when power fails, and when there is no room.

import assert from "node:assert/strict";
import test from "node:test";
import { deviceTest, preferencesArea, sceneBoard } from "../../support/device.ts";

const app = "test/device/preferences/app";

function told(text: string): Record<string, unknown> {
	return Object.fromEntries([...text.matchAll(/^(\w+) (.*?)\r?$/gm)].map(([, what, value]) => [what, JSON.parse(value!)]));
}

deviceTest("values come back in the format that they were written in, and what does not fit is said", { app, network: false, configuration: { values: true }, until: /^over\r?$/m }, ({ console: text }) => {
	const { start: _, last: __, ...values } = told(text);
	const is = (format: string, good: unknown, bad: string) => [good, `EINVAL: key-value: "${format}" of "values" cannot hold ${bad} as ${format}`,
		`EINVAL: key-value: "text" of "values" holds grüße, no ${format}`];
	assert.deepEqual(values, {
		bytes: [[1, 2, 3], 3, [1, 2, 3, 0], null, null],
		small: 'EINVAL: key-value: "bytes" of "values" has 3 bytes, the buffer 2',
		text: ["grüße", "12", 'EINVAL: key-value: "bytes" of "values" holds bytes: read it in the format "buffer"'],
		uint8: is("uint8", 255, "256"), int8: is("int8", -128, "128"), uint16: is("uint16", 65535, "-1"), int16: is("int16", -32768, "1.5"),
		uint32: is("uint32", 4294967295, "4294967296"), int32: is("int32", -2147483648, "2147483648"),
		uint64: is("uint64", "18446744073709551615n", "-1"), int64: is("int64", "-5n", "9223372036854775808"),
		keys: ["bytes", "number", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"],
		closed: "ECLOSED: key-value: the storage is closed",
		reader: [[1, 2, 3], 'EACCES: key-value: "values" was opened with mode "r"', 'EACCES: key-value: "values" was opened with mode "r"'],
		refused: ["EINVAL: preferences: a domain has 1 to 63 bytes of UTF-8, this one 0", "EINVAL: preferences: a domain has 1 to 63 bytes of UTF-8, this one 64",
			'EINVAL: key-value: mode "w", expected "r" or "r+"', 'EINVAL: key-value: format "float", expected buffer, string, uint8, int8, uint16, int16, uint32, int32, uint64, int64'],
		long: [null, "EINVAL: preferences: a key has 1 to 63 bytes of UTF-8, this one 64", null, "EINVAL: preferences: a value has 1900 bytes at most, this one 1901"],
		kinds: { yes: true, no: false, half: 0.5, empty: "", none: [], minus: -7 },
		domains: [[], null],
	});
});

deviceTest("when there is no room the error says so, and deleting makes some", { app, network: false, configuration: { full: true }, until: /^over\r?$/m }, ({ console: text }) => {
	const { full, emptied } = told(text);
	assert.deepEqual(full, [38, 'ENOSPC: preferences: "38" of "full": no room, 15992 of 16192 bytes are taken. Delete what is not needed.']);
	assert.deepEqual(emptied, [[], null]);
});

deviceTest("no line that the cache holds from before an erase or program is read", { app, network: false, board: { xip: true }, configuration: { full: true }, until: /^over\r?$/m }, ({ report }) => {
	assert.ok(report.flash.erases > 0 && report.flash.programs > 0 && report.xip!.hits > 0);
});

deviceTest("values outlive resets", { app, network: false, configuration: { starts: 4, turns: 3 }, until: /^over\r?$/m }, ({ console: text }) => {
	assert.deepEqual([...text.matchAll(/^start (\d+)\r?$/gm)].map(([, start]) => Number(start)), [1, 2, 3, 4]);
});

test("what other firmware left in the flash counts as empty", async () => {
	const device = await sceneBoard({ app, configuration: {}, network: false });
	for (let at = preferencesArea.start; at < preferencesArea.end; at++) device.flash[at] = (at * 2654435761) >>> 24;
	const end = await device.run({ until: /^over\r?$/m, timeoutMicros: 10e6 });
	assert.equal(end.reason, "matched", device.console.text);
	assert.match(device.console.text, /^start 1\r?$/m);
});

test("power that fails while values are written leaves the last one that was told, or the one behind it", async () => {
	const first = await sceneBoard({ app, configuration: { turns: 300 }, network: false });
	let flash: Uint8Array | undefined;
	let least = 0;
	let erased = 0;
	// Each life is cut a little later than at a whole turn, so that cuts fall into writing, erasing, and between.
	for (let life = 0; life < 24; life++) {
		const device = life === 0 ? first : await sceneBoard({ app, configuration: { turns: 300 }, network: false });
		if (flash) device.flash.set(flash, preferencesArea.start);
		const end = await device.run({ until: new RegExp(`^turn ${1 + life * 11}\\r?$`, "m"), timeoutMicros: 60e6 });
		assert.equal(end.reason, "matched", device.console.text);
		await device.run({ timeoutMicros: 137 * life });
		least = Number(/(\d+)\r?\n$/.exec(device.console.text.slice(0, device.console.text.lastIndexOf("\n") + 1))![1]);
		erased += device.report().flash.erases;
		flash = device.flash.slice(preferencesArea.start, preferencesArea.end);
		const after = await sceneBoard({ app, configuration: {}, network: false });
		after.flash.set(flash, preferencesArea.start);
		await after.run({ until: /^over\r?$/m, timeoutMicros: 10e6 });
		const { last } = told(after.console.text) as { last: string };
		const [turn, fill] = last.split(" ");
		assert.ok(Number(turn) === least || Number(turn) === least + 1, `life ${life}: told ${least}, kept ${turn}`);
		assert.equal(fill!.length, Number(turn) % 90);
		flash = after.flash.slice(preferencesArea.start, preferencesArea.end);
	}
	assert.ok(erased > 20, `${erased} erasures`);
});
