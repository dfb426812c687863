// Boots an app without network and reads what memory its first line finds.

import type { Figures } from "../../modules/instrumentation/instrumentation.ts";
import { PicoW } from "../../simulator/simulator.ts";
import { powerOn, sceneUf2 } from "../support/device.ts";

export interface BootMemory {
	/** Bytes of the engine's slots in RAM. */
	readonly slots: number;
	/** Bytes that nothing uses: of the arena, and of the C library's heap, which is all that the firmware leaves over. */
	readonly free: number;
}

/** @throws Error with the console when the app does not tell */
export async function measureMemory(seed: number): Promise<BootMemory> {
	const board = new PicoW({ seed, epochMs: powerOn.getTime() });
	board.loadUf2(await sceneUf2({ app: "test/bench/boot-app" }));
	await board.run({ until: /^figures .*\}\r?$/m, timeoutMicros: 5e6 });
	board.close();
	const told = /^figures (.*)$/m.exec(board.console.text);
	if (told === null) throw new Error(`the app did not tell its memory (seed ${seed}); its console:\n${board.console.text}`);
	const { slots, chunks, arena, nativeHeap } = JSON.parse(told[1]!) as Figures;
	return { slots: slots.used, free: slots.free + chunks.free + arena.unused + nativeHeap.size - nativeHeap.used };
}
