/**
 * What the radio's firmware does, seen from the host: ioctls, named variables, events, scans, frames. What is not known
 * is refused as the firmware refuses it, and reported.
 *
 * PROTOCOL.md, sections 6 to 8.
 */
import type { Journal, Milestone, Random } from "../wires.ts";
import type { Air } from "./air.ts";
import { Association, type AssociationOwner, type JoinTarget } from "./association.ts";
import { BssSettings } from "./bss-settings.ts";
import { EVENT, FLAG_LINK_UP, SUPPLICANT, describeEvent, emitEvent, type RadioEvent } from "./events.ts";
import type { RadioFaults } from "./faults.ts";
import type { FrameQueue } from "./frame-queue.ts";
import { HostedNetwork, MOST_STATIONS, type HostedNetworkOwner } from "./hosted-network.ts";
import { IOCTL, REFUSED, ioctlName, refusalName } from "./ioctls.ts";
import { PlainSettings, type PowerSaving } from "./plain-settings.ts";
import type { PowerCycle } from "./power-cycle.ts";
import { COUNTRY_SETTLES_MICROS, Regulatory } from "./regulatory.ts";
import { Scan } from "./scan.ts";
import {
	CDC_HEADER_BYTES, CHANNEL_CONTROL, CHANNEL_DATA, CHANNEL_EVENT, SDPCM_DATA_HEADER_BYTES, SDPCM_HEADER_BYTES,
	emitBdc, emitIoctlReply, parseBdc, parseIoctl, type IoctlRequest, type SdpcmFrame,
} from "./sdpcm.ts";

const VERSION = "7.95.49 (simulated) FWID 01-00000000";
const CLM_VERSION = "API: 12.2 Data: simulated";
const LONGEST_IOCTL_BYTES = 1500;
const SHORTEST_ETHERNET_BYTES = 14;
const LONGEST_ETHERNET_BYTES = 1514;

/** Replies normally take 0.5 to 1 ms; these take longer. */
const REPLY_MICROS = 500;
const REPLY_JITTER_MICROS = 500;
const SLOW_VARIABLES: Record<string, number> = { country: 32_000, clmload: 8_000 };
const SLOW_IOCTLS: Record<number, number> = { [IOCTL.setSsid]: 30_000, [IOCTL.up]: 10_000 };
const TO_AIR_MICROS = 200;
const FROM_AIR_MICROS = 200;
/** Unless the fault says another. */
const STARVATION_MICROS = 200_000;
/** Of the flow control byte: a bit for each. */
const ALL_PRIORITIES = 0xff;
const NETWORK_STARTS_MICROS = 20_000;

const LED_GPIO = 0;
const VBUS_GPIO = 2;
const MULTICAST_LIMIT = 10;

/** An ioctl's outcome: a reason below 0, or the value of a get. */
type Outcome = number | Uint8Array;

/** What an ioctl or a variable is asked with. */
interface Asked {
	/** Behind the name of a variable. */
	value: Uint8Array;
	/** The first word of the value. */
	word: number | undefined;
	/** Of the interface that the request names. */
	bss: BssSettings | undefined;
}

/** What the firmware does with one. Without `get` or `set` that is not known. */
interface Command {
	get?: (asked: Asked) => Outcome;
	/** Answers nothing when all is well. */
	set?: (asked: Asked) => Outcome | undefined | void;
	/** A set of fewer bytes is refused. Default 0. */
	bytes?: number;
}

export interface FirmwareOptions {
	power: PowerCycle;
	random: Random;
	air: Air;
	queue: FrameQueue;
	faults: RadioFaults;
	/** Of the chip's one-time memory, 6 bytes. */
	mac: Uint8Array;
	/** Topics `ioctl` and `event`. */
	journal: Journal;
	/** A pin of the radio changed: GPIO 0 is the LED. */
	onGpio: (index: number, level: boolean) => void;
	milestone: (name: Milestone) => void;
}

export class Firmware implements AssociationOwner, HostedNetworkOwner {
	readonly #power: PowerCycle;
	readonly #random: Random;
	readonly #queue: FrameQueue;
	readonly #faults: RadioFaults;
	readonly #tellIoctl: ((text: string) => void) | undefined;
	readonly #tellEvent: ((text: string) => void) | undefined;
	readonly #onGpio: FirmwareOptions["onGpio"];
	readonly #milestone: FirmwareOptions["milestone"];
	readonly #air: Air;
	readonly #association: Association;
	readonly #scan: Scan;
	readonly #regulatory: Regulatory;

	#mac: Uint8Array;
	#up = false;
	#eventMask = new Uint8Array(32);
	#multicast = new Uint8Array(4);
	#gpioOut = 0;
	#outstanding: IoctlRequest[] = [];
	#ioctlCount = 0;

	/** By interface: the station, the network of its own. */
	readonly #bss = [new BssSettings(), new BssSettings()];
	/** The network that is on the air. */
	#hosted: { network: HostedNetwork; index: number } | undefined;
	#channel = 1;
	readonly #plain: PlainSettings;

	get powerSaving(): PowerSaving {
		return this.#plain.powerSaving;
	}

	constructor(options: FirmwareOptions) {
		this.#power = options.power;
		this.#random = options.random;
		this.#queue = options.queue;
		this.#faults = options.faults;
		this.#tellIoctl = options.journal("ioctl");
		this.#tellEvent = options.journal("event");
		this.#onGpio = options.onGpio;
		this.#milestone = options.milestone;
		this.#mac = options.mac;
		this.#air = options.air;
		this.#power.atEnd(() => this.#hosted && options.air.announce?.(this.#hosted.network, false));
		this.#plain = new PlainSettings((name) =>
			this.#power.log.violation("info", "radio-variable-unmodelled", `"${name}" was set; the model keeps it and does not act on it`));
		this.#regulatory = new Regulatory(this.#power);
		this.#scan = new Scan(this.#power, options.air, this);
		this.#association = new Association(this.#power, this.#random, options.air, this);
	}

	get mac(): Uint8Array {
		return this.#mac;
	}

	get highestChannel(): number {
		return this.#regulatory.highestChannel;
	}

	/** Function 2 is ready: the first frames carry nothing but credits. */
	start(): void {
		const blanks = 1 + (this.#faults.blankFrames ?? 0);
		for (let index = 0; index < blanks; index++) {
			this.#queue.push(new Uint8Array(SDPCM_DATA_HEADER_BYTES + 6), CHANNEL_EVENT, SDPCM_DATA_HEADER_BYTES);
		}
		if (this.#faults.starveAtMicros !== undefined) {
			this.#power.after(this.#faults.starveAtMicros, () => this.#starve());
		}
		if (this.#faults.stopFlowAtMicros !== undefined) {
			this.#power.after(this.#faults.stopFlowAtMicros, () => this.#stopFlow());
		}
	}

	/** A valid frame from the host. */
	hostFrame(frame: SdpcmFrame): void {
		switch (frame.channel) {
			case CHANNEL_CONTROL:
				this.#control(frame);
				break;
			case CHANNEL_DATA:
				this.#data(frame);
				break;
			default:
				this.#power.log.violation("error", "radio-channel", `a frame of SDPCM channel ${frame.channel} from the host`);
		}
	}

	// ---- frames -----------------------------------------------------------------------------------------------------

	#data(frame: SdpcmFrame): void {
		const { log } = this.#power;
		const data = parseBdc(frame.payload);
		if (typeof data === "string") {
			log.violation("error", "radio-data-frame", data);
			return;
		}
		let { ethernet } = data;
		if (frame.headerBytes !== SDPCM_DATA_HEADER_BYTES) {
			log.violation("error", "radio-data-padding", `a data frame with an SDPCM header of ${frame.headerBytes} bytes; without the 2 bytes of padding the firmware adds two zeros to the frame`);
			ethernet = Uint8Array.from([...ethernet, 0, 0]);
		}
		if (ethernet.length < SHORTEST_ETHERNET_BYTES || ethernet.length > LONGEST_ETHERNET_BYTES) {
			log.violation("error", "radio-data-length", `an Ethernet frame of ${ethernet.length} bytes (14 to 1514)`);
			return;
		}
		const sent = ethernet;
		this.#power.after(TO_AIR_MICROS, () => {
			if (data.interfaceIndex === this.#hosted?.index) {
				this.#hosted.network.send(sent);
			} else if (data.interfaceIndex !== 0 || !this.#association.transmit(sent)) {
				log.violation("info", "radio-data-unconnected", "a data frame while the radio is not connected; it was dropped");
			}
		});
	}

	/** A frame from the air. @param interfaceIndex whose it is: 0 the station's. */
	receive(frame: Uint8Array, interfaceIndex = 0): void {
		if (!this.#accepts(frame)) {
			return;
		}
		this.#power.after(FROM_AIR_MICROS, () => {
			this.#queue.push(emitBdc(frame, false, interfaceIndex), CHANNEL_DATA, SDPCM_DATA_HEADER_BYTES);
		});
	}

	/** Own address, broadcast, or one of the multicast list. */
	#accepts(frame: Uint8Array): boolean {
		if (frame.length < SHORTEST_ETHERNET_BYTES) {
			return false;
		}
		const destination = frame.subarray(0, 6);
		if (!(destination[0] & 0x01)) {
			return same(destination, this.#mac);
		}
		if (destination.every((byte) => byte === 0xff)) {
			return true;
		}
		for (let at = 4; at + 6 <= this.#multicast.length; at += 6) {
			if (same(destination, this.#multicast.subarray(at, at + 6))) {
				return true;
			}
		}
		return false;
	}

	/** Sends an event, if the host asked for it. */
	event(event: RadioEvent): void {
		const wanted = (this.#eventMask[event.type >> 3] >>> (event.type & 7)) & 1;
		if (event.type === EVENT.link && !event.interfaceIndex && (event.flags ?? 0) & FLAG_LINK_UP) {
			this.#milestone("associated");
		} else if (event.type === EVENT.pskSupplicant && event.status === SUPPLICANT.keyed && !event.reason) {
			this.#milestone("keyed");
		}
		this.#tellEvent?.(`${describeEvent(event)}${wanted ? "" : " (masked)"}`);
		if (!wanted) {
			return;
		}
		const copies = this.#faults.duplicateEvents ? 2 : 1;
		for (let copy = 0; copy < copies; copy++) {
			this.#queue.push(emitBdc(emitEvent(event, this.#mac), true, event.interfaceIndex), CHANNEL_EVENT, SDPCM_DATA_HEADER_BYTES);
		}
	}

	#starve(): void {
		this.#queue.starved = true;
		this.#power.after(this.#faults.starveForMicros ?? STARVATION_MICROS, () => {
			this.#queue.starved = false;
			this.#queue.pushCredit();
		});
	}

	#stopFlow(): void {
		this.#flow(ALL_PRIORITIES);
		this.#power.after(this.#faults.stopFlowForMicros ?? STARVATION_MICROS, () => this.#flow(0));
	}

	/** Tells the host of which priorities it may not send. */
	#flow(stopped: number): void {
		this.#queue.flowControl = stopped;
		this.#queue.pushCredit();
	}

	// ---- ioctls -------------------------------------------------------------------------------------------------------

	#control(frame: SdpcmFrame): void {
		const { log } = this.#power;
		if (frame.headerBytes !== SDPCM_HEADER_BYTES && frame.headerBytes !== SDPCM_DATA_HEADER_BYTES) {
			log.violation("warning", "radio-control-header", `a control frame with an SDPCM header of ${frame.headerBytes} bytes`);
		}
		const request = parseIoctl(frame.payload);
		if (typeof request === "string") {
			log.violation("error", "radio-ioctl", request);
			return;
		}
		if (frame.payload.length > LONGEST_IOCTL_BYTES) {
			log.violation("error", "radio-ioctl-long", `an ioctl of ${frame.payload.length} bytes; more than 1500 breaks the firmware`);
			return;
		}
		const behind = frame.payload.length - CDC_HEADER_BYTES - request.lengthBytes;
		// Some hosts tell the length of the frame rounded up to whole words.
		if (behind > 3) {
			log.violation("warning", "radio-ioctl-length", `${this.#describe(request)}: ${behind} bytes behind the length in the ioctl's header`);
		}
		if (this.#outstanding.length) {
			log.violation("warning", "radio-ioctl-overlap", `${this.#describe(request)} before the answer to ${this.#describe(this.#outstanding[0])}`);
		}
		this.#ioctlCount++;
		if (this.#faults.silentEvery && this.#ioctlCount % this.#faults.silentEvery === 0) {
			this.#tellIoctl?.(`${this.#describe(request)}: not answered (fault)`);
			return;
		}
		this.#outstanding.push(request);
		const name = variableName(request);
		const usual = REPLY_MICROS + (this.#random.next32() % REPLY_JITTER_MICROS);
		const slow = (name !== undefined && request.set ? SLOW_VARIABLES[name] : undefined) ?? SLOW_IOCTLS[request.command] ?? 0;
		this.#power.after(usual + slow, () => this.#answer(request));
	}

	#answer(request: IoctlRequest): void {
		this.#outstanding = this.#outstanding.filter((entry) => entry !== request);
		// Told before the answer overlays the name.
		const description = this.#describe(request);
		const busy = this.#faults.busyEvery !== undefined && this.#ioctlCount % this.#faults.busyEvery === 0;
		const outcome = busy ? REFUSED.busy : this.#perform(request);
		const payload = request.payload;
		let status = 0;
		if (typeof outcome === "number") {
			status = outcome;
		} else if (outcome.length > payload.length) {
			this.#power.log.violation("error", "radio-ioctl-buffer", `${description}: the answer of ${outcome.length} bytes does not fit the request's ${payload.length}`);
			status = REFUSED.bufferShort;
		} else {
			// The value overlays the start of the request; the rest comes back as it was.
			payload.set(outcome);
		}
		this.#tellIoctl?.(`${description} = ${status ? refusalName(status) : request.set ? "done" : Buffer.from(payload.subarray(0, 16)).toString("hex")}`);
		this.#queue.push(emitIoctlReply(request, status, payload), CHANNEL_CONTROL, SDPCM_HEADER_BYTES);
	}

	#describe(request: IoctlRequest): string {
		const name = variableName(request);
		const value = name === undefined ? request.payload : request.payload.subarray(name.length + 1);
		const secret = request.command === IOCTL.setPassphrase || name === "sae_password";
		const shown = !request.set || !value.length ? "" : secret ? " ..." : ` ${Buffer.from(value.subarray(0, 24)).toString("hex")}`;
		return `${request.set ? "set" : "get"} ${name ?? ioctlName(request.command)}${shown}`;
	}

	#perform(request: IoctlRequest): Outcome {
		if (this.#regulatory.settling) {
			this.#power.log.violation("info", "radio-ioctl-after-country", `${this.#describe(request)} less than ${COUNTRY_SETTLES_MICROS / 1000} ms after "country" was answered; it fails`);
			return REFUSED.busy;
		}
		const { command, payload } = request;
		if (command === IOCTL.getVariable || command === IOCTL.setVariable) {
			return this.#performVariable(request);
		}
		if (!request.set) {
			return this.#run({ get: this.#ioctlGets[command] }, request, payload)
				?? this.#plain.getIoctl(command) ?? this.#unsupported(request, "unknown ioctl");
		}
		if (!this.#bss[request.interfaceIndex]) {
			return REFUSED.notFound;
		}
		return this.#run(this.#ioctlSets[command], request, payload) ?? this.#plain.setIoctl(command, payload) ?? this.#unsupported(request, "unknown ioctl");
	}

	/** @returns undefined when the table does not know it. */
	#run(command: Command | undefined, request: IoctlRequest, value: Uint8Array): Outcome | undefined {
		const asked = { value, word: word32(value, 0), bss: this.#bss[request.interfaceIndex] };
		if (!request.set) {
			return command?.get?.(asked);
		}
		if (!command?.set) {
			return undefined;
		}
		return value.length < (command.bytes ?? 0) ? REFUSED.badLength : command.set(asked) ?? 0;
	}

	#unsupported(request: IoctlRequest, why: string): number {
		this.#power.log.violation("error", "radio-ioctl-unknown", `${this.#describe(request)}: ${why}`);
		return REFUSED.unsupported;
	}

	// ---- variables ------------------------------------------------------------------------------------------------------

	#performVariable(request: IoctlRequest): Outcome {
		const name = variableName(request);
		if (name === undefined) {
			this.#power.log.violation("error", "radio-variable-name", "a variable's name does not end with NUL");
			return REFUSED.badArgument;
		}
		const value = request.payload.subarray(name.length + 1);
		const plain = () => request.set ? this.#plain.setVariable(name, value) : this.#plain.getVariable(name);
		return this.#run(this.#variables.get(name), request, value) ?? plain() ?? this.#unsupported(request, "unknown variable");
	}

	// ---- the tables: what each ioctl and variable does. What is only kept is in plain-settings.ts -----------------------

	readonly #ioctlSets: Readonly<Record<number, Command>> = {
		[IOCTL.up]: { set: () => this.#goUp() },
		[IOCTL.down]: { set: () => this.#goDown() },
		[IOCTL.setSsid]: { set: ({ value }) => this.#join(value) },
		// The events follow the reply.
		[IOCTL.disassociate]: { set: () => { this.#power.after(1_000, () => this.#association.leave()); } },
		[IOCTL.setPassphrase]: { set: ({ value, bss }) => bss!.setPassphrase(value) },
		[IOCTL.setWirelessSecurity]: { bytes: 4, set: ({ word, bss }) => { bss!.wirelessSecurity = word!; } },
		[IOCTL.setWpaAuth]: { bytes: 4, set: ({ word, bss }) => { bss!.wpaAuth = word!; } },
		[IOCTL.setAuth]: { bytes: 4, set: ({ word, bss }) => { bss!.authentication = word!; } },
		[IOCTL.setChannel]: { bytes: 4, set: ({ word }) => this.#setChannel(word!) },
	};

	readonly #ioctlGets: Readonly<Record<number, Command["get"]>> = {
		[IOCTL.getBssid]: () => this.#association.accessPoint?.bssid ?? REFUSED.notAssociated,
		[IOCTL.getSsid]: () => Uint8Array.from([...bytes32(this.#bss[0].ssid.length), ...this.#bss[0].ssid]),
		[IOCTL.getChannel]: () => {
			const channel = bytes32(this.#association.accessPoint?.channel ?? this.#channel);
			return Uint8Array.from([...channel, ...channel, ...bytes32(0)]);
		},
		[IOCTL.getRssi]: () => this.#association.accessPoint ? bytes32(this.#association.accessPoint.rssiDbm) : REFUSED.notAssociated,
		[IOCTL.getAssociationList]: ({ value }) => {
			// As many as the host has room for.
			const stations = this.#hosted?.network.stations.slice(0, Math.max(0, Math.floor((value.length - 4) / 6))) ?? [];
			return Uint8Array.from([...bytes32(stations.length), ...stations.flatMap((mac) => [...mac])]);
		},
	};

	readonly #variables: ReadonlyMap<string, Command> = new Map(Object.entries<Command>({
		"apsta": { set: ({ value }) => this.#setBothInterfaces(value) },
		"bss": {
			get: ({ word }) => bytes32(this.#hosted && word === this.#hosted.index ? 1 : 0),
			bytes: 8, set: ({ value, word }) => this.#openNetwork(word!, word32(value, 4) !== 0),
		},
		"bsscfg:event_msgs": {
			get: () => Uint8Array.from([0, 0, 0, 0, ...this.#eventMask.subarray(0, 24)]),
			set: ({ value }) => this.#setEvents(value),
		},
		"bsscfg:ssid": { set: ({ value, word }) => this.#bss[word ?? -1]?.setSsid(value.subarray(4)) ?? REFUSED.notFound },
		"bsscfg:sup_wpa": perInterface(this.#bss, (bss, setting) => { bss.supplicant = setting === 1; }),
		"bsscfg:sup_wpa2_eapver": perInterface(this.#bss, () => {}),
		"bsscfg:sup_wpa_tmo": perInterface(this.#bss, (bss, setting) => { bss.supplicantTimeoutMs = Math.min(setting, 60_000); }),
		"bsscfg:wpa_auth": perInterface(this.#bss, (bss, setting) => { bss.wpaAuth = setting; }),
		"bsscfg:wsec": perInterface(this.#bss, (bss, setting) => { bss.wirelessSecurity = setting; }),
		"ccgpioin": { get: () => bytes32(1 << VBUS_GPIO) },
		"clmload": { set: ({ value }) => this.#regulatory.load(value) },
		"clmload_status": { get: () => bytes32(this.#regulatory.status) },
		"clmver": { get: () => text(CLM_VERSION) },
		"country": {
			get: () => {
				const code = Uint8Array.from(Buffer.from(this.#regulatory.country.padEnd(4, "\0")));
				return Uint8Array.from([...code, ...bytes32(-1), ...code]);
			},
			set: ({ value }) => this.#regulatory.setCountry(value),
		},
		"cur_etheraddr": { get: () => this.#mac, bytes: 6, set: ({ value }) => { this.#mac = value.slice(0, 6); } },
		"escan": { set: ({ value }) => this.#faults.refusesScans ? REFUSED.busy : this.#up ? this.#scan.request(value) : this.#notUp("radio-scan-down", "a scan") },
		"gpioout": { get: () => bytes32(this.#gpioOut), bytes: 8, set: ({ value, word }) => this.#setGpio(word!, word32(value, 4)!) },
		"join": { set: ({ value }) => this.#join(value, joinPlace(value)) },
		"maxassoc": { get: () => bytes32(MOST_STATIONS) },
		"mcast_list": {
			get: () => Uint8Array.from([...this.#multicast, ...new Uint8Array(4 + 6 * MULTICAST_LIMIT - this.#multicast.length)]),
			set: ({ value }) => this.#setMulticast(value),
		},
		"mfp": {
			get: ({ bss }) => bytes32(bss?.managementFrameProtection ?? 0),
			bytes: 4, set: ({ word, bss }) => {
				if (bss) {
					bss.managementFrameProtection = word!;
				}
				return bss ? 0 : REFUSED.notFound;
			},
		},
		"mkeep_alive": { bytes: 11, set: () => {} },
		"sae_password": { set: ({ value, bss }) => bss?.setPassword(value) ?? REFUSED.notFound },
		"ver": { get: () => text(VERSION) },
	}));

	#notUp(code: string, text: string): number {
		this.#power.log.violation("warning", code, `${text} before UP`);
		return REFUSED.notUp;
	}

	#goUp(): void {
		if (!this.#regulatory.loaded) {
			this.#power.log.violation("warning", "radio-up-without-clm", "UP before the regulatory table (CLM) was loaded: there are no channels");
		}
		this.#up = true;
	}

	#goDown(): void {
		this.#association.leave();
		this.#closeNetwork();
		this.#up = false;
	}

	#setChannel(channel: number): Outcome | void {
		if (channel < 1 || channel > this.highestChannel) {
			return REFUSED.outOfRange;
		}
		this.#channel = channel;
	}

	#setBothInterfaces(value: Uint8Array): Outcome | undefined {
		if (this.#up) {
			this.#power.log.violation("error", "radio-apsta-up", "apsta was set while the interface is up; the firmware stops");
			return REFUSED.notDown;
		}
		return this.#plain.setVariable("apsta", value);
	}

	#setEvents(value: Uint8Array): Outcome | void {
		if (value.length < 5 || word32(value, 0) !== 0) {
			return REFUSED.badArgument;
		}
		this.#eventMask.fill(0);
		this.#eventMask.set(value.subarray(4, 4 + this.#eventMask.length));
	}

	#setMulticast(value: Uint8Array): Outcome {
		const count = word32(value, 0);
		if (count === undefined || count > MULTICAST_LIMIT || value.length < 4 + 6 * count) {
			return REFUSED.badArgument;
		}
		this.#multicast = value.slice(0, 4 + 6 * count);
		return 0;
	}

	#setGpio(mask: number, levels: number): void {
		const before = this.#gpioOut;
		this.#gpioOut = (before & ~mask) | (levels & mask);
		for (let index = LED_GPIO; index <= VBUS_GPIO; index++) {
			if (((before ^ this.#gpioOut) >>> index) & 1) {
				this.#onGpio(index, ((this.#gpioOut >>> index) & 1) === 1);
			}
		}
	}

	// ---- a network of its own ----------------------------------------------------------------------------------------

	/** "bss": the interface's network goes on the air, or off it. */
	#openNetwork(index: number, up: boolean): Outcome {
		const bss = this.#bss[index];
		if (!bss) {
			return REFUSED.notFound;
		}
		if (!up) {
			if (this.#hosted?.index === index) {
				this.#closeNetwork();
			}
			return 0;
		}
		if (!this.#up) {
			return this.#notUp("radio-network-down", "a network was opened");
		}
		const { security, ssid } = bss;
		const secret = security?.includes("wpa3") ? bss.password : bss.passphrase;
		if (security === undefined || !ssid.length || (security !== "open" && !secret)) {
			this.#power.log.violation("warning", "radio-network-incomplete", `"bss" for interface ${index} without ${ssid.length ? "keys that go with its ciphers" : "a name"}`);
			return REFUSED.badArgument;
		}
		this.#closeNetwork();
		const network = new HostedNetwork(index, this.#channel, security, bss, this);
		this.#hosted = { network, index };
		// The event follows the reply.
		this.#power.after(NETWORK_STARTS_MICROS, () => {
			if (this.#hosted?.network === network) {
				network.start();
				this.#air.announce?.(network, true);
			}
		});
		return 0;
	}

	#closeNetwork(): void {
		const hosted = this.#hosted;
		if (hosted) {
			this.#hosted = undefined;
			this.#air.announce?.(hosted.network, false);
			hosted.network.stop();
		}
	}

	// ---- join --------------------------------------------------------------------------------------------------

	/** SET_SSID and "join" start alike: length, 32 bytes of SSID. @param place that "join" adds. */
	#join(value: Uint8Array, place: Omit<JoinTarget, "ssid"> = {}): Outcome {
		if (!this.#up) {
			this.#power.log.violation("error", "radio-join-down", "a join before UP");
			return REFUSED.notUp;
		}
		const bss = this.#bss[0];
		const refused = bss.setSsid(value);
		if (refused) {
			return refused;
		}
		this.#association.join({ ssid: bss.ssid, ...place }, { ...bss });
		return 0;
	}
}

/** A "bsscfg:" variable: index of the interface, then the value. */
function perInterface(all: readonly BssSettings[], apply: (bss: BssSettings, setting: number) => void): Command {
	return {
		bytes: 8,
		set: ({ value, word }) => {
			const bss = all[word!];
			if (bss) {
				apply(bss, word32(value, 4)!);
			}
			return bss ? 0 : REFUSED.notFound;
		},
	};
}

/** Where "join" looks, behind SSID and times of the scan: BSSID at 56 (ones: any), at 64 how many chanspecs, at 68 the first. */
function joinPlace(value: Uint8Array): Omit<JoinTarget, "ssid"> {
	const bssid = value.slice(56, 62);
	const channels = word32(value, 64) ?? 0;
	return {
		...(bssid.length === 6 && bssid.some((byte) => byte !== 0xff) && bssid.some((byte) => byte !== 0) && { bssid }),
		...(channels > 0 && value.length >= 70 && { channel: value[68] }),
	};
}

/** The name of the variable of a request; undefined for other ioctls, and when no NUL ends it. */
function variableName(request: IoctlRequest): string | undefined {
	if (request.command !== IOCTL.getVariable && request.command !== IOCTL.setVariable) {
		return undefined;
	}
	const end = request.payload.indexOf(0);
	return end <= 0 ? undefined : Buffer.from(request.payload.subarray(0, end)).toString("latin1");
}

function same(one: Uint8Array, other: Uint8Array): boolean {
	return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

function word32(bytes: Uint8Array, at: number): number | undefined {
	return bytes.length < at + 4 ? undefined : new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}

function bytes32(value: number): Uint8Array {
	const bytes = new Uint8Array(4);
	new DataView(bytes.buffer).setInt32(0, value, true);
	return bytes;
}

function text(value: string): Uint8Array {
	return Uint8Array.from(Buffer.from(`${value}\0`, "latin1"));
}
