// The pins of the board by script: the story of the configuration, told in lines that hardware.test.ts compares. At each
// "ready" the test does its part on the other side of the pins.

import config from "mc/config";
import { instrumentation, restartInstrumentation } from "instrumentation";
import { networkInstrumentation } from "network/instrumentation";
import { tlsInstrumentation } from "embedded:io/socket/tcp/tls/instrumentation";
import Analog from "embedded:io/analog";
import Digital from "embedded:io/digital";
import DigitalBank from "embedded:io/digitalbank";
import I2C from "embedded:io/i2c";
import LED from "led";
import PWM from "embedded:io/pwm";
import Serial from "embedded:io/serial";
import SPI from "embedded:io/spi";
import TLSSocket from "embedded:io/socket/tcp/tls";
import { setTime } from "time";
import { join } from "wifi";

const stories: Readonly<Record<string, () => unknown>> = {
	async digital() {
		const up = new Digital({ pin: 2, mode: Digital.InputPullUp });
		const down = new Digital({ pin: 3, mode: Digital.InputPullDown });
		const kept = new Digital({ pin: 4, mode: Digital.InputPullUpDown });
		const inverted = new Digital({ pin: 5, mode: Digital.Input, invert: true });
		const output = new Digital({ pin: 6, mode: Digital.Output, initialValue: 1 });
		const drain = new Digital({ pin: 7, mode: Digital.OutputOpenDrain, initialValue: 1 });
		const levels = (): void => say("levels", [up, down, kept, inverted, output, drain].map(pin => pin.read()));
		levels();
		await ready();		// the board drives 2 and 7 low, 3, 4 and 5 high, then lets go of 4
		levels();
		output.write(0);
		drain.write(0);
		await ready();		// the board looks at 6 and 7
		for (const pin of [up, down, kept, inverted, output, drain]) pin.close();
		output.close();
		say("closed", refusal(() => output.read()));
		const again = new Digital({ pin: 6, mode: Digital.Output });
		say("again", again.read());
		await ready();		// the board looks at 2 to 7
	},

	async edges() {
		const seen: string[] = [];
		new Digital({ pin: 10, mode: Digital.InputPullDown, edge: Digital.Rising, onReadable() { seen.push(`rise ${this.read()}`); } });
		new Digital({ pin: 11, mode: Digital.InputPullDown, edge: Digital.Falling, onReadable() { seen.push(`fall ${this.read()}`); } });
		let left = 2;
		new Digital({ pin: 12, mode: Digital.InputPullDown, edge: Digital.Rising | Digital.Falling, invert: true, onReadable() {
			seen.push(`both ${this.read()}`);
			if (--left === 0) this.close();
		} });
		const bank = new DigitalBank({ pins: 0b111 << 18, mode: DigitalBank.InputPullUp, rises: 1 << 18, falls: 0b110 << 18, onReadable(triggered) {
			seen.push(`bank ${(triggered >>> 18).toString(2)} ${(this.read() >>> 18).toString(2)}`);
		} });
		new Digital({ pin: 13, mode: Digital.Input, edge: Digital.Rising, onReadable() {
			seen.push("throws");
			throw new Error("from onReadable");
		} });
		await ready();		// the board moves the pins
		say("seen", seen);
		bank.close();
		await ready();		// and moves 18 again
		say("seen", seen.length);
	},

	async bank() {
		const bank = new DigitalBank({ pins: 0b1111 << 14, mode: DigitalBank.Output, invert: 1 << 14, initialValue: 1 << 17 });
		await ready();
		bank.write(0b0110 << 14 | 1);
		say("bank", (bank.read() >>> 14).toString(2));
		await ready();
		bank.close();
	},

	async refusals() {
		const first = new Digital({ pin: 2, mode: Digital.Output });
		const i2c = new I2C({ data: 4, clock: 5, address: 0x20 });
		const uart = new Serial({ transmit: 0, receive: 1, baud: 9600 });
		const pwm = new PWM({ pin: 8, hz: 1000 });
		const low = new PWM({ pin: 6 });
		const spi = new SPI({ in: 16, out: 19, clock: 18, select: 17, hz: 1_000_000 });
		const analog = new Analog({ pin: 26 });
		const sensor = new Analog({ channel: 4 });
		const all: readonly (() => unknown)[] = [
			() => new Digital({ pin: 2, mode: Digital.Input }),
			() => new DigitalBank({ pins: 0b100100, mode: DigitalBank.Input }),
			() => new Digital({ pin: 23, mode: Digital.Output }),
			() => new Digital({ pin: 29, mode: Digital.Input }),
			() => new Digital({ pin: 30, mode: Digital.Input }),
			() => new Digital({ pin: "7" as unknown as number, mode: Digital.Input }),
			() => new Digital({ pin: 7, mode: 5 }),
			() => new Digital({ pin: 7, mode: Digital.Input, onReadable() {} }),
			() => new Digital({ pin: 7, mode: Digital.Output, edge: Digital.Rising, onReadable() {} }),
			() => new DigitalBank({ pins: 0b11, mode: DigitalBank.Input, rises: 0b100, onReadable() {} }),
			() => new Digital({ pin: 7, mode: Digital.Input, format: "buffer" as "number" }),
			() => first.write(2),
			() => new Analog({ pin: 29 }),
			() => new Analog({ pin: 25 }),
			() => new Analog({ pin: 26 }),
			() => new Analog({ channel: 4 }),
			() => new Analog({}),
			() => analog.celsius(),
			() => new PWM({ pin: 24 }),
			() => new PWM({ pin: 9, hz: 2000 }),
			() => new PWM({ pin: 8, hz: 1000 }),
			() => new PWM({ pin: 22, hz: 1000 }),
			() => new PWM({ pin: 10, hz: 5 }),
			() => new PWM({ pin: 10, hz: 1_000_000, resolution: 12 }),
			() => pwm.write(1024),
			() => new I2C({ data: 5, clock: 6, address: 0x20 }),
			() => new I2C({ data: 8, clock: 11, address: 0x20 }),
			() => new I2C({ data: 12, clock: 13, address: 0x20 }),
			() => new I2C({ data: 4, clock: 5, address: 0x20 }),
			() => new I2C({ data: 4, clock: 5, address: 0x21, hz: 400_000 }),
			() => new I2C({ data: 24, clock: 25, address: 0x20 }),
			() => new I2C({ data: 2, clock: 3, address: 0x20 }),
			() => new I2C({ data: 14, clock: 15, address: 3 }),
			() => i2c.read(0),
			() => i2c.write("text" as unknown as ArrayBuffer),
			() => new SPI({ in: 16, out: 19, clock: 18, hz: 1_000_000 }),
			() => new SPI({ in: 9, clock: 10, hz: 1_000_000 }),
			() => new SPI({ in: 20, clock: 10, hz: 1_000_000 }),
			() => new SPI({ clock: 10, hz: 1_000_000 }),
			() => new SPI({ out: 11, clock: 10, select: 11, hz: 1_000_000 }),
			() => spi.write(new Uint8Array(0)),
			() => new Serial({ transmit: 12, receive: 13, baud: 9600 }),
			() => new Serial({ transmit: 13, baud: 9600 }),
			() => new Serial({ transmit: 20, receive: 13, baud: 9600 }),
			() => new Serial({ receive: 21, baud: 9600 }).write(1),
			() => uart.write(new Uint8Array(257)),
			() => uart.write(256),
		];
		for (const [index, attempt] of all.entries()) {
			say(`refused ${index}`, refusal(attempt));
			await pause(2);		// the console takes 2 KB at a time
		}
		for (const open of [first, i2c, uart, pwm, low, spi, analog, sensor]) {
			open.close();
			open.close();
		}
		// Everything is free again, and what was refused has taken nothing.
		for (const pin of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 26, 27, 28]) {
			new Digital({ pin, mode: Digital.Input }).close();
		}
		for (const make of [() => new I2C({ data: 8, clock: 9, address: 0x20 }), () => new SPI({ in: 4, clock: 2, hz: 1e6 }), () => new Serial({ transmit: 12, baud: 300 })]) {
			make().close();
		}
		say("free", true);
	},

	async pwm() {
		const one = new PWM({ pin: 14, hz: 1000 });
		const two = new PWM({ pin: 15, hz: 1000, resolution: 8 });
		const fast = new PWM({ pin: 16, hz: 100_000.5 });
		say("pwm", [one.resolution, two.resolution, fast.resolution, Math.round(one.hz), Math.round(fast.hz)]);
		one.write(256);
		two.write(255);
		fast.write(1023 >> 1);
		await ready();		// the board measures
		one.write(0);
		two.write(0);
		await ready();		// and again
		one.close();
		fast.close();
		two.write(128);
		await ready();		// 15 goes on alone
		two.close();
		const slow = new PWM({ pin: 14, hz: 8 });
		slow.write(1 << (slow.resolution - 1));
		say("slow", slow.hz);
		await ready();
	},

	async dropped() {
		open();
		for (let round = 0; round < 40; round++) new Uint8Array(10_000).fill(round);
		await ready();		// the board looks at 14 and moves 15
		say("kept", [refusal(() => new Digital({ pin: 14, mode: Digital.Input })), refusal(() => new Analog({ pin: 26 })),
			refusal(() => new I2C({ data: 4, clock: 5, address: 0x20 })), refusal(() => new SPI({ in: 16, clock: 18, hz: 1e6 }))].map(text => text.slice(0, 5)));

		/** In a function of its own, so that nothing of it is left on the stack. */
		function open(): void {
			new PWM({ pin: 14, hz: 1000 }).write(512);
			new Digital({ pin: 15, mode: Digital.Input, edge: Digital.Rising, onReadable() { say("edge", this.read()); } });
			new Analog({ pin: 26 });
			new I2C({ data: 4, clock: 5, address: 0x20 });
			new SPI({ in: 16, clock: 18, hz: 1e6 });
		}
	},

	async analog() {
		const inputs = [26, 27, 28].map(pin => new Analog({ pin }));
		const coarse = [8, 1];
		say("read", inputs.map(input => input.read()));
		for (const input of inputs) input.close();
		for (const resolution of coarse) {
			const input = new Analog({ channel: 1, resolution });
			say("coarse", [input.resolution, input.read()]);
			input.close();
		}
		const sensor = new Analog({ channel: 4 });
		say("celsius", Math.round(sensor.celsius()));
		await ready();		// it gets warm
		say("celsius", Math.round(sensor.celsius()));
		sensor.close();
		say("closed", refusal(() => sensor.read()));
	},

	async i2c() {
		const memory = new I2C({ data: 4, clock: 5, address: 0x50, hz: 400_000 });
		const other = new I2C({ data: 4, clock: 5, address: 0x51, hz: 400_000 });
		memory.write(Uint8Array.of(3, 0xaa, 0xbb, 0xcc));
		memory.write(Uint8Array.of(4), false);
		say("held", refusal(() => other.read(1)));
		say("read", [...new Uint8Array(memory.read(2))]);
		const long = new Uint8Array(200);
		say("count", other.read(long));
		say("long", [long[0], long[199], long.every((byte, index) => byte === (index & 0xff))]);
		say("nobody", refusal(() => new I2C({ data: 4, clock: 5, address: 0x10, hz: 400_000 }).write(Uint8Array.of(1, 2, 3))));
		say("refused", refusal(() => memory.write(Uint8Array.of(0, 1, 0xee, 3, 4, 5, 6, 7))));
		memory.write(new Uint8Array([0, 7]).buffer);
		say("goes on", 1);
		await ready();		// the device holds the clock
		const from = Date.now();
		say("late", refusal(() => memory.write(Uint8Array.of(0, 1))));
		say("ms", Date.now() - from);
		await ready();		// it lets go
		memory.write(Uint8Array.of(1, 0x77));
		memory.write(Uint8Array.of(1), false);
		memory.close();
		say("after", other.read(new Uint8Array(1)));
		other.close();
		const bare = new I2C({ data: 6, clock: 7, address: 0x50 });
		say("bare", refusal(() => bare.read(1)));
	},

	async spi() {
		const device = new SPI({ in: 16, out: 19, clock: 18, select: 17, hz: 1_000_000, mode: 3 });
		say("hz", device.hz);
		say("transfer", [...device.transfer(Uint8Array.of(1, 2, 0xf0))]);
		say("read", [...new Uint8Array(device.read(3))]);
		device.write(Uint8Array.of(9, 8));
		const view = new Uint16Array([0x0102, 0x0304]);
		device.transfer(view);
		say("view", [...new Uint8Array(view.buffer)]);
		const big = new Uint8Array(3000);
		const from = Date.now();
		device.transfer(big);
		say("big", [big[0], big[2999], Math.round((Date.now() - from) / 4) * 4]);
		device.close();
		const writer = new SPI({ out: 11, clock: 10, hz: 62_500_000 });
		writer.write(Uint8Array.of(5));
		say("no in", refusal(() => writer.read(1)));
		await ready();
	},

	async serial() {
		const told: string[] = [];
		let echoed = 0;
		const echo = new Serial({ receive: 1, transmit: 0, baud: 115_200, onReadable(count) {
			for (let left = count; left > 0; left--) {
				const byte = this.read() as number;
				this.write(byte ^ 0x20);
				echoed++;
			}
		}, onWritable(count) {
			if (told.length === 0) told.push(`writable ${count}`);
		} });
		await ready();		// the board sends, and reads what comes
		say("echo", [echoed, ...told]);
		echo.close();
		let drained = 0;
		const second = new Serial({ transmit: 8, receive: 9, baud: 1_000_000, format: "buffer", parity: "even", stop: 2, onWritable(count) {
			if (++drained === 2) say("drained", count);
			if (drained > 1) return;
			say("room", this.write(Uint8Array.from({ length: 200 }, (_, index) => index)));
			say("full", refusal(() => this.write(new Uint8Array(250))));
		}, onReadable() {
			say("read", [...new Uint8Array(this.read() as ArrayBuffer)].length > 0);
			this.close();
			say("after close", [this.read() === undefined, this.readable, this.writable]);
		} });
		await ready();		// the board counts, and sends
		say("format", second.format);
		const flooded = new Serial({ receive: 5, baud: 921_600, format: "buffer", onError(error) {
			say("lost", error.code);
			this.close();
		} });
		const until = Date.now() + 15;
		await ready(1);		// the board sends 700 bytes
		while (Date.now() < until);
		await ready();
		flooded.close();
	},

	async broken() {
		const seen: (string | number)[] = [];
		const port = new Serial({ receive: 13, baud: 115_200, onReadable(count) {
			for (; count > 0; count--) seen.push(this.read() as number);
		}, onError(error) {
			seen.push(error.code);
		} });
		for (let part = 0; part < 4; part++) await ready(5);		// good and broken bytes by turns
		say("seen", seen);
		port.close();
	},

	async instrumentation() {
		const before = instrumentation();
		say("before", before);
		restartInstrumentation();
		let held: unknown = new Uint8Array(5000);
		let objects: object[] = [];
		for (let index = 0; index < 300; index++) objects.push({ index });
		deep(20);
		await pause(1);
		const held1 = instrumentation();
		say("held", held1);
		held = undefined;
		objects = [];
		restartInstrumentation();
		const until = Date.now() + 30;
		setTimeout(() => { while (Date.now() < until); }, 1);
		await pause(40);
		say("after", instrumentation());
		say("network", networkInstrumentation());
		return held;
	},

	async network() {
		say("tls before", tlsInstrumentation());
		await join();
		setTime(Date.UTC(2026, 0, 15));
		const address = "192.0.2.7";
		let open = networkInstrumentation();
		const code = await new Promise<string>(resolve => {
			new TLSSocket({ address, port: 443, tls: { host: "silent.example" }, onError: error => resolve(error.code) });
			say("tls open", tlsInstrumentation());
			open = networkInstrumentation();
		});
		say("network open", open);
		say("code", code);
		say("tls closed", tlsInstrumentation());
		say("network closed", networkInstrumentation());
	},

	async led() {
		const led = new LED();
		say("led", [led.brightness, led.lit]);
		led.on();
		say("led", led.lit);
		await ready();
		led.close();
		await ready();
	},
};

let step = 0;

/** Says so, and gives the board 20 ms for its part. */
function ready(ms = 20): Promise<void> {
	console.log(`ready ${++step}`);
	return pause(ms);
}

function pause(ms: number): Promise<void> {
	return new Promise(resolve => setTimeout(resolve, ms));
}

function say(what: string, value: unknown): void {
	console.log(`${what} ${JSON.stringify(value)}`);
}

/** Takes a stack of some depth. */
function deep(levels: number): number {
	return levels === 0 ? 0 : 1 + deep(levels - 1);
}

/** What an attempt ends with: code or class, and the sentence. */
function refusal(attempt: () => unknown): string {
	try {
		attempt();
		return "done";
	} catch (error) {
		const { code, name, message } = error as { code?: string; name: string; message: string };
		return `${code ?? name}: ${message}`;
	}
}

await pause(1500);	// until a terminal reads: more is said here than is kept for one
await stories[config.story as string]!();
console.log("end");
