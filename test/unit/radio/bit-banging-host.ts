/**
 * A host for the radio model, written from the document and not from any driver: pins and time of a board without a
 * processor, gSPI by single edges, and the start-up, frames and ioctls on top. Both byte orders.
 */
import type { Clock, Log, Pin } from "../../../simulator/wires.ts";
import { SeededRandom } from "../../../simulator/core/random.ts";

export interface Violation {
	level: string;
	code: string;
	text: string;
}

interface Due {
	atMicros: number;
	order: number;
	action: () => void | Promise<void>;
}

/** Virtual time; moves only by `advance`. */
export class TestClock implements Clock {
	cycles = 0;
	readonly frequencyHz: number;
	readonly #cyclesPerMicro: number;
	#events: Due[] = [];
	#order = 0;

	constructor(frequencyHz = 125e6) {
		this.frequencyHz = frequencyHz;
		this.#cyclesPerMicro = frequencyHz / 1e6;
	}

	get micros(): number {
		return this.cycles / this.#cyclesPerMicro;
	}

	schedule(delayMicros: number, callback: () => void | Promise<void>): () => void {
		const event = { atMicros: this.micros + delayMicros, order: this.#order++, action: callback };
		this.#events.push(event);
		this.#events.sort((a, b) => a.atMicros - b.atMicros || a.order - b.order);
		return () => {
			this.#events = this.#events.filter((entry) => entry !== event);
		};
	}

	/** Moves time on and runs what is due on the way; promises are not waited for. */
	advance(cycles: number): void {
		const end = this.cycles + cycles;
		while (this.#events.length && this.#events[0].atMicros * this.#cyclesPerMicro <= end) {
			const event = this.#events.shift() as Due;
			this.cycles = Math.max(this.cycles, event.atMicros * this.#cyclesPerMicro);
			void event.action();
		}
		this.cycles = end;
	}

	/** Moves time on by `micros`, and stops it while an event waits for the host. */
	async run(micros: number): Promise<void> {
		const end = this.micros + micros;
		while (this.#events.length && this.#events[0].atMicros <= end) {
			const event = this.#events.shift() as Due;
			this.cycles = Math.max(this.cycles, event.atMicros * this.#cyclesPerMicro);
			await event.action();
		}
		this.cycles = Math.max(this.cycles, end * this.#cyclesPerMicro);
	}
}

/** A wire between the host and the board. */
export class TestPin implements Pin {
	readonly #clock: TestClock;
	#listeners: (() => void)[] = [];
	#out = false;
	#enabled = false;
	#board: boolean | undefined;
	#pending: { at: number; level: boolean | undefined }[] = [];

	constructor(clock: TestClock) {
		this.#clock = clock;
	}

	get level(): boolean {
		while (this.#pending.length && this.#pending[0].at <= this.#clock.cycles) {
			this.#board = this.#pending.shift()?.level;
		}
		return this.#enabled ? this.#out : (this.#board ?? false);
	}

	get outputEnabled(): boolean {
		return this.#enabled;
	}

	onChange(listener: () => void): void {
		this.#listeners.push(listener);
	}

	drive(level: boolean | undefined, afterCycles = 0): void {
		if (afterCycles > 0) {
			this.#pending.push({ at: this.#clock.cycles + afterCycles, level });
			return;
		}
		this.#pending = [];
		this.#board = level;
	}

	/** The host's side. */
	set(level: boolean | undefined): void {
		const before = this.level;
		const enabled = this.#enabled;
		this.#enabled = level !== undefined;
		this.#out = level ?? false;
		if (this.level !== before || enabled !== this.#enabled) {
			for (const listener of this.#listeners) {
				listener();
			}
		}
	}
}

export type Order = "big" | "little";

/** What a host sets before a join. */
export interface JoinWish {
	ssid: string;
	/** WSEC. */
	wirelessSecurity?: number;
	/** WPA_AUTH. */
	wpaAuth?: number;
	auth?: number;
	/** mfp. */
	protection?: number;
	passphrase?: string;
	/** Of SAE. */
	password?: string;
	supplicantTimeoutMs?: number;
	/** By the variable "join" instead of SET_SSID. */
	place?: { bssid?: Uint8Array; channel?: number };
}

export const BUS = 0;
export const BACKPLANE = 1;
export const WLAN = 2;

export class BitBangingHost {
	readonly clock: TestClock;
	readonly pins: { regOn: TestPin; data: TestPin; chipSelect: TestPin; clock: TestPin };
	readonly violations: Violation[] = [];
	readonly log: Log = {
		violation: (level, code, text) => {
			this.violations.push({ level, code, text });
		},
	};
	readonly random = new SeededRandom(1, "radio");
	readonly order: Order;
	words32 = false;
	/** Register 0x1D: bytes before the answer of function 1. */
	delayBytes = 4;
	/** A host that set STATUS_ENABLE clocks one more word. */
	statusAppended = false;
	lastStatus = 0;
	#window = 0;
	sequence = 0;
	credit = 1;
	#ioctlId = 0;
	readonly events: { type: number; status: number; reason: number; flags: number; authType: number; address: Uint8Array; data: Uint8Array }[] = [];
	readonly ethernet: Uint8Array[] = [];
	/** Of the events and of the Ethernet frames, in their order. */
	readonly eventInterfaces: number[] = [];
	readonly ethernetInterfaces: number[] = [];

	readonly #lowCycles: number;
	readonly #highCycles: number;
	/** For how many cycles behind the end of its last bit it still drives the data line. */
	lateReleaseCycles = 0;

	/**
	 * @param timing clk_sys, and the cycles of a PIO instruction (its divider): two instructions are a period, of which the clock is
	 * high for one, or for `highCycles`. Default 125 MHz and two.
	 */
	constructor(order: Order, timing: { frequencyHz?: number; divider?: number; highCycles?: number } = {}) {
		this.order = order;
		this.#lowCycles = timing.divider ?? 2;
		this.#highCycles = timing.highCycles ?? this.#lowCycles;
		this.clock = new TestClock(timing.frequencyHz);
		const pin = () => new TestPin(this.clock);
		this.pins = { regOn: pin(), data: pin(), chipSelect: pin(), clock: pin() };
	}

	errors(): string[] {
		return this.violations.filter((entry) => entry.level === "error").map((entry) => `${entry.code}: ${entry.text}`);
	}

	warnings(): string[] {
		return this.violations.filter((entry) => entry.level === "warning").map((entry) => `${entry.code}: ${entry.text}`);
	}

	sleepMicros(micros: number): void {
		this.clock.advance((micros * this.clock.frequencyHz) / 1e6);
	}

	powerUp(): void {
		const { regOn, data, chipSelect, clock } = this.pins;
		chipSelect.set(true);
		clock.set(false);
		data.set(false);
		regOn.set(false);
		this.words32 = this.statusAppended = false;
		this.delayBytes = 4;
		this.#window = this.sequence = 0;
		this.credit = 1;
		this.sleepMicros(20_000);
		regOn.set(true);
		this.sleepMicros(250_000);
		data.set(undefined);
	}

	// ---- bits ---------------------------------------------------------------------------------------------------------

	#sendBits(value: number, count: number): void {
		const { data, clock } = this.pins;
		for (let bit = 31; bit > 31 - count; bit--) {
			data.set(((value >>> bit) & 1) === 1);
			clock.set(false);
			this.clock.advance(this.#lowCycles);
			clock.set(true);
			this.clock.advance(this.#highCycles);
		}
	}

	/** One dead clock, then each bit sampled half a period after the rising edge that follows its launch. */
	#receiveWords(count: number): number[] {
		const { data, clock } = this.pins;
		if (!this.lateReleaseCycles) {
			data.set(undefined);
		}
		clock.set(false);
		this.clock.advance(this.lateReleaseCycles);
		data.set(undefined);
		this.clock.advance(this.#lowCycles - this.lateReleaseCycles);
		clock.set(true);
		this.clock.advance(this.#highCycles);
		const words: number[] = [];
		for (let word = 0; word < count; word++) {
			let value = 0;
			for (let bit = 0; bit < 32; bit++) {
				clock.set(false);
				value = (value << 1) | (data.level ? 1 : 0);
				this.clock.advance(this.#lowCycles);
				clock.set(true);
				this.clock.advance(this.#highCycles);
			}
			words.push(value >>> 0);
		}
		return words;
	}

	/** Sends words (memory values), then reads `answerWords`. Both in the present mode. */
	transfer(words: readonly number[], answerWords: number, looseBits = 0): number[] {
		const { chipSelect, clock, data } = this.pins;
		chipSelect.set(false);
		this.clock.advance(this.#lowCycles);
		for (const word of words) {
			this.#sendBits(this.#wire(word), 32);
		}
		if (looseBits) {
			this.#sendBits(0, looseBits);
		}
		const answer = answerWords ? this.#receiveWords(answerWords) : [];
		clock.set(false);
		this.clock.advance(this.#lowCycles);
		chipSelect.set(true);
		data.set(undefined);
		this.clock.advance(20);
		return answer.map((word) => this.#wire(word));
	}

	/** Memory value to wire and back. */
	#wire(value: number): number {
		if (!this.words32) {
			return ((value << 16) | (value >>> 16)) >>> 0;
		}
		if (this.order === "little") {
			return value;
		}
		return Buffer.from([value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]).readUInt32BE();
	}

	command(write: boolean, busFunction: number, address: number, length: number): number {
		return ((write ? 0x80000000 : 0) | 0x40000000 | (busFunction << 28) | (address << 11) | length) >>> 0;
	}

	read(busFunction: number, address: number, length: number): Uint8Array {
		const delay = busFunction === BACKPLANE ? this.delayBytes : 0;
		const dataWords = Math.ceil(length / 4);
		const answer = this.transfer([this.command(false, busFunction, address, length)], delay / 4 + dataWords + (this.statusAppended ? 1 : 0));
		if (this.statusAppended) {
			this.lastStatus = answer[answer.length - 1];
		}
		const bytes = new Uint8Array(dataWords * 4);
		const view = new DataView(bytes.buffer);
		for (let word = 0; word < dataWords; word++) {
			view.setUint32(4 * word, answer[delay / 4 + word], true);
		}
		return bytes.subarray(0, length);
	}

	write(busFunction: number, address: number, bytes: Uint8Array): void {
		const padded = new Uint8Array((bytes.length + 3) & ~3);
		padded.set(bytes);
		const view = new DataView(padded.buffer);
		const words = [this.command(true, busFunction, address, bytes.length)];
		for (let at = 0; at < padded.length; at += 4) {
			words.push(view.getUint32(at, true));
		}
		const answer = this.transfer(words, this.statusAppended ? 1 : 0);
		if (this.statusAppended) {
			this.lastStatus = answer[0];
		}
	}

	readNumber(busFunction: number, address: number, length: number): number {
		const bytes = new Uint8Array(4);
		bytes.set(this.read(busFunction, address, length));
		return new DataView(bytes.buffer).getUint32(0, true);
	}

	writeNumber(busFunction: number, address: number, value: number, length: number): void {
		const bytes = new Uint8Array(4);
		new DataView(bytes.buffer).setUint32(0, value >>> 0, true);
		this.write(busFunction, address, bytes.subarray(0, length));
	}

	// ---- start-up -------------------------------------------------------------------------------------------------------

	/** Test word, control word, interrupt registers: to 32-bit mode. */
	startBus(): void {
		const test = this.readNumber(BUS, 0x14, 4);
		if (test !== 0xfeedbead) {
			throw new Error(`test word 0x${test.toString(16)}`);
		}
		if (this.order === "big") {
			this.writeNumber(BUS, 0x00, 0x000204b3, 4);
		} else {
			this.writeNumber(BUS, 0x18, 0x12345678, 4);
			this.writeNumber(BUS, 0x00, 0x000304b1, 4);
			this.statusAppended = true;
		}
		this.words32 = true;
		if (this.order === "big") {
			this.writeNumber(BUS, 0x1d, 16, 1);
			this.delayBytes = 16;
		}
		this.writeNumber(BUS, 0x04, 0x99, 2);
		this.writeNumber(BUS, 0x06, 0x00be, 2);
	}

	#setWindow(address: number): void {
		const base = (address & ~0x7fff) >>> 0;
		for (let byte = 1; byte < 4; byte++) {
			const shift = 8 * byte;
			if (((base ^ this.#window) >>> shift) & 0xff) {
				this.writeNumber(BACKPLANE, 0x10009 + byte, (base >>> shift) & 0xff, 1);
			}
		}
		this.#window = base;
	}

	readBackplane(address: number, length: number): number {
		this.#setWindow(address);
		return this.readNumber(BACKPLANE, (address & 0x7fff) | 0x8000, length);
	}

	writeBackplane(address: number, value: number, length: number): void {
		this.#setWindow(address);
		this.writeNumber(BACKPLANE, (address & 0x7fff) | 0x8000, value, length);
	}

	writeRam(address: number, bytes: Uint8Array): void {
		for (let at = 0; at < bytes.length; at += 64) {
			this.#setWindow(address + at);
			this.write(BACKPLANE, (address + at) & 0x7fff, bytes.subarray(at, at + 64));
		}
	}

	resetCore(wrapper: number): void {
		this.writeBackplane(wrapper + 0x408, 3, 1);
		this.writeBackplane(wrapper + 0x800, 0, 1);
		this.sleepMicros(1000);
		this.writeBackplane(wrapper + 0x408, 1, 1);
		this.sleepMicros(1000);
	}

	/** Clocks, cores, download, NVRAM, release; until function 2 is ready. */
	startFirmware(firmware: Uint8Array, nvram: Uint8Array): void {
		this.writeNumber(BACKPLANE, 0x1000e, 0x08, 1);
		this.#until("ALP", () => (this.readNumber(BACKPLANE, 0x1000e, 1) & 0x40) !== 0, 10);
		this.writeNumber(BACKPLANE, 0x1000e, 0, 1);
		this.resetCore(0x18104000);
		this.writeBackplane(0x18004010, 3, 4);
		this.writeBackplane(0x18004044, 0, 4);
		this.writeRam(0, firmware);
		const padded = new Uint8Array((nvram.length + 3) & ~3);
		padded.set(nvram);
		this.writeRam(512 * 1024 - 4 - padded.length, padded);
		const words = padded.length / 4;
		this.writeBackplane(0x7fffc, ((~words << 16) | words) >>> 0, 4);
		this.resetCore(0x18103000);
		this.#until("HT", () => (this.readNumber(BACKPLANE, 0x1000e, 1) & 0x80) !== 0, 1000);
		this.writeBackplane(0x18002024, 0xf0, 4);
		this.writeNumber(BACKPLANE, 0x10008, 0x20, 1);
		this.#until("F2 ready", () => (this.readNumber(BUS, 0x08, 4) & 0x20) !== 0, 1000);
		this.writeNumber(BACKPLANE, 0x1000e, 0x02, 1);
		this.writeNumber(BACKPLANE, 0x1001f, 1, 1);
	}

	#until(what: string, done: () => boolean, tries: number): void {
		for (let attempt = 0; attempt < tries; attempt++) {
			if (done()) {
				return;
			}
			this.sleepMicros(1000);
		}
		throw new Error(`${what} did not come`);
	}

	// ---- frames -----------------------------------------------------------------------------------------------------------

	/** The level of the interrupt line, as a host sees it between transfers. */
	get interrupt(): boolean {
		return this.pins.data.level;
	}

	sendFrame(channel: number, headerBytes: number, payload: Uint8Array): void {
		const length = headerBytes + payload.length;
		const frame = new Uint8Array((length + 3) & ~3);
		const view = new DataView(frame.buffer);
		view.setUint16(0, length, true);
		view.setUint16(2, ~length & 0xffff, true);
		frame[4] = this.sequence++ & 0xff;
		frame[5] = channel;
		frame[7] = headerBytes;
		frame.set(payload, headerBytes);
		this.write(WLAN, 0, frame);
	}

	sendEthernet(frame: Uint8Array, interfaceIndex = 0): void {
		this.sendFrame(2, 14, Uint8Array.from([0x20, 0, interfaceIndex, 0, ...frame]));
	}

	/** The next frame, or undefined. Events and data are sorted; control payload is returned. */
	receiveFrame(): { channel: number; payload: Uint8Array } | undefined {
		const status = this.readNumber(BUS, 0x08, 4);
		if (!(status & 0x100)) {
			return undefined;
		}
		const bytes = this.read(WLAN, 0, (status >>> 9) & 0x7ff);
		const view = new DataView(bytes.buffer, bytes.byteOffset);
		const length = view.getUint16(0, true);
		if ((length ^ view.getUint16(2, true)) !== 0xffff || length > bytes.length) {
			throw new Error("SDPCM header");
		}
		this.credit = bytes[9];
		const channel = bytes[5] & 15;
		if (length === 12) {
			return { channel, payload: new Uint8Array() };
		}
		const payload = bytes.slice(bytes[7], length);
		if (channel === 0) {
			return { channel, payload };
		}
		const inner = payload.subarray(4 + 4 * payload[3]);
		if (channel === 1 && inner.length >= 72) {
			const event = new DataView(inner.buffer, inner.byteOffset);
			this.eventInterfaces.push(inner[70]);
			this.events.push({
				flags: event.getUint16(26), type: event.getUint32(28), status: event.getUint32(32), reason: event.getUint32(36),
				authType: event.getUint32(40), address: inner.slice(48, 54), data: inner.slice(72, 72 + event.getUint32(44)),
			});
		} else if (channel === 2) {
			this.ethernet.push(inner.slice());
			this.ethernetInterfaces.push(payload[2]);
		}
		return { channel, payload: inner };
	}

	/** Reads frames for some time. */
	listen(micros: number): void {
		const end = this.clock.micros + micros;
		while (this.clock.micros < end) {
			if (!this.receiveFrame()) {
				this.sleepMicros(500);
			}
		}
	}

	/** @returns status and payload of the reply. */
	ioctl(set: boolean, command: number, payload: Uint8Array, interfaceIndex = 0): { status: number; payload: Uint8Array } {
		const id = ++this.#ioctlId;
		const frame = new Uint8Array(16 + payload.length);
		const view = new DataView(frame.buffer);
		view.setUint32(0, command, true);
		view.setUint32(4, payload.length, true);
		view.setUint32(8, ((set ? 2 : 0) | (interfaceIndex << 12) | (id << 16)) >>> 0, true);
		frame.set(payload, 16);
		this.sendFrame(0, 12, frame);
		const end = this.clock.micros + 1_000_000;
		while (this.clock.micros < end) {
			const received = this.receiveFrame();
			if (received?.channel === 0 && received.payload.length >= 16) {
				const reply = new DataView(received.payload.buffer, received.payload.byteOffset);
				if (reply.getUint32(8, true) >>> 16 === id) {
					return { status: reply.getInt32(12, true), payload: received.payload.subarray(16, 16 + reply.getUint32(4, true)) };
				}
			}
			this.sleepMicros(200);
		}
		throw new Error(`ioctl ${command} was not answered`);
	}

	setWord(command: number, value: number, interfaceIndex = 0): number {
		return this.ioctl(true, command, words(value), interfaceIndex).status;
	}

	setVariable(name: string, value: Uint8Array, interfaceIndex = 0): number {
		return this.ioctl(true, 263, Uint8Array.from([...Buffer.from(`${name}\0`), ...value]), interfaceIndex).status;
	}

	getVariable(name: string, length: number): { status: number; payload: Uint8Array } {
		return this.ioctl(false, 262, Uint8Array.from([...Buffer.from(`${name}\0`), ...new Uint8Array(length)]));
	}

	/** Regulatory table, country, events, UP. */
	configure(clm: Uint8Array): void {
		const header = new Uint8Array(12);
		const view = new DataView(header.buffer);
		view.setUint16(0, 0x1006, true);
		view.setUint16(2, 2, true);
		view.setUint32(4, clm.length, true);
		this.setVariable("clmload", Uint8Array.from([...header, ...clm]));
		this.setVariable("bus:txglom", words(0));
		this.setVariable("apsta", words(1));
		this.setVariable("country", Uint8Array.from([...Buffer.from("XX\0\0"), ...words(-1), ...Buffer.from("XX\0\0")]));
		this.sleepMicros(50_000);
		this.setVariable("bsscfg:event_msgs", Uint8Array.from([...words(0), ...new Uint8Array(19).fill(0xff)]));
		this.setWord(2, 1);
	}

	/** Join with WPA2, or open without a passphrase. Does not wait for the outcome. */
	join(ssid: string, passphrase?: string): void {
		this.joinAs({ ssid, ...(passphrase === undefined ? {} : { wirelessSecurity: 4, wpaAuth: 0x80, passphrase }) });
	}

	/** Join with any settings; what is not given is not set. Does not wait for the outcome. */
	joinAs(wish: JoinWish): void {
		const { ssid, wirelessSecurity = 0, wpaAuth = 0, auth = 0, protection, passphrase, password, supplicantTimeoutMs = 2500, place } = wish;
		this.setWord(134, wirelessSecurity);
		this.setVariable("bsscfg:sup_wpa", words(0, wpaAuth ? 1 : 0));
		this.setVariable("bsscfg:sup_wpa2_eapver", words(0, -1));
		this.setVariable("bsscfg:sup_wpa_tmo", words(0, supplicantTimeoutMs));
		if (passphrase !== undefined) {
			const payload = new Uint8Array(68);
			payload[0] = passphrase.length;
			payload[2] = 1;
			payload.set(Buffer.from(passphrase), 4);
			this.ioctl(true, 268, payload);
		}
		if (password !== undefined) {
			const payload = new Uint8Array(130);
			payload[0] = password.length;
			payload.set(Buffer.from(password), 2);
			this.setVariable("sae_password", payload);
		}
		this.setWord(20, 1);
		this.setWord(22, auth);
		if (protection !== undefined) {
			this.setVariable("mfp", words(protection));
		}
		this.setWord(165, wpaAuth);
		const name = new Uint8Array(36);
		name[0] = ssid.length;
		name.set(Buffer.from(ssid), 4);
		if (!place) {
			this.ioctl(true, 26, name);
			return;
		}
		const value = new Uint8Array(70);
		value.set(name);
		value.fill(0xff, 40, 62);
		value.set(place.bssid ?? [], 56);
		if (place.channel !== undefined) {
			value.set([1, 0, 0, 0, place.channel, 0x10], 64);
		}
		this.setVariable("join", value);
	}

	leave(): void {
		this.ioctl(true, 52, new Uint8Array());
		this.listen(5_000);
		this.events.length = 0;
	}

	/** Type and status of the events so far, in words. */
	eventOrder(): string[] {
		return this.events.map((event) => `${event.type}:${event.status}${event.reason ? `/${event.reason}` : ""}${event.flags ? " up" : ""}`);
	}
}

/** Little-endian words. */
export function words(...values: number[]): Uint8Array {
	const bytes = new Uint8Array(4 * values.length);
	values.forEach((value, index) => new DataView(bytes.buffer).setUint32(4 * index, value >>> 0, true));
	return bytes;
}
