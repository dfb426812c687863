// `npm start`: the whole story on this desk. Builds the firmware, boots its .uf2 on a simulated Pico W behind a simulated
// access point, shows its console, and ends with status 0 only when the device printed the value that was drawn for this
// run and the server that served it saw a verified client. With --url it fetches from a server of the user's own.

import { Command } from "commander";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type NetworkOptions, PicoW } from "../../simulator/simulator.ts";
import { buildApp } from "../build/build-app.ts";
import { certificatesOf } from "../build/roots.ts";
import { buildDay } from "../build/build-day.ts";
import { withRecords } from "../build/records.ts";
import { assembleUf2 } from "../build/uf2-file.ts";
import { authority } from "../certificates/authority.ts";
import { issue } from "../certificates/issue.ts";
import { seconds, wholeNumber } from "../option-values.ts";
import { UserError } from "../user-error.ts";
import { bridgeDebugger } from "../debug/bridge.ts";
import { connectToDebugger, xsbugPort } from "../debug/connect.ts";
import { keyLog } from "./key-log.ts";
import { PageServer } from "./page-server.ts";
import { serverName, simulatedNetwork } from "./simulated-network.ts";
import { failureLine, outcome, storyEnd } from "./story.ts";

/** Exit statuses beside 0, and 1 for what the user can put right. */
const exitTimedOut = 2;
const exitFault = 3;
const exitRefused = 4;

const projectFolder = path.resolve(import.meta.dirname, "../..");
const { ssid, password } = simulatedNetwork;

interface StartOptions {
	readonly url?: string;
	readonly host?: readonly string[];
	readonly ca?: readonly string[];
	readonly seed: number;
	readonly timeout: number;
	readonly pcap?: string;
	readonly keylog?: string;
	readonly debug?: boolean;
}

/** What the device is to fetch, and from whom. */
interface Scene {
	readonly url: string;
	readonly hosts: NonNullable<NetworkOptions["hosts"]>;
	readonly roots: readonly Uint8Array[];
	/** Undefined when the story was told; else why it was not. */
	verdict(consoleText: string): string | undefined;
}

export function command(): Command {
	const list = (value: string, values: readonly string[] = []): string[] => [...values, value];
	return new Command()
		.description("Builds the firmware, boots it on a simulated Pico W and fetches a verified page.")
		.option("--url <url>", "fetch this instead of the page that this command serves")
		.option("--host <name=127.0.0.1:port>", "who answers for NAME: a server on this machine; may be repeated", list)
		.option("--ca <file>", "trust this root certificate too, PEM; may be repeated", list)
		.option("--seed <number>", "seed of everything random in the simulated world", wholeNumber, 1)
		.option("--timeout <seconds>", "virtual seconds the device gets", seconds, 120)
		.option("--pcap <file>", "write the frames on the air to a file")
		.option("--keylog <file>", "write the TLS secrets of the server that this command runs, for Wireshark to read the --pcap with")
		.option("--debug", `with a debugger, which listens on port ${xsbugPort} of this machine, as xsbug does`)
		.addHelpText("after", [
			"",
			"Exit status: 0 the page came, verified; 1 something to put right first; 2 time is over;",
			"3 the firmware crashed; 4 the device refused, its code is the last line.",
		].join("\n"))
		.action(start);
}

async function start(options: StartOptions): Promise<void> {
	const scene = options.url === undefined ? await servedScene(options) : await usersScene(options.url, options);
	const connection = options.debug ? await connectToDebugger(xsbugPort) : undefined;
	const app = await buildApp({ debug: connection !== undefined });
	const image = withRecords(app.image, {
		configuration: { ...app.configuration, url: scene.url },
		ssid,
		password,
		earliest: buildDay(),
		roots: [...app.roots.own.map(({ der }) => der), ...scene.roots],
		data: app.data,
	});
	const uf2 = assembleUf2({ elf: app.elf, image, rootStore: app.roots.store });

	const pcap: Uint8Array[] = [];
	const epochMs = Date.now();
	const board = new PicoW({
		seed: options.seed,
		epochMs,
		network: {
			accessPoints: [simulatedNetwork],
			hosts: scene.hosts,
			...options.pcap === undefined ? {} : { pcap: bytes => pcap.push(bytes) },
		},
	});
	board.loadUf2(uf2);
	console.log(`booting a simulated Pico W: ${uf2.length / 512} blocks, power on at ${new Date(epochMs).toISOString()}, seed ${options.seed}\n`);
	board.console.onText(text => process.stdout.write(text.replaceAll("\r\n", "\n")));
	if (connection !== undefined) {
		bridgeDebugger({ port: board.serialPort(1), clock: board.clock, debugger: connection, projectFolder });
	}
	const end = await board.run({ until: new RegExp(`${storyEnd.source}|${failureLine.source}`, "m"), timeoutMicros: options.timeout * 1e6 });
	board.close();
	connection?.destroy();
	if (options.pcap !== undefined) {
		await mkdir(path.dirname(path.resolve(options.pcap)), { recursive: true });
		await writeFile(options.pcap, Buffer.concat(pcap));
	}
	switch (end.reason) {
		case "timeout":
			return finish(exitTimedOut, `no page and no refusal within ${options.timeout} virtual seconds`);
		case "fault":
			return finish(exitFault, `the firmware crashed: ${end.fault.text}`);
		case "halted":
			return finish(exitFault, `the firmware stopped: ${end.text}`);
	}
	const failed = failureLine.exec(board.console.text);
	if (failed !== null) {
		return finish(exitFault, `the firmware failed, and the board began anew: ${failed[1]}`);
	}
	const result = outcome(board.console.text);
	if (result.kind === "refused") {
		return finish(exitRefused, result.code);
	}
	const objection = scene.verdict(board.console.text);
	if (objection !== undefined) {
		return finish(exitFault, objection);
	}
	const { virtualMs, activeCycles } = board.report();
	finish(0, `verified; ${(virtualMs / 1000).toFixed(2)} s on the device, ${(activeCycles / 1e6).toFixed(0)} million cycles of work`);
}

function finish(status: number, lastLine: string): void {
	process.exitCode = status;
	(status === 0 ? console.log : console.error)(`\n${lastLine}`);
}

/** The page of this run, with a value that nobody can know before, behind a certificate of the test authority. */
async function servedScene(options: StartOptions): Promise<Scene> {
	if (options.host !== undefined || options.ca !== undefined) {
		throw new UserError("--host and --ca say who answers and who vouches for --url URL: give it too");
	}
	const value = randomBytes(8).toString("hex");
	const leaf = await issue({ names: [serverName] });
	const server = new PageServer({
		certificateChainPem: leaf.chainPem,
		keyPem: leaf.keyPem,
		page: `the value of this run is ${value}\n`,
		...options.keylog === undefined ? {} : { keyLog: keyLog(options.keylog) },
	});
	return {
		url: `https://${serverName}/value`,
		hosts: { [serverName]: server.host },
		roots: [(await authority()).certificateDer],
		verdict(consoleText) {
			const { handshakes, requests } = server.facts;
			if (!consoleText.includes(value)) {
				return `the device ended without printing ${value}, the value of this run`;
			}
			if (handshakes !== 1 || requests.length !== 1) {
				return `the server expected one verified request, it saw ${handshakes} handshakes and ${requests.length} requests`;
			}
			return undefined;
		},
	};
}

async function usersScene(url: string, { host = [], ca = [], keylog }: StartOptions): Promise<Scene> {
	if (keylog !== undefined) {
		throw new UserError("--keylog: the secrets are your server's to log, the firmware gives none away: have it write the file (Node: --tls-keylog=FILE)");
	}
	const { protocol, hostname } = parseUrl(url);
	if (protocol !== "https:" && protocol !== "http:") {
		throw new UserError(`--url ${url}: only https: and http: can be fetched`);
	}
	const hosts = Object.fromEntries(host.map(parseHost));
	if (!(hostname in hosts)) {
		throw new UserError(`nobody answers for ${hostname}: say which server on this machine does, --host ${hostname}=127.0.0.1:PORT`);
	}
	const roots: Uint8Array[] = [];
	for (const file of ca) {
		const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
			throw new UserError(`--ca ${file}: cannot be read (${cause.code})`, { cause });
		});
		roots.push(...certificatesOf(text, file));
	}
	return { url, hosts, roots, verdict: () => undefined };
}

function parseUrl(url: string): URL {
	try {
		return new URL(url);
	} catch (cause) {
		throw new UserError(`--url ${url}: not a URL, expected something like https://host.example/path`, { cause });
	}
}

function parseHost(option: string): [string, string] {
	const match = /^([^=\s]+)=((?:127\.0\.0\.1|\[::1\]):\d{1,5})$/.exec(option);
	if (match === null) {
		throw new UserError(`--host ${option}: expected NAME=127.0.0.1:PORT, a server on this machine`);
	}
	return [match[1]!.toLowerCase(), match[2]!];
}
