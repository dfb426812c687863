// Faults of the air: each does what it says, in both directions, by its seed, and changes nothing while it is off.

import assert from "node:assert/strict";
import test from "node:test";
import { SeededRandom } from "../../../simulator/core/random.ts";
import { parseFaults } from "../../../simulator/network/fault-option.ts";
import { type Direction, FaultyAir } from "../../../simulator/network/faulty-air.ts";
import type { AirFaults } from "../../../simulator/network/options.ts";
import { PicoW } from "../../../simulator/simulator.ts";
import { TestClock } from "../radio/bit-banging-host.ts";
import { checksum, DEVICE_IP, ROUTER_IP, VirtualDevice } from "./virtual-device.ts";

interface Came {
	/** Of the frame's order, 0 the first. */
	number: number;
	atMicros: number;
	damaged: boolean;
	bytes: Uint8Array;
}

/** IPv4 frames with a number, one each millisecond, in each direction. */
async function carried(faults: AirFaults, frames = 400, seed = 1): Promise<{ up: Came[]; down: Came[]; air: FaultyAir; pcapBytes: number }> {
	const clock = new TestClock();
	let pcapBytes = 0;
	const air = new FaultyAir({
		clock, faults, epochMs: 0, random: (name) => new SeededRandom(seed, name), pcap: (bytes) => {
			pcapBytes += bytes.length;
		},
	});
	const came = { up: [] as Came[], down: [] as Came[] };
	for (let number = 0; number < frames; number++) {
		for (const direction of ["up", "down"] as const satisfies Direction[]) {
			const frame = new Uint8Array(60);
			frame.set([0x08, 0x00, number >>> 8, number & 0xff], 12);
			air.carry(direction, frame, (bytes, damaged) => came[direction].push({ number, atMicros: clock.micros - number * 1000, damaged, bytes }));
		}
		await clock.run(1_000);
	}
	await clock.run(1e6);
	return { ...came, air, pcapBytes };
}

const numbers = (came: readonly Came[]) => came.map(({ number }) => number);

test("without faults every frame comes once, at once, whole", async () => {
	const { up, down, air } = await carried({});
	for (const came of [up, down]) {
		assert.deepEqual(numbers(came), Array.from({ length: 400 }, (_, index) => index));
		assert.ok(came.every(({ atMicros, damaged }) => atMicros === 0 && !damaged));
	}
	assert.deepEqual(air.counts, { frames: 800, lost: 0, duplicated: 0, reordered: 0, corrupted: 0 });
});

test("loss takes frames of both directions, about as many as it says", async () => {
	const { up, down, air } = await carried({ loss: 0.1 });
	assert.equal(up.length + down.length, 800 - air.counts.lost);
	assert.ok(air.counts.lost > 50 && air.counts.lost < 120, `${air.counts.lost} lost`);
	assert.ok(up.length < 400 && down.length < 400);
});

test("frames get lost by their number", async () => {
	const { up, down } = await carried({ dropFrames: [1, 4] }, 3);
	assert.deepEqual([numbers(up), numbers(down)], [[1, 2], [0, 2]]);
});

test("duplication brings some frames twice, one behind the other, also in the capture", async () => {
	const { up, down, air, pcapBytes } = await carried({ duplicate: 0.1 });
	const { duplicated } = air.counts;
	assert.ok(duplicated > 50 && duplicated < 120, `${duplicated} doubled`);
	assert.equal(up.length + down.length, 800 + duplicated);
	assert.equal(pcapBytes, 24 + (800 + duplicated) * (16 + 60));
	assert.deepEqual([...new Set(numbers(up))], Array.from({ length: 400 }, (_, index) => index), "in order");
});

test("reordering lets others overtake, and loses nothing", async () => {
	const { up, air } = await carried({ reorder: 0.1 });
	assert.ok(air.counts.reordered > 50);
	assert.notDeepEqual(numbers(up), [...numbers(up)].sort((one, other) => one - other));
	assert.deepEqual([...numbers(up)].sort((one, other) => one - other), Array.from({ length: 400 }, (_, index) => index));
});

test("corruption turns one bit behind the Ethernet header, of what has a checksum", async () => {
	const { up, down, air } = await carried({ corrupt: 0.2 });
	const damaged = [...up, ...down].filter((came) => came.damaged);
	assert.equal(damaged.length, air.counts.corrupted);
	assert.ok(damaged.length > 100);
	for (const { bytes, number } of damaged) {
		const sent = new Uint8Array(60);
		sent.set([0x08, 0x00, number >>> 8, number & 0xff], 12);
		const differing = [...bytes].map((byte, index) => byte ^ sent[index]);
		assert.ok(differing.slice(0, 14).every((bits) => bits === 0));
		assert.deepEqual(differing.filter((bits) => bits !== 0).map((bits) => Math.log2(bits) % 1), [0], "one bit");
	}
	const clock = new TestClock();
	const arp = new FaultyAir({ clock, faults: { corrupt: 1 }, epochMs: 0, random: (name) => new SeededRandom(1, name), pcap: undefined });
	const frame = new Uint8Array(42);
	frame.set([0x08, 0x06], 12);
	arp.carry("up", frame, (_, damaged) => assert.equal(damaged, false, "ARP has no checksum"));
	assert.equal(arp.counts.corrupted, 0);
});

test("delay and jitter make every frame late, and keep their order", async () => {
	const { up } = await carried({ delayMicros: 20_000, jitterMicros: 5_000 });
	assert.ok(up.every(({ atMicros }) => atMicros >= 20_000 && atMicros < 25_001));
	assert.ok(new Set(up.map(({ atMicros }) => Math.floor(atMicros))).size > 50);
	assert.deepEqual(numbers(up), Array.from({ length: 400 }, (_, index) => index));
});

test("the plan follows from its seed; one more fault leaves the others as they were", async () => {
	const lost = async (faults: AirFaults, seed = 1) => {
		const { up } = await carried(faults, 400, seed);
		const came = new Set(numbers(up));
		return Array.from({ length: 400 }, (_, index) => index).filter((number) => !came.has(number)).join();
	};
	const plain = await lost({ loss: 0.1 });
	assert.equal(await lost({ loss: 0.1 }), plain);
	assert.equal(await lost({ loss: 0.1, duplicate: 0.3, corrupt: 0.1, jitterMicros: 900 }), plain);
	assert.notEqual(await lost({ loss: 0.1, seed: 7 }), plain);
	assert.notEqual(await lost({ loss: 0.1 }, 2), plain);
});

test("the network drops what came damaged, as its checksums tell, and blames nobody", async () => {
	const device = new VirtualDevice({ faults: { corrupt: 1 } });
	const echo = Uint8Array.from([8, 0, 0, 0, 0, 1, 0, 2, ...new Uint8Array(40)]);
	new DataView(echo.buffer).setUint16(2, checksum(echo));
	for (let time = 0; time < 200; time++) {
		device.sendIp(1, ROUTER_IP, echo);
	}
	await device.clock.run(1e6);
	assert.deepEqual(device.violations, []);
	assert.equal(device.frames.length, 0);
	assert.equal(device.air.counts.corrupted, 200);
	const honest = new VirtualDevice();
	honest.sendIp(1, ROUTER_IP, Uint8Array.from([8, 0, 1, 1, 0, 1, 0, 2]), DEVICE_IP);
	assert.match(honest.violations.join(), /network-malformed/);
});

test("--faults names all faults of the air", () => {
	assert.deepEqual(parseFaults("loss=0.05,duplicate=.01,reorder=0.02,corrupt=1,delay=20ms,jitter=1.5ms,seed=7"), {
		loss: 0.05, duplicate: 0.01, reorder: 0.02, corrupt: 1, delayMicros: 20_000, jitterMicros: 1_500, seed: 7,
	});
});

for (const [text, sentence] of [
	["", /"" is no fault of the air; allowed are loss=0\.\.1, duplicate=/],
	["losses=1", /"losses" is no fault/],
	["loss=5%", /loss=5%: a probability from 0 to 1 is expected, such as 0\.05/],
	["loss=1.5", /a probability/],
	["loss", /loss=: a probability/],
	["delay=20", /delay=20: a time with its unit/],
	["seed=-1", /seed=-1: a whole number from 0/],
] as const) {
	test(`--faults "${text}" is refused with a sentence`, () => assert.throws(() => parseFaults(text), sentence));
}

test("the board's report counts what the air did", () => {
	const { radio } = new PicoW({ network: { faults: { loss: 0.5 } } }).report();
	assert.deepEqual(
		[radio?.airFrames, radio?.lostFrames, radio?.duplicatedFrames, radio?.reorderedFrames, radio?.corruptedFrames], [0, 0, 0, 0, 0]);
});
