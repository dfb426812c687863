// The hardware of the board by script, against what hangs on the pins of the simulated board: levels and edges, measured pulse
// widths, voltages, devices on I2C and SPI, a serial line, and everything that is refused.

import assert from "node:assert/strict";
import { duplexPair, type Duplex } from "node:stream";
import test from "node:test";
import { PicoW, type I2cDevice, type NetworkOptions, type Pin } from "../../../simulator/simulator.ts";
import { sceneUf2 } from "../../support/device.ts";

const app = "test/device/hardware/app";
/** Virtual time for each step of a story; none needs a tenth of it. */
const stepMicros = 20_000_000;

class Scene {
	readonly board: PicoW;
	#from = 0;
	#step = 0;

	private constructor(board: PicoW) {
		this.board = board;
	}

	/** A device with this story; `wire` hangs things on its pins before it is switched on. */
	static async open(story: string, wire: (board: PicoW) => void = () => {}, network?: Partial<NetworkOptions>): Promise<Scene> {
		const board = new PicoW({ seed: 1, ...network && { network } });
		wire(board);
		board.loadUf2(await sceneUf2({ app, configuration: { story } }));
		return new Scene(board);
	}

	/** Runs to the next "ready", or the end. @returns what was said on the way, by its first word. */
	async next(): Promise<Record<string, unknown>> {
		const end = await this.board.run({ until: new RegExp(`^(?:ready ${++this.#step}|end)\\r?\\n`, "m"), timeoutMicros: stepMicros });
		const said = this.board.console.text.slice(this.#from);
		this.#from = this.board.console.text.length;
		assert.equal(end.reason, "matched", `${this.board.console.text}\n${JSON.stringify(end)}`);
		const lines = said.split(/\r?\n/).map(line => /^([a-z][a-z ]*\d*) (["[{\d-].*|true|false|null)$/.exec(line)).filter(found => found !== null);
		return Object.fromEntries(lines.map(([, what, value]) => [what!, JSON.parse(value!)]));
	}

	async pass(micros: number): Promise<void> {
		await this.board.run({ timeoutMicros: micros });
	}

	/** Nothing unmodelled was used, and no pin against its rules. */
	close(...expected: string[]): void {
		assert.deepEqual(this.board.violations.filter(({ level, code }) => level === "error" || code.startsWith("adc-")).map(({ code }) => code), expected);
		assert.deepEqual(this.board.violations.filter(({ text }) => /^(?:ADC|PWM|I2C|SPI|UART|IO_BANK|PADS)/.test(text)), []);
		this.board.close();
	}
}

/** Share of the time that a pin is high, and its periods, from now on for `micros`. */
async function measure(scene: Scene, pin: Pin, micros: number): Promise<{ duty: number; rises: number[] }> {
	const { clock } = scene.board;
	const from = clock.micros;
	const rises: number[] = [];
	let since = from, high = 0, level = pin.level, open = true;
	const note = (): void => {
		if (!open) return;
		if (level) high += clock.micros - since;
		if (!level && pin.level) rises.push(clock.micros);
		since = clock.micros;
		level = pin.level;
	};
	pin.onChange(note);
	await scene.pass(micros);
	note();
	open = false;
	return { duty: high / (clock.micros - from), rises };
}

test("digital pins: modes, pulls, inversion, open drain, and their state after close", async () => {
	const scene = await Scene.open("digital");
	const pin = (index: number): Pin => scene.board.pin(index);
	assert.deepEqual((await scene.next()).levels, [1, 0, 0, 1, 1, 0], "open: up, down, keeper (low before), inverted low, output, open drain held low by nobody");
	assert.deepEqual([pin(6).level, pin(6).outputEnabled, pin(7).outputEnabled], [true, true, false]);
	pin(2).drive(false);
	for (const index of [3, 4, 5]) pin(index).drive(true);
	pin(4).drive(undefined);
	pin(7).drive(true);
	assert.deepEqual((await scene.next()).levels, [0, 1, 1, 0, 1, 1]);
	pin(7).drive(undefined);
	assert.deepEqual([pin(6).level, pin(7).outputEnabled, pin(7).level], [false, true, false]);
	for (const index of [2, 3, 4, 5]) pin(index).drive(undefined);
	const { closed, again } = await scene.next();
	assert.match(closed as string, /^ECLOSED: digital: it is closed/);
	assert.equal(again, 0);
	for (const index of [2, 3, 4, 5, 7]) {
		assert.deepEqual([pin(index).outputEnabled, pin(index).level], [false, false], `GPIO ${index} is as after a reset`);
	}
	await scene.next();
	scene.close();
});

test("edges call onReadable: rising, falling, both, inverted, several at once, closed inside, thrown out of", async () => {
	const scene = await Scene.open("edges");
	const pin = (index: number): Pin => scene.board.pin(index);
	await scene.next();
	const pulse = async (index: number, ...levels: boolean[]): Promise<void> => {
		for (const level of levels) {
			pin(index).drive(level);
			await scene.pass(500);
		}
	};
	await pulse(10, true, false, true);
	await pulse(11, true, false);
	await pulse(12, true, false, true, false);
	// Pins that change in the same instant are told once.
	for (const index of [18, 19, 20]) pin(index).drive(false);
	await scene.pass(500);
	await pulse(18, true);
	await pulse(13, true, false, true);
	const first = await scene.next();
	assert.deepEqual(first.seen, [
		"rise 1", "rise 1", "fall 0", "both 0", "both 1", "bank 110 0", "bank 1 1", "throws", "throws",
	]);
	await pulse(18, false, true);
	assert.equal((await scene.next()).seen, 9, "no callback after close");
	assert.match(scene.board.console.text, /^Uncaught /m);
	scene.close();
});

test("a bank writes its pins in one cycle, inverted where it is told to", async () => {
	const scene = await Scene.open("bank");
	const levels = (): number => [14, 15, 16, 17].reduce((mask, index) => mask | (scene.board.pin(index).level ? 1 << (index - 14) : 0), 0);
	await scene.next();
	assert.equal(levels(), 0b1001);
	const changes: number[] = [];
	for (const index of [14, 15, 16, 17]) scene.board.pin(index).onChange(() => changes.push(scene.board.clock.cycles));
	const { bank } = await scene.next();
	assert.equal(bank, "110");
	assert.equal(levels(), 0b0111);
	assert.deepEqual([changes.length, new Set(changes).size], [3, 1]);
	await scene.next();
	scene.close();
});

test("what cannot be is refused with what was found and who has it, and takes nothing", async () => {
	const scene = await Scene.open("refusals");
	const said = await scene.next();
	const expected: readonly RegExp[] = [
		/^EBUSY: embedded:io\/digital: GPIO 2 is in use by embedded:io\/digital\./,
		/^EBUSY: embedded:io\/digitalbank: GPIO 2 is in use by embedded:io\/digital\./,
		/^EBUSY: embedded:io\/digital: GPIO 23 belongs to the radio chip/,
		/^EBUSY: .*GPIO 29 belongs to the radio chip/,
		/^RangeError: pin: found 30, expected an integer of 0 to 29/,
		/^TypeError: pin: found string/,
		/^RangeError: mode: found 5/,
		/^TypeError: onReadable goes with the edges/,
		/^TypeError: onReadable: found on an output/,
		/^RangeError: rises and falls: found pins that are not in/,
		/^RangeError: format: found buffer, expected number/,
		/^RangeError: value: found 2, expected an integer of 0 to 1/,
		/^EBUSY: embedded:io\/analog: GPIO 29 belongs to the radio chip/,
		/^RangeError: pin: found 25, expected an integer of 26 to 29/,
		/^EBUSY: .*channel 0 is in use by embedded:io\/analog/,
		/^EBUSY: .*channel 4 is in use/,
		/^TypeError: pin, channel: expected one of the two/,
		/^TypeError: celsius: channel 0 has no sensor/,
		/^EBUSY: embedded:io\/pwm: GPIO 24 belongs to the radio chip/,
		/^EBUSY: .*GPIO 9 shares its frequency with GPIO 8, which runs at 1000 Hz/,
		/^EBUSY: .*GPIO 8 is in use by embedded:io\/pwm/,
		/^EBUSY: .*GPIO 22 has the output of GPIO 6, which is in use by embedded:io\/pwm/,
		/^RangeError: hz: found 5/,
		/^RangeError: resolution: found 12 bits, a period of 1000000 Hz has 125 steps: at most 6 bits/,
		/^RangeError: value: found 1024, expected an integer of 0 to 1023/,
		/^ERR_PIN_FUNCTION: .*GPIO 5 cannot be SDA/,
		/^ERR_PIN_FUNCTION: .*SDA on GPIO 8 is I2C0 and SCL on GPIO 11 is I2C1/,
		/^EBUSY: .*I2C0 is in use by embedded:io\/i2c/,
		/^EBUSY: .*address 0x20 of the bus on GPIO 4 and 5 is in use/,
		/^EBUSY: .*bus on GPIO 4 and 5 runs at 100000 Hz/,
		/^EBUSY: .*GPIO 24 belongs to the radio chip/,
		/^EBUSY: .*GPIO 2 is in use by embedded:io\/digital\./,
		/^RangeError: address: found 3/,
		/^RangeError: count: found 0/,
		/^TypeError: buffer: found string/,
		/^EBUSY: .*GPIO 16 is in use by embedded:io\/spi/,
		/^ERR_PIN_FUNCTION: .*GPIO 9 cannot be in/,
		/^ERR_PIN_FUNCTION: .*in on GPIO 20 is SPI0 and the clock is SPI1's/,
		/^TypeError: in, out: expected at least one/,
		/^RangeError: select: GPIO 11 is a signal of the bus already/,
		/^RangeError: length of the buffer: found 0/,
		/^EBUSY: .*UART0 is in use by embedded:io\/serial/,
		/^ERR_PIN_FUNCTION: .*GPIO 13 cannot be transmit/,
		/^ERR_PIN_FUNCTION: .*transmit on GPIO 20 is UART1 and receive on GPIO 13 is UART0/,
		/^TypeError: serial: it was opened without `transmit`/,
		/^RangeError: serial: write of 257 bytes, 256 can be taken now/,
		/^RangeError: value: found 256, expected an integer of 0 to 255/,
	];
	expected.forEach((sentence, index) => assert.match(String(said[`refused ${index}`]), sentence, `${index}`));
	assert.equal(said[`refused ${expected.length}`], undefined);
	assert.equal(said.free, true);
	scene.close();
});

test("PWM on the pin: duty and period as measured, never and always, a partner that goes on", async () => {
	const scene = await Scene.open("pwm");
	const [one, two, fast] = [14, 15, 16].map(index => scene.board.pin(index)) as [Pin, Pin, Pin];
	assert.deepEqual((await scene.next()).pwm, [10, 8, 10, 1000, 100_000]);
	const near = (found: number, wanted: number, by: number): void => assert.ok(Math.abs(found - wanted) <= by, `${found}, expected ${wanted}`);
	await scene.pass(1500);		// what was written counts from the next period on
	const first = await measure(scene, one, 8000);
	near(first.duty, 256 / 1023, 0.001);
	first.rises.slice(1).forEach((at, index) => near(at - first.rises[index]!, 1000, 0.2));
	assert.equal(first.rises.length, 8);
	assert.equal((await measure(scene, two, 2000)).duty, 1, "always");
	const quick = await measure(scene, fast, 2000);
	near(quick.duty, 0.5, 0.002);
	near(quick.rises.length, 200, 1);
	await scene.next();
	await scene.pass(1500);
	assert.equal((await measure(scene, one, 3000)).duty, 0, "never");
	await scene.next();
	await scene.pass(1500);
	assert.deepEqual([one.outputEnabled, fast.outputEnabled], [false, false]);
	near((await measure(scene, two, 4000)).duty, 128 / 255, 0.001);
	const { slow } = await scene.next();
	near(slow as number, 8, 0.01);
	await scene.next();
	scene.close();
});

test("what nobody holds any more goes on until it is closed", async () => {
	const scene = await Scene.open("dropped");
	await scene.next();
	const { duty } = await measure(scene, scene.board.pin(14), 5000);
	assert.ok(Math.abs(duty - 0.5) < 0.01, `${duty}`);
	scene.board.pin(15).drive(true);
	const said = await scene.next();
	assert.equal(said.edge, 1);
	assert.deepEqual(said.kept, ["EBUSY", "EBUSY", "EBUSY", "EBUSY"]);
	scene.close();
});

test("analogue inputs give 4096ths of 3.3 V, and channel 4 the temperature", async () => {
	const scene = await Scene.open("analog", board => {
		board.setVolts(26, 0);
		board.setVolts(27, 1.65);
		board.setVolts(28, 3.3);
		board.setCelsius(21);
	});
	const said = await scene.next();
	assert.deepEqual(said.read, [0, 2048, 4095]);
	assert.match(scene.board.console.text, /^coarse \[8,128\]\r?\ncoarse \[1,1\]\r?$/m);
	assert.equal(said.celsius, 21);
	scene.board.setCelsius(60);
	const later = await scene.next();
	assert.equal(later.celsius, 60);
	assert.match(later.closed as string, /^ECLOSED/);
	scene.close();
});

/** A memory: the first byte written is the place. It refuses the byte 0xee. */
class Memory implements I2cDevice {
	readonly address: number;
	readonly cells = new Uint8Array(256);
	stretchMicros = 0;
	readonly log: string[] = [];
	#place = 0;
	#fresh = true;

	constructor(address: number) {
		this.address = address;
	}

	start(reads: boolean): boolean {
		this.#fresh = !reads;
		this.log.push(reads ? "R" : "W");
		return true;
	}

	write(byte: number): boolean {
		if (byte === 0xee) return false;
		if (this.#fresh) this.#place = byte;
		else this.cells[this.#place++ & 0xff] = byte;
		this.#fresh = false;
		return true;
	}

	read(): number {
		return this.cells[this.#place++ & 0xff]!;
	}

	stop(): void {
		this.log.push("P");
	}
}

test("I2C: writes, reads, repeated start, a bus that is shared, and each way to fail", async () => {
	const [memory, other] = [new Memory(0x50), new Memory(0x51)];
	other.cells.forEach((_, index) => { other.cells[index] = index; });
	const scene = await Scene.open("i2c", board => {
		board.attachI2c(memory, { data: 4, clock: 5 });
		board.attachI2c(other, { data: 4, clock: 5, pullUps: false });
		board.attachI2c(new Memory(0x50), { data: 6, clock: 7, pullUps: false });
	});
	const said = await scene.next();
	assert.match(said.held as string, /^EBUSY: i2c 0x51: the bus is held by 0x50/);
	assert.deepEqual(said.read, [0xbb, 0xcc]);
	assert.equal(said.count, 200);
	assert.deepEqual(said.long, [0, 199, true]);
	assert.match(said.nobody as string, /^ERR_I2C_ADDRESS: i2c 0x10: nobody acknowledges this address on GPIO 4 and 5/);
	assert.match(said.refused as string, /^ERR_I2C_DATA: i2c 0x50: the device refused a byte of 8/);
	assert.deepEqual(memory.log, ["W", "P", "W", "R", "P", "W", "P", "W", "P"], "W-R without STOP between");
	assert.deepEqual([...memory.cells.subarray(0, 6)], [7, 0, 0, 0xaa, 0xbb, 0xcc]);
	memory.stretchMicros = Infinity;
	const late = await scene.next();
	assert.match(late.late as string, /^ETIMEDOUT: i2c 0x50: not done after \d of 2 bytes/);
	assert.ok((late.ms as number) >= 25 && (late.ms as number) < 32, `${late.ms} ms`);
	memory.stretchMicros = 0;
	const after = await scene.next();
	assert.equal(memory.cells[1], 0x77);
	assert.equal(after.after, 1, "a device that was closed while it held the bus does not keep it");
	assert.equal(after.bare, "done", "the pads' own pull-ups hold an empty bus");
	scene.close();
});

test("SPI: modes, select lines, both directions, long transfers in their time", async () => {
	const words: number[][] = [];
	const selections: boolean[] = [];
	const written: number[] = [];
	const scene = await Scene.open("spi", board => {
		board.attachSpi({ exchange: (word, bits, mode) => (words.push([word, bits, mode]), ~word & 0xff), selected: active => selections.push(active) }, { in: 16, out: 19, clock: 18, select: 17 });
		board.attachSpi({ exchange: word => (written.push(word), 0) }, { out: 11, clock: 10 });
	});
	const said = await scene.next();
	assert.equal(said.hz, 992_063, "125 MHz / 126");
	assert.deepEqual(said.transfer, [0xfe, 0xfd, 0x0f]);
	assert.deepEqual(said.read, [0xff, 0xff, 0xff]);
	assert.deepEqual(said.view, [0xfd, 0xfe, 0xfb, 0xfc]);
	assert.deepEqual(said.big, [0xff, 0xff, 24]);
	assert.deepEqual(words.slice(0, 8), [1, 2, 0xf0, 0, 0, 0, 9, 8].map(word => [word, 8, 3]));
	assert.equal(words.length, 8 + 4 + 3000);
	assert.deepEqual(selections, Array.from({ length: 10 }, (_, index) => index % 2 === 0), "selected for each of five calls");
	assert.deepEqual(written, [5]);
	assert.match(said["no in"] as string, /^TypeError: spi: it was opened without `in`/);
	assert.equal(scene.board.pin(17).outputEnabled, false);
	await scene.next();
	scene.close();
});

test("serial: bytes both ways, a full ring, what is lost is told, closed inside its callback", async () => {
	const scene = await Scene.open("serial");
	await scene.next();
	const text = "the quick brown fox jumps over the lazy dog";
	scene.board.uartSend(0, Buffer.from(text));
	const { echo } = await scene.next();
	assert.deepEqual(echo, [text.length, "writable 256"]);
	assert.equal(scene.board.uartText[0], [...text].map(character => String.fromCharCode(character.charCodeAt(0) ^ 0x20)).join(""));
	await scene.pass(9000);
	assert.deepEqual([...Buffer.from(scene.board.uartText[1], "latin1")], Array.from({ length: 200 }, (_, index) => index));
	scene.board.uartSend(1, [1, 2, 3, 4, 5]);
	const second = await scene.next();
	assert.match(second.full as string, /^RangeError: serial: write of 250 bytes/);
	assert.equal(second.drained, 256);
	assert.equal(second.read, true);
	assert.deepEqual(second["after close"], [true, 0, 0]);
	assert.equal(second.format, "buffer");
	scene.board.uartSend(1, new Uint8Array(700));
	await scene.next();
	assert.equal((await scene.next()).lost, "ERR_SERIAL_OVERRUN");
	scene.close();
});

test("serial: a broken byte is dropped and told by its kind, and the port goes on", async () => {
	const scene = await Scene.open("broken");
	for (const error of ["framing", "parity", "break", undefined] as const) {
		await scene.next();
		scene.board.uartSend(0, [0x41], error);
		await scene.pass(1000);
		scene.board.uartSend(0, [0x42]);
	}
	assert.deepEqual((await scene.next()).seen, ["ERR_SERIAL_FRAMING", 0x42, "ERR_SERIAL_PARITY", 0x42, "ERR_SERIAL_BREAK", 0x42, 0x41, 0x42]);
	scene.close();
});

test("instrumentation: what is held is counted, peaks begin anew, a long turn is seen", async () => {
	type Memory = Record<"used" | "peak" | "free", number>;
	type Figures = { slots: Memory; chunks: Memory; arena: Record<"size" | "unused", number>; stack: Record<"size" | "peak", number>; nativeStack: Record<"size" | "peak", number>; nativeHeap: Record<"size" | "used", number>; eventsQueued: number; loop: Record<"turns" | "longestTurn", number> };
	const scene = await Scene.open("instrumentation");
	const said = await scene.next() as unknown as Record<"before" | "held" | "after", Figures> & { network: Record<string, unknown> };
	const { before, held, after } = said;
	assert.ok(held.chunks.used - before.chunks.used >= 5000, `${held.chunks.used} ${before.chunks.used}`);
	assert.ok(held.slots.used - before.slots.used >= 300 * 2 * 16);
	for (const figures of [before, held, after]) {
		for (const { used, peak, free } of [figures.slots, figures.chunks]) {
			assert.ok(used > 0 && peak >= used && free >= 0, JSON.stringify(figures));
		}
		const { stack, nativeStack, nativeHeap, arena, slots, chunks } = figures;
		assert.ok(stack.peak > 0 && stack.peak < stack.size);
		assert.ok(nativeHeap.size > 30_000 && nativeHeap.used > 1000 && nativeHeap.used < nativeHeap.size, JSON.stringify(nativeHeap));
		assert.ok(nativeStack.size === 8192 && nativeStack.peak > 500 && nativeStack.peak < 8192 - 64, JSON.stringify(nativeStack));
		assert.ok(slots.used + slots.free + chunks.used + chunks.free + stack.size + arena.unused <= arena.size);
		assert.equal(figures.eventsQueued, 0);
	}
	assert.ok(held.stack.peak - before.stack.peak > 20 * 16 * 4, "twenty frames");
	assert.ok(after.stack.peak < held.stack.peak, "begins anew");
	assert.ok(after.loop.longestTurn >= 25_000 && after.loop.longestTurn < 40_000, `${after.loop.longestTurn}`);
	assert.ok(held.loop.longestTurn < 25_000);
	assert.ok(after.loop.turns >= 2);
	assert.deepEqual(said.network.packets, { size: 0, used: 0, peak: 0, refused: 0 }, "no network was started");
	scene.close();
});

test("instrumentation of the network and of TLS: what is open, what was the most, what is left afterwards", async () => {
	type Pool = Record<"size" | "used" | "peak" | "refused", number>;
	type Network = Record<"packets" | "segments" | "connections" | "sockets" | "heap", Pool>;
	type Tls = Record<"size" | "used" | "peak" | "largestFree" | "refused", number>;
	const ends = (): Duplex => {
		const [near, far] = duplexPair();
		far.on("error", () => {});
		far.once("data", () => far.end());
		return near;
	};
	const scene = await Scene.open("network", undefined, { hosts: { "192.0.2.7": { ports: { 443: { connect: ends } } } } });
	const said = await scene.next();
	const [before, open, closed] = ["tls before", "tls open", "tls closed"].map(what => said[what] as Tls) as [Tls, Tls, Tls];
	assert.deepEqual(before, { size: 0, used: 0, peak: 0, largestFree: 0, refused: 0 });
	assert.ok(open.used > 5000 && open.used < open.size && open.largestFree > 0 && open.largestFree <= open.size - open.used, JSON.stringify(open));
	assert.ok(closed.used === 0 && closed.peak >= open.peak && closed.refused === 0, JSON.stringify(closed));
	const [networkOpen, networkClosed] = ["network open", "network closed"].map(what => said[what] as Network) as [Network, Network];
	assert.equal(networkOpen.connections.used, 1, JSON.stringify(networkOpen));
	assert.ok(networkOpen.sockets.used >= 1, "DHCP's");
	for (const figures of [networkOpen, networkClosed]) {
		for (const { size, used, peak, refused } of [figures.packets, figures.segments, figures.connections, figures.sockets, figures.heap]) {
			assert.ok(size > 0 && used <= peak && peak <= size && refused === 0, JSON.stringify(figures));
		}
	}
	assert.ok(networkClosed.packets.peak > 0 && networkClosed.packets.used === 0, JSON.stringify(networkClosed.packets));
	assert.ok(networkClosed.heap.peak > 200);
	scene.close();
});

test("the LED on the radio chip goes on and off", async () => {
	const scene = await Scene.open("led", undefined, {});
	const said = await scene.next();
	assert.equal(said.led, true);
	assert.equal(scene.board.radio?.report().led, true);
	await scene.next();
	assert.equal(scene.board.radio?.report().led, false);
	await scene.next();
	scene.close();
});
