/** A run at a person's pace. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import test from "node:test";
import { PacedRun, PicoW } from "../../../simulator/simulator.ts";
import { image, uf2 } from "./tiny-program.ts";

function sleeper(): PicoW {
	const board = new PicoW();
	board.loadUf2(uf2(image([0xbf30, 0xe7fd])));
	// Something is always to come, as on a board with a timer.
	const tick = (): void => void board.clock.schedule(1_000, tick);
	tick();
	return board;
}

async function measured(speed: number, timeoutMicros: number): Promise<number> {
	const board = sleeper();
	const began = performance.now();
	const result = await new PacedRun(board, { speed, timeoutMicros }).result;
	assert.equal(result.reason, "timeout");
	assert.ok(Math.abs(board.clock.micros - timeoutMicros) < 1, String(board.clock.micros));
	return performance.now() - began;
}

test("at speed 1 virtual time goes no faster than the host's, at 0.5 half as fast, and without a limit it does", async () => {
	// The last slice, of 10 ms, need not be waited for.
	assert.ok(await measured(1, 100_000) >= 89);
	assert.ok(await measured(0.5, 50_000) >= 89);
	assert.ok(await measured(Infinity, 20_000_000) < 20_000);
});

test("a run that is held stands still, goes on, and ends when it is told to, held or not", async () => {
	const board = sleeper();
	const run = new PacedRun(board, { speed: Infinity });
	while (board.clock.micros < 50_000) await setImmediate();
	run.paused = true;
	let micros = -1;
	// The slice under way comes to its end.
	while (micros !== board.clock.micros) {
		micros = board.clock.micros;
		for (let turns = 0; turns < 20; turns++) await setImmediate();
	}
	run.paused = false;
	while (board.clock.micros < micros + 50_000) await setImmediate();
	run.paused = true;
	run.end();
	assert.equal((await run.result).reason, "ended");
});
