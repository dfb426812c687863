/** The dump of the pins, read back as IEEE 1364-2005 describes it. */
import assert from "node:assert/strict";
import test from "node:test";
import { PicoW, type ValueChangeDumpOptions } from "../../../simulator/simulator.ts";
import { parsePinList } from "../../../simulator/value-change-dump.ts";
import { image, uf2 } from "./tiny-program.ts";

/** GPIO 2 is given to SIO, driven, and set, cleared and set by three stores; then sleep. */
const TOGGLES = [
	0x4806, 0x4907, 0x6001, // RESETS, clear alias: io_bank0, pads_bank0
	0x4807, 0x2105, 0x6141, // GPIO2_CTRL: SIO
	0x4806, 0x2104, 0x6241, // SIO GPIO_OE_SET: GPIO 2
	0x6141, 0x6181, 0x6141, // GPIO_OUT_SET, _CLR, _SET
	0xbf30, 0xe7fd,
	0xf000, 0x4000, 0x0120, 0x0000, 0x4000, 0x4001, 0x0000, 0xd000,
];
const ROSC_HZ = 6_500_000;

interface Dump {
	timescale: string;
	endNanos: number;
	/** `scope.name` to times and values, the first of them of `$dumpvars`. */
	signals: Map<string, [number, number][]>;
}

function parse(text: string): Dump {
	const [head, body] = text.split("$enddefinitions $end\n");
	const names = new Map<string, string>();
	const signals: Dump["signals"] = new Map();
	let scope = "";
	for (const [, kind, words] of head.matchAll(/\$(\w+) (.*?)\$end/gs)) {
		const parts = words.trim().split(" ");
		if (kind === "scope") {
			scope = parts[1];
		} else if (kind === "var") {
			const [type, size, identifier, name] = parts;
			assert.deepEqual([type, size, names.has(identifier)], ["wire", "1", false]);
			names.set(identifier, `${scope}.${name}`);
			signals.set(`${scope}.${name}`, []);
		}
	}
	let nanos = -1;
	for (const line of body.trimEnd().split("\n")) {
		if (line.startsWith("#")) {
			assert.ok(Number(line.slice(1)) > nanos, `${line} behind #${nanos}`);
			nanos = Number(line.slice(1));
		} else if (!line.startsWith("$")) {
			const name = names.get(line.slice(1));
			assert.ok(name !== undefined && /^[01]/.test(line), line);
			signals.get(name)?.push([nanos, Number(line[0])]);
		}
	}
	return { timescale: (/\$timescale (.*?) \$end/.exec(head) as RegExpExecArray)[1], endNanos: nanos, signals };
}

async function dump(pins?: ValueChangeDumpOptions["pins"]): Promise<{ board: PicoW; dump: Dump }> {
	let text = "";
	const board = new PicoW({ vcd: { write: (piece) => { text += piece; }, ...(pins && { pins }) } });
	board.loadUf2(uf2(image(TOGGLES)));
	board.clock.schedule(5_000, () => board.pin(3).drive(true));
	await board.run({ timeoutMicros: 10_000 });
	board.close();
	return { board, dump: parse(text) };
}

test("levels, who drives them, and what the board drives stand in the dump at their nanoseconds", async () => {
	const { dump: { timescale, endNanos, signals } } = await dump();
	assert.equal(timescale, "1 ns");
	assert.equal(signals.size, 61);
	for (const name of ["level.GP23_WL_ON", "level.GP24_WL_D", "level.GP25_WL_CS", "level.GP29_WL_CLK", "level.LED"]) {
		assert.deepEqual(signals.get(name), [[0, 0]], name);
	}
	const level = signals.get("level.GP2") as [number, number][];
	assert.deepEqual(level.map(([, value]) => value), [0, 1, 0, 1]);
	// A store to SIO takes one cycle.
	const [, set, cleared, again] = level.map(([nanos]) => nanos);
	for (const [nanos, cycles] of [[cleared, 1], [again, 2]]) {
		assert.ok(Math.abs(nanos - set - (cycles * 1e9) / ROSC_HZ) <= 1, `${cycles} cycles: ${nanos - set} ns`);
	}
	const driven = signals.get("driven.GP2_driven") as [number, number][];
	assert.deepEqual(driven.map(([, value]) => value), [0, 1]);
	assert.ok(driven[1][0] < set);
	assert.deepEqual(signals.get("level.GP3"), [[0, 0], [5_000_000, 1]]);
	assert.deepEqual(signals.get("driven.GP3_driven"), [[0, 0]]);
	assert.ok(Math.abs(endNanos - 10_000_000) < 1000, String(endNanos));
});

test("of chosen pins only these are in the dump", async () => {
	const { dump: { signals } } = await dump([2, "led"]);
	assert.deepEqual([...signals.keys()], ["level.GP2", "level.LED", "driven.GP2_driven"]);
	assert.equal(signals.get("level.GP2")?.length, 4);
});

test("a dump changes nothing of a run", async () => {
	const plain = new PicoW();
	plain.loadUf2(uf2(image(TOGGLES)));
	plain.clock.schedule(5_000, () => plain.pin(3).drive(true));
	await plain.run({ timeoutMicros: 10_000 });
	assert.deepEqual((await dump()).board.report(), plain.report());
});

test("lists of pins are read, and bad ones refused with a sentence", () => {
	assert.deepEqual(parsePinList("0-2,25,led,1"), [0, 1, 2, 25, "led"]);
	for (const list of ["", "30", "3-1", "-1", "1,,2", "LED", "1-x"]) {
		assert.throws(() => parsePinList(list), /names no pins: GPIOs from 0 to 29 and "led" are expected, such as 0-5,25,led/, list);
	}
});
