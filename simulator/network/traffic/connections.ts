/**
 * The TCP connections of the device, as whoever listens on the air sees them: who, when, how many bytes, how often again,
 * how it ended, and the times of TLS records. Frames that a fault loses are seen too.
 */
import { ACK, FIN, RST, SYN, sequenceAdd, sequenceDifference } from "../tcp-segments.ts";
import type { Packet } from "./dissect.ts";
import { type TlsRecord, TlsRecordReader } from "./tls-records.ts";

export interface ConnectionReport {
	/** The name by which the device had found the address, else the address. */
	peer: string;
	address: string;
	port: number;
	devicePort: number;
	openedBy: "device" | "peer";
	/** The first SYN. Times are virtual microseconds since power-on. */
	openedAtMicros: number;
	/** The answer to it; null without one. */
	acceptedAtMicros: number | null;
	/** The second FIN, or the reset; null before. */
	closedAtMicros: number | null;
	/** `closed`: both sides sent FIN. */
	end: "open" | "half closed by device" | "half closed by peer" | "closed" | "refused" | "reset by device" | "reset by peer";
	/** By the device, each byte counted once. */
	sentBytes: number;
	receivedBytes: number;
	/** Segments that carried nothing new, SYN and FIN included, of each side. */
	retransmissions: { device: number; peer: number };
	/** Absent when neither side speaks TLS. */
	tls?: { records: TlsRecord[]; /** When there were more than are listed. */ notListed?: number };
}

/** As many are reported; further ones are counted. */
const MOST_CONNECTIONS = 2_000;
const MOST_RECORDS = 1_000;
const HEADER_BYTES = 20;
/** So long a closed connection is remembered for segments that come late. */
const LATE_MICROS = 60_000_000;

type Side = "device" | "peer";

interface Direction {
	/** Behind SYN. */
	first: number;
	/** Behind the furthest byte that was sent, and FIN. */
	next: number;
	fin: boolean;
	tls: TlsRecordReader;
}

interface Connection {
	report: ConnectionReport;
	directions: Partial<Record<Side, Direction>>;
}

export interface ConnectionsListener {
	opened(report: ConnectionReport): void;
	/** Its SYN was answered. */
	accepted(report: ConnectionReport): void;
	tlsRecord(record: TlsRecord): void;
}

export class Connections {
	readonly #listener: ConnectionsListener;
	readonly #reports: ConnectionReport[] = [];
	readonly #open = new Map<string, Connection>();
	/** Connections beyond those in the list. */
	notListed = 0;

	constructor(listener: ConnectionsListener) {
		this.#listener = listener;
	}

	get list(): readonly ConnectionReport[] {
		return this.#reports;
	}

	/** @param packet of TCP, whole. @param nameOf an address, as the device looked it up. */
	segment(packet: Packet, atMicros: number, nameOf: (address: string) => string | undefined): void {
		const bytes = packet.payload;
		const headerBytes = (bytes[12] >>> 4) * 4;
		if (bytes.length < HEADER_BYTES || headerBytes > bytes.length) {
			return;
		}
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		const from: Side = packet.fromDevice ? "device" : "peer";
		const [sourcePort, destinationPort] = [view.getUint16(0), view.getUint16(2)];
		const [port, devicePort] = packet.fromDevice ? [destinationPort, sourcePort] : [sourcePort, destinationPort];
		const address = packet.fromDevice ? packet.destination : packet.source;
		const sequence = view.getUint32(4);
		const flags = bytes[13];
		const key = `${address} ${port} ${devicePort}`;
		let connection = this.#open.get(key);
		const opens = (flags & (SYN | ACK | RST)) === SYN;
		if (opens && (!connection || this.#isAnother(connection, from, sequence))) {
			connection = this.#opened(key, {
				peer: nameOf(address) ?? address, address, port, devicePort, openedBy: from, openedAtMicros: atMicros, acceptedAtMicros: null,
				closedAtMicros: null, end: "open", sentBytes: 0, receivedBytes: 0, retransmissions: { device: 0, peer: 0 },
			});
		}
		if (connection) {
			this.#take(connection, from, sequence, flags, bytes.subarray(headerBytes), atMicros);
		}
	}

	/** A SYN that is no repetition of the connection's own. */
	#isAnother({ directions }: Connection, from: Side, sequence: number): boolean {
		return directions[from]?.first !== sequenceAdd(sequence, 1);
	}

	#opened(key: string, report: ConnectionReport): Connection {
		for (const [old, { report: { closedAtMicros } }] of this.#open) {
			if (closedAtMicros === null || closedAtMicros > report.openedAtMicros - LATE_MICROS) {
				break;
			}
			this.#open.delete(old);
		}
		const connection: Connection = { report, directions: {} };
		this.#open.delete(key);
		this.#open.set(key, connection);
		if (this.#reports.length < MOST_CONNECTIONS) {
			this.#reports.push(report);
		} else {
			this.notListed++;
		}
		this.#listener.opened(report);
		return connection;
	}

	#take({ report, directions }: Connection, from: Side, sequence: number, flags: number, payload: Uint8Array, atMicros: number): void {
		if (report.closedAtMicros !== null && report.end !== "closed") {
			return;
		}
		if (flags & RST) {
			if (report.closedAtMicros === null) {
				report.closedAtMicros = atMicros;
				report.end = report.acceptedAtMicros === null && from !== report.openedBy ? "refused" : `reset by ${from}`;
			}
			return;
		}
		const direction = directions[from];
		if (flags & SYN) {
			if (direction) {
				report.retransmissions[from]++;
				return;
			}
			const first = sequenceAdd(sequence, 1);
			directions[from] = { first, next: first, fin: false, tls: new TlsRecordReader(from, first, (record) => this.#tls(report, record)) };
			if (from !== report.openedBy && report.acceptedAtMicros === null) {
				report.acceptedAtMicros = atMicros;
				this.#listener.accepted(report);
			}
			return;
		}
		if (!direction) {
			return;
		}
		const fin = (flags & FIN) !== 0;
		const length = payload.length + (fin ? 1 : 0);
		const fresh = sequenceDifference(sequenceAdd(sequence, length), direction.next);
		// A byte before the next is a probe that keeps the connection alive.
		const probe = payload.length <= 1 && !fin && sequence === sequenceAdd(direction.next, -1);
		if (length && fresh <= 0 && !probe) {
			report.retransmissions[from]++;
		}
		if (fresh > 0) {
			direction.next = sequenceAdd(direction.next, fresh);
			report[from === "device" ? "sentBytes" : "receivedBytes"] = (direction.next - direction.first - (fin ? 1 : 0)) >>> 0;
		}
		direction.tls.segment(sequence, payload, atMicros);
		if (fin && !direction.fin) {
			direction.fin = true;
			const both = directions.device?.fin && directions.peer?.fin;
			report.end = both ? "closed" : `half closed by ${from}`;
			report.closedAtMicros = both ? atMicros : null;
		}
	}

	#tls(report: ConnectionReport, record: TlsRecord): void {
		report.tls ??= { records: [] };
		if (report.tls.records.length < MOST_RECORDS) {
			report.tls.records.push(record);
		} else {
			report.tls.notListed = (report.tls.notListed ?? 0) + 1;
		}
		this.#listener.tlsRecord(record);
	}
}
