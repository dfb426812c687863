// What TCP of a script moves, in and out: a server that says as much as the window lets it, one that takes what comes.

import { Duplex } from "node:stream";
import { PicoW } from "../../simulator/simulator.ts";
import { powerOn, sceneUf2 } from "../support/device.ts";

/** KB a virtual second, from the first byte to the last. */
export interface Throughput {
	readonly in: number;
	readonly out: number;
}

const movedBytes = 2 * 1024 * 1024;
const pieceBytes = 8192;

/** @throws Error with the console when the bytes do not all arrive */
export async function measureThroughput(seed: number): Promise<Throughput> {
	const moments = { in: { from: 0, to: 0 }, out: { from: 0, to: 0 } };
	let sent = 0;
	let arrived = 0;
	const source = (): Duplex => {
		moments.in.from = board.clock.micros;
		return new Duplex({
			read() {
				const length = Math.min(pieceBytes, movedBytes - sent);
				sent += length;
				this.push(length > 0 ? Buffer.alloc(length) : null);
			},
			write(_bytes, _encoding, done) {
				done();
			},
			final(done) {
				moments.in.to = board.clock.micros;
				done();
			},
		});
	};
	const sink = (): Duplex => {
		moments.out.from = board.clock.micros;
		return new Duplex({
			read() {},
			write(bytes: Buffer, _encoding, done) {
				arrived += bytes.length;
				moments.out.to = board.clock.micros;
				done();
			},
			final(done) {
				this.push(null);
				done();
			},
		});
	};
	const board = new PicoW({
		seed,
		epochMs: powerOn.getTime(),
		network: { hosts: { "source.example": { connect: source }, "sink.example": { connect: sink } } },
	});
	board.loadUf2(await sceneUf2({ app: "test/bench/throughput-app" }));
	await board.run({ until: /^moved .*\n/m, timeoutMicros: 60e6 });
	await board.run({ timeoutMicros: 1e6 });
	board.close();
	if (arrived !== movedBytes) {
		throw new Error(`${arrived} of ${movedBytes} bytes came back (seed ${seed}); the console:\n${board.console.text}`);
	}
	const rate = ({ from, to }: { from: number; to: number }): number => movedBytes / 1024 / ((to - from) / 1e6);
	return { in: rate(moments.in), out: rate(moments.out) };
}
