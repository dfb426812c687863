// Runs the real .uf2 on a simulated Pico W inside a test. A red test leaves its console and its frames in build/test/.

import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { PicoW, type NetworkOptions, type PicoWOptions, type Report, type RunResult } from "../../simulator/simulator.ts";
import { buildApp, type BuiltApp } from "../../tools/build/build-app.ts";
import { withRecords } from "../../tools/build/records.ts";
import { assembleUf2 } from "../../tools/build/uf2-file.ts";
import { authority } from "../../tools/certificates/authority.ts";
import { compileRootStore, type WebRoot } from "../../tools/certificates/root-store.ts";
import { simulatedNetwork } from "../../tools/start/simulated-network.ts";
import { outcome, storyEnd, type Outcome } from "../../tools/start/story.ts";

/** The instant at which devices of tests are switched on; fixture certificates are made for it. */
export const powerOn = new Date("2026-01-15T12:00:00Z");

/** Where preferences lie in flash, `end` exclusive (DESIGN.md, the layout of flash). */
export const preferencesArea = { start: 0x1f8000, end: 0x1fe000 } as const;

const leftBehind = fileURLToPath(new URL("../../build/test/", import.meta.url));

export interface DeviceScene extends Pick<NetworkOptions, "accessPoints" | "clients" | "hosts" | "dhcp" | "ipv6" | "faults" | "radioFaults" | "record" | "replay"> {
	/** Folder of the app, from the project's folder. Default: the project's own main.ts. */
	readonly app?: string;
	/** A build that collects garbage at each allocation, while freezing too. Default false. */
	readonly stress?: boolean;
	/** Over the manifest's `config`. */
	readonly configuration?: Record<string, unknown>;
	/** The network the device is told to join. Default: the one on the air. */
	readonly ssid?: string;
	readonly password?: string;
	/** As `--security` tells it. Default: not told. */
	readonly security?: string;
	/** What the clock can be set to at the earliest. Default: the firmware's, 2024-01-01. */
	readonly earliest?: Date;
	/** Trusted roots, as `--ca` gives them, DER. Default: the test authority. */
	readonly roots?: readonly Uint8Array[];
	/** The web's roots, as in certs/mozilla.pem. Default: none. */
	readonly webRoots?: readonly WebRoot[];
	/** Ends the run. Default: the last line of main.ts. */
	readonly until?: RegExp;
	/** Virtual milliseconds the device gets. Default 60,000. */
	readonly timeoutMs?: number;
	/** Default 1. */
	readonly seed?: number;
	/** Default `powerOn`. */
	readonly epochMs?: number;
	readonly board?: Omit<PicoWOptions, "seed" | "epochMs" | "network">;
	/** False: the board has no radio to talk to. Default true. */
	readonly network?: boolean;
	/** The address of a byte of flash that is not as it was written. Default: none. */
	readonly damaged?: number;
	/** Virtual milliseconds that the device goes on after `until`. Default 0. */
	readonly lingerMs?: number;
	/** Codes of the level-error violations that the scene provokes: a store into flash, a rule of the radio chip broken. Default: none. */
	readonly violations?: readonly string[];
}

export interface DeviceRun {
	readonly console: string;
	readonly end: RunResult;
	/** What main.ts's last line says. */
	readonly outcome: Outcome;
	readonly report: Report;
	readonly pcap: Uint8Array;
	readonly board: PicoW;
}

const builds = new Map<string, Promise<BuiltApp>>();

/** The app as built, once for each process. */
export function builtApp(app?: string, stress = false): Promise<BuiltApp> {
	const key = `${app ?? ""} ${stress}`;
	let build = builds.get(key);
	if (build === undefined) {
		build = buildApp({ app, stress, quiet: true });
		builds.set(key, build);
	}
	return build;
}

/** The .uf2 of a scene: the tested firmware, with the scene's configuration and roots. */
export async function sceneUf2(scene: DeviceScene): Promise<Uint8Array> {
	const app = await builtApp(scene.app, scene.stress);
	const image = withRecords(app.image, {
		configuration: { ...app.configuration, ...scene.configuration },
		ssid: scene.ssid ?? simulatedNetwork.ssid,
		password: scene.password ?? simulatedNetwork.password,
		...scene.security && { security: scene.security },
		...scene.earliest && { earliest: scene.earliest },
		roots: scene.roots ?? [(await authority()).certificateDer],
		data: app.data,
	});
	const uf2 = assembleUf2({ elf: app.elf, image, ...scene.webRoots && { rootStore: compileRootStore(scene.webRoots) } });
	return scene.damaged === undefined ? uf2 : damage(uf2, scene.damaged);
}

/** Blocks of 512 bytes: the address at 12, 256 bytes at 32. */
function damage(uf2: Uint8Array, address: number): Uint8Array {
	const view = new DataView(uf2.buffer, uf2.byteOffset, uf2.byteLength);
	for (let block = 0; block < uf2.length; block += 512) {
		const within = address - view.getUint32(block + 12, true);
		if (within >= 0 && within < 256) {
			uf2[block + 32 + within]! ^= 0x10;
			return uf2;
		}
	}
	throw new Error(`nothing is written to 0x${address.toString(16)}`);
}

/** A device of a scene that is switched on and has not run yet. */
export async function sceneBoard(scene: DeviceScene, pcap: (bytes: Uint8Array) => void = () => {}): Promise<PicoW> {
	const { accessPoints = [simulatedNetwork], hosts = {}, clients, dhcp, ipv6, faults, radioFaults, record, replay, seed = 1, epochMs = powerOn.getTime() } = scene;
	const network: NetworkOptions = {
		accessPoints, hosts, ...clients && { clients }, ...dhcp && { dhcp }, ...ipv6 !== undefined && { ipv6 },
		...faults && { faults }, ...radioFaults && { radioFaults }, ...record && { record }, ...replay && { replay }, pcap,
	};
	const board = new PicoW({ ...scene.board, seed, epochMs, ...scene.network === false ? {} : { network } });
	board.loadUf2(await sceneUf2(scene));
	return board;
}

/** Switches a device on and runs it to the scene's end. */
export async function runDevice(scene: DeviceScene): Promise<DeviceRun> {
	const pcap: Uint8Array[] = [];
	const board = await sceneBoard(scene, bytes => pcap.push(bytes));
	const end = await board.run({ until: scene.until ?? storyEnd, timeoutMicros: (scene.timeoutMs ?? 60_000) * 1000 });
	if (scene.lingerMs) {
		await board.run({ timeoutMicros: scene.lingerMs * 1000 });
	}
	board.close();
	const text = board.console.text;
	return { console: text, end, outcome: outcome(text), report: board.report(), pcap: Buffer.concat(pcap), board };
}

/**
 * A test of the real firmware. Whatever else it checks: the firmware stored nothing into flash and broke no rule of the radio chip.
 * @param behaviour the test's name
 * @param scene what the device meets; a function when it has to be made first
 * @param check the assertions
 */
export function deviceTest<Scene extends DeviceScene>(
	behaviour: string,
	scene: Scene | (() => Scene | Promise<Scene>),
	check: (run: DeviceRun, scene: Scene) => void | Promise<void>,
): void {
	test(behaviour, async () => {
		const made = typeof scene === "function" ? await scene() : scene;
		const run = await runDevice(made);
		try {
			const errors = run.report.violations.filter(({ level }) => level === "error");
			assert.deepEqual(errors.map(({ code }) => code), made.violations ?? [], JSON.stringify(errors));
			await check(run, made);
		} catch (error) {
			await leave(behaviour, run);
			throw error;
		}
	});
}

async function leave(behaviour: string, run: DeviceRun): Promise<void> {
	const stem = path.join(leftBehind, behaviour.replace(/[^\w.]+/g, "-").slice(0, 100));
	const { seed, epochMs } = run.report;
	await mkdir(leftBehind, { recursive: true });
	await writeFile(`${stem}.log`, `${run.console}\n[seed ${seed}, power on ${new Date(epochMs).toISOString()}, ended: ${run.end.reason}]\n${JSON.stringify(run.report, null, "\t")}\n`);
	await writeFile(`${stem}.pcap`, run.pcap);
}
