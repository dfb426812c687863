/** Puts a radio on the pins of a board, and a network on the air around it. The board's one entry to both. */
import { duplexPair, type Duplex } from "node:stream";
import type { BitListener, Clock, Journal, Log, Milestone, Pin, Random } from "../wires.ts";
import { Cyw43439 } from "../radio/cyw43439.ts";
import type { PowerSaving } from "../radio/plain-settings.ts";
import type { AccessPoint } from "../radio/air.ts";
import { SimulatedAccessPoint } from "./access-point.ts";
import { ClientStation, type ClientState } from "./client-station.ts";
import { HttpGet } from "./http-get.ts";
import { Internet } from "./internet.ts";
import { FaultyAir } from "./faulty-air.ts";
import type { AccessPointSettings, NetworkOptions } from "./options.ts";
import { Peers } from "./peers.ts";
import { Recorder, Replayer } from "./recording.ts";
import { Traffic } from "./traffic/traffic.ts";

/** The wires of the board that a radio needs. */
export interface RadioWires {
	clock: Clock;
	log: Log;
	/** GPIO 0-29. */
	pin(index: number): Pin;
	/** Offers a listener for the bits on a data and a clock GPIO, so that it need not be told of their edges. Default: it is. */
	hearBits?(data: number, clock: number, listener: BitListener): void;
	/** A seeded stream for each name. */
	random(name: string): Random;
	journal: Journal;
	milestone(name: Milestone): void;
	/** Unix milliseconds at power-on. */
	epochMs: number;
}

/** A radio with its network. */
export interface AttachedRadio {
	/** The LED of the board, which hangs on the radio. */
	readonly led: boolean;
	/** Calls `listener` whenever the LED goes on or off. */
	onLed(listener: (on: boolean) => void): void;
	/** Facts of the run so far. */
	report(): RadioReport;
	/** What was seen on the air. */
	readonly traffic: Traffic;
	/** Sends the station away, as an access point does. @param reason IEEE 802.11 reason code, default 2. */
	deauthenticate(reason?: number): void;
	/**
	 * Asks the device for an echo, as a router does.
	 *
	 * @param answered is told the round trip in virtual microseconds; it is not called when no answer comes.
	 */
	ping(lengthBytes: number, answered: (micros: number) => void): void;
	/** The groups that the device has joined, by IGMP or MLD. */
	readonly groups: readonly string[];
	/** Sends a datagram to a group, such as "239.1.2.3:5000". @returns false when the device has not joined it, and so is not reached. */
	sendToGroup(to: string, datagram: Uint8Array): boolean;
	/** Connects to a TCP port of the device, from outside of its network. The stream is destroyed when the device refuses or resets. @param ipv6 by
	 * its IPv6 address, which it must have spoken from. */
	connect(port: number, ipv6?: boolean): Duplex;
	/** The same for a stream that is there, an accepted socket say: what is read from it goes to the device. */
	forward(port: number, stream: Duplex): void;
	/** Those that join the network which the device opens, in the order of their settings. */
	readonly clients: readonly AttachedClient[];
	/** Ends connections and hands out the recording. Harmless when called again. */
	close(): void;
}

/** A client of the device's own network. */
export interface AttachedClient {
	readonly state: ClientState;
	/** Dotted, once it has an address. */
	readonly addresses: { own: string; router: string } | undefined;
	/** Connects to a TCP port of the device, as soon as it can. */
	connect(port: number): Duplex;
	/** Leaves, and does not come back. */
	leave(): void;
}

/** What became of a client. */
export interface ClientReport {
	ssid: string;
	state: ClientState;
	address: string | null;
	router: string | null;
	/** Only when it was to get a page. */
	http?: { status: string; body: string; bytes: number; complete: boolean };
}

export interface RadioReport {
	/** Of the joined network, null without one. */
	ssid: string | null;
	/** Dotted IPv4 of the device, null without a lease. */
	address: string | null;
	/** What the device calls itself to the DHCP server, null when it does not say. */
	hostName: string | null;
	/** How the radio was told to sleep, null while it is off. */
	powerSaving: PowerSaving | null;
	/** What the DHCP server told the device, by kind of answer. */
	dhcp: { bound: number; renewed: number; rebound: number; refused: number; declined: number };
	led: boolean;
	airFrames: number;
	lostFrames: number;
	duplicatedFrames: number;
	reorderedFrames: number;
	corruptedFrames: number;
	/** Only with clients. */
	clients?: ClientReport[];
}

const DEFAULT_ACCESS_POINT: AccessPointSettings = { ssid: "picofetch", password: "simulated network" };
const DEFAULT_PATIENCE_MS = 20;
const HTTP_PORT = 80;
/** Pico W data sheet: WL_ON, WL_D, WL_CS, WL_CLK. */
const PIN_REG_ON = 23;
const PIN_DATA = 24;
const PIN_CHIP_SELECT = 25;
const PIN_CLOCK = 29;
/** Of the radio. */
const LED_GPIO = 0;
/** Locally administered. */
const ROUTER_MAC = [0x02, 0x50, 0x46, 0x00, 0x00, 0x01];

/**
 * Attaches a radio to GPIO 23, 24, 25 and 29.
 *
 * @throws when an option cannot be used: a password of the wrong length, a host that is not on this machine, a file
 * that is no recording.
 */
export function attachRadio(wires: RadioWires, network: NetworkOptions = {}): AttachedRadio {
	const { clock, log } = wires;
	const epochMs = network.epochMs ?? wires.epochMs;
	const faults = network.faults ?? {};
	const trace = wires.journal("network");
	const recorder = network.record ? new Recorder() : undefined;
	const peers = new Peers({
		clock, log, recorder,
		patienceMs: network.patienceMs ?? DEFAULT_PATIENCE_MS,
		replayer: network.replay ? new Replayer(network.replay) : undefined,
	});
	const mac = Uint8Array.from(ROUTER_MAC);
	const traffic = new Traffic({ clock, router: mac, milestone: (name) => wires.milestone(name) });
	const air = new FaultyAir({
		clock, faults, epochMs,
		random: (name) => wires.random(name),
		pcap: network.pcap,
		look: (frame) => traffic.frame(frame),
	});
	const accessPoints = (network.accessPoints ?? [DEFAULT_ACCESS_POINT]).map((settings, index) => new SimulatedAccessPoint({
		settings, air, clock, trace,
		receive: (frame, damaged) => internet.receive(frame, damaged),
		left: () => internet.deviceLeft(),
	}, index));
	const internet: Internet = new Internet({
		clock, log, network, epochMs, faults, peers, mac, trace,
		random: wires.random("network"),
		// The router's frames reach the device by the access point that has it.
		send: (frame) => accessPoints.find((one) => one.hasStation)?.send(frame),
	});
	const ledListeners: ((on: boolean) => void)[] = [];
	/** Of the device. */
	const networks: AccessPoint[] = [];
	const clients = (network.clients ?? []).map((settings, index) => {
		const station = new ClientStation({
			settings, clock, log, air, peers, trace, random: wires.random(`client ${index}`), networks: () => networks,
		}, index);
		const get = settings.get === undefined ? undefined : new HttpGet(settings.get);
		if (get) {
			station.connect(HTTP_PORT, get.peer(settings.ssid));
		}
		return { station, settings, get };
	});
	const radio = new Cyw43439({
		clock, log,
		onGpio: (index, level) => {
			if (index === LED_GPIO) {
				ledListeners.forEach((listener) => listener(level));
			}
		},
		pins: {
			regOn: wires.pin(PIN_REG_ON),
			data: wires.pin(PIN_DATA),
			chipSelect: wires.pin(PIN_CHIP_SELECT),
			clock: wires.pin(PIN_CLOCK),
			listen: (listener) => wires.hearBits?.(PIN_DATA, PIN_CLOCK, listener),
		},
		random: wires.random("radio"),
		air: {
			get accessPoints() {
				return accessPoints.filter((one) => one.present);
			},
			announce(hosted, onAir) {
				const at = networks.indexOf(hosted);
				if (onAir && at < 0) {
					networks.push(hosted);
				} else if (!onAir && at >= 0) {
					networks.splice(at, 1);
				}
			},
		},
		...(network.radioFaults ? { faults: network.radioFaults } : {}),
		journal: wires.journal,
		milestone: (name) => wires.milestone(name),
	});
	let closed = false;
	return {
		get led() {
			return radio.led;
		},
		onLed: (listener) => {
			ledListeners.push(listener);
		},
		traffic,
		report: () => ({
			ssid: accessPoints.find((one) => one.hasStation)?.ssid ?? null,
			address: internet.deviceAddress ?? null,
			hostName: internet.hostName ?? null,
			powerSaving: radio.powerSaving ?? null,
			dhcp: internet.dhcpCounts,
			led: radio.led,
			airFrames: air.counts.frames,
			lostFrames: air.counts.lost,
			duplicatedFrames: air.counts.duplicated,
			reorderedFrames: air.counts.reordered,
			corruptedFrames: air.counts.corrupted,
			...(clients.length && { clients: clients.map(({ station, settings: { ssid }, get }) => ({
				ssid, state: station.state, address: station.addresses?.own ?? null, router: station.addresses?.router ?? null,
				...(get && { http: get.answer }),
			})) }),
		}),
		deauthenticate: (reason = 2) => accessPoints.forEach((one) => one.deauthenticate(reason)),
		ping: (lengthBytes, answered) => internet.ping(lengthBytes, answered),
		get groups() {
			return internet.groups;
		},
		sendToGroup: (to, datagram) => internet.sendToGroup(to, datagram),
		connect: (port, ipv6) => {
			const [near, far] = pair();
			internet.connect(port, { connect: () => near }, ipv6);
			return far;
		},
		clients: clients.map(({ station }) => ({
			get state() {
				return station.state;
			},
			get addresses() {
				return station.addresses;
			},
			connect: (port) => {
				const [near, far] = pair();
				station.connect(port, { connect: () => near });
				return far;
			},
			leave: () => station.leave(),
		})),
		forward: (port, stream) => internet.connect(port, { connect: () => stream }),
		close() {
			if (!closed) {
				closed = true;
				peers.close();
				if (recorder) {
					network.record?.(recorder.recording);
				}
			}
		},
	};
}

/** Two ends of a stream, of which the far one learns that the near one broke off. */
function pair(): [near: Duplex, far: Duplex] {
	const [near, far] = duplexPair();
	near.on("close", () => {
		if (!near.writableFinished) {
			far.destroy();	// a pair of Node's does not tell the other side
		}
	});
	return [near, far];
}
