// Boots the bench app once on the simulated board and reads the marks: on the app's pins, and in the bytes that the server
// gets. Times are virtual, cycles are those in which the core executed.

import type { Duplex } from "node:stream";
import type { SecureVersion } from "node:tls";
import { PicoW } from "../../simulator/simulator.ts";
import { issue, type KeyAlgorithm } from "../../tools/certificates/issue.ts";
import { powerOn, sceneUf2 } from "../support/device.ts";
import { respondWith, TlsServer } from "../support/tls-server.ts";
import { TlsRecords } from "./tls-records.ts";

/** A moment of a run, since power-on. */
export interface Moment {
	readonly virtualMs: number;
	readonly activeCycles: number;
}

export interface Measurement {
	readonly main: Moment;
	readonly address: Moment;
	/** The first byte of ClientHello, and the first record of the request: as the server gets them. */
	readonly clientHello: Moment;
	readonly request: Moment;
	/** The same of a second connection, which resumes the first one's session. */
	readonly resumedClientHello: Moment;
	readonly resumedRequest: Moment;
	/** The first piece of the body is in script's hands. */
	readonly firstByte: Moment;
	/** Bytes of the engine's arena that are free while the TLS connection is open. */
	readonly arenaFree: number;
}

const serverName = "bench.example";
const bodyBytes = 2048;
/** Of test/bench/app/mark.ts. */
const pins = { main: 2, address: 3, firstByte: 4 } as const;
const timeoutMicros = 60e6;

/**
 * `algorithm` is that of the server's key and of its root's.
 *
 * @throws Error with the console when the run does not come to its end
 */
export async function measure(protocol: SecureVersion, algorithm: KeyAlgorithm, seed: number): Promise<Measurement> {
	const root = await issue({ subject: "Root", issuer: "self", ca: true, algorithm });
	const leaf = await issue({ names: [serverName], issuer: root, algorithm });
	const server = new TlsServer({
		certificateChainPem: leaf.chainPem,
		keyPem: leaf.keyPem,
		minVersion: protocol,
		maxVersion: protocol,
		respond: respondWith("x".repeat(bodyBytes)),
	});
	const moments = new Map<string, Moment>();
	const seen = (name: string) => {
		if (!moments.has(name)) moments.set(name, { virtualMs: board.clock.micros / 1000, activeCycles: board.report().activeCycles });
	};
	const connect = (): Duplex => {
		const prefix = server.connections === 0 ? "" : "resumed.";
		const records = new TlsRecords(protocol, name => seen(prefix + name));
		return tapped(server.connect(), bytes => records.add(bytes));
	};
	const board: PicoW = new PicoW({
		seed,
		epochMs: powerOn.getTime(),
		network: { hosts: { [serverName]: { connect } } },
		attach: wires => {
			for (const [name, index] of Object.entries(pins)) {
				const pin = wires.pin(index);
				pin.onChange(() => {
					if (pin.outputEnabled && pin.level) seen(name);
				});
			}
		},
	});
	board.loadUf2(await sceneUf2({ app: "test/bench/app", configuration: { url: `https://${serverName}/` }, roots: [root.certificateDer] }));
	await board.run({ until: /^(?:arena|failed) .*\n/m, timeoutMicros });
	board.close();
	const { text } = board.console;
	const moment = (name: string): Moment => {
		const found = moments.get(name);
		if (found === undefined) throw new Error(`the bench app did not come to "${name}" (seed ${seed}, ${protocol}, ${algorithm}); its console:\n${text}`);
		return found;
	};
	const arena = /^arena (\d+) of \d+ bytes free, (\d+) bytes of body, resumed true\r?$/m.exec(text);
	if (arena === null || Number(arena[2]) !== bodyBytes) {
		throw new Error(`the bench app did not come to its end (seed ${seed}, ${protocol}, ${algorithm}); its console:\n${text}`);
	}
	return {
		main: moment("main"),
		address: moment("address"),
		clientHello: moment("clientHello"),
		request: moment("request"),
		resumedClientHello: moment("resumed.clientHello"),
		resumedRequest: moment("resumed.request"),
		firstByte: moment("firstByte"),
		arenaFree: Number(arena[1]),
	};
}

/** The stream, with everything that is written to it told before. */
function tapped(stream: Duplex, tell: (bytes: Uint8Array) => void): Duplex {
	const write = stream.write.bind(stream) as (...values: unknown[]) => boolean;
	stream.write = ((bytes: Uint8Array, ...rest: unknown[]) => {
		tell(bytes);
		return write(bytes, ...rest);
	}) as typeof stream.write;
	return stream;
}
