/**
 * A device for the simulated network, without radio and board: an Ethernet station that speaks ARP, DHCP, UDP and as much
 * TCP as a test asks for, written from the RFCs.
 */
import type { Log, Milestone } from "../../../simulator/wires.ts";
import { SeededRandom } from "../../../simulator/core/random.ts";
import type { Station } from "../../../simulator/radio/air.ts";
import { SimulatedAccessPoint } from "../../../simulator/network/access-point.ts";
import { FaultyAir } from "../../../simulator/network/faulty-air.ts";
import { Internet } from "../../../simulator/network/internet.ts";
import type { NetworkOptions, Recording } from "../../../simulator/network/options.ts";
import { Peers } from "../../../simulator/network/peers.ts";
import { Traffic } from "../../../simulator/network/traffic/traffic.ts";
import { Recorder, Replayer } from "../../../simulator/network/recording.ts";
import { TestClock } from "../radio/bit-banging-host.ts";

export const DEVICE_MAC = Uint8Array.from([0x28, 0xcd, 0xc1, 1, 2, 3]);
const ROUTER_MAC = Uint8Array.from([2, 0x50, 0x46, 0, 0, 1]);
export const DEVICE_IP = [192, 168, 4, 2];
export const ROUTER_IP = [192, 168, 4, 1];
export const HOST_IP = [203, 0, 113, 10];
export const BROADCAST = new Uint8Array(6).fill(0xff);

export interface Segment {
	flags: number;
	sequence: number;
	acknowledge: number;
	window: number;
	options: Uint8Array;
	payload: Uint8Array;
	atMicros: number;
}

export class VirtualDevice implements Station {
	readonly clock = new TestClock();
	readonly violations: string[] = [];
	readonly frames: Uint8Array[] = [];
	readonly mac = DEVICE_MAC;
	readonly accessPoint: SimulatedAccessPoint;
	readonly air: FaultyAir;
	readonly internet: Internet;
	readonly peers: Peers;
	readonly pcap: Uint8Array[] = [];
	readonly trace: string[] = [];
	/** In their order, each once. */
	readonly milestones: Milestone[] = [];
	readonly traffic = new Traffic({
		clock: this.clock, router: ROUTER_MAC,
		milestone: (name) => {
			if (!this.milestones.includes(name)) {
				this.milestones.push(name);
			}
		},
	});
	readonly #recorder: Recorder | undefined;
	deauthenticated: number | undefined;

	constructor(options: NetworkOptions = {}, record = false) {
		const log: Log = { violation: (level, code, text) => this.violations.push(`${level} ${code}: ${text}`) };
		const clock = this.clock;
		const faults = options.faults ?? {};
		const epochMs = options.epochMs ?? Date.UTC(2026, 10, 25, 12);
		const trace = (line: string) => this.trace.push(`${clock.micros.toFixed(3)} ${line}`);
		this.#recorder = record ? new Recorder() : undefined;
		this.peers = new Peers({
			clock, log, patienceMs: options.patienceMs ?? 20, recorder: this.#recorder,
			replayer: options.replay ? new Replayer(options.replay) : undefined,
		});
		this.air = new FaultyAir({
			clock, faults, epochMs,
			random: (name) => new SeededRandom(1, name),
			pcap: (bytes) => this.pcap.push(bytes),
			look: (frame) => this.traffic.frame(frame),
		});
		this.accessPoint = new SimulatedAccessPoint({
			settings: options.accessPoints?.[0] ?? { ssid: "home", password: "correct horse" }, air: this.air, clock, trace,
			receive: (frame, damaged) => this.internet.receive(frame, damaged),
			left: () => this.internet.deviceLeft(),
		});
		this.internet = new Internet({
			clock, log, network: options, epochMs, faults, peers: this.peers, mac: ROUTER_MAC, trace,
			random: new SeededRandom(1, "network"),
			send: (frame) => this.accessPoint.send(frame),
		});
		this.accessPoint.connect(this);
	}

	get recording(): Recording {
		return (this.#recorder as Recorder).recording;
	}

	receive(frame: Uint8Array): void {
		this.frames.push(frame);
		this.onFrame?.(frame);
	}

	onFrame: ((frame: Uint8Array) => void) | undefined;

	deauthenticate(reason: number): void {
		this.deauthenticated = reason;
	}

	send(etherType: number, payload: Uint8Array, destination: Uint8Array = ROUTER_MAC): void {
		this.accessPoint.transmit(this, Uint8Array.from([...destination, ...this.mac, etherType >>> 8, etherType & 0xff, ...payload]));
	}

	sendIp(protocol: number, destination: number[], payload: Uint8Array, source = DEVICE_IP, to: Uint8Array = ROUTER_MAC): void {
		const header = new Uint8Array(20);
		const view = new DataView(header.buffer);
		header[0] = 0x45;
		view.setUint16(2, 20 + payload.length);
		header[8] = 64;
		header[9] = protocol;
		header.set(source, 12);
		header.set(destination, 16);
		view.setUint16(10, checksum(header));
		this.send(0x0800, Uint8Array.from([...header, ...payload]), to);
	}

	sendUdp(destination: number[], sourcePort: number, port: number, payload: Uint8Array, source = DEVICE_IP, to: Uint8Array = ROUTER_MAC): void {
		const datagram = new Uint8Array(8 + payload.length);
		const view = new DataView(datagram.buffer);
		view.setUint16(0, sourcePort);
		view.setUint16(2, port);
		view.setUint16(4, datagram.length);
		datagram.set(payload, 8);
		this.sendIp(17, destination, datagram, source, to);
	}

	/** UDP payloads received on `port` so far. */
	datagrams(port: number): Uint8Array[] {
		return this.frames.filter((frame) => frame[23] === 17 && ((frame[36] << 8) | frame[37]) === port).map((frame) => frame.slice(42));
	}

	/** TCP segments received on `port` so far; each frame's checksums are verified. */
	readonly segmentTimes = new Map<Uint8Array, number>();

	segments(port: number): Segment[] {
		return this.frames.filter((frame) => frame[23] === 6 && ((frame[36] << 8) | frame[37]) === port).map((frame) => parseSegment(frame));
	}

	sendTcp(destination: number[], sourcePort: number, port: number, segment: { flags: number; sequence: number; acknowledge?: number; window?: number; options?: number[]; payload?: Uint8Array }): void {
		const options = segment.options ?? [];
		const payload = segment.payload ?? new Uint8Array();
		const bytes = new Uint8Array(20 + options.length + payload.length);
		const view = new DataView(bytes.buffer);
		view.setUint16(0, sourcePort);
		view.setUint16(2, port);
		view.setUint32(4, segment.sequence >>> 0);
		view.setUint32(8, (segment.acknowledge ?? 0) >>> 0);
		bytes[12] = ((20 + options.length) / 4) << 4;
		bytes[13] = segment.flags;
		view.setUint16(14, segment.window ?? 8192);
		bytes.set(options, 20);
		bytes.set(payload, 20 + options.length);
		const pseudo = Uint8Array.from([...DEVICE_IP, ...destination, 0, 6, bytes.length >>> 8, bytes.length & 0xff]);
		view.setUint16(16, checksum(Uint8Array.from([...pseudo, ...bytes])));
		this.sendIp(6, destination, bytes);
	}
}

/** RFC 1071, written apart from the simulator's. */
export function checksum(bytes: Uint8Array): number {
	let sum = 0;
	bytes.forEach((byte, index) => {
		sum += index & 1 ? byte : byte * 256;
	});
	while (sum >= 65536) {
		sum = (sum % 65536) + Math.floor(sum / 65536);
	}
	return 65535 - sum;
}

function parseSegment(frame: Uint8Array): Segment {
	const ip = frame.subarray(14);
	if (checksum(ip.subarray(0, 20)) !== 0) {
		throw new Error("IPv4 checksum");
	}
	const length = (ip[2] << 8) | ip[3];
	const tcp = ip.subarray(20, length);
	const pseudo = Uint8Array.from([...ip.subarray(12, 20), 0, 6, tcp.length >>> 8, tcp.length & 0xff]);
	if (checksum(Uint8Array.from([...pseudo, ...tcp])) !== 0) {
		throw new Error("TCP checksum");
	}
	const view = new DataView(tcp.buffer, tcp.byteOffset);
	const header = (tcp[12] >>> 4) * 4;
	return {
		flags: tcp[13], sequence: view.getUint32(4), acknowledge: view.getUint32(8), window: view.getUint16(14),
		options: tcp.slice(20, header), payload: tcp.slice(header), atMicros: 0,
	};
}

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;

/** A plain TCP client on a virtual device: acknowledges at once, keeps what came. */
export class VirtualTcp {
	readonly #device: VirtualDevice;
	readonly #host: number[];
	readonly #port: number;
	readonly sourcePort: number;
	state: "opening" | "open" | "refused" | "closed" = "opening";
	next = 1000;
	expected = 0;
	received: number[] = [];
	ended = false;
	wasReset = false;
	window = 8192;
	acknowledges = true;

	constructor(device: VirtualDevice, host: number[], port: number, sourcePort = 50000) {
		this.#device = device;
		this.#host = host;
		this.#port = port;
		this.sourcePort = sourcePort;
		const before = device.onFrame;
		device.onFrame = (frame) => {
			before?.(frame);
			if (frame[23] === 6 && ((frame[36] << 8) | frame[37]) === sourcePort) {
				this.#segment(parseSegment(frame));
			}
		};
	}

	open(): void {
		this.#emit(SYN, new Uint8Array(), [2, 4, 1460 >>> 8, 1460 & 0xff]);
		this.next++;
	}

	write(bytes: Uint8Array): void {
		this.#emit(ACK | PSH, bytes);
		this.next += bytes.length;
	}

	end(): void {
		this.#emit(ACK | FIN, new Uint8Array());
		this.next++;
	}

	acknowledge(): void {
		this.#emit(ACK, new Uint8Array());
	}

	get text(): string {
		return Buffer.from(this.received).toString("latin1");
	}

	#emit(flags: number, payload: Uint8Array, options: number[] = []): void {
		this.#device.sendTcp(this.#host, this.sourcePort, this.#port, {
			flags, sequence: this.next, acknowledge: this.expected, window: this.window, options, payload,
		});
	}

	#segment(segment: Segment): void {
		if (segment.flags & RST) {
			this.wasReset = true;
			this.state = this.state === "opening" ? "refused" : "closed";
			return;
		}
		if (segment.flags & SYN) {
			this.expected = (segment.sequence + 1) >>> 0;
			this.state = "open";
			this.acknowledge();
			return;
		}
		if (segment.sequence === this.expected) {
			this.received.push(...segment.payload);
			this.expected = (this.expected + segment.payload.length) >>> 0;
			if (segment.flags & FIN) {
				this.expected++;
				this.ended = true;
			}
		}
		if (this.acknowledges && (segment.payload.length || segment.flags & FIN)) {
			this.acknowledge();
		}
	}
}
