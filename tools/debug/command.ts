// `npm run debug`: a debug build of an app on a simulated Pico W, or a board that has one, with a debugger on this machine connected.

import { Command } from "commander";
import type { Socket } from "node:net";
import { resolve } from "node:path";
import { PicoW } from "../../simulator/simulator.ts";
import { buildApp } from "../build/build-app.ts";
import { addSetting } from "../build/command.ts";
import { buildDay } from "../build/build-day.ts";
import { withRecords } from "../build/records.ts";
import { assembleUf2 } from "../build/uf2-file.ts";
import { port as portToUse, seconds, wholeNumber } from "../option-values.ts";
import { simulatedNetwork } from "../start/simulated-network.ts";
import { UserError } from "../user-error.ts";
import { bridgeBoard, checkSerialPort, openSerialPort } from "./board.ts";
import { bridgeDebugger } from "./bridge.ts";
import { connectToDebugger, waitForDebugger, xsbugPort } from "./connect.ts";

const projectFolder = resolve(import.meta.dirname, "../..");

interface Options {
	readonly app?: string;
	readonly connect: number;
	readonly listen?: number;
	readonly port?: string;
	readonly config?: Readonly<Record<string, unknown>>;
	readonly seed: number;
	readonly timeout: number;
}

/** Options and action of `npm run debug`. */
export function command(): Command {
	return new Command()
		.description("Builds an app with the debugger's protocol, boots it on a simulated Pico W, and connects a debugger to it; or connects it to a board.")
		.option("--app <folder>", "folder of the app, with its manifest.json (default: this project's main.ts)")
		.option("--connect <port>", "the debugger listens on this port of this machine, as xsbug does", portToUse, xsbugPort)
		.option("--listen <port>", "wait here for a debugger that connects, 0 for any free port", portToUse)
		.option("--port <path>", "no simulation: a board's second serial port, /dev/ttyACM1 for instance; its .uf2 is of npm run build -- --debug")
		.option("--config <key=value>", "set a key of the app's config; may be repeated", addSetting)
		.option("--seed <number>", "seed of everything random in the simulated world", wholeNumber, 1)
		.option("--timeout <seconds>", "virtual seconds the device gets; none pass while the program stands", seconds, 3600)
		.action(debug);
}

async function debug({ app, connect, listen, port, config = {}, seed, timeout }: Options): Promise<void> {
	const toDebugger = (): Promise<Socket> => listen === undefined
		? connectToDebugger(connect)
		: waitForDebugger(listen, at => console.log(`waiting for a debugger on 127.0.0.1:${at}`));
	if (port !== undefined) {
		checkSerialPort(port);
		const connection = await toDebugger();
		try {
			await bridgeBoard(openSerialPort(port), connection, projectFolder);
		} finally {
			connection.destroy();
		}
		return;
	}
	const built = await buildApp({ debug: true, ...app === undefined ? {} : { app } });
	const connection = await toDebugger();
	const board = new PicoW({ seed, epochMs: Date.now(), network: { accessPoints: [simulatedNetwork] } });
	const image = withRecords(built.image, { configuration: { ...built.configuration, ...config }, ssid: simulatedNetwork.ssid, password: simulatedNetwork.password, earliest: buildDay(), roots: built.roots.own.map(({ der }) => der), data: built.data });
	board.loadUf2(assembleUf2({ elf: built.elf, image, rootStore: built.roots.store }));
	board.console.onText(text => process.stdout.write(text.replaceAll("\r\n", "\n")));
	bridgeDebugger({ port: board.serialPort(1), clock: board.clock, debugger: connection, projectFolder });
	const end = await board.run({ timeoutMicros: timeout * 1e6 });
	board.close();
	connection.destroy();
	if (end.reason !== "timeout") {
		throw new UserError(`the firmware stopped: ${end.reason === "fault" ? end.fault.text : end.reason === "halted" ? end.text : end.reason}`);
	}
}
