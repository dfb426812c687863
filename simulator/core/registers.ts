/** What the bus asks of a block of registers, and what blocks of our own have in common. */

/** The same shape as rp2040js' peripherals, so that both kinds stand in one table. */
export interface Registers {
	readUint32(offset: number): number;
	writeUint32(offset: number, value: number): void;
	/** @param kind 0 write, 1 XOR, 2 set, 3 clear (datasheet 2.1.2). */
	writeUint32Atomic(offset: number, value: number, kind: number): void;
}

/**
 * A block of our own. A subclass writes `read` and `write` as a switch over offsets; what it does not know is told to
 * `unknown` and reads as zero.
 */
export abstract class Block implements Registers {
	readonly name: string;
	readonly #unknown: (text: string) => void;
	/** The value as it came from the bus, for write-one-to-clear registers. */
	protected rawValue = 0;

	constructor(name: string, unknown: (text: string) => void) {
		this.name = name;
		this.#unknown = unknown;
	}

	/** Back to the state after power-on. */
	abstract reset(): void;
	protected abstract read(offset: number): number | undefined;
	/** @returns false when there is no such register. */
	protected abstract write(offset: number, value: number): boolean;

	readUint32(offset: number): number {
		const value = this.read(offset & 0xfff);
		if (value === undefined) {
			this.#unknown(`${this.name}: read of the unmodelled register at offset 0x${(offset & 0xfff).toString(16)}`);
			return 0;
		}
		return value >>> 0;
	}

	writeUint32(offset: number, value: number): void {
		if (!this.write(offset, value)) {
			this.#unknown(`${this.name}: write of 0x${value.toString(16)} to the unmodelled register at offset 0x${offset.toString(16)}`);
		}
	}

	writeUint32Atomic(offset: number, value: number, kind: number): void {
		this.rawValue = value >>> 0;
		let result = value;
		if (kind) {
			const present = this.read(offset) ?? 0;
			result = kind === 1 ? present ^ value : kind === 2 ? present | value : present & ~value;
		}
		this.writeUint32(offset, result >>> 0);
	}
}
