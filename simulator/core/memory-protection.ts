/**
 * The memory protection unit of one core: eight regions, who may read, write and execute there (ARMv6-M Architecture
 * Reference Manual, B3.5, PMSAv6). The processor asks it where everything is open, and pays only outside of that.
 */

export const RIGHT_READ = 1;
export const RIGHT_WRITE = 2;
export const RIGHT_EXECUTE = 4;
const ALL_RIGHTS = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE;

const CTRL_ENABLE = 1;
const CTRL_HFNMIENA = 2;
const CTRL_PRIVDEFENA = 4;
const RBAR_VALID = 0x10;
/** XN, AP, S, C, B, SRD, SIZE and ENABLE exist in ARMv6-M (table B3-36). */
const RASR_BITS = 0x1707ff3f;
const RASR_ENABLE = 1;
const RASR_XN = 1 << 28;
/** The smallest region has 256 bytes, and so has the unit of RBAR.ADDR. */
const SMALLEST_BITS = 8;
const REGIONS = 8;

/** RASR.AP to what data accesses may do (table B3-37); 4 is reserved and opens nothing. */
const RIGHTS_PRIVILEGED = [0, 3, 3, 3, 0, 1, 1, 1] as const;
const RIGHTS_UNPRIVILEGED = [0, 0, 1, 3, 0, 0, 1, 1] as const;

/** A stretch of addresses, `end` exclusive and up to 2^32. */
export interface Stretch {
	start: number;
	end: number;
}

export class MemoryProtection {
	#control = 0;
	#number = 0;
	readonly #bases = new Uint32Array(REGIONS);
	readonly #attributes = new Uint32Array(REGIONS);
	/** By right and privilege; forgotten when a register changes. */
	readonly #open = new Map<number, Stretch[]>();

	reset(): void {
		this.#control = 0;
		this.#number = 0;
		this.#bases.fill(0);
		this.#attributes.fill(0);
		this.#open.clear();
	}

	/** MPU_TYPE to MPU_RASR, at their offsets from 0xe000ed90. */
	read(offset: number): number | undefined {
		switch (offset) {
			case 0x0: return REGIONS << 8;
			case 0x4: return this.#control;
			case 0x8: return this.#number;
			case 0xc: return this.#bases[this.#number] | this.#number;
			case 0x10: return this.#attributes[this.#number];
			default: return undefined;
		}
	}

	/** @returns false where there is no register to write. */
	write(offset: number, value: number): boolean {
		switch (offset) {
			case 0x4: this.#control = value & (CTRL_ENABLE | CTRL_HFNMIENA | CTRL_PRIVDEFENA); break;
			case 0x8: this.#number = value & (REGIONS - 1); break;
			case 0xc:
				if (value & RBAR_VALID) {
					this.#number = value & (REGIONS - 1);
				}
				this.#bases[this.#number] = value & -(1 << SMALLEST_BITS);
				break;
			case 0x10: this.#attributes[this.#number] = value & RASR_BITS; break;
			default: return false;
		}
		this.#open.clear();
		return true;
	}

	/** Whether it looks at accesses. HardFault and NMI are let off unless CTRL.HFNMIENA. */
	isActive(inFaultHandler: boolean): boolean {
		return (this.#control & CTRL_ENABLE) !== 0 && (!inFaultHandler || (this.#control & CTRL_HFNMIENA) !== 0);
	}

	/** The region that decides about an address: the highest that covers it; -1 for the background. */
	regionOf(address: number): number {
		for (let region = REGIONS - 1; region >= 0; region--) {
			const attributes = this.#attributes[region];
			if (!(attributes & RASR_ENABLE)) {
				continue;
			}
			const bits = sizeBits(attributes);
			const covers = bits === 32 || (address ^ this.#bases[region]) >>> bits === 0;
			if (covers && !((attributes >>> (8 + ((address >>> (bits - 3)) & 7))) & 1)) {
				return region;
			}
		}
		return -1;
	}

	/** What may be done at an address, as RIGHT_ bits. */
	rightsAt(address: number, privileged: boolean): number {
		const region = this.regionOf(address);
		if (region < 0) {
			return privileged && this.#control & CTRL_PRIVDEFENA ? ALL_RIGHTS : 0;
		}
		const attributes = this.#attributes[region];
		const rights = (privileged ? RIGHTS_PRIVILEGED : RIGHTS_UNPRIVILEGED)[(attributes >>> 24) & 7];
		return rights & RIGHT_READ && !(attributes & RASR_XN) ? rights | RIGHT_EXECUTE : rights;
	}

	/** The longest stretch around an address in which all of `rights` are given; undefined where they are not. */
	stretchAround(address: number, rights: number, privileged: boolean): Stretch | undefined {
		const key = rights * 2 + (privileged ? 1 : 0);
		let open = this.#open.get(key);
		if (!open) {
			open = this.#stretches(rights, privileged);
			this.#open.set(key, open);
		}
		return open.find(({ start, end }) => address >= start && address < end);
	}

	#stretches(rights: number, privileged: boolean): Stretch[] {
		const edges = new Set([0]);
		this.#attributes.forEach((attributes, region) => {
			if (attributes & RASR_ENABLE) {
				const size = 2 ** sizeBits(attributes);
				const base = Math.floor(this.#bases[region] / size) * size;
				for (let part = 0; part <= 8; part++) {
					edges.add(base + (part * size) / 8);
				}
			}
		});
		edges.delete(2 ** 32);
		const sorted = [...edges].sort((a, b) => a - b);
		const open: Stretch[] = [];
		sorted.forEach((start, index) => {
			if ((this.rightsAt(start, privileged) & rights) !== rights) {
				return;
			}
			const end = sorted[index + 1] ?? 2 ** 32;
			const last = open.at(-1);
			if (last?.end === start) {
				last.end = end;
			} else {
				open.push({ start, end });
			}
		});
		return open;
	}
}

/** RASR.SIZE as a power of two. */
function sizeBits(attributes: number): number {
	return Math.max(((attributes >>> 1) & 31) + 1, SMALLEST_BITS);
}
