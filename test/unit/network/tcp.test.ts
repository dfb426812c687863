// TCP of the simulated network, between a scripted device and peers on the host.

import assert from "node:assert/strict";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { Duplex, duplexPair } from "node:stream";
import test from "node:test";
import type { TcpPeer } from "../../../simulator/network/options.ts";
import { ACK, FIN, HOST_IP, RST, SYN, VirtualDevice, VirtualTcp } from "./virtual-device.ts";

/** A peer in this process: `serve` is given what the device sends, and a stream to answer on. */
function peer(serve: (peerSide: Duplex) => void): TcpPeer {
	return {
		connect() {
			const [near, far] = pair();
			serve(far);
			return near;
		},
	};
}

function pair(): [Duplex, Duplex] {
	const make = (other: () => Duplex): Duplex => new Duplex({
		read() {},
		write(chunk, _encoding, callback) {
			other().push(chunk);
			callback();
		},
		final(callback) {
			other().push(null);
			callback();
		},
	});
	const near: Duplex = make(() => far);
	const far: Duplex = make(() => near);
	return [near, far];
}

const echo = peer((stream) => {
	stream.on("data", (bytes) => stream.write(bytes));
	stream.on("end", () => stream.end());
});

function connected(tcpPeer: TcpPeer | undefined, options: ConstructorParameters<typeof VirtualDevice>[0] = {}, record = false) {
	const device = new VirtualDevice({ ...options, hosts: { "a.example": tcpPeer ? { tcp: tcpPeer } : {} } }, record);
	const tcp = new VirtualTcp(device, HOST_IP, 443);
	return { device, tcp };
}

test("handshake, echo, orderly close from the device", async () => {
	const { device, tcp } = connected(echo);
	tcp.open();
	await device.clock.run(10_000);
	assert.equal(tcp.state, "open");
	const [synAck] = device.segments(tcp.sourcePort);
	assert.equal(synAck.flags, SYN | ACK);
	assert.deepEqual([...synAck.options], [2, 4, 5, 180], "offers 1460 bytes a segment");
	tcp.write(Buffer.from("hello"));
	await device.clock.run(50_000);
	assert.equal(tcp.text, "hello");
	tcp.end();
	await device.clock.run(50_000);
	assert.equal(tcp.ended, true);
	assert.equal(tcp.wasReset, false);
	assert.deepEqual(device.violations, []);
});

test("the answer arrives one latency after the device's last byte", async () => {
	const { device, tcp } = connected(echo, { latencyMicros: 4_000 });
	tcp.open();
	await device.clock.run(20_000);
	const sentAt = device.clock.micros;
	let arrivedAt = 0;
	const before = device.onFrame;
	device.onFrame = (frame) => {
		before?.(frame);
		arrivedAt ||= device.clock.micros;
	};
	tcp.write(Buffer.from("x"));
	await device.clock.run(50_000);
	assert.ok(arrivedAt - sentAt > 4_000 && arrivedAt - sentAt < 5_500, `${arrivedAt - sentAt}`);
});

test("a refused port is reset; a silent one says nothing; an unknown address says nothing", async () => {
	const { device, tcp } = connected(undefined);
	tcp.open();
	await device.clock.run(20_000);
	assert.equal(tcp.state, "refused");
	const refusing = connected({ connect: () => undefined });
	refusing.tcp.open();
	await refusing.device.clock.run(20_000);
	assert.equal(refusing.tcp.state, "refused");
	const silent = connected(echo, { faults: { tcpSilentPorts: [443] } });
	silent.tcp.open();
	await silent.device.clock.run(10_000_000);
	assert.equal(silent.tcp.state, "opening");
	const nowhere = new VirtualDevice();
	const lost = new VirtualTcp(nowhere, [198, 51, 100, 1], 443);
	lost.open();
	await nowhere.clock.run(10_000_000);
	assert.equal(lost.state, "opening");
});

test("a port is only open where the host listens", async () => {
	const device = new VirtualDevice({ hosts: { "a.example": { ports: { 443: echo } } } });
	const open = new VirtualTcp(device, HOST_IP, 443, 50001);
	const closed = new VirtualTcp(device, HOST_IP, 80, 50002);
	open.open();
	closed.open();
	await device.clock.run(20_000);
	assert.equal(open.state, "open");
	assert.equal(closed.state, "refused");
});

test("the device's window is kept, and reopened", async () => {
	const body = Buffer.alloc(20_000, "abcdefgh");
	const { device, tcp } = connected(peer((stream) => {
		stream.on("data", () => stream.end(body));
	}));
	tcp.window = 2000;
	tcp.acknowledges = false;
	tcp.open();
	await device.clock.run(20_000);
	tcp.write(Buffer.from("get"));
	await device.clock.run(100_000);
	assert.equal(tcp.received.length, 1460, "540 bytes more would be a silly window");
	tcp.window = 0;
	tcp.acknowledge();
	const before = device.segments(tcp.sourcePort).length;
	await device.clock.run(5_000_000);
	const probes = device.segments(tcp.sourcePort).slice(before);
	assert.ok(probes.length >= 2 && probes.every((segment) => segment.payload.length <= 1), "the closed window is probed");
	tcp.window = 8192;
	tcp.acknowledges = true;
	tcp.expected = (tcp.expected - (tcp.received.length - 1460)) >>> 0;
	tcp.received.length = 1460;
	tcp.acknowledge();
	await device.clock.run(5_000_000);
	assert.equal(tcp.received.length, body.length);
	assert.deepEqual(Buffer.from(tcp.received), body);
	assert.equal(tcp.ended, true);
});

test("lost segments are sent again, in virtual time", async () => {
	const body = Buffer.from(Array.from({ length: 30_000 }, (_, index) => index & 0xff));
	for (const loss of [0.05, 0.2]) {
		const { device, tcp } = connected(peer((stream) => {
			stream.on("data", () => stream.end(body));
		}), { faults: { loss } });
		// A device that asks again until it is answered.
		for (let attempt = 0; tcp.state !== "open" && attempt < 20; attempt++) {
			tcp.next = 1000;
			tcp.open();
			await device.clock.run(1_000_000);
		}
		for (let attempt = 0; !tcp.received.length && attempt < 20; attempt++) {
			tcp.next = 1001;
			tcp.write(Buffer.from("get"));
			await device.clock.run(1_000_000);
		}
		await device.clock.run(120_000_000);
		assert.deepEqual(Buffer.from(tcp.received), body);
		assert.equal(tcp.ended, true);
	}
});

test("segments out of order, twice, and overlapping are put together", async () => {
	let got = "";
	const { device, tcp } = connected(peer((stream) => {
		stream.on("data", (bytes) => {
			got += bytes.toString();
		});
	}));
	tcp.open();
	await device.clock.run(20_000);
	const base = tcp.next;
	for (const [from, to] of [[4, 8], [2, 6], [0, 3], [0, 8], [6, 10]]) {
		tcp.next = base + from;
		tcp.write(Buffer.from("0123456789".slice(from, to)));
		await device.clock.run(1_000);
	}
	tcp.next = base + 10;
	await device.clock.run(50_000);
	assert.equal(got, "0123456789");
	assert.equal(device.segments(tcp.sourcePort).at(-1)?.acknowledge, base + 10);
});

test("a peer that breaks off resets the connection; a device's reset ends the peer", async () => {
	let far: Duplex | undefined;
	const breaking = connected({
		connect() {
			const [near, other] = pair();
			far = other;
			setImmediate(() => near.destroy(new Error("gone")));
			return near;
		},
	});
	breaking.tcp.open();
	await breaking.device.clock.run(50_000);
	assert.equal(breaking.tcp.wasReset, true);
	assert.ok(far);
	let closed = false;
	const { device, tcp } = connected({
		connect() {
			const [near] = pair();
			near.on("close", () => {
				closed = true;
			});
			return near;
		},
	});
	tcp.open();
	await device.clock.run(20_000);
	device.sendTcp(HOST_IP, tcp.sourcePort, 443, { flags: RST, sequence: tcp.next });
	await device.clock.run(20_000);
	await new Promise((resolve) => setImmediate(resolve));
	assert.equal(closed, true);
});

test("a segment to no connection is reset, a keep-alive probe is acknowledged", async () => {
	const { device, tcp } = connected(echo);
	device.sendTcp(HOST_IP, 50009, 443, { flags: ACK, sequence: 5, acknowledge: 77 });
	await device.clock.run(20_000);
	const [reset] = device.segments(50009);
	assert.deepEqual([reset.flags, reset.sequence], [RST, 77]);
	tcp.open();
	await device.clock.run(20_000);
	const before = device.segments(tcp.sourcePort).length;
	device.sendTcp(HOST_IP, tcp.sourcePort, 443, { flags: ACK, sequence: tcp.next - 1, acknowledge: tcp.expected });
	await device.clock.run(20_000);
	assert.equal(device.segments(tcp.sourcePort).length, before + 1);
});

test("a silent device is given up after eight retransmissions", async () => {
	let destroyed = false;
	const { device, tcp } = connected({
		connect() {
			const [near, far] = pair();
			near.on("close", () => {
				destroyed = true;
			});
			setImmediate(() => far.write("anybody there?"));
			return near;
		},
	});
	tcp.open();
	await device.clock.run(3_000);
	tcp.acknowledges = false;
	await device.clock.run(600_000_000);
	await new Promise((resolve) => setImmediate(resolve));
	assert.equal(destroyed, true);
	assert.equal(device.segments(tcp.sourcePort).at(-1)?.flags, RST | ACK);
});

test("both sides may close at once, and a port can be used again", async () => {
	const { device, tcp } = connected(peer((stream) => {
		stream.resume();
		stream.end();
	}));
	tcp.open();
	await device.clock.run(4_200);
	tcp.end();
	await device.clock.run(50_000);
	assert.equal(tcp.ended, true);
	const again = new VirtualTcp(device, HOST_IP, 443);
	again.next = 900_000;
	again.open();
	await device.clock.run(20_000);
	assert.equal(again.state, "open");
});

test("a big body is held back at the peer while the device is slow", async () => {
	const total = 2_000_000;
	let written = 0;
	const { device, tcp } = connected(peer((stream) => {
		const more = (): void => {
			while (written < total && stream.writableLength < 100_000) {
				const chunk = Buffer.alloc(Math.min(16_384, total - written), 1);
				written += chunk.length;
				if (!stream.write(chunk)) {
					stream.once("drain", more);
					return;
				}
			}
			if (written >= total) {
				stream.end();
			}
		};
		stream.on("data", more);
	}));
	tcp.open();
	await device.clock.run(20_000);
	tcp.write(Buffer.from("get"));
	await device.clock.run(20_000_000);
	assert.equal(tcp.received.length, total);
	assert.equal(tcp.ended, true);
});

test("a peer that does not read closes the window, and opens it again by reading", async () => {
	const [near, far] = duplexPair();
	const { device, tcp } = connected({ connect: () => near });
	tcp.open();
	await device.clock.run(20_000);
	const last = () => device.segments(tcp.sourcePort).at(-1)!;
	let sent = 0;
	for (; last().window >= 1460 && sent < 200_000; sent += 1460) {
		tcp.write(Buffer.alloc(1460, 1));
		await device.clock.run(20_000);
	}
	const took = sent;
	const held = far.readableHighWaterMark + 1460;
	assert.ok(took > 60_000 && took <= 65_535 + held, `${took} bytes were taken, then the window was ${last().window}`);
	tcp.write(Buffer.alloc(1460, 2));
	tcp.write(Buffer.alloc(1460, 2));
	await device.clock.run(20_000);
	const end = last().acknowledge + last().window;
	await device.clock.run(600_000_000);
	assert.ok(last().acknowledge + last().window <= end, "it stays closed");
	let read = 0;
	far.on("data", (bytes: Buffer) => { read += bytes.length; });
	await new Promise((resolve) => setImmediate(resolve));
	await device.clock.run(20_000);
	assert.equal(last().window, 65_535, "who waits is told");
	assert.ok(read >= took, `${read} of ${took}`);
});

test("two runs with peers in this process are the same, byte for byte", async () => {
	const runs = [];
	for (let run = 0; run < 2; run++) {
		const { device, tcp } = connected(echo, { faults: { loss: 0.1 } });
		tcp.open();
		await device.clock.run(2_000_000);
		tcp.write(Buffer.from("hello"));
		await device.clock.run(5_000_000);
		runs.push(Buffer.concat(device.pcap).toString("hex"));
	}
	assert.equal(runs[0], runs[1]);
});

/** A server on this machine for one test. */
async function withServer<T>(serve: (socket: Socket) => void, body: (address: string) => Promise<T>): Promise<T> {
	const server = createServer({ allowHalfOpen: true }, (socket) => {
		socket.on("error", () => {});
		serve(socket);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	try {
		return await body(`127.0.0.1:${(server.address() as AddressInfo).port}`);
	} finally {
		server.close();
	}
}

test("a server on loopback: its answer comes one latency after the question, however long it thinks", async () => {
	await withServer((socket) => {
		socket.on("data", (bytes) => setTimeout(() => socket.end(`you said ${bytes}`), 60));
		socket.on("end", () => socket.end());
	}, async (address) => {
		const { device, tcp } = connected(address, { patienceMs: 500 });
		tcp.open();
		await device.clock.run(20_000);
		assert.equal(tcp.state, "open");
		const before = device.clock.micros;
		tcp.write(Buffer.from("hi"));
		await device.clock.run(8_000);
		assert.equal(tcp.text, "you said hi");
		assert.ok(device.clock.micros - before < 10_000, "60 ms of the host were none of the device");
		tcp.end();
		await device.clock.run(20_000);
		assert.equal(tcp.ended, true);
		device.peers.close();
	});
});

test("a slow server is waited for in host time when the patience is over", async () => {
	await withServer((socket) => {
		socket.on("data", () => setTimeout(() => socket.end("late"), 150));
	}, async (address) => {
		const { device, tcp } = connected(address, { patienceMs: 5 });
		tcp.open();
		await device.clock.run(20_000);
		tcp.write(Buffer.from("hi"));
		await device.clock.run(2_000_000);
		assert.equal(tcp.text, "late");
		device.peers.close();
	});
});

test("a closed port on loopback is refused", async () => {
	const address = await withServer(() => {}, async (free) => free);
	const { device, tcp } = connected(address);
	tcp.open();
	await device.clock.run(20_000);
	assert.equal(tcp.state, "refused");
});

test("hosts elsewhere than on this machine are not accepted", () => {
	assert.throws(() => connected("192.0.2.1:443"), /not a server on this machine/);
});

test("what was recorded is replayed without the server, at the same virtual times", async () => {
	const story = async (device: VirtualDevice, tcp: VirtualTcp) => {
		tcp.open();
		await device.clock.run(20_000);
		tcp.write(Buffer.from("one"));
		await device.clock.run(1_000_000);
		tcp.write(Buffer.from("two"));
		await device.clock.run(1_000_000);
		tcp.end();
		await device.clock.run(1_000_000);
		device.peers.close();
		return { text: tcp.text, ended: tcp.ended };
	};
	const { recording, first } = await withServer((socket) => {
		socket.on("data", (bytes) => setTimeout(() => socket.write(`<${bytes}>`), 30));
		socket.on("end", () => socket.end());
	}, async (address) => {
		const { device, tcp } = connected(address, { patienceMs: 10 }, true);
		const outcome = await story(device, tcp);
		return { recording: device.recording, first: outcome };
	});
	assert.deepEqual(first, { text: "<one><two>", ended: true });
	const file = JSON.parse(JSON.stringify(recording));
	const replays = [];
	for (let run = 0; run < 2; run++) {
		const { device, tcp } = connected("127.0.0.1:1", { replay: file });
		assert.deepEqual(await story(device, tcp), first);
		assert.deepEqual(device.violations, []);
		replays.push(Buffer.concat(device.pcap).toString("hex"));
	}
	assert.equal(replays[0], replays[1]);
	const { device, tcp } = connected("127.0.0.1:1", { replay: file });
	tcp.open();
	await device.clock.run(20_000);
	tcp.write(Buffer.from("other"));
	await device.clock.run(2_000_000);
	assert.ok(device.violations.some((line) => line.includes("network-replay-diverged")));
	assert.throws(() => connected("127.0.0.1:1", { replay: { version: 2 } as never }), /not a picofetch recording/);
});

test("FIN that is lost is sent again", async () => {
	const { device, tcp } = connected(peer((stream) => {
		stream.resume();
		stream.on("end", () => stream.end());
	}), { faults: { dropFrames: [6] } });
	tcp.open();
	await device.clock.run(20_000);
	tcp.end();
	await device.clock.run(5_000_000);
	assert.equal(tcp.ended, true);
	assert.ok(device.air.counts.lost === 1);
	assert.equal(device.segments(tcp.sourcePort).filter((segment) => segment.flags & FIN).length >= 1, true);
});
