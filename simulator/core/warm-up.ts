/**
 * Lets the host's compiler see every instruction once before a program runs. The processor's loop is one large function;
 * compiled from what the first thousand instructions used, it would be thrown away and interpreted again at each kind of
 * instruction that comes later, for half a second in all. Has no effect on any result.
 */
import { Processor } from "./processor.ts";
import { SeededRandom } from "./random.ts";

const STEPS = 12_000;
let done = false;

/** Once in a process; takes some 30 ms. */
export function warmUp(): void {
	if (done) {
		return;
	}
	done = true;
	const random = new SeededRandom(1, "warm-up");
	const core: Processor = new Processor(new Uint8Array(0x42000), new Uint8Array(0x200000), {
		read(address) {
			if (address >>> 28 === 6) {
				core.busFault("unmapped-read", "");
			}
			return random.next32();
		},
		write(address) {
			if (address >>> 28 === 6) {
				core.busFault("unmapped-write", "");
			}
		},
	});
	core.onRomTrap = () => 1;
	const code = new Uint16Array(core.sram.buffer);
	const { registers } = core;
	// Top six bits in turn, the rest by chance: all operations come up. Addresses stay within the small flash here.
	for (let step = 0; step < STEPS; step++) {
		const opcode = ((step & 63) << 10) | (random.next32() & 0x3ff);
		for (let register = 0; register < 15; register++) {
			const value = random.next32();
			switch (value & 7) {
				case 0: registers[register] = value; break;
				case 1: registers[register] = value & 0xff; break;
				case 2: registers[register] = 0x10000000 | (value & 0xffff0); break;
				case 3: registers[register] = 0x40000000 | (value & 0xfff0); break;
				case 4: registers[register] = 0xd0000000 | (value & 0x1f0); break;
				case 5: registers[register] = 0x20000101 | (value & 0xfff0); break;
				default: registers[register] = 0x20000000 | (value & 0x3fff0);
			}
		}
		registers[13] = 0x20020000 + ((random.next32() & 0xff) << 2);
		if ((step & 1023) === 1023) {
			registers[13] = 0x40000000;
		}
		core.setFlags(random.next32());
		core.vtor = 0x20000000;
		core.ipsr = step & 512 ? 16 : 0;
		core.primask = 0;
		core.control = 0;
		core.sleeping = false;
		core.lockedUp = false;
		core.pendingSvcall = false;
		code[0x80] = opcode;
		code[0x81] = step & 64 ? random.next32() | 0xd000 : step & 128 ? 0x8800 | (random.next32() & 31) : 0x8000;
		core.programCounter = 0x20000100;
		core.run(1);
		core.handleExceptions();
	}
}
