/**
 * One debugger's conversation in GDB's remote serial protocol (GDB manual, appendix E): what each packet asks of the debug
 * port. Threads are the cores: 1 is core 0, 2 is core 1.
 */
import type { CoreIndex, DebugPort, Stop } from "./debug-port.ts";
import { packet, PacketReader } from "./gdb-packets.ts";
import { memoryMap, targetDescription } from "./gdb-target.ts";

const PACKET_BYTES = 0x4000;
const SIGINT = 2;
const SIGTRAP = 5;
const SIGSEGV = 11;
const FLASH_START = 0x10000000;
const REGISTER_COUNT = 21;
const REGISTER_XPSR = 16;
const REGISTER_MSP = 17;
/** Numbers of MRS and MSR for what follows xPSR: MSP, PSP, PRIMASK, CONTROL. */
const SPECIAL = [8, 9, 16, 20];

const HELP = `monitor reset    power on again, halted before the first instruction
monitor time     virtual time since power-on
`;

export class GdbSession {
	readonly #port: DebugPort;
	readonly #send: (bytes: Uint8Array) => void;
	readonly #close: () => void;
	readonly #reader = new PacketReader();
	#last: Uint8Array = new Uint8Array(0);
	#acknowledging = true;
	/** The core of g, G, p, P, m and M. */
	#core: CoreIndex = 0;
	#stop: Stop = { reason: "request", core: 0 };
	/** vCont is under way: the next stop is to be told. */
	#running = false;
	#breakpoints = new Set<number>();
	#watches = new Map<string, { address: number; length: number }>();
	#work: Promise<void> = Promise.resolve();

	/** @param close ends the connection. */
	constructor(port: DebugPort, send: (bytes: Uint8Array) => void, close: () => void) {
		this.#port = port;
		this.#send = send;
		this.#close = close;
		port.attach();
		port.onStop = (stop) => this.#stopped(stop);
	}

	/** Bytes of the debugger. */
	receive(bytes: Uint8Array): void {
		try {
			for (const received of this.#reader.push(bytes)) {
				switch (received.kind) {
					case "interrupt": this.#interrupt(); break;
					case "again": this.#send(this.#last); break;
					case "damaged": this.#send(Buffer.from("-")); break;
					case "acknowledged": break;
					case "packet":
						if (this.#acknowledging) {
							this.#send(Buffer.from("+"));
						}
						// One after the other: a step may have to wait for the host.
						this.#work = this.#work.then(() => this.#handle(received.payload));
				}
			}
		} catch {
			this.#close();
		}
	}

	/** The board's run is over. */
	finish(): void {
		this.#reply("W00");
	}

	#reply(text: string): void {
		this.#last = packet(text);
		this.#send(this.#last);
	}

	async #handle(payload: Buffer): Promise<void> {
		const text = payload.toString("latin1");
		if (this.#running) {
			// Only Ctrl-C may come now; a debugger that forgot that the board runs finds it halted.
			return;
		}
		const answer = await this.#answer(text);
		if (answer !== undefined) {
			this.#reply(answer);
		}
	}

	/** @returns undefined when the answer comes later, or never. */
	async #answer(text: string): Promise<string | undefined> {
		switch (text[0]) {
			case "?": return this.#stopReply();
			case "!": return "OK";
			case "g": return this.#readRegisters();
			case "G": return this.#writeRegisters(text.slice(1));
			case "p": return this.#registerText(number(text.slice(1)));
			case "P": {
				const [index, value] = text.slice(1).split("=");
				return this.#writeRegister(number(index), value ?? "") ? "OK" : "E01";
			}
			case "m": return this.#readMemory(text.slice(1));
			case "M": {
				const [place, data = ""] = text.slice(1).split(":");
				return this.#writeMemory(place, Buffer.from(data, "hex"));
			}
			case "X": {
				const colon = text.indexOf(":");
				return this.#writeMemory(text.slice(1, colon), Buffer.from(text.slice(colon + 1), "latin1"));
			}
			case "H": {
				const core = coreOf(text.slice(2));
				if (text[1] === "g" && core !== undefined) {
					this.#core = core;
				}
				return "OK";
			}
			case "T": return coreOf(text.slice(1)) === undefined ? "E01" : "OK";
			case "c": return this.#run(text.length > 1 ? number(text.slice(1)) : undefined, undefined);
			case "s": return this.#run(text.length > 1 ? number(text.slice(1)) : undefined, this.#core);
			case "C": return this.#run(undefined, undefined);
			case "S": return this.#run(undefined, this.#core);
			case "Z": case "z": return this.#point(text);
			case "D":
				this.#reply("OK");
				this.#port.detach();
				return undefined;
			case "k":
				this.#port.end();
				return undefined;
			case "R":
				this.#port.reset();
				return undefined;
			case "v": return this.#long(text);
			case "q": case "Q": return this.#query(text);
			default: return "";
		}
	}

	// ---- running ----------------------------------------------------------------------------------------------------

	async #run(from: number | undefined, step: CoreIndex | undefined): Promise<undefined> {
		if (from !== undefined) {
			this.#port.cores[this.#core].programCounter = from;
		}
		this.#running = true;
		await (step === undefined ? this.#port.resume(this.#stop.core) : this.#port.step(step));
		return undefined;
	}

	#interrupt(): void {
		if (this.#running) {
			this.#port.halt();
			this.#stopped({ reason: "request", core: this.#core });
		}
	}

	#stopped(stop: Stop): void {
		this.#stop = stop;
		if (!this.#running) {
			return;
		}
		this.#running = false;
		if (stop.text) {
			this.#send(packet(`O${Buffer.from(`${stop.text}\n`).toString("hex")}`));
		}
		this.#reply(this.#stopReply());
	}

	#stopReply(): string {
		const { reason, core, address = 0 } = this.#stop;
		this.#core = core;
		const signal = reason === "fault" ? SIGSEGV : reason === "request" ? SIGINT : SIGTRAP;
		const atBreakpoint = reason === "breakpoint" && this.#port.cores[core].atBreakpoint;
		const why = reason === "watch" ? `watch:${address.toString(16)};` : atBreakpoint ? "hwbreak:;" : "";
		return `T${byte(signal)}${why}thread:${core + 1};`;
	}

	async #long(text: string): Promise<string | undefined> {
		if (text === "vCont?") {
			return "vCont;c;C;s;S";
		}
		if (text.startsWith("vCont;")) {
			// "s:1;c": the first action that names a core, or all of them. The other core goes along with a step.
			for (const action of text.slice(6).split(";")) {
				const [kind, thread] = action.split(":");
				if (/^[sS]/.test(kind)) {
					return this.#run(undefined, thread === undefined ? this.#core : (coreOf(thread) ?? this.#core));
				}
			}
			return this.#run(undefined, undefined);
		}
		if (text.startsWith("vFlashErase:")) {
			const [address, length] = text.slice(12).split(",").map(number);
			return this.#writeFlash(address, new Uint8Array(length).fill(0xff));
		}
		if (text.startsWith("vFlashWrite:")) {
			const colon = text.indexOf(":", 12);
			return this.#writeFlash(number(text.slice(12, colon)), Buffer.from(text.slice(colon + 1), "latin1"));
		}
		if (text === "vFlashDone") {
			return "OK";
		}
		if (text.startsWith("vKill")) {
			this.#reply("OK");
			this.#port.end();
			return undefined;
		}
		return "";
	}

	// ---- registers and memory ---------------------------------------------------------------------------------------

	#readRegister(index: number): number | undefined {
		const core = this.#port.cores[this.#core];
		if (index < 16) {
			return core.registers[index];
		}
		return index === REGISTER_XPSR ? core.xpsr : index < REGISTER_COUNT ? core.readSpecial(SPECIAL[index - REGISTER_MSP]) : undefined;
	}

	#registerText(index: number): string {
		const value = this.#readRegister(index);
		return value === undefined ? "E01" : wordText(value);
	}

	#readRegisters(): string {
		return Array.from({ length: REGISTER_COUNT }, (_, index) => this.#registerText(index)).join("");
	}

	#writeRegister(index: number, text: string): boolean {
		const core = this.#port.cores[this.#core];
		const bytes = Buffer.from(text, "hex");
		if (bytes.length !== 4 || !(index < REGISTER_COUNT)) {
			return false;
		}
		const value = bytes.readInt32LE();
		if (index === 15) {
			core.programCounter = value;
		} else if (index < 16) {
			core.registers[index] = value;
		} else if (index === REGISTER_XPSR) {
			core.setFlags(value);
			core.ipsr = value & 0x3f;
		} else {
			core.writeSpecial(SPECIAL[index - REGISTER_MSP], value);
		}
		return true;
	}

	#writeRegisters(text: string): string {
		for (let index = 0; index * 8 + 8 <= text.length; index++) {
			if (!this.#writeRegister(index, text.slice(8 * index, 8 * index + 8))) {
				return "E01";
			}
		}
		return "OK";
	}

	#readMemory(place: string): string {
		const [address, length] = place.split(",").map(number);
		if (!(length <= PACKET_BYTES / 2)) {
			return "E01";
		}
		const bytes = this.#port.read(address, length, this.#core);
		return bytes ? Buffer.from(bytes).toString("hex") : "E0e";
	}

	#writeMemory(place: string, data: Uint8Array): string {
		const [address, length] = place.split(",").map(number);
		if (length !== data.length) {
			return "E01";
		}
		return this.#port.write(address, data, this.#core) ? "OK" : "E0e";
	}

	#writeFlash(address: number, data: Uint8Array): string {
		return address >>> 24 === FLASH_START >>> 24 && this.#port.write(address, data) ? "OK" : "E0e";
	}

	// ---- break points -----------------------------------------------------------------------------------------------

	#point(text: string): string {
		const insert = text[0] === "Z";
		const [kind, addressText, lengthText] = text.slice(1).split(",");
		const address = number(addressText);
		if (kind === "0" || kind === "1") {
			if (insert) {
				this.#breakpoints.add(address);
			} else {
				this.#breakpoints.delete(address);
			}
			this.#port.setBreakpoints(this.#breakpoints);
			return "OK";
		}
		if (kind === "2") {
			const length = number(lengthText ?? "");
			if (!(length > 0 && length <= 64)) {
				return "E01";
			}
			if (insert) {
				this.#watches.set(`${address},${length}`, { address, length });
			} else {
				this.#watches.delete(`${address},${length}`);
			}
			this.#port.setWatches([...this.#watches.values()]);
			return "OK";
		}
		// Watching for reads is not there.
		return "";
	}

	// ---- questions --------------------------------------------------------------------------------------------------

	#query(text: string): string {
		if (text.startsWith("qSupported")) {
			return `PacketSize=${PACKET_BYTES.toString(16)};qXfer:features:read+;qXfer:memory-map:read+;hwbreak+;vContSupported+;QStartNoAckMode+`;
		}
		if (text === "QStartNoAckMode") {
			this.#acknowledging = false;
			return "OK";
		}
		if (text === "qC") {
			return `QC${this.#core + 1}`;
		}
		if (text === "qAttached") {
			return "1";
		}
		if (text === "qfThreadInfo") {
			return "m1,2";
		}
		if (text === "qsThreadInfo") {
			return "l";
		}
		if (text.startsWith("qThreadExtraInfo,")) {
			const core = coreOf(text.slice(17)) ?? 0;
			const { sleeping, lockedUp } = this.#port.cores[core];
			return Buffer.from(`core ${core}${lockedUp ? ", locked up" : sleeping ? ", asleep" : ""}`).toString("hex");
		}
		if (text.startsWith("qSymbol")) {
			return "OK";
		}
		if (text.startsWith("qXfer:features:read:target.xml:")) {
			return window(targetDescription, text);
		}
		if (text.startsWith("qXfer:memory-map:read::")) {
			return window(memoryMap, text);
		}
		if (text.startsWith("qRcmd,")) {
			return this.#monitor(Buffer.from(text.slice(6), "hex").toString("latin1").trim());
		}
		return "";
	}

	#monitor(command: string): string {
		switch (command) {
			case "reset": case "reset halt": case "reset init":
				this.#port.reset();
				return Buffer.from("reset, halted in the boot ROM\n").toString("hex");
			case "time":
				return Buffer.from(`${(this.#port.micros / 1000).toFixed(6)} ms\n`).toString("hex");
			default:
				return Buffer.from(command === "help" ? HELP : `no such command: ${command}\n${HELP}`).toString("hex");
		}
	}
}

function number(hex: string): number {
	return /^[0-9a-f]+$/i.test(hex) ? Number.parseInt(hex, 16) : Number.NaN;
}

/** 0 is any and -1 is all: core 0 will do. */
function coreOf(thread: string): CoreIndex | undefined {
	return /^(?:-1|0*[01])$/.test(thread) ? 0 : /^0*2$/.test(thread) ? 1 : undefined;
}

function byte(value: number): string {
	return value.toString(16).padStart(2, "0");
}

/** As it lies in memory. */
function wordText(value: number): string {
	return [0, 8, 16, 24].map((shift) => byte((value >>> shift) & 0xff)).join("");
}

/** A part of a document: `...:OFFSET,LENGTH`. */
function window(document: string, request: string): string {
	const [offset, length] = request.slice(request.lastIndexOf(":") + 1).split(",").map(number);
	const part = document.slice(offset, offset + length);
	return `${offset + length < document.length ? "m" : "l"}${part}`;
}
