/** A processor without a chip around it, for tests of single instructions. */
import { type Bus, type Fault, Processor } from "../../../simulator/core/processor.ts";

export const CODE = 0x20000100;
export const STACK = 0x20010000;
/** HardFault's handler, which only waits. */
export const HANDLER = 0x20000080;

export interface Bare {
	core: Processor;
	faults: Fault[];
	/** Halfwords at `CODE`, and the program counter there. */
	program(...halfwords: number[]): void;
	/** Executes `count` instructions. */
	step(count?: number): void;
	word(address: number): number;
	setWord(address: number, value: number): void;
}

export function bareProcessor(bus?: Partial<Bus>): Bare {
	const sram = new Uint8Array(0x42000);
	const view = new DataView(sram.buffer);
	const faults: Fault[] = [];
	const core: Processor = new Processor(sram, new Uint8Array(0x1000), {
		read: bus?.read ?? ((address) => {
			core.busFault("unmapped-read", `read of ${address.toString(16)}`);
			return 0;
		}),
		write: bus?.write ?? ((address) => core.busFault("unmapped-write", `write of ${address.toString(16)}`)),
	});
	core.onFault = (fault) => faults.push(fault);
	core.vtor = 0x20000000;
	view.setUint32(3 * 4, HANDLER | 1, true);
	view.setUint16(HANDLER - 0x20000000, 0xe7fe, true);
	core.registers[13] = STACK;
	return {
		core,
		faults,
		program(...halfwords) {
			halfwords.forEach((halfword, index) => view.setUint16(CODE - 0x20000000 + 2 * index, halfword, true));
			core.programCounter = CODE;
		},
		step(count = 1) {
			for (let index = 0; index < count; index++) {
				core.handleExceptions();
				if (!core.sleeping) {
					core.run(1);
				}
			}
		},
		word: (address) => view.getUint32(address - 0x20000000, true),
		setWord: (address, value) => view.setUint32(address - 0x20000000, value, true),
	};
}
