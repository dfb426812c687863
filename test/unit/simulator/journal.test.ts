/** The log's topics and lines. */
import assert from "node:assert/strict";
import test from "node:test";
import { journal, parseTopics } from "../../../simulator/journal.ts";
import { PicoW } from "../../../simulator/simulator.ts";
import { image, uf2 } from "./tiny-program.ts";

test("a topic that nobody wants has no line, and the bus is wanted only when it is named", () => {
	const lines: string[] = [];
	const write = (line: string) => lines.push(line);
	const clock = { micros: 1234.5678 };
	assert.equal(journal(undefined, clock)("board"), undefined);
	assert.equal(journal({ write }, clock)("bus"), undefined);
	assert.equal(journal({ write, topics: ["bus"] }, clock)("ioctl"), undefined);
	journal({ write }, clock)("ioctl")?.("set up = done");
	journal({ write, topics: ["bus"] }, clock)("bus")?.("read");
	assert.deepEqual(lines, ["1.235 ioctl set up = done", "1.235 bus read"]);
});

test("lists of topics are read, and bad ones refused with a sentence", () => {
	assert.deepEqual(parseTopics("event,bus"), ["event", "bus"]);
	assert.ok(parseTopics("all").includes("bus"));
	for (const list of ["", "bus,", "Bus", "everything"]) {
		assert.throws(() => parseTopics(list), /is no topic: board, radio, bus, ioctl, event, network or "all" is expected/, list);
	}
});

test("resets, violations and the end of a board are told", async () => {
	const lines: string[] = [];
	const board = new PicoW({ log: { write: (line) => lines.push(line.replace(/^\S+ /, "")) } });
	board.loadUf2(uf2(image([0xde01])));
	await board.run({ timeoutMicros: 10_000 });
	assert.deepEqual(lines.map((line) => line.split(":")[0]), ["board error undefined-instruction", "board error lock-up", "board locked up"]);
});
