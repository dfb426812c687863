// The validator of platform/trust, built for the host with sanitizers, as a function from cases to verdicts.

import { execFile, spawn } from "node:child_process";
import { isIP, SocketAddress } from "node:net";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { isConfigured } from "../build/link-firmware.ts";
import { withLock } from "../build/lock.ts";

const project = resolve(import.meta.dirname, "../..");

/** One question to the validator. */
export interface PathCase {
	readonly name: string;
	/** What a server sends, DER, the leaf first. */
	readonly sent: readonly Uint8Array[];
	/** What is trusted, DER. */
	readonly roots: readonly Uint8Array[];
	/** The name to prove: a DNS name or an address. Undefined: a client's certificate, which proves none. */
	readonly host: string | undefined;
	/** The moment of the judgement. */
	readonly now: Date;
	/** The most intermediates that a path may have, self-issued ones not counted. Default any. */
	readonly intermediatesMax?: number;
	/** Whose the roots are: the user's own, held to RFC 5280 alone, or the web's (the default); "store": the web's, and `roots` is their table. */
	readonly authorities?: "own" | "web" | "store";
}

export interface Verdict {
	/** The code of the refusal; undefined when the path is trusted. */
	readonly code?: string;
	/** The place of the certificate at fault among `sent`, or after them among `roots`; undefined without one. */
	readonly atFault?: number;
	/** How many signatures were checked. */
	readonly signatures: number;
}

const built = new Map<string, Promise<string>>();

/**
 * Builds a program of this folder, once in a process, and answers its path.
 *
 * @throws Error with the compiler's output
 */
export function buildProgram(name: "judge" | "fuzz" | "vectors"): Promise<string> {
	const path = built.get(name) ?? build(name);
	built.set(name, path);
	return path;
}

async function build(name: string): Promise<string> {
	const folder = join(project, "build/trust");
	const flags = "-O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined";
	await withLock(`${folder}.lock`, async () => {
		await run("cmake", [...isConfigured(folder, import.meta.dirname) ? [] : ["--fresh"], "-S", import.meta.dirname, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", `-DCMAKE_C_FLAGS=${flags}`]);
		await run("ninja", ["-C", folder, "-j2", name]);
	});
	return join(folder, name);
}

/**
 * Judges cases in their order.
 *
 * @param by "both": Mbed TLS judges the path that was found too, as on the board; its refusal has the code "library", or
 *   "parse" when there was nothing to judge
 * @throws Error when the program ends early, with what its sanitizers said
 */
export async function judge(cases: readonly PathCase[], by: "ours" | "both" = "ours"): Promise<Verdict[]> {
	const program = spawn(await buildProgram("judge"), by === "both" ? ["both"] : [], { stdio: ["pipe", "pipe", "pipe"] });
	const output: Buffer[] = [];
	const complaints: Buffer[] = [];
	program.stdout.on("data", (chunk: Buffer) => output.push(chunk));
	program.stderr.on("data", (chunk: Buffer) => complaints.push(chunk));
	const ended = new Promise<number | null>((settle, fail) => program.on("error", fail).on("close", settle));
	program.stdin.on("error", () => undefined); // a program that ends early says so below
	for (const one of cases) {
		if (!program.stdin.write(`${line(one)}\n`)) {
			await Promise.race([new Promise(settle => program.stdin.once("drain", settle)), ended]);
		}
	}
	program.stdin.end();
	const status = await ended;
	const lines = Buffer.concat(output).toString().split("\n").slice(0, -1);
	if (status !== 0 || lines.length !== cases.length) {
		throw new Error(`the validator ended with ${status} at ${cases[lines.length]?.name}:\n${Buffer.concat(complaints).toString()}`);
	}
	return lines.map((text, index) => verdict(text, cases[index]!));
}

function line({ now, intermediatesMax = -1, host, authorities = "web", roots, sent }: PathCase): string {
	const seconds = Math.floor(now.getTime() / 1000);
	const name = host === undefined ? "client" : isIP(host) === 0 ? `dns:${host}` : `ip:${addressBytes(host).toString("hex")}`;
	return [seconds, intermediatesMax, name, authorities, roots.length, ...[...roots, ...sent].map(der => Buffer.from(der).toString("hex"))].join(" ");
}

function verdict(text: string, { roots, sent }: PathCase): Verdict {
	const [code, place, signatures] = text.split(" ");
	const index = Number(place);
	const atFault = index < 0 ? {} : { atFault: index < roots.length ? sent.length + index : index - roots.length };
	return { ...(code === "ok" ? {} : { code: code! }), ...atFault, signatures: Number(signatures) };
}

/** The bytes of an address in any of its written forms. */
export function addressBytes(text: string): Buffer {
	if (isIP(text) === 4) {
		return Buffer.from(text.split(".").map(Number));
	}
	const { address } = new SocketAddress({ address: text, family: "ipv6" });
	const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
	const plain = dotted === null ? address
		: `${dotted[1]}${(Number(dotted[2]) * 256 + Number(dotted[3])).toString(16)}:${(Number(dotted[4]) * 256 + Number(dotted[5])).toString(16)}`;
	const [head = "", tail] = plain.split("::");
	const groups = (part: string) => part === "" ? [] : part.split(":");
	const before = groups(head);
	const after = tail === undefined ? [] : groups(tail);
	const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => "0"), ...after];
	return Buffer.from(all.map(group => group.padStart(4, "0")).join(""), "hex");
}

async function run(command: string, parameters: readonly string[]): Promise<void> {
	try {
		await promisify(execFile)(command, parameters, { maxBuffer: 16 * 1024 * 1024 });
	} catch (error) {
		const { stdout, stderr } = error as { stdout?: string; stderr?: string };
		throw new Error(`${command} failed:\n${stdout ?? ""}${stderr ?? ""}`, { cause: error });
	}
}
