// A name and services in the local network, said by Multicast DNS (RFC 6762) with DNS-SD (RFC 6763): probed, announced, answered for,
// defended, and taken back.
//
// Handed the layers below: a kind of multicast socket. mdns.ts tells it the board's address. Not there: answers by unicast (a question that
// wants one gets what everybody gets), and questions from other ports than 5353.

import { CodedError } from "../../base/error.ts";
import { uptimeMs } from "../../base/uptime.ts";
import type { Datagram } from "../../io/socket/udp/udp.ts";
import {
	Writer, emitMessage, parseMessage, typeA, typeAny, typeNSEC, typePTR, typeSRV, typeTXT, type Message, type ResourceRecord,
} from "./message.ts";

const group = "224.0.0.251";
const port = 5353;
const domain = "local";
const servicesName = `_services._dns-sd._udp.${domain}`;
/** Of records with a host's name in them, and of others (RFC 6762 section 10). */
const hostTtlSeconds = 120;
const otherTtlSeconds = 4500;
/** Everything that is probed and announced has to fit into one datagram. */
const messageBytesMax = 1400;
const servicesMax = 4;
// RFC 6762 sections 8.1, 8.3, 8.2, 6.
const probes = 3;
const probePauseMs = 250;
const announcements = 2;
const announcePauseMs = 1000;
const deferMs = 1000;
const conflictsMax = 15;
const conflictsPauseMs = 5000;
const againMs = 1000;

/** A service at a port of the board. */
export interface Service {
	/** Such as "_http._tcp". */
	type: string;
	port: number;
	/** What people see, 1 to 63 printable ASCII characters without dots. Default: the host name. */
	name?: string;
	/** Facts for who connects, such as `{path: "/"}`. */
	txt?: Readonly<Record<string, string>>;
}

/** A multicast socket as the responder uses it. */
export interface GroupSocket {
	read(): Datagram | undefined;
	write(buffer: Uint8Array, address: string, port: number): void;
	close(): void;
}

/** The layer below, and what to say. */
export interface ResponderOptions {
	/** Kind of socket, such as `{io: MulticastUDP}`. */
	socket: { io: new (options: { multicast: string; port: number; onReadable: () => void }) => GroupSocket };
	/** 1 to 63 letters, digits and hyphens: "pico" is found as pico.local. */
	hostName: string;
	/** Four at most. */
	services?: readonly Service[];
	/** The name is the board's now, or is again; another had it when it is not the one that was asked for. */
	onNamed?: (hostName: string) => void;
}

type State = "waiting" | "probing" | "announced" | "closed";

/** Speaks for the board until `close()`. It says nothing before it has an address. */
export default class Responder {
	readonly #options: ResponderOptions;
	readonly #socket: GroupSocket;
	readonly #services: readonly Service[];
	#state: State = "waiting";
	#address: string | undefined;
	/** How often the host's name was taken. */
	#hostTaken = 0;
	/** And those of the services. */
	readonly #servicesTaken: number[];
	#records: readonly ResourceRecord[] = [];
	/** The same as others read them. */
	#canonical: readonly ResourceRecord[] = [];
	#names: ReadonlySet<string> = new Set();
	#conflicts = 0;
	#step = 0;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#answerTimer: ReturnType<typeof setTimeout> | undefined;
	/** Records that are to be said, and when each was said last, by their place in `#records`. */
	readonly #due = new Set<number>();
	readonly #saidAtMs = new Map<number, number>();

	/** @throws CodedError EINVAL (a name, port or text that cannot be said), and what the socket throws. */
	constructor(options: ResponderOptions) {
		this.#options = options;
		this.#services = options.services ?? [];
		this.#servicesTaken = this.#services.map(() => 0);
		checkOptions(options.hostName, this.#services);
		if (!this.#build("255.255.255.255") || !emitMessage(this.#probeMessage(), messageBytesMax)) {
			throw new CodedError("EINVAL", `mdns ${options.hostName}: names and texts of the services are too long for one message of ${messageBytesMax} bytes`);
		}
		this.#socket = new options.socket.io({ multicast: group, port, onReadable: () => this.#read() });
	}

	/** The name as it is now, without ".local". */
	get hostName(): string {
		return this.#hostTaken === 0 ? this.#options.hostName : `${this.#options.hostName}-${this.#hostTaken + 1}`;
	}

	/** The board's address, IPv4; undefined while it has none. Another one is probed and announced anew. */
	set address(address: string | undefined) {
		if (this.#state === "closed" || address === this.#address) {
			return;
		}
		this.#address = address;
		this.#begin();
	}

	/** Takes everything back, and leaves. Harmless twice. */
	close(): void {
		if (this.#state === "closed") {
			return;
		}
		if (this.#state === "announced") {
			this.#send({ isResponse: true, answers: this.#records.filter(({ type }) => type !== typeNSEC).map(record => ({ ...record, ttlSeconds: 0 })) });
		}
		this.#state = "closed";
		this.#stop();
		this.#socket.close();
	}

	#stop(): void {
		clearTimeout(this.#timer);
		clearTimeout(this.#answerTimer);
		this.#answerTimer = undefined;
		this.#due.clear();
	}

	#begin(pauseMs = Math.random() * probePauseMs): void {
		this.#stop();
		if (this.#address === undefined) {
			this.#state = "waiting";
			return;
		}
		this.#build(this.#address);
		this.#state = "probing";
		this.#step = 0;
		this.#timer = setTimeout(() => this.#probe(), pauseMs);
	}

	#probeMessage(): Message {
		const authorities = this.#records.filter(({ unique, type }) => unique && type !== typeNSEC);
		const names = new Set(authorities.map(({ name }) => name));
		return { isResponse: false, questions: [...names].map(name => ({ name, type: typeAny })), authorities };
	}

	#probe(): void {
		if (this.#step++ < probes) {
			this.#send(this.#probeMessage());
			this.#timer = setTimeout(() => this.#probe(), probePauseMs);
			return;
		}
		this.#state = "announced";
		this.#conflicts = 0;
		this.#step = 0;
		this.#announce();
		this.#options.onNamed?.(this.hostName);
	}

	#announce(): void {
		this.#say(this.#records.map((_, index) => index));
		if (++this.#step < announcements) {
			this.#timer = setTimeout(() => this.#announce(), announcePauseMs);
		}
	}

	#read(): void {
		for (let datagram = this.#socket.read(); datagram; datagram = this.#state === "closed" ? undefined : this.#socket.read()) {
			const message = datagram.port === port ? parseMessage(new Uint8Array(datagram), name => this.#names.has(name)) : undefined;
			if (message?.isResponse) {
				this.#heardResponse(message);
			} else if (message) {
				this.#heardQuery(message);
			}
		}
	}

	/** Looks for others who say of our names what we do not (RFC 6762 section 9). */
	#heardResponse({ answers = [], additionals = [] }: Message): void {
		if (this.#state !== "probing" && this.#state !== "announced") {
			return;
		}
		for (const record of [...answers, ...additionals]) {
			const own = this.#canonical.filter(({ name, unique, type }) => unique && name === record.name && (this.#state === "probing" || type === record.type));
			if (own.length > 0 && record.ttlSeconds > 0 && !own.some(other => isSame(other, record))) {
				this.#conflict(record.name);
				return;
			}
		}
	}

	#conflict(name: string): void {
		const pauseMs = ++this.#conflicts > conflictsMax ? conflictsPauseMs : undefined;
		// Who was announced asks first whether the other means it.
		if (this.#state === "probing") {
			const index = this.#services.findIndex((_, place) => this.#instanceName(place).toLowerCase() === name);
			if (index === -1) {
				this.#hostTaken++;
			} else {
				this.#servicesTaken[index]!++;
			}
		}
		this.#begin(pauseMs);
	}

	#heardQuery(message: Message): void {
		if (this.#state === "probing") {
			if (this.#loses(message.authorities ?? [])) {
				this.#begin(deferMs);
			}
		} else if (this.#state === "announced") {
			this.#answer(message);
		}
	}

	/** Two probe for one name at once: the later of what they say in order wins (RFC 6762 section 8.2). */
	#loses(theirs: readonly ResourceRecord[]): boolean {
		const names = new Set(theirs.map(({ name }) => name));
		return [...names].some((name) => {
			const ours = this.#canonical.filter(record => record.unique && record.type !== typeNSEC && record.name === name).sort(order);
			const others = theirs.filter(record => record.name === name).sort(order);
			for (let index = 0; ours.length > 0 && index < others.length; index++) {
				const difference = index < ours.length ? order(ours[index]!, others[index]!) : -1;
				if (difference !== 0) {
					return difference < 0;
				}
			}
			return false;
		});
	}

	#answer({ questions = [], answers: known = [], authorities = [], isTruncated }: Message): void {
		const isDefence = authorities.length > 0;
		const nowMs = uptimeMs();
		const wanted = this.#canonical.map((_, index) => index).filter((index) => {
			const record = this.#canonical[index]!;
			const isAsked = questions.some(({ name, type }) => name === record.name && (type === record.type || type === typeAny ||
				(record.type === typeNSEC && !this.#canonical.some(other => other.name === name && other.type === type))));
			const isKnown = known.some(other => isSame(record, other) && other.ttlSeconds * 2 >= record.ttlSeconds);
			const isSaid = !isDefence && nowMs - (this.#saidAtMs.get(index) ?? -againMs) < againMs;
			return isAsked && !isKnown && !isSaid;
		});
		if (wanted.length === 0) {
			return;
		}
		wanted.forEach(index => this.#due.add(index));
		const isShared = wanted.some(index => !this.#records[index]!.unique);
		const delayMs = isDefence ? 0 : isTruncated ? 400 + Math.random() * 100 : isShared ? 20 + Math.random() * 100 : 0;
		if (delayMs === 0) {
			this.#sayDue();
		} else {
			this.#answerTimer ??= setTimeout(() => this.#sayDue(), delayMs);
		}
	}

	#sayDue(): void {
		clearTimeout(this.#answerTimer);
		this.#answerTimer = undefined;
		const due = [...this.#due];
		this.#due.clear();
		this.#say(due);
	}

	/** Says records, and what who asked for them will ask for next (RFC 6763 section 12). */
	#say(indices: readonly number[]): void {
		const nowMs = uptimeMs();
		const answers = indices.map(index => this.#records[index]!);
		const withServices = answers.some(({ type }) => type === typePTR);
		const additionals = this.#records.filter(record => record.unique && !answers.includes(record) && (withServices || record.type === typeA || record.type === typeNSEC));
		indices.forEach(index => this.#saidAtMs.set(index, nowMs));
		this.#send({ isResponse: true, answers, additionals });
	}

	#send(message: Message): void {
		try {
			this.#socket.write(emitMessage(message, messageBytesMax)!, group, port);
		} catch {
			// Without memory, or a network, it is lost as any datagram may be: probes and announcements are said more than once.
		}
	}

	#instanceName(index: number): string {
		const { name = this.#options.hostName, type } = this.#services[index]!;
		const taken = this.#servicesTaken[index]!;
		return `${taken === 0 ? name : `${name} (${taken + 1})`}.${type}.${domain}`;
	}

	/** What there is to say, with this address. @returns false when it does not fit. */
	#build(address: string): boolean {
		const host = `${this.hostName}.${domain}`;
		const record = (name: string, type: number, ttlSeconds: number, unique: boolean, write: (to: Writer) => void): ResourceRecord => {
			const writer = new Writer(messageBytesMax);
			write(writer);
			return { name, type, ttlSeconds, unique, data: writer.written ?? new Uint8Array(messageBytesMax) };
		};
		const records = [
			record(host, typeA, hostTtlSeconds, true, to => address.split(".").forEach(part => to.number(Number(part), 1))),
			// No address of another kind (section 6.1): window 0, one byte, the bit of A.
			record(host, typeNSEC, hostTtlSeconds, true, to => to.name(host).number(0x00_01_40, 3)),
		];
		this.#services.forEach(({ type, port: servicePort, txt = {} }, index) => {
			const instance = this.#instanceName(index);
			const service = `${type}.${domain}`;
			const texts = Object.entries(txt).map(([key, value]) => `${key}=${value}`);
			records.push(
				record(instance, typeSRV, hostTtlSeconds, true, to => to.number(0, 4).number(servicePort, 2).name(host)),
				record(instance, typeTXT, otherTtlSeconds, true, to => (texts.length === 0 ? [""] : texts).forEach(text => to.text(text))),
				record(service, typePTR, otherTtlSeconds, false, to => to.name(instance)),
			);
			if (this.#services.findIndex(other => other.type === type) === index) {
				records.push(record(servicesName, typePTR, otherTtlSeconds, false, to => to.name(service)));
			}
		});
		const message = emitMessage({ isResponse: true, answers: records }, messageBytesMax);
		this.#records = records;
		this.#canonical = (message && parseMessage(message)?.answers) ?? [];
		this.#names = new Set(this.#canonical.map(({ name }) => name));
		this.#saidAtMs.clear();
		return message !== undefined;
	}
}

function isSame(one: ResourceRecord, other: ResourceRecord): boolean {
	return one.name === other.name && one.type === other.type && compareBytes(one.data, other.data) === 0;
}

function order(one: ResourceRecord, other: ResourceRecord): number {
	return one.type - other.type || compareBytes(one.data, other.data);
}

function compareBytes(one: Uint8Array, other: Uint8Array): number {
	for (let index = 0; index < one.length && index < other.length; index++) {
		if (one[index] !== other[index]) {
			return one[index]! - other[index]!;
		}
	}
	return one.length - other.length;
}

function checkOptions(hostName: string, services: readonly Service[]): void {
	const fault = (sentence: string): never => {
		throw new CodedError("EINVAL", `mdns ${hostName}: ${sentence}`);
	};
	if (!/^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$/i.test(hostName)) {
		fault("a host name has 1 to 60 letters, digits and hyphens, and no hyphen at its ends");
	}
	if (services.length > servicesMax) {
		fault(`${services.length} services, ${servicesMax} are the most`);
	}
	if (new Set(services.map(({ type, name = hostName }) => `${name}.${type}`.toLowerCase())).size < services.length) {
		fault("two services of one type need names of their own");
	}
	for (const { type, port: servicePort, name = hostName, txt = {} } of services) {
		if (!/^_[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?\._(?:tcp|udp)$/i.test(type)) {
			fault(`service "${type}" is not of the form "_http._tcp"`);
		}
		if (!Number.isInteger(servicePort) || servicePort < 1 || servicePort > 65535) {
			fault(`service ${type}: port ${servicePort}, expected 1 to 65535`);
		}
		if (!/^[ -\-/-[\]-~]{1,58}$/.test(name)) {
			fault(`service ${type}: name "${name}", expected 1 to 58 printable ASCII characters without dots and backslashes`);
		}
		for (const [key, value] of Object.entries(txt)) {
			if (!/^[ -<>-~]+$/.test(key) || !/^[ -~]*$/.test(value) || key.length + value.length > 254) {
				fault(`service ${type}: text "${key}", expected printable ASCII, 254 characters at most with its value`);
			}
		}
	}
}
