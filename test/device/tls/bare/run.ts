/**
 * Runs a bare program's ELF on rp2040js' processor: loads it where flash is,
 * answers its BKPT calls (peer_mailbox.c), counts cycles and watches the stack.
 * Network bytes come from a socket to a server on this machine; the processor
 * stands still while it waits for them.
 */
import { connect, type Socket } from "node:net";
import { readFileSync } from "node:fs";
import { RP2040 } from "rp2040js";

const flashStart = 0x10000000;
const ramStart = 0x20000000;
const ramEnd = ramStart + 264 * 1024;
/** ELF32 program header, type LOAD (System V ABI, chapter 5). */
const programHeaderLoad = 1;

/** How long the processor stands still for the server's next bytes. */
const patienceMs = 20;

/** What a run gave. */
export interface BareResult {
	readonly status: number;
	readonly output: string;
	readonly cycles: number;
}

/** Settings of one run. `settings` are the program's; `root` is a DER certificate. */
export interface BareOptions {
	readonly elf: string;
	readonly settings?: Readonly<Record<string, string>>;
	readonly root?: Uint8Array;
	readonly port?: number;
	readonly maxCycles?: number;
	/** Called each so many cycles with the program counter, for profiles. */
	readonly sample?: { readonly everyCycles: number; take(programCounter: number): void };
}

class Peer {
	#socket: Socket | undefined;
	#chunks: Buffer[] = [];
	#ended = false;
	#reset = false;
	#wake: (() => void) | undefined;

	async connect(port: number): Promise<boolean> {
		this.#chunks = [];
		this.#ended = this.#reset = false;
		const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
		this.#socket = socket;
		socket.on("data", (chunk) => this.#happened(() => this.#chunks.push(chunk)));
		socket.on("end", () => this.#happened(() => (this.#ended = true)));
		socket.on("error", () => this.#happened(() => (this.#reset = true)));
		return await new Promise((resolve) => {
			socket.once("connect", () => resolve(true));
			socket.once("error", () => resolve(false));
		});
	}

	/** Waits a moment for bytes: the program may have to send before any can come. */
	async receive(room: number): Promise<Buffer | 0 | -1 | -2> {
		if (this.#chunks.length === 0 && !this.#ended && !this.#reset) {
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, patienceMs);
				this.#wake = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		}
		const all = Buffer.concat(this.#chunks);
		if (all.length === 0) return this.#reset ? -2 : this.#ended ? -1 : 0;
		this.#chunks = all.length > room ? [all.subarray(room)] : [];
		return all.subarray(0, room);
	}

	send(bytes: Uint8Array): void {
		this.#socket?.write(bytes);
	}

	finish(): void {
		this.#socket?.end();
	}

	close(): void {
		this.#socket?.destroy();
	}

	#happened(what: () => void): void {
		what();
		this.#wake?.();
	}
}

/** Runs the program to its exit. Throws when it runs longer than maxCycles (default 4e9). */
export async function runBare(options: BareOptions): Promise<BareResult> {
	const chip = new RP2040();
	const { core } = chip;
	const peer = new Peer();
	let output = "";
	let lowest = ramEnd;
	let called = false;
	load(chip, readFileSync(options.elf));
	core.SP = chip.readUint32(flashStart);
	core.PC = chip.readUint32(flashStart + 4) & ~1;
	chip.onBreak = () => (called = true);

	const bytes = (address: number, count: number) => {
		const made = Buffer.alloc(count);
		for (let i = 0; i < count; i++) made[i] = chip.readUint8(address + i);
		return made;
	};
	const text = (address: number) => {
		let made = "";
		for (let code; (code = chip.readUint8(address++)) !== 0; ) made += String.fromCharCode(code);
		return made;
	};
	const store = (address: number, from: Uint8Array) => from.forEach((byte, i) => chip.writeUint8(address + i, byte));
	const limit = options.maxCycles ?? 4e9;
	let nextSample = options.sample?.everyCycles ?? Infinity;

	for (;;) {
		while (!called) {
			core.executeInstruction();
			const { SP } = core;
			if (SP < lowest) lowest = SP;
			if (core.cycles > limit) throw new Error(`bare program: more than ${limit} cycles`);
			if (core.cycles >= nextSample) {
				options.sample?.take(core.PC);
				nextSample += options.sample?.everyCycles ?? Infinity;
			}
		}
		called = false;
		const [operation, pointer, number] = [core.registers[0]!, core.registers[1]!, core.registers[2]!];
		let answer = 0;
		switch (operation) {
			case 1:
				answer = (await peer.connect(options.port ?? 0)) ? 1 : 0;
				break;
			case 2: {
				const received = await peer.receive(number);
				answer = typeof received === "number" ? received : received.length;
				if (typeof received !== "number") store(pointer, received);
				break;
			}
			case 3:
				peer.send(bytes(pointer, number));
				break;
			case 4:
				peer.finish();
				break;
			case 5:
				output += bytes(pointer, number).toString("latin1");
				break;
			case 6:
				answer = core.cycles;
				break;
			case 7:
				peer.close();
				return { status: number, output, cycles: core.cycles };
			case 8: {
				const value = options.settings?.[text(chip.readUint32(pointer))];
				if (value !== undefined) store(chip.readUint32(pointer + 4), Buffer.from(value.slice(0, number - 1) + "\0"));
				answer = value === undefined ? 0 : 1;
				break;
			}
			case 9:
				if (options.root) store(pointer, options.root);
				answer = options.root?.length ?? 0;
				break;
			case 10:
				answer = Math.floor(core.cycles / 125);
				break;
			case 11:
				answer = ramEnd - lowest;
				break;
			default:
				throw new Error(`bare program: unknown call ${operation} at ${core.PC.toString(16)}`);
		}
		core.registers[0] = answer >>> 0;
	}
}

function load(chip: RP2040, elf: Buffer): void {
	const start = elf.readUInt32LE(28);
	const size = elf.readUInt16LE(42);
	const count = elf.readUInt16LE(44);
	for (let i = 0; i < count; i++) {
		const header = start + i * size;
		if (elf.readUInt32LE(header) !== programHeaderLoad) continue;
		const offset = elf.readUInt32LE(header + 4);
		const address = elf.readUInt32LE(header + 12);
		const length = elf.readUInt32LE(header + 16);
		if (address >= flashStart && address + length <= flashStart + chip.flash.length) {
			chip.flash.set(elf.subarray(offset, offset + length), address - flashStart);
		}
	}
}
