// `npm run dev`: an app on a simulated Pico W, built and started anew whenever one of its files changes.

import { watch as watchFiles } from "chokidar";
import { Command, InvalidArgumentError } from "commander";
import { appendFileSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { type ForwardedPort, listenOn, objectSymbols, openBrowser, PacedRun, parseForwardedPort, PicoW, type RunResult, type ServedPage, servePage } from "../../simulator/simulator.ts";
import { buildApp } from "../build/build-app.ts";
import { readManifest } from "../build/manifest.ts";
import { buildDay } from "../build/build-day.ts";
import { withRecords } from "../build/records.ts";
import { assembleUf2 } from "../build/uf2-file.ts";
import { authority } from "../certificates/authority.ts";
import { issue } from "../certificates/issue.ts";
import { coloursFor } from "../colours.ts";
import { emptyFile } from "../output-file.ts";
import { port, wholeNumber } from "../option-values.ts";
import { keyLog } from "../start/key-log.ts";
import { PageServer } from "../start/page-server.ts";
import { serverName, simulatedNetwork } from "../start/simulated-network.ts";
import { UserError } from "../user-error.ts";
import { rebuildLoop } from "./rebuild-loop.ts";

const { dim } = coloursFor(process.stdout);
const { red } = coloursFor(process.stderr);
const projectFolder = resolve(import.meta.dirname, "../..");

interface Options {
	readonly app?: string;
	readonly seed: number;
	readonly forward?: readonly ForwardedPort[];
	readonly pcap?: string;
	readonly keylog?: string;
	readonly page?: number;
	readonly open?: boolean;
}

export function command(): Command {
	return new Command()
		.description("Runs an app on a simulated Pico W, in real time, and starts it anew whenever one of its files changes.")
		.option("--app <folder>", "folder of the app, with its manifest.json (default: this project's main.ts)")
		.option("--forward <hostport:deviceport>", "let programs of this machine connect to a TCP port of the board; may be repeated", forwardedPorts)
		.option("--page <port>", "serve a page that shows the board on this port of 127.0.0.1 (0: a free one)", port)
		.option("--open", "open that page in a browser; without --page, on a free port")
		.option("--pcap <file>", "write the frames on the air of the board that runs to a file")
		.option("--keylog <file>", `write the TLS secrets of https://${serverName}/, for Wireshark to read the --pcap with`)
		.option("--seed <number>", "seed of everything random in the simulated world", wholeNumber, 1)
		.addHelpText("after", [
			"",
			`The board joins a simulated network; https://${serverName}/ answers in it, and config.url is that address.`,
			"Ctrl-C ends it, with status 0.",
		].join("\n"))
		.action(dev);
}

function forwardedPorts(text: string, before: readonly ForwardedPort[] = []): ForwardedPort[] {
	try {
		return [...before, parseForwardedPort(text)];
	} catch (error) {
		throw new InvalidArgumentError((error as Error).message);
	}
}

async function dev({ app, seed, forward = [], pcap, keylog, page: pagePort, open = false }: Options): Promise<void> {
	const appFolder = resolve(app ?? projectFolder);
	const leaf = await issue({ names: [serverName] });
	if (pcap !== undefined) emptyFile("--pcap", pcap);
	const logKeys = keylog === undefined ? undefined : keyLog(keylog);
	const rootDer = (await authority()).certificateDer;
	const ended = new AbortController();
	process.once("SIGINT", () => ended.abort());
	process.once("SIGTERM", () => ended.abort());
	const page = pagePort === undefined && !open ? undefined : await shownPage(pagePort ?? 0, open);
	let running: PicoW | undefined;
	const servers = await listenOn(forward, (port, socket) => {
		socket.on("error", () => {});	// the board's side learns it by the end
		if (running?.radio) running.radio.forward(port, socket);
		else socket.destroy();
	}).catch((cause: Error) => {
		throw new UserError(cause.message, { cause });
	});
	ended.signal.addEventListener("abort", () => servers.forEach(server => server.close()));
	await rebuildLoop({
		async build() {
			const built = await buildApp({ app: appFolder });
			const image = withRecords(built.image, {
				configuration: { ...built.configuration, url: `https://${serverName}/` },
				ssid: simulatedNetwork.ssid,
				password: simulatedNetwork.password,
				earliest: buildDay(),
				roots: [...built.roots.own.map(({ der }) => der), rootDer],
				data: built.data,
			});
			return { uf2: assembleUf2({ elf: built.elf, image, rootStore: built.roots.store }), elf: built.elf };
		},
		run({ uf2, elf }) {
			const server = new PageServer({ certificateChainPem: leaf.chainPem, keyPem: leaf.keyPem, page: `a page of ${serverName}\n`, ...logKeys && { keyLog: logKeys } });
			if (pcap !== undefined) writeFileSync(pcap, "");
			const board = new PicoW({
				seed,
				epochMs: Date.now(),
				network: { accessPoints: [simulatedNetwork], hosts: { [serverName]: server.host }, ...pcap !== undefined && { pcap: (bytes: Uint8Array) => appendFileSync(pcap, bytes) } },
			});
			board.loadUf2(uf2);
			running = board;
			board.console.onText(text => process.stdout.write(text.replaceAll("\r\n", "\n")));
			const run = new PacedRun(board);
			page?.show(board, run, objectSymbols(elf));
			void run.result.then(tellStandstill, (error: Error) => console.error(red(error.stack ?? error.message)));
			return {
				async stop() {
					run.end();
					await run.result.catch(() => {});
					board.close();
				},
			};
		},
		files: () => appFiles(appFolder),
		watch(files, onChange) {
			const watcher = watchFiles([...files], { ignoreInitial: true });
			watcher.on("all", (_, path) => onChange(path));
			let watched = new Set(files);
			return {
				update(now) {
					watcher.add(now.filter(file => !watched.has(file)));
					watcher.unwatch([...watched].filter(file => !now.includes(file)));
					watched = new Set(now);
				},
				close: () => watcher.close(),
			};
		},
		print: line => console.log(dim(line)),
		now: () => performance.now(),
		shown: path => relative(process.cwd(), path),
		time: () => new Date().toTimeString().slice(0, 8),
	}, ended.signal);
	await page?.close();
}

/** @throws UserError the port is taken, or not ours to take */
async function shownPage(port: number, open: boolean): Promise<ServedPage> {
	const page = await servePage(port).catch((cause: Error) => {
		throw new UserError(cause.message, { cause });
	});
	console.error(dim(`the board is shown at ${page.url}`));
	if (open && !await openBrowser(page.ticketUrl)) console.error("no browser could be started: open that address yourself");
	return page;
}

function tellStandstill(result: RunResult): void {
	if (result.reason === "fault" || result.reason === "halted") {
		console.error(red(`the board stands still: ${result.reason === "fault" ? result.fault.text : result.text}`));
	}
}

/** What the app is made of: manifests, modules, and what stands beside them. Of an app whose manifest has a fault, its folder's files. */
function appFiles(folder: string): string[] {
	try {
		const { files, modules } = readManifest(folder);
		const sources = [...files, ...modules.flatMap(({ source, c }) => [source, c])].filter(path => path !== undefined);
		// A header, a declaration, a file that was split off: each stands beside one that is known.
		const folders = new Set(sources.map(path => dirname(path)));
		return [...new Set([...sources, ...[...folders].flatMap(beside)])];
	} catch {
		return existsSync(folder) ? beside(folder) : [folder];
	}
}

function beside(folder: string): string[] {
	return readdirSync(folder).filter(name => /\.(?:ts|js|json|c|h)$/.test(name) && name !== "package-lock.json").map(name => join(folder, name));
}
