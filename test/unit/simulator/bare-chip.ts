/** A chip whose core turns in a loop of two cycles, so that only what the test sets up happens. */
import { Chip } from "../../../simulator/core/chip.ts";
import { SeededRandom } from "../../../simulator/core/random.ts";

export const LOOP = 0x20000100;

export function bareChip(options: { seed?: number; stuckRosc?: boolean; xip?: boolean } = {}): Chip {
	const chip = new Chip({
		flashSizeBytes: 2 * 1024 * 1024,
		uniqueId: Uint8Array.of(0xe6, 1, 2, 3, 4, 5, 6, 7),
		roscRandom: new SeededRandom(options.seed ?? 1, "rosc"),
		stuckRosc: options.stuckRosc ?? false,
		xip: options.xip ?? false,
	});
	chip.poke(LOOP, 2, 0xe7fe);
	chip.core.programCounter = LOOP;
	chip.core.registers[13] = 0x20040000;
	return chip;
}

/** Lets `cycles` pass. */
export function pass(chip: Chip, cycles: number): void {
	chip.advance(chip.core.cycles + cycles);
}
