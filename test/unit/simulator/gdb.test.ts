/** GDB's remote serial protocol, spoken by a script over a socket to a board that runs small programs. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import test, { type TestContext } from "node:test";
import { packet, PacketReader } from "../../../simulator/debug/gdb-packets.ts";
import { type GdbServer, listenForGdb, PicoW, type RunResult } from "../../../simulator/simulator.ts";
import { image, uf2 } from "./tiny-program.ts";

const PROGRAM = 0x10000140;

/** Counts in r0 and stores it at 0x20000000. */
const COUNTS = [
	0x2000, // movs r0, #0
	0x4902, // ldr r1, =0x20000000
	0x3001, // loop: adds r0, #1
	0x6008, // str r0, [r1]
	0xbf00, // nop
	0xe7fb, // b loop
	0x0000, 0x2000,
];
const LOOP = PROGRAM + 4;
const STORE = PROGRAM + 6;

/** A debugger that sends a packet and waits for the answer. */
class Script {
	readonly #socket: Socket;
	readonly #reader = new PacketReader();
	readonly #answers: string[] = [];
	readonly #waiting: ((answer: string) => void)[] = [];
	acknowledgements = 0;
	readonly closed: Promise<void>;

	constructor(socket: Socket) {
		this.#socket = socket;
		this.closed = new Promise((resolve) => socket.on("close", () => resolve()));
		socket.on("data", (bytes: Buffer) => {
			for (const received of this.#reader.push(bytes)) {
				if (received.kind === "packet") {
					const answer = received.payload.toString("latin1");
					const waiting = this.#waiting.shift();
					if (waiting) {
						waiting(answer);
					} else {
						this.#answers.push(answer);
					}
				} else if (received.kind === "acknowledged") {
					this.acknowledgements++;
				}
			}
		});
	}

	raw(bytes: string | Uint8Array): void {
		this.#socket.write(bytes);
	}

	/** The next packet of the board. */
	answer(): Promise<string> {
		const known = this.#answers.shift();
		return known === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(known);
	}

	async ask(text: string): Promise<string> {
		this.#socket.write(packet(text));
		return this.answer();
	}

	async register(index: number): Promise<number> {
		return Buffer.from(await this.ask(`p${index.toString(16)}`), "hex").readUInt32LE();
	}

	end(): void {
		this.#socket.end();
	}
}

interface Debugged {
	board: PicoW;
	script: Script;
	server: GdbServer;
	result: Promise<RunResult>;
}

async function debugged(t: TestContext, halfwords: number[], timeoutMicros = Infinity): Promise<Debugged> {
	const board = new PicoW();
	board.loadUf2(uf2(image(halfwords)));
	const server = await listenForGdb(board.debugPort, 0);
	const result = board.run({ timeoutMicros });
	const script = await come(server);
	t.after(async () => {
		script.raw(packet("k"));
		script.end();
		await result;
		await server.close();
	});
	return { board, script, server, result };
}

function come(server: GdbServer): Promise<Script> {
	return new Promise((resolve, reject) => {
		const socket = connect(server.port, "127.0.0.1");
		socket.once("error", reject).once("connect", () => resolve(new Script(socket)));
	});
}

test("the board waits, halted before its first instruction, and tells what it is", async (t) => {
	const { board, script } = await debugged(t, COUNTS);
	assert.equal(await script.ask("?"), "T02thread:1;");
	assert.match(await script.ask("qSupported:multiprocess+;swbreak+"), /qXfer:features:read\+.*qXfer:memory-map:read\+/);
	const head = await script.ask("qXfer:features:read:target.xml:0,40");
	assert.match(head, /^m<\?xml version="1.0"\?>/);
	assert.equal(head.length, 0x41);
	const whole = await script.ask("qXfer:features:read:target.xml:0,fff");
	assert.match(whole, /^l.*armv6s-m.*org\.gnu\.gdb\.arm\.m-profile/s);
	assert.equal((whole.match(/<reg /g) ?? []).length, 21);
	assert.match(await script.ask("qXfer:memory-map:read::0,fff"), /type="flash" start="0x10000000" length="0x200000"/);
	assert.equal(await script.ask("qfThreadInfo"), "m1,2");
	assert.equal(await script.ask("qsThreadInfo"), "l");
	assert.equal(Buffer.from(await script.ask("qThreadExtraInfo,2"), "hex").toString(), "core 1");
	assert.equal(await script.ask("vMustReplyEmpty"), "", "what is not known is answered by nothing");
	assert.equal(board.core.cycles, 0, "no time has passed");
	assert.ok(script.acknowledgements > 5);
	assert.equal(await script.ask("QStartNoAckMode"), "OK");
	const before = script.acknowledgements;
	await script.ask("?");
	assert.equal(script.acknowledgements, before);
});

test("a break point in flash stops before its instruction each time, and is left by continue", async (t) => {
	const { board, script } = await debugged(t, COUNTS);
	assert.equal(await script.ask(`Z1,${STORE.toString(16)},2`), "OK");
	assert.equal(await script.ask(`Z0,${PROGRAM.toString(16)},2`), "OK");
	assert.equal(await script.ask("vCont;c"), "T05hwbreak:;thread:1;");
	assert.equal(await script.register(15), PROGRAM);
	for (let turn = 1; turn <= 3; turn++) {
		assert.equal(await script.ask("vCont;c"), "T05hwbreak:;thread:1;");
		assert.equal(await script.register(15), STORE);
		assert.equal(await script.register(0), turn);
		assert.equal(Buffer.from(board.read(0x20000000, 4)).readUInt32LE(), turn - 1, "the store is still to come");
	}
	assert.equal(await script.ask(`z1,${STORE.toString(16)},2`), "OK");
	script.raw(packet("vCont;c"));
	script.raw(Uint8Array.of(3));
	assert.equal(await script.answer(), "T02thread:1;");
	const count = await script.register(0);
	const { cycles } = board.core;
	await script.ask("g");
	assert.equal(board.core.cycles, cycles, "halted is halted");
	assert.ok(count > 3);
});

test("a step is one instruction, and interrupts wait meanwhile", async (t) => {
	const { board, script } = await debugged(t, COUNTS);
	await script.ask(`Z1,${LOOP.toString(16)},2`);
	await script.ask("vCont;c");
	board.core.irqEnabled = 1;
	board.core.pend(1);
	for (const address of [STORE, STORE + 2, STORE + 4, LOOP, STORE]) {
		assert.equal(await script.ask("vCont;s:1;c"), "T05thread:1;");
		assert.equal(await script.register(15), address);
	}
	assert.equal(board.core.ipsr, 0);
});

test("registers and memory are read and written, one by one and together", async (t) => {
	const { board, script } = await debugged(t, COUNTS);
	assert.equal(await script.ask("P3=78563412"), "OK");
	assert.equal(board.core.registers[3], 0x12345678);
	const all = await script.ask("g");
	assert.equal(all.length, 21 * 8);
	assert.equal(all.slice(24, 32), "78563412");
	assert.equal(await script.ask(`G${"01000000"}${all.slice(8)}`), "OK");
	assert.equal(board.core.registers[0], 1);
	assert.equal(await script.ask("P10=000000a1"), "OK", "xPSR");
	assert.equal(board.core.xpsr >>> 28, 0xa);
	assert.equal(await script.ask("P13=01000000"), "OK", "PRIMASK");
	assert.equal(board.core.primask, 1);
	assert.equal(await script.ask("p15"), "E01", "there is no such register");
	assert.equal(await script.ask("P0=12"), "E01");
	assert.equal(await script.ask("M20000101,5:0102030405"), "OK");
	assert.equal(await script.ask("m20000100,8"), "0001020304050000");
	assert.equal(await script.ask("X20000200,3:ab}"), "OK", "an escaped 7d");
	assert.equal(await script.ask("m20000200,3"), "61627d");
	assert.equal(await script.ask("M20000000,3:0102"), "E01", "fewer bytes than said");
	assert.equal(await script.ask("m60000000,4"), "E0e", "nothing is there");
	assert.equal(await script.ask("M60000000,4:00000000"), "E0e");
	assert.equal(await script.ask("md0000000,4"), "00000000", "CPUID of core 0");
	assert.equal(await script.ask("Hg2"), "OK");
	assert.equal(await script.ask("md0000000,4"), "01000000", "and of core 1");
	assert.deepEqual(board.violations, [], "a debugger's mistake is none of the program's");
});

test("flash is erased and written, as GDB's load does it", async (t) => {
	const { board, script } = await debugged(t, COUNTS);
	assert.equal(await script.ask("vFlashErase:10010000,1000"), "OK");
	assert.equal(await script.ask("vFlashWrite:10010000:hello"), "OK");
	assert.equal(await script.ask("vFlashDone"), "OK");
	assert.equal(Buffer.from(board.read(0x10010000, 6)).toString("latin1"), "hello\xff");
	assert.equal(await script.ask("vFlashWrite:20000000:hello"), "E0e");
});

test("a watched word stops the core behind the store that changes it", async (t) => {
	const { script } = await debugged(t, COUNTS);
	assert.equal(await script.ask("Z2,20000000,4"), "OK");
	for (let turn = 1; turn <= 2; turn++) {
		assert.equal(await script.ask("vCont;c"), "T05watch:20000000;thread:1;");
		assert.equal(await script.register(15), STORE + 2);
		assert.equal(await script.ask("m20000000,4"), `0${turn}000000`);
	}
	assert.equal(await script.ask("z2,20000000,4"), "OK");
	assert.equal(await script.ask("Z3,20000000,4"), "", "reads cannot be watched");
});

test("BKPT stops, and going on is going on behind it", async (t) => {
	const { board, script } = await debugged(t, [0x2001, 0xbe00, 0x2002, 0xbe01, 0xe7fe]);
	assert.equal(await script.ask("vCont;c"), "T05thread:1;");
	assert.equal(await script.register(15), PROGRAM + 2);
	assert.equal(await script.ask("vCont;c"), "T05thread:1;");
	assert.equal(await script.register(15), PROGRAM + 6);
	assert.equal(await script.register(0), 2);
	assert.deepEqual(board.violations, []);
});

test("a fault stops with SIGSEGV and its sentence", async (t) => {
	const { script } = await debugged(t, [0x2101, 0x6809]); // movs r1, #1; ldr r1, [r1]
	script.raw(packet("vCont;c"));
	const told = await script.answer();
	assert.match(Buffer.from(told.slice(1), "hex").toString(), /^word load from 0x00000001, which is not aligned/);
	assert.equal(await script.answer(), "T0bthread:1;");
});

test("core 1 has break points and steps of its own, and is told as thread 2", async (t) => {
	const { board, script } = await debugged(t, COUNTS);
	await script.ask(`Z1,${LOOP.toString(16)},2`);
	await script.ask("vCont;c");
	await script.ask(`z1,${LOOP.toString(16)},2`);
	// Core 1 is put into the same loop by hand.
	await script.ask("Hg2");
	await script.ask(`Pf=${Buffer.from(Uint32Array.of(LOOP).buffer).toString("hex")}`);
	await script.ask("P1=00000220");
	board.secondCore.sleeping = false;
	assert.equal(await script.ask("vCont;s:2;c"), "T05thread:2;");
	assert.equal(await script.register(15), STORE);
	await script.ask(`Z1,${(STORE + 2).toString(16)},2`);
	const stops = new Set<string>();
	for (let turn = 0; turn < 6; turn++) {
		stops.add(await script.ask("vCont;c"));
	}
	assert.deepEqual([...stops].sort(), ["T05hwbreak:;thread:1;", "T05hwbreak:;thread:2;"]);
	assert.ok(board.secondCore.registers[0] > 0);
});

test("monitor commands reset the board and tell the time", async (t) => {
	const { board, script } = await debugged(t, COUNTS);
	const monitor = async (command: string): Promise<string> =>
		Buffer.from(await script.ask(`qRcmd,${Buffer.from(command).toString("hex")}`), "hex").toString();
	await script.ask(`Z1,${STORE.toString(16)},2`);
	await script.ask("vCont;c");
	assert.match(await monitor("time"), /^2\.0\d+ ms\n$/);
	assert.match(await monitor("reset halt"), /halted/);
	assert.ok(board.core.programCounter < 0x4000);
	assert.equal(await script.ask("vCont;c"), "T05hwbreak:;thread:1;");
	assert.equal(await script.register(0), 1);
	assert.match(await monitor("dance"), /no such command: dance\nmonitor reset/);
});

test("detach lets the board run on, and another debugger may come", async (t) => {
	const { board, script, server } = await debugged(t, COUNTS, 500_000);
	await script.ask(`Z1,${STORE.toString(16)},2`);
	await script.ask("vCont;c");
	assert.equal(await script.ask("D"), "OK");
	script.end();
	await script.closed;
	const next = await come(server);
	assert.equal(await next.ask("?"), "T02thread:1;");
	assert.ok(board.core.registers[0] > 1, "it ran past the break point");
	const third = await come(server);
	await third.closed;
	assert.equal(await next.ask("qC"), "QC1", "one at a time");
	next.raw(packet("k"));
	next.end();
});

test("kill ends the run; the end of the run is told", async (t) => {
	const first = await debugged(t, COUNTS);
	first.script.raw(packet("k"));
	assert.equal((await first.result).reason, "ended");
	const second = await debugged(t, COUNTS, 10_000);
	second.script.raw(packet("vCont;c"));
	assert.equal((await second.result).reason, "timeout");
	await second.server.close();
	assert.equal(await second.script.answer(), "W00");
});

test("damaged packets are asked for again, too long ones end the connection", async (t) => {
	const { script, result, board } = await debugged(t, COUNTS);
	script.raw("$g#00");
	script.raw("-");
	assert.equal(await script.ask("qC"), "QC1");
	script.raw(`$${"x".repeat(0x9000)}`);
	await script.closed;
	board.debugPort.end();
	assert.equal((await result).reason, "ended");
});

test("a run under a debugger is the run without it", async (t) => {
	const plain = new PicoW();
	plain.loadUf2(uf2(image(COUNTS)));
	await plain.run({ timeoutMicros: 20_000 });
	const { board, script, result } = await debugged(t, COUNTS, 20_000);
	await script.ask(`Z1,${PROGRAM.toString(16)},2`);
	await script.ask("vCont;c");
	await script.ask("vCont;s:1;c");
	script.raw(packet("vCont;c"));
	await result;
	assert.deepEqual(board.report(), plain.report());
});
