/** Recorded bytes of TCP peers: taken down with virtual times, and played back at them. */
import { createHash, type Hash } from "node:crypto";
import type { RecordedConnection, RecordedEvent, Recording } from "./options.ts";

/** What the device has sent on a connection, as a recording knows it. */
export class SentBytes {
	readonly #hash: Hash = createHash("sha256");
	count = 0;

	add(bytes: Uint8Array): void {
		this.#hash.update(bytes);
		this.count += bytes.length;
	}

	get sha256(): string {
		return this.#hash.copy().digest("hex");
	}
}

/** Takes down what peers do. */
export class Recorder {
	readonly recording: Recording = { version: 1, connections: [] };

	/** A connection of the device, in the order in which they are opened. */
	open(host: string, port: number): RecordedConnection {
		const connection: RecordedConnection = { host, port, accepted: false, events: [] };
		this.recording.connections.push(connection);
		return connection;
	}
}

/** Hands out the recorded connections, each once. */
export class Replayer {
	readonly #waiting: RecordedConnection[];

	/** @throws when the file is none of ours. */
	constructor(recording: Recording) {
		if (recording?.version !== 1 || !Array.isArray(recording.connections) || !recording.connections.every(isConnection)) {
			throw new Error("the recording is not a picofetch recording of version 1: record it again with --record FILE");
		}
		this.#waiting = [...recording.connections];
	}

	/** The next recorded connection to this host and port; undefined when there is none left. */
	take(host: string, port: number): RecordedConnection | undefined {
		const index = this.#waiting.findIndex((entry) => entry.host === host && entry.port === port);
		return index < 0 ? undefined : this.#waiting.splice(index, 1)[0];
	}
}

function isConnection(entry: unknown): entry is RecordedConnection {
	const connection = entry as Partial<RecordedConnection> | null;
	return typeof connection?.host === "string" && typeof connection.port === "number" && typeof connection.accepted === "boolean"
		&& Array.isArray(connection.events) && connection.events.every(isEvent);
}

function isEvent(entry: unknown): entry is RecordedEvent {
	const event = entry as Partial<RecordedEvent> | null;
	return typeof event?.atMicros === "number" && typeof event.sentBytes === "number" && typeof event.sentSha256 === "string";
}
