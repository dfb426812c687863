// `npm run bench`: what boot, handshake and the first byte cost, on the simulated board. A TLS server of Node's draws its
// own random numbers, so each figure is the median of several runs, with the spread beside it.

import type { SecureVersion } from "node:tls";
import { Command, InvalidArgumentError } from "commander";
import type { KeyAlgorithm } from "../../tools/certificates/issue.ts";
import { measureMemory } from "./measure-memory.ts";
import { measureSimulator } from "./measure-simulator.ts";
import { measure, type Measurement, type Moment } from "./measure.ts";
import { measureThroughput } from "./measure-throughput.ts";

export interface Figure {
	/** Stays the same from version to version. */
	readonly name: string;
	readonly unit: "ms" | "cycles" | "bytes" | "KB/s" | "host ms" | "host M/s";
	/** The median. */
	readonly value: number;
	readonly lowest: number;
	readonly highest: number;
}

interface Options {
	readonly json: boolean;
	readonly runs: number;
	readonly seed: number;
}

export function command(): Command {
	return new Command()
		.description("Measures boot, TLS handshake and first byte on the simulated Pico W: virtual milliseconds and active cycles, the median of several runs.")
		.option("--json", "print {\"figures\": [{name, unit, value, lowest, highest}]}", false)
		.option("--runs <count>", "runs for each kind of handshake", count, 5)
		.option("--seed <number>", "seed of the first run", count, 1)
		.action(async ({ json, runs, seed }: Options) => {
			const figures = await bench(runs, seed, json ? () => {} : line => process.stderr.isTTY && process.stderr.write(`\r\x1b[2K${line}`));
			console.log(json ? JSON.stringify({ figures }, undefined, "\t") : table(figures, runs));
		});
}

/** Runs each kind of handshake `runs` times and answers the figures. */
export async function bench(runs: number, seed: number, onProgress: (line: string) => void): Promise<Figure[]> {
	const tls13 = { p256: kind("TLSv1.3", "P-256"), rsa2048: kind("TLSv1.3", "RSA-2048") };
	const tls12 = { p256: kind("TLSv1.2", "P-256"), rsa2048: kind("TLSv1.2", "RSA-2048") };
	const kinds = [tls13.p256, tls12.p256, tls13.rsa2048, tls12.rsa2048];
	for (let run = 0; run < runs; run++) {
		for (const { protocol, algorithm, measured } of kinds) {
			onProgress(`${protocol} with ${algorithm}, run ${run + 1} of ${runs}`);
			measured.push(await measure(protocol, algorithm, seed + run));
		}
	}
	onProgress("memory at the first line of a script");
	const memory = await measureMemory(seed);
	onProgress("TCP in and out");
	const throughput = await measureThroughput(seed);
	onProgress("speed of the simulator");
	const simulator = await measureSimulator(seed);
	onProgress("");
	const all = kinds.flatMap(({ measured }) => measured);
	return [
		...since("boot.main", all.map(({ main }) => main)),
		...since("boot.address", all.map(({ address }) => address)),
		...between("handshake.tls13.p256", tls13.p256.measured.map(full)),
		...between("handshake.tls12.p256", tls12.p256.measured.map(full)),
		...between("handshake.tls13.rsa2048", tls13.rsa2048.measured.map(full)),
		...between("handshake.tls12.rsa2048", tls12.rsa2048.measured.map(full)),
		...between("handshake.tls13.resumed", tls13.p256.measured.map(resumed)),
		...between("handshake.tls12.resumed", tls12.p256.measured.map(resumed)),
		...since("firstByte", tls13.p256.measured.map(({ firstByte }) => firstByte)),
		figure("arena.free", "bytes", all.map(({ arenaFree }) => arenaFree)),
		figure("boot.slots", "bytes", [memory.slots]),
		figure("boot.free", "bytes", [memory.free]),
		figure("tcp.in", "KB/s", [throughput.in]),
		figure("tcp.out", "KB/s", [throughput.out]),
		figure("simulator.download", "host ms", simulator.downloadMs),
		figure("simulator.download.edges", "host ms", simulator.downloadByEdgesMs),
		figure("simulator.cycles", "host M/s", simulator.megacycles),
	];
}

interface Kind {
	readonly protocol: SecureVersion;
	/** Of the server's key and its root's. */
	readonly algorithm: KeyAlgorithm;
	readonly measured: Measurement[];
}

function kind(protocol: SecureVersion, algorithm: KeyAlgorithm): Kind {
	return { protocol, algorithm, measured: [] };
}

/** Since power-on: time, and under a second name the cycles. */
function since(name: string, moments: readonly Moment[]): Figure[] {
	return [
		figure(name, "ms", moments.map(({ virtualMs }) => virtualMs)),
		figure(`${name}.cycles`, "cycles", moments.map(({ activeCycles }) => activeCycles)),
	];
}

/** A handshake's first byte and the request behind it. */
interface Handshake {
	readonly from: Moment;
	readonly to: Moment;
}

const full = ({ clientHello, request }: Measurement): Handshake => ({ from: clientHello, to: request });
const resumed = ({ resumedClientHello, resumedRequest }: Measurement): Handshake => ({ from: resumedClientHello, to: resumedRequest });

/** From ClientHello to the request: cycles, and under a second name the time. */
function between(name: string, runs: readonly Handshake[]): Figure[] {
	return [
		figure(name, "cycles", runs.map(({ from, to }) => to.activeCycles - from.activeCycles)),
		figure(`${name}.time`, "ms", runs.map(({ from, to }) => to.virtualMs - from.virtualMs)),
	];
}

function figure(name: string, unit: Figure["unit"], values: readonly number[]): Figure {
	const sorted = values.map(value => Number(value.toFixed(unit === "ms" ? 3 : 0))).sort((one, other) => one - other);
	return { name, unit, value: sorted[Math.floor(sorted.length / 2)]!, lowest: sorted[0]!, highest: sorted.at(-1)! };
}

function table(figures: readonly Figure[], runs: number): string {
	const rows = figures.map(({ name, unit, value, lowest, highest }) => [name, shown(value, unit), unit, `${shown(lowest, unit)} to ${shown(highest, unit)}`]);
	const header = ["figure", "median", "unit", "lowest to highest"];
	const widths = header.map((text, column) => Math.max(text.length, ...rows.map(row => row[column]!.length)));
	const line = (row: readonly string[]) => row.map((text, column) => column === 1 ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)).join("  ").trimEnd();
	return [
		line(header),
		...rows.map(line),
		"",
		`${runs} ${runs === 1 ? "run" : "runs"} for each kind of handshake. Boot figures count from power-on; a handshake from ClientHello to the request, seen`,
		"by the server; firstByte from power-on to the first byte of the body in script, over TLS 1.3 with P-256. The chain is leaf and root,",
		"both of the kind of key that is named; resumed is the second connection to the same server, with P-256.",
		"boot.slots and boot.free are an app's without network, at its first line: slots in RAM, and RAM that nothing uses.",
		"tcp.in and tcp.out are 2 MB through one buffer of 4 KB in script, over a link that answers after 3.7 ms.",
		"simulator.download is what this machine takes from the radio's power to the start of its firmware, 225 KB later; .edges with",
		"--bit-exact; simulator.cycles, million cycles a second of code without pins.",
		"Cycles are those in which the core executed, without a model of the flash cache.",
	].join("\n");
}

function shown(value: number, unit: Figure["unit"]): string {
	return unit === "ms" ? value.toFixed(1) : value.toLocaleString("en-GB");
}

function count(text: string): number {
	if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("A number from 1 on is expected.");
	return Number(text);
}
