// The device of conformance runs: the app of device-app as a .uf2, on a simulated Pico W that one server answers.

import { join } from "node:path";
import { PicoW, type TcpPeer } from "../../simulator/simulator.ts";
import { buildApp, type BuiltApp } from "../build/build-app.ts";
import { withRecords } from "../build/records.ts";
import { assembleUf2 } from "../build/uf2-file.ts";
import { compileRootStore, type WebRoot } from "../certificates/root-store.ts";
import { simulatedNetwork } from "../start/simulated-network.ts";

/** What the device's TLS is told, the options of `TLSClientOptions`. */
export interface DeviceTls {
	readonly host: string;
	readonly minimumVersion?: "1.2" | "1.3";
	readonly maximumVersion?: "1.2" | "1.3";
	readonly applicationLayerProtocol?: readonly string[];
	/** PEM. */
	readonly clientKey?: string;
	readonly clientCertificate?: string;
}

export interface DeviceTask {
	readonly tls: DeviceTls;
	/** Who answers the device. */
	readonly server: TcpPeer;
	/** What its clock says. */
	readonly now: Date;
	/** Of the user's own, DER. */
	readonly ownRoots?: readonly Uint8Array[];
	readonly webRoots?: readonly WebRoot[];
	/** One after another. Default 1. */
	readonly connections?: number;
	/** Sent once the server is proven. Default nothing. */
	readonly greeting?: string;
	/** Virtual seconds. Default 60. */
	readonly seconds?: number;
}

/** How one connection ended. */
export interface DeviceEnd {
	/** The error's code: ECLOSED for a clean end. */
	readonly code: string;
	/** Its sentence. */
	readonly text: string;
	/** What was proven before; undefined when nothing was. */
	readonly session?: { readonly protocol: string; readonly cipher: string; readonly applicationLayerProtocol?: string; readonly resumed: boolean };
}

let built: Promise<BuiltApp> | undefined;

/**
 * Boots the device and lets it make its connections.
 *
 * @returns an end for each of them
 * @throws Error with the console when the firmware does not come to its end
 */
export async function runDevice({ tls, server, now, ownRoots = [], webRoots = [], connections = 1, greeting = "", seconds = 60 }: DeviceTask): Promise<DeviceEnd[]> {
	const app = await (built ??= buildApp({ app: join(import.meta.dirname, "device-app"), quiet: true }));
	const address = "203.0.113.10";
	const image = withRecords(app.image, {
		configuration: { ...app.configuration, address, port: 443, tls, now: now.getTime(), connections, greeting },
		ssid: simulatedNetwork.ssid,
		password: simulatedNetwork.password,
		earliest: new Date(now.getTime() - 24 * 3600 * 1000),
		roots: ownRoots,
		data: app.data,
	});
	const board = new PicoW({ seed: 1, epochMs: now.getTime(), network: { accessPoints: [simulatedNetwork], hosts: { "server.example": { address, tcp: server } }, patienceMs: 200 } });
	board.loadUf2(assembleUf2({ elf: app.elf, image, rootStore: compileRootStore(webRoots) }));
	const end = await board.run({ until: /^over\r?\n/m, timeoutMicros: seconds * 1e6 });
	board.close();
	const { text } = board.console;
	const ends: DeviceEnd[] = [];
	let session: DeviceEnd["session"];
	for (const [, word, rest] of text.matchAll(/^(proven|end) (.*?)\r?$/gm)) {
		if (word === "proven") {
			session = JSON.parse(rest!) as DeviceEnd["session"];
		} else {
			ends.push({ code: rest!.split(" ")[0]!, text: rest!.slice(rest!.indexOf(" ") + 1), ...session && { session } });
			session = undefined;
		}
	}
	if (end.reason !== "matched" || ends.length !== connections) {
		throw new Error(`the device did not come to its end (${end.reason}):\n${text}`);
	}
	return ends;
}
