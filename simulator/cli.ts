/**
 * `npm run simulate`: boots a .uf2, .elf or .bin on the simulated Pico W, with its console on stdout.
 *
 * Ends with status 0 when the text came, 2 when the time was over, 3 after a fault or a violation of level error, 1 when
 * it could not start or a file takes no more, 130 after Ctrl-C; always with its report and recordings written.
 */
import { closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import type { Server } from "node:net";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { hex } from "./core/processor.ts";
import { type GdbServer, listenForGdb } from "./debug/gdb-server.ts";
import { isElf, objectSymbols } from "./flash/elf.ts";
import { type ForwardedPort, listenOn, parseForwardedPort } from "./forwarded-ports.ts";
import { DEFAULT_TOPICS, parseTopics } from "./journal.ts";
import { ACCESS_POINT_KEYS, parseAccessPoint } from "./network/access-point-option.ts";
import { CLIENT_KEYS, parseClient } from "./network/client-option.ts";
import { FAULT_KEYS, parseFaults } from "./network/fault-option.ts";
import { hostGateway } from "./network/gateway.ts";
import { HOST_KEYS, parseHost } from "./network/host-option.ts";
import type { AccessPointSettings, AirFaults, ClientSettings, HostOptions, NetworkOptions, Recording } from "./network/options.ts";
import { openBrowser } from "./page/open-browser.ts";
import { servePage, type ServedPage } from "./page/page-server.ts";
import { PacedRun, PicoW, profileByFunction, type RunReport, type RunResult, type SerialLine } from "./simulator.ts";
import { type DumpedPin, parsePinList } from "./value-change-dump.ts";
import { LOG_TOPICS, type LogTopic } from "./wires.ts";

interface Options {
	uf2?: string;
	serial: SerialLine;
	until?: string;
	timeout?: number;
	report?: string;
	seed: number;
	epoch?: string;
	ap: AccessPointSettings[];
	faults?: AirFaults;
	client: ClientSettings[];
	host: Record<string, HostOptions>;
	forward: ForwardedPort[];
	gateway?: boolean;
	pcap?: string;
	vcd?: string;
	vcdPins?: DumpedPin[];
	record?: string;
	replay?: string;
	patience?: number;
	latency?: number;
	mtu?: number;
	network: boolean;
	stuckRosc?: boolean;
	xip?: boolean;
	bitExact?: boolean;
	profile?: string;
	elf?: string;
	log?: string;
	logTopics?: LogTopic[];
	gdb?: number;
	page?: number;
	open?: boolean;
	wire: [number, number][];
	clock: [number, number][];
	quiet?: boolean;
}

const STATUS_MATCHED = 0;
const STATUS_CANNOT_START = 1;
const STATUS_TIMEOUT = 2;
const STATUS_FAULT = 3;
const STATUS_INTERRUPTED = 130;
const DEFAULT_TIMEOUT_SECONDS = 30;
/** Prime, so that loops do not beat against it. */
const PROFILE_EVERY_CYCLES = 1009;
/** Functions that are printed. */
const PROFILE_ROWS = 40;

function number(text: string): number {
	const value = Number(text);
	if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
		throw new InvalidArgumentError("a number, 0 or more, is expected");
	}
	return value;
}

function wholeNumber(text: string): number {
	const value = number(text);
	if (!Number.isSafeInteger(value)) {
		throw new InvalidArgumentError("a whole number, 0 or more, is expected");
	}
	return value;
}

function portNumber(text: string): number {
	const value = number(text);
	if (!Number.isInteger(value) || value > 65535) {
		throw new InvalidArgumentError("a port, 0 to 65535, is expected");
	}
	return value;
}

function host(text: string, known: Record<string, HostOptions>): Record<string, HostOptions> {
	const [name, options] = read(parseHost)(text);
	return { ...known, [name]: options };
}

function accessPoint(text: string, known: AccessPointSettings[]): AccessPointSettings[] {
	return [...known, read(parseAccessPoint)(text)];
}

function client(text: string, known: ClientSettings[]): ClientSettings[] {
	return [...known, read(parseClient)(text)];
}

function forwardedPort(text: string, known: ForwardedPort[]): ForwardedPort[] {
	return [...known, read(parseForwardedPort)(text)];
}

function wire(text: string, known: [number, number][]): [number, number][] {
	const match = /^(\d+)=(\d+)$/.exec(text);
	if (!match) {
		throw new InvalidArgumentError("two GPIOs are expected, such as 2=3");
	}
	return [...known, [Number(match[1]), Number(match[2])]];
}

function clock(text: string, known: [number, number][]): [number, number][] {
	const match = /^(20|22)=([1-9]\d*)$/.exec(text);
	if (!match) {
		throw new InvalidArgumentError("GPIO 20 or 22 and hertz are expected, such as 20=46875");
	}
	return [...known, [Number(match[1]), Number(match[2])]];
}

/** A reader of an option's text, whose errors are commander's. */
function read<Value>(parse: (text: string) => Value): (text: string) => Value {
	return (text) => {
		try {
			return parse(text);
		} catch (error) {
			throw new InvalidArgumentError((error as Error).message);
		}
	};
}

/** The command, for the project's command dispatch. */
export function command(): Command {
	return new Command()
		.description("boot a program on a simulated Pico W and show its console")
		.addArgument(new Argument("[program]", "a .uf2, an ELF file, or a .bin that begins where flash does"))
		.option("--uf2 <file>", "the program, by an option")
		.addOption(new Option("--serial <line>", "where its console is").choices(["usb", "uart0", "uart1"]).default("usb"))
		.option("--until <regex>", "end with status 0 when the console's text matches; ^ is the beginning of a line")
		.option("--timeout <seconds>", "virtual seconds after which to end with status 2 (default 30; with --gdb, --page, --open or --forward none)", number)
		.option("--gdb <port>", "wait for GDB on this port of 127.0.0.1 (0: a free one), and let it steer", portNumber)
		.option("--page <port>", "serve a page that shows the board, in real time, on this port of 127.0.0.1 (0: a free one)", portNumber)
		.option("--open", "open that page in a browser; without --page, on a free port")
		.option("--report <file>", "write what happened as JSON")
		.option("--seed <n>", "seed of every random stream", wholeNumber, 1)
		.option("--epoch <time>", "power-on, as an ISO 8601 instant (default: noon UTC of the day on which the program was written, from 2026-11-25 on)")
		.addOption(new Option("--ap <ssid,...>", `an access point: its name, then ${ACCESS_POINT_KEYS} (repeatable)`).argParser(accessPoint).default([], "picofetch's"))
		.option("--faults <key=value,...>", `what the air does to frames: ${FAULT_KEYS}`, read(parseFaults))
		.addOption(new Option("--client <ssid,...>", `who joins the network that the device opens: its name, then ${CLIENT_KEYS} (repeatable)`).argParser(client).default([], "nobody"))
		.addOption(new Option("--host <name=address,...>", `who answers for NAME: a server on this machine, 127.0.0.1:PORT, or none, then ${HOST_KEYS}; in a group it says again what it hears, or answers the sender (repeatable)`).argParser(host).default({}, "nobody"))
		.addOption(new Option("--forward <hostport:deviceport>", "let programs of this machine connect to a TCP port of the board, in real time (repeatable)").argParser(forwardedPort).default([], "none"))
		.option("--gateway", "names and public addresses that nobody here has are the real Internet's, TCP only; runs are not repeatable then")
		.option("--pcap <file>", "write the frames on the air")
		.option("--vcd <file>", "write the levels of the pins over time, for GTKWave or PulseView")
		.option("--vcd-pins <list>", "with --vcd: only these, such as 0-5,25,led (default all)", read(parsePinList))
		.option("--record <file>", "write the bytes of host peers with their virtual times")
		.option("--replay <file>", "take the bytes of host peers from such a file")
		.option("--patience <ms>", "host milliseconds to wait for a silent server", number)
		.option("--latency <ms>", "virtual milliseconds from the device's last byte to the answer", number)
		.option("--mtu <bytes>", "largest packet on the way to the device; what is larger comes in pieces (default: 1500)", wholeNumber)
		.addOption(new Option("--wire <gpio=gpio>", "a jumper between two GPIOs, for what the board drives (repeatable)").argParser(wire).default([], "none"))
		.addOption(new Option("--clock <gpio=hz>", "a clock from outside on GPIO 20 or 22, CLK_GPIN0 and 1 (repeatable)").argParser(clock).default([], "none"))
		.option("--no-network", "no radio chip on the board")
		.option("--stuck-rosc", "fault: the ring oscillator's random bit never changes")
		.option("--xip", "count what flash costs through the XIP cache")
		.option("--bit-exact", "show the radio every edge of its bus, not bits: the same to the cycle, and slower")
		.option("--profile <file>", "write how often each address was seen executing, as JSON")
		.option("--elf <file>", "the program's ELF if it is not the program itself: for the functions of --profile and the variables on the page")
		.option("--log <file>", "write what happens, a line each, with virtual milliseconds; - is stderr")
		.option("--log-topics <list>", `with --log: only ${LOG_TOPICS.join(", ")}, or all (default: ${DEFAULT_TOPICS.join(",")})`, read(parseTopics))
		.option("--quiet", "no console on stdout")
		.action(async (program: string | undefined, options: Options, command: Command) => {
			if (program !== undefined && options.uf2 !== undefined) {
				command.error(`simulate: two programs are given, ${program} and --uf2 ${options.uf2}: leave one of them out`);
			}
			const path = program ?? options.uf2;
			if (path === undefined) {
				command.error("simulate: no program is given: name a .uf2, .elf or .bin file");
			}
			if (options.vcdPins && options.vcd === undefined) {
				command.error("simulate: --vcd-pins chooses among the pins of --vcd FILE: give that too");
			}
			if (options.logTopics && options.log === undefined) {
				command.error("simulate: --log-topics chooses among the lines of --log FILE: give that too");
			}
			process.exitCode = await simulate(path, options).catch((error: unknown) => {
				if (!(error instanceof UnwritableFile)) {
					throw error;
				}
				process.stderr.write(`simulate: ${error.message}\n`);
				process.exit(STATUS_CANNOT_START);	// servers may still listen
			});
		});
}

/** A program may refuse a time before it was built; one file's runs stay alike. */
function noonOf(unixMs: number): number {
	const day = 86_400_000;
	return Math.max(unixMs - (unixMs % day) + day / 2, Date.UTC(2026, 10, 25, 12));
}

/** A file of ours that could be opened takes no more: the disk is full, say. */
class UnwritableFile extends Error {}

async function simulate(path: string, options: Options): Promise<number> {
	let board: PicoW;
	let elf: Uint8Array | undefined;
	let gdb: GdbServer | undefined;
	let forwarding: Server[] = [];
	let until: RegExp | undefined;
	let writeReport: ((piece: string) => void) | undefined;
	let writeProfile: ((piece: string) => void) | undefined;
	/** Files that are open, to be closed at the end. */
	const files: number[] = [];
	const open = (path: string): ((piece: string | Uint8Array) => void) => {
		const file = openSync(path, "w");
		files.push(file);
		return to(file, path);
	};
	try {
		until = options.until === undefined ? undefined : expression(options.until);
		const epochMs = options.epoch === undefined ? noonOf(statSync(path).mtimeMs) : Date.parse(options.epoch);
		if (Number.isNaN(epochMs)) {
			throw new Error(`--epoch ${options.epoch}: not an ISO 8601 instant such as 2026-11-25T12:00:00Z`);
		}
		const pcap = options.pcap === undefined ? undefined : open(options.pcap);
		const vcd = options.vcd === undefined ? undefined : open(options.vcd);
		const log = options.log === undefined ? undefined : options.log === "-" ? to(process.stderr.fd, "stderr") : open(options.log);
		writeReport = options.report === undefined ? undefined : open(options.report);
		writeProfile = options.profile === undefined ? undefined : open(options.profile);
		board = new PicoW({
			seed: options.seed,
			serial: options.serial,
			epochMs,
			...(options.stuckRosc && { stuckRosc: true }),
			...(options.xip && { xip: true }),
			...(options.bitExact && { bitExact: true }),
			...(options.network && { network: network(options, pcap) }),
			...(vcd && { vcd: { write: vcd, ...(options.vcdPins && { pins: options.vcdPins }) } }),
			...(log && { log: { write: (line) => log(`${line}\n`), ...(options.logTopics && { topics: options.logTopics }) } }),
		});
		const file = readFileSync(path);
		for (const [one, other] of options.wire) {
			board.connect(one, other);
		}
		for (const [pin, hz] of options.clock) {
			board.setClock(pin, hz);
		}
		board.load(file, path);
		elf = options.elf !== undefined ? readFileSync(options.elf) : isElf(file) ? file : undefined;
		gdb = options.gdb === undefined ? undefined : await listenForGdb(board.debugPort, options.gdb);
		forwarding = await listenOn(options.forward, (port, socket) => {
			socket.on("error", () => {});	// the board's side learns it by the end
			board.radio?.forward(port, socket);
		});
	} catch (error) {
		process.stderr.write(`simulate: ${sentence(error)}\n`);
		await gdb?.close();
		return STATUS_CANNOT_START;
	}
	let interrupted = false;
	let run: PacedRun | undefined;
	const interrupt = (): void => {
		interrupted = true;
		(run ?? board).end();
	};
	// Once: a second Ctrl-C ends Node, should a peer on this machine hold the run up.
	process.once("SIGINT", interrupt);
	if (gdb) {
		process.stderr.write(`simulate: halted, waiting for GDB: target remote 127.0.0.1:${gdb.port}\n`);
	}
	if (!options.quiet) {
		board.console.onText((text) => process.stdout.write(text));
	}
	if (options.profile !== undefined) {
		board.profile(PROFILE_EVERY_CYCLES);
	}
	const shown = options.page !== undefined || options.open === true;
	// Who looks on or connects from outside lives in real time.
	const paced = shown || options.forward.length > 0;
	const seconds = options.timeout ?? (options.gdb === undefined && !paced ? DEFAULT_TIMEOUT_SECONDS : Infinity);
	const beganMs = performance.now();
	const ends = { ...(until && { until }), timeoutMicros: seconds * 1e6 };
	let result: RunResult;
	if (!paced) {
		result = await board.run(ends);
	} else {
		run = new PacedRun(board, ends);
		const page = shown ? await shownPage(board, run, elf, options) : undefined;
		if (shown && !page) {
			run.end();
			await run.result;
			forwarding.forEach((server) => server.close());
			board.close();
			return STATUS_CANNOT_START;
		}
		result = await run.result;
		if (page && !interrupted && (result.reason === "fault" || result.reason === "halted")) {
			process.stderr.write(`simulate: ${ending(result, options)}; Ctrl-C ends\n`);
			process.off("SIGINT", interrupt);
			await new Promise((resolve) => process.once("SIGINT", resolve));
		}
		await page?.close();
	}
	forwarding.forEach((server) => server.close());
	const hostSeconds = Math.round(performance.now() - beganMs) / 1000;
	process.off("SIGINT", interrupt);
	await gdb?.close();
	board.close();
	const report = board.report();
	if (writeReport) {
		const run: RunReport = { program: path, reason: result.reason, hostSeconds, ...report };
		writeReport(`${JSON.stringify(run, undefined, "\t")}\n`);
	}
	if (writeProfile) {
		const samples = [...board.profileSamples].sort((a, b) => b[1] - a[1]).map(([pc, count]) => [`0x${pc.toString(16)}`, count]);
		writeProfile(`${JSON.stringify({ everyCycles: PROFILE_EVERY_CYCLES, samples: Object.fromEntries(samples) }, undefined, "\t")}\n`);
	}
	if (elf && options.profile !== undefined) {
		for (const row of profileByFunction(board.profileSamples, elf).slice(0, PROFILE_ROWS)) {
			process.stderr.write(`${(100 * row.share).toFixed(1).padStart(5)} %  ${row.name}\n`);
		}
	}
	files.forEach((file) => closeSync(file));
	const errors = report.violations.filter((violation) => violation.level === "error");
	const text = board.console.text;
	if (text && !text.endsWith("\n") && !options.quiet) {
		process.stdout.write("\n");
	}
	for (const violation of errors) {
		process.stderr.write(
			`simulate: violation ${violation.code} at ${(violation.atMicros / 1000).toFixed(3)} ms, pc ${hex(violation.programCounter)}: ${violation.text}` +
				`${violation.count > 1 ? ` (${violation.count} times)` : ""}\n`,
		);
	}
	process.stderr.write(`simulate: ${ending(result, options)}; seed ${report.seed}, ${report.activeCycles} active cycles\n`);
	if (interrupted) {
		return STATUS_INTERRUPTED;
	}
	if (errors.length || result.reason === "fault" || result.reason === "halted") {
		return STATUS_FAULT;
	}
	// Without a text to wait for, running for the whole time is what was asked.
	return result.reason === "matched" || result.reason === "ended" || until === undefined ? STATUS_MATCHED : STATUS_TIMEOUT;
}

/** Serves the page, says where, and opens it if that is asked for. @returns undefined when it cannot be served. */
async function shownPage(board: PicoW, run: PacedRun, elf: Uint8Array | undefined, options: Options): Promise<ServedPage | undefined> {
	let page: ServedPage;
	try {
		page = await servePage(options.page ?? 0);
		page.show(board, run, elf && objectSymbols(elf));
	} catch (error) {
		process.stderr.write(`simulate: ${(error as Error).message}\n`);
		return undefined;
	}
	process.stderr.write(`simulate: the board is shown at ${page.url}\n`);
	if (options.open && !await openBrowser(page.ticketUrl)) {
		process.stderr.write("simulate: no browser could be started: open that address yourself\n");
	}
	return page;
}

/** Appends to a file that is open. @param path for whoever has to make room */
function to(file: number, path: string): (piece: string | Uint8Array) => void {
	return (piece) => {
		let rest = Buffer.from(piece);
		while (rest.length) {
			try {
				// A pipe may take a part only.
				rest = rest.subarray(writeSync(file, rest));
			} catch (cause) {
				throw new UnwritableFile(`${path}: cannot be written on (${(cause as NodeJS.ErrnoException).code})`, { cause });
			}
		}
	};
}

/** What is wrong with the options, without Node's words for files. */
function sentence(error: unknown): string {
	const { code, path, message } = error as NodeJS.ErrnoException;
	switch (code) {
		case "ENOENT": return `${path}: there is no such file or folder`;
		case "EISDIR": return `a folder stands where a file is expected`;
		case "EACCES": return `${path}: may not be read or written by this user`;
		default: return message ?? String(error);
	}
}

function ending(result: RunResult, options: Options): string {
	const at = `${(result.atMicros / 1000).toFixed(3)} ms virtual`;
	switch (result.reason) {
		case "matched": return `/${options.until}/ came at ${at}`;
		case "timeout": return options.until === undefined ? `ran until ${at}` : `/${options.until}/ did not come within ${at}`;
		case "ended": return `ended at ${at}`;
		case "fault": return `${result.fault.text} at ${at}`;
		case "halted": return `${result.text} at ${at}`;
	}
}

function readRecording(path: string): Recording {
	const text = readFileSync(path, "utf8");
	try {
		return JSON.parse(text) as Recording;
	} catch (cause) {
		// The parser's words show the file's bytes.
		throw new Error(`--replay ${path}: not a recording, as --record writes it`, { cause });
	}
}

function expression(text: string): RegExp {
	try {
		return new RegExp(text, "m");
	} catch (cause) {
		throw new Error(`--until ${text}: ${(cause as Error).message}`, { cause });
	}
}

function network(options: Options, pcap: ((bytes: Uint8Array) => void) | undefined): Partial<NetworkOptions> {
	return {
		hosts: options.host,
		...(options.ap.length && { accessPoints: options.ap }),
		...(options.client.length && { clients: options.client }),
		...(options.gateway && { gateway: hostGateway }),
		...(options.faults && { faults: options.faults }),
		...(options.patience !== undefined && { patienceMs: options.patience }),
		...(options.latency !== undefined && { latencyMicros: options.latency * 1000 }),
		...(options.mtu !== undefined && { mtu: options.mtu }),
		...(pcap && { pcap }),
		...(options.record !== undefined && {
			record: (recording: Recording) => writeFileSync(options.record as string, `${JSON.stringify(recording)}\n`),
		}),
		...(options.replay !== undefined && { replay: readRecording(options.replay) }),
	};
}
