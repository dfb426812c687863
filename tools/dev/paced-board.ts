// A simulated board that runs no faster than a real one, so that a person can watch it.

import type { PicoW } from "../../simulator/simulator.ts";

/** Virtual time is let ahead of real time by so much at most. */
const sliceMicros = 10_000;

export interface PacedBoard {
	stop(): Promise<void>;
	/** Rejects when the simulator itself fails; resolves when the board stands still or was stopped. */
	readonly ended: Promise<string | undefined>;
}

/** Runs a board that is loaded. `ended` resolves with a sentence when the board cannot go on. */
export function pacedBoard(board: PicoW): PacedBoard {
	let stopped = false;
	const beganMs = performance.now();
	const startMicros = board.clock.micros;
	const run = async (): Promise<string | undefined> => {
		while (!stopped) {
			const end = await board.run({ timeoutMicros: sliceMicros });
			if (end.reason === "fault") return `the board stands still: ${end.fault.text}`;
			if (end.reason === "halted") return `the board stands still: ${end.text}`;
			const aheadMs = (board.clock.micros - startMicros) / 1000 - (performance.now() - beganMs);
			await new Promise(resolve => setTimeout(resolve, Math.max(aheadMs, 0)));
		}
		return undefined;
	};
	const ended = run();
	return {
		ended,
		async stop() {
			stopped = true;
			await ended.catch(() => {});
			board.close();
		},
	};
}
