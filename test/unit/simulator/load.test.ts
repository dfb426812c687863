/** Programs as .uf2, .elf and .bin; the command that boots them, and what it says of bad ones. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { fileURLToPath } from "node:url";
import { command } from "../../../simulator/cli.ts";
import { parseProgram } from "../../../simulator/flash/program-file.ts";
import { PicoW, type RunReport } from "../../../simulator/simulator.ts";
import { image, uf2 } from "./tiny-program.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "simulator-load-"));
after(() => rmSync(folder, { recursive: true }));

/** movs r0, #0x42; ldr r1, =0x20000000; str r0, [r1]; sleep */
const STORES = [0x2042, 0x4902, 0x6008, 0xbf30, 0xe7fd, 0xbf00, 0x0000, 0x2000];

interface ElfFields {
	machine?: number;
	type?: number;
	entry?: number;
}

/** An executable whose segments are loaded as they are. */
function elf(segments: { address: number; data: Uint8Array }[], { machine = 40, type = 2, entry = 0x10000140 }: ElfFields = {}): Uint8Array {
	let offset = 52 + 32 * segments.length;
	const file = new Uint8Array(offset + segments.reduce((sum, { data }) => sum + data.length, 0));
	const view = new DataView(file.buffer);
	file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
	view.setUint16(16, type, true);
	view.setUint16(18, machine, true);
	view.setUint32(24, entry, true);
	view.setUint32(28, 52, true);
	view.setUint16(42, 32, true);
	view.setUint16(44, segments.length, true);
	segments.forEach(({ address, data }, index) => {
		const fields = [1, offset, address, address, data.length, data.length, 5, 4];
		fields.forEach((value, field) => view.setUint32(52 + 32 * index + 4 * field, value, true));
		file.set(data, offset);
		offset += data.length;
	});
	return file;
}

function halfwords(...values: number[]): Uint8Array {
	return new Uint8Array(Uint16Array.from(values).buffer);
}

const flashImage = image(STORES);
const programs: [string, string, Uint8Array][] = [
	["a .uf2", "program.uf2", uf2(flashImage)],
	["an ELF file in two segments", "program.elf", elf([{ address: 0x10000000, data: flashImage.subarray(0, 256) }, { address: 0x10000100, data: flashImage.subarray(256) }])],
	["an ELF file of another name", "program", elf([{ address: 0x10000000, data: flashImage }])],
	["an image of the flash", "program.bin", flashImage],
	["an ELF file that lies in SRAM alone, entered at its entry", "ram.elf", elf([{ address: 0x20000100, data: halfwords(...STORES) }], { entry: 0x20000101 })],
];

for (const [name, file, bytes] of programs) {
	test(`${name} is loaded and runs`, async () => {
		const board = new PicoW();
		board.load(bytes, file);
		await board.run({ timeoutMicros: 10_000 });
		assert.equal(Buffer.from(board.read(0x20000000, 4)).readUInt32LE(), 0x42);
		assert.deepEqual(board.violations, []);
	});
}

const bad: [string, string, Uint8Array, RegExp][] = [
	["a text", "notes.txt", Buffer.from("hello"), /notes\.txt: no program: expected a \.uf2, an ELF file, or an image/],
	["an empty .uf2", "a.uf2", new Uint8Array(0), /0 bytes are not a whole number of 512-byte blocks/],
	["a .uf2 cut short", "a.uf2", uf2(flashImage).subarray(0, 700), /700 bytes are not a whole number/],
	["a .bin beyond the flash", "a.bin", new Uint8Array(2 * 1024 * 1024 + 1), /2097153 bytes, expected an image of the flash/],
	["an ELF file of another machine", "a.elf", elf([{ address: 0x10000000, data: flashImage }], { machine: 243 }), /for machine 243, expected 40 \(ARM\)/],
	["an object file", "a.o", elf([], { type: 1 }), /of type 1, expected 2: a linked program/],
	["an ELF file with nothing in it", "a.elf", elf([]), /nothing in it is to be loaded/],
	["an ELF file cut short", "a.elf", elf([{ address: 0x10000000, data: flashImage }]).subarray(0, 200), /cut short, 512 bytes at 84/],
	["an ELF file whose headers are cut off", "a.elf", elf([{ address: 0x10000000, data: flashImage }]).subarray(0, 60), /its program headers are not in the file/],
	["an ELF file for other memory", "a.elf", elf([{ address: 0x08000000, data: flashImage }]), /512 bytes for 0x8000000, which is neither flash nor SRAM/],
	["an ELF file over the end of SRAM", "a.elf", elf([{ address: 0x20041ff0, data: flashImage }]), /512 bytes for 0x20041ff0, which is neither/],
];

for (const [name, file, bytes, sentence] of bad) {
	test(`${name} is refused with a sentence`, () => {
		assert.throws(() => parseProgram(bytes, file), sentence);
	});
}

/** UART0 at 115200 baud from the ring oscillator says "ok", then the program sleeps. Set up as software of the SDK does. */
const SAYS_OK = [
	0x4810, 0x4911, 0x6001, // RESETS, clear alias: io_bank0, pads_bank0, uart0
	0x4811, 0x2102, 0x6041, // GPIO 0: function UART
	0x4811, 0x2103, 0x6241, // UARTIBRD 3
	0x2122, 0x6281, // UARTFBRD 34
	0x2170, 0x62c1, // UARTLCR_H: 8 bits, FIFOs
	0x4910, 0x6301, // UARTCR: enable, transmit, receive
	0x216f, 0x6001, 0x216b, 0x6001, 0x210a, 0x6001, // "ok\n"
	0xbf30, 0xe7fd, 0xbf00, // sleep
];

function simulate(...options: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
	return new Promise((resolve) => {
		const child = execFile(process.execPath, ["--import", "tsx", "tools/main.ts", "simulate", ...options], { cwd: root }, (_error, stdout, stderr) =>
			resolve({ status: child.exitCode, stdout, stderr }),
		);
	});
}

test("the command boots a program, shows the serial line that it is told to, and says by its status how it ended", async () => {
	const says = join(folder, "says.bin");
	const literals = [0x4000f000, 0x00400120, 0x40014000, 0x40034000, 0x301];
	const code = [...SAYS_OK];
	while (code.length < 34) {
		code.push(0xbf00);
	}
	// Each load's literal, as the words lie behind the code.
	const loads: [number, number][] = [[0, 0], [1, 1], [3, 2], [6, 3], [13, 4]];
	for (const [at, word] of loads) {
		code[at] = (code[at] & 0xff00) | ((2 * 34 + 4 * word - ((2 * at + 4) & ~3)) / 4);
	}
	writeFileSync(says, image([...code, ...literals.flatMap((word) => [word & 0xffff, word >>> 16])]));
	const faulting = join(folder, "faults.uf2");
	writeFileSync(faulting, uf2(image([0xde01])));
	const [vcd, log] = [join(folder, "pins.vcd"), join(folder, "log.txt")];
	const misnamed = join(folder, "misnamed.uf2");
	writeFileSync(misnamed, readFileSync(says));
	const [matched, byOption, silent, noUf2, faulted] = await Promise.all([
		simulate(says, "--serial", "uart0", "--until", "ok", "--timeout", "0.1"),
		simulate("--uf2", says, "--serial", "uart0", "--until", "^ok$", "--timeout", "0.1"),
		simulate(says, "--until", "ok", "--timeout", "0.1"),
		simulate("--uf2", misnamed),
		simulate("--uf2", faulting, "--vcd", vcd, "--log", log),
	]);
	assert.deepEqual([matched.status, matched.stdout], [0, "ok\n"]);
	assert.deepEqual([byOption.status, byOption.stdout], [0, "ok\n"], "--uf2 takes what the argument takes");
	assert.deepEqual([silent.status, silent.stdout], [2, ""], "nothing comes over USB");
	assert.equal(noUf2.status, 1);
	assert.match(noUf2.stderr, /magic numbers .* are not those of UF2/);
	assert.equal(faulted.status, 3);
	assert.match(readFileSync(vcd, "utf8"), /^\$date .*\n#0\n\$dumpvars\n/s);
	assert.match(readFileSync(log, "utf8"), /^\d+\.\d{3} board error undefined-instruction: .*\n/m);
});

test("power-on is noon of the day on which the program was written, from a fixed day on, unless --epoch says another", async () => {
	const program = join(folder, "dated.uf2");
	const report = join(folder, "dated.json");
	const epochOf = async (...options: string[]): Promise<string> => {
		assert.equal((await simulate(program, "--report", report, "--timeout", "0.001", ...options)).status, 0);
		return new Date((JSON.parse(readFileSync(report, "utf8")) as { epochMs: number }).epochMs).toISOString();
	};
	writeFileSync(program, uf2(image(STORES)));
	utimesSync(program, new Date(), new Date("2031-03-04T23:59:59Z"));
	assert.equal(await epochOf(), "2031-03-04T12:00:00.000Z");
	assert.equal(await epochOf("--epoch", "2027-01-01T00:00:01Z"), "2027-01-01T00:00:01.000Z");
	utimesSync(program, new Date(), new Date("1980-01-01T00:00:00Z"));
	assert.equal(await epochOf(), "2026-11-25T12:00:00.000Z");
});

test("a file that takes no more, and one in a folder that is not there, end the command with a sentence", async () => {
	const program = join(folder, "full.uf2");
	writeFileSync(program, uf2(image(STORES)));
	const runs = await Promise.all([
		...["--vcd", "--report"].map((option) => simulate(program, option, "/dev/full", "--timeout", "0.01")),
		simulate(program, "--report", join(folder, "missing", "run.json"), "--timeout", "0.01"),
	]);
	for (const { status, stderr } of runs.slice(0, 2)) {
		assert.equal(status, 1, stderr);
		assert.equal(stderr, "simulate: /dev/full: cannot be written on (ENOSPC)\n");
	}
	assert.equal(runs[2].status, 1);
	assert.match(runs[2].stderr, /^simulate: .*run\.json: there is no such file or folder\n$/);
});

test("Ctrl-C ends the command cleanly, with its report", async () => {
	const program = join(folder, "waits.bin");
	const report = join(folder, "report.json");
	writeFileSync(program, image(STORES));
	// A board that waits for a debugger is certain to be still there.
	const child = spawn(process.execPath, ["--import", "tsx", "tools/main.ts", "simulate", program, "--gdb", "0", "--report", report], { cwd: root });
	let told = "";
	child.stderr.on("data", (text: Buffer) => {
		const waited = told.includes("waiting for GDB");
		told += text.toString();
		if (!waited && told.includes("waiting for GDB")) {
			child.kill("SIGINT");
		}
	});
	const status = await new Promise((resolve) => child.on("close", resolve));
	assert.equal(status, 130, told);
	assert.match(told, /ended at 0\.000 ms virtual/);
	const written = JSON.parse(readFileSync(report, "utf8")) as RunReport;
	assert.deepEqual([written.program, written.reason, written.flashModel, typeof written.hostSeconds], [program, "ended", "no wait states", "number"]);
});

test("with --open and no browser the page is served all the same; a fault is shown until Ctrl-C, and is the status", async () => {
	const program = join(folder, "faults.bin");
	writeFileSync(program, image([0xde01]));
	const child = spawn(process.execPath, ["--import", "tsx", "tools/main.ts", "simulate", program, "--open"], { cwd: root, env: { ...process.env, PATH: "" } });
	let told = "";
	const until = async (text: RegExp): Promise<RegExpExecArray> => {
		for (;;) {
			const match = text.exec(told);
			if (match) {
				return match;
			}
			assert.equal(child.exitCode, null, told);
			await Promise.race([once(child.stderr, "data"), once(child, "exit")]);
		}
	};
	child.stderr.on("data", (text: Buffer) => {
		told += text.toString();
	});
	await until(/no browser could be started: open that address yourself\n/);
	await until(/the core locks up.*; Ctrl-C ends\n/);
	const [, url] = await until(/the board is shown at (http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/)\n/);
	assert.match(await (await fetch(url)).text(), /<title>Pico W, simulated<\/title>/);
	const ended = once(child, "exit");
	child.kill("SIGINT");
	assert.deepEqual(await ended, [3, null], told);
});

test("the command refuses options that name no program, two, no serial line, or what nobody has", async () => {
	const cases: [string[], RegExp][] = [
		[[], /no program is given: name a \.uf2, \.elf or \.bin file/],
		[["a.elf", "--uf2", "b.uf2"], /two programs are given, a\.elf and --uf2 b\.uf2/],
		[["a.elf", "--serial", "uart2"], /Allowed choices are usb, uart0, uart1/],
		[["a.elf", "--ap", "home,channel=15"], /'--ap <ssid,\.\.\.>' argument .* is invalid\. channel=15: a whole number from 1 to 14 is expected/],
		[["a.elf", "--ap", "home,wep"], /"wep" is no setting of an access point; allowed are password=TEXT, security=open\|wpa/],
		[["a.elf", "--faults", "loss=5%"], /loss=5%: a probability from 0 to 1 is expected, such as 0\.05/],
		[["a.elf", "--forward", "8080"], /HOSTPORT:DEVICEPORT is expected, two ports from 1 to 65535, such as 8080:80/],
		[["a.elf", "--client", "its network,channel=1"], /"channel" is no setting of a client; allowed are/],
		[["a.elf", "--vcd-pins", "1"], /--vcd-pins chooses among the pins of --vcd FILE: give that too/],
		[["a.elf", "--vcd", "a.vcd", "--vcd-pins", "30"], /"30" names no pins/],
		[["a.elf", "--log-topics", "bus"], /--log-topics chooses among the lines of --log FILE: give that too/],
		[["a.elf", "--log", "-", "--log-topics", "buses"], /"buses" is no topic: board, radio, bus, ioctl, event, network or "all" is expected/],
		...["--seed", "--mtu"].flatMap((option) => ["1.5", "1e300"].map((value): [string[], RegExp] => [["a.elf", option, value], /a whole number, 0 or more, is expected/])),
		...["--seed", "--mtu", "--timeout", "--patience", "--latency"].flatMap((option) =>
			["", " ", "NaN", "Infinity", "-1", "7s"].map((value): [string[], RegExp] => [["a.elf", `${option}=${value}`], /a number, 0 or more, is expected/])),
		[["a.elf", "--gdb", "65536"], /a port, 0 to 65535, is expected/],
		[["a.elf", "--page", "1.5"], /a port, 0 to 65535, is expected/],
		[["a.elf", "--clock", "21=46875"], /GPIO 20 or 22 and hertz are expected, such as 20=46875/],
		[["a.elf", "--clock", "20=0"], /GPIO 20 or 22 and hertz are expected/],
		[["a.elf", "--wire", "2"], /two GPIOs are expected, such as 2=3/],
		[["a.elf", "--host", "a.example"], /NAME=127\.0\.0\.1:PORT is expected/],
		[["a.elf", "--host", "a.example,group=10.0.0.1:5"], /"10\.0\.0\.1:5" is no group with a port/],
	];
	for (const [options, sentence] of cases) {
		const refusing = command().exitOverride().configureOutput({ writeErr: () => {} });
		await assert.rejects(refusing.parseAsync(options, { from: "user" }), sentence);
	}
});

test("what only the board can judge is refused with a sentence and status 1 too", async () => {
	const program = join(folder, "refused.uf2");
	writeFileSync(program, uf2(image(STORES)));
	const cases: [string[], RegExp][] = [
		[["--until", "("], /simulate: --until \(: .*[Uu]nterminated group/],
		[["--epoch", "yesterday"], /simulate: --epoch yesterday: not an ISO 8601 instant/],
		[["--mtu", "10"], /simulate: mtu: 10 is less than \d+ bytes/],
		[["--wire", "2=30"], /simulate: .*30/],
		[["--host", "a.example=192.0.2.1:80"], /simulate: .*192\.0\.2\.1/],
		[["--replay", program], /simulate: --replay .*refused\.uf2: not a recording/],
	];
	const runs = await Promise.all(cases.map(([options]) => simulate(program, "--timeout", "0.01", ...options)));
	runs.forEach(({ status, stderr }, index) => {
		assert.equal(status, 1, `${cases[index][0].join(" ")}: ${stderr}`);
		assert.match(stderr, cases[index][1]);
		assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
	});
});

test("a clock from outside is counted by the program's board, and bit-exact and fast runs of one program end at the same cycle", async () => {
	const program = join(folder, "options.uf2");
	writeFileSync(program, uf2(image(STORES)));
	const reports = await Promise.all([["--bit-exact"], [], ["--clock", "20=46875", "--mtu", "1280", "--wire", "2=3", "--xip"]].map(async (options, index) => {
		const report = join(folder, `options-${index}.json`);
		assert.equal((await simulate(program, "--timeout", "0.01", "--report", report, ...options)).status, 0);
		return JSON.parse(readFileSync(report, "utf8")) as RunReport;
	}));
	assert.equal(reports[0].activeCycles, reports[1].activeCycles);
	assert.notEqual(reports[2].flashModel, reports[1].flashModel, "the report says which model of flash gave its figures");
});
