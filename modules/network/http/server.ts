// HTTP/1.1 server over any listener with the interface of ECMA-419's (4th edition, "embedded:network/http/server"; RFC 9112).
// Handed the kind of listener to use; connections are those that it reads.

import type { CodedError } from "../../base/error.ts";
import { HTTPServerConnection, type HTTPRequestHandler, type ServerSocket } from "./server-connection.ts";

/** A connection as a listener reads it, and the class that takes it over. */
export interface AcceptedSocket extends ServerSocket {
	readonly remoteAddress?: string | undefined;
	readonly remotePort?: number | undefined;
}

export interface ServerListener {
	readonly port: number | undefined;
	read(): AcceptedSocket | undefined;
	close(): void;
}

export interface HTTPServerOptions {
	/** The listener's class; whatever else stands here is handed to it. */
	readonly io: new (options: never) => ServerListener;
	/** Default 80. */
	readonly port?: number;
	/** A client that is silent so long in the middle of its request, or between two, is sent away. Default 30,000 ms. */
	readonly idleMs?: number;
	/** A client is there: take it with `accept`, or `detach` or close it. Without a word it is closed. */
	onConnect(connection: IncomingConnection): void;
	readonly [option: string]: unknown;
}

/** A client of whom nobody has asked anything yet. */
export class IncomingConnection {
	#socket: AcceptedSocket | undefined;
	readonly #idleMs: number;
	readonly #accepted: (connection: HTTPServerConnection) => void;
	readonly remoteAddress: string | undefined;
	readonly remotePort: number | undefined;

	constructor(socket: AcceptedSocket, idleMs: number, accepted: (connection: HTTPServerConnection) => void) {
		this.#socket = socket;
		this.#idleMs = idleMs;
		this.#accepted = accepted;
		this.remoteAddress = socket.remoteAddress;
		this.remotePort = socket.remotePort;
	}

	/** Serves the client's requests, one after another. */
	accept(handler: HTTPRequestHandler): HTTPServerConnection {
		const from = this.detach();
		const Socket = from.constructor as new (options: object) => ServerSocket;
		let connection: HTTPServerConnection | undefined;
		const socket = new Socket({
			from,
			onReadable: (count: number) => connection?.socketReadable(count),
			onWritable: (count: number) => connection?.socketWritable(count),
			onError: (error: CodedError) => connection?.socketClosed(error),
		});
		connection = new HTTPServerConnection(socket, handler, this.#idleMs);
		this.#accepted(connection);
		return connection;
	}

	/** Hands the socket over to another protocol. @throws Error when it has gone already */
	detach(): AcceptedSocket {
		const socket = this.#socket;
		if (socket === undefined) throw new Error("http server: this client has been taken already");
		this.#socket = undefined;
		return socket;
	}

	/** Sends the client away. Harmless when it was taken. */
	close(): void {
		this.#socket?.close();
		this.#socket = undefined;
	}
}

/** Serves until `close()`. */
export default class HTTPServer {
	readonly #listener: ServerListener;
	#connections: HTTPServerConnection[] = [];

	/** @throws what the listener throws: EADDRINUSE, ENOMEM */
	constructor({ io, port = 80, idleMs = 30_000, onConnect, ...rest }: HTTPServerOptions) {
		const Listener = io as new (options: object) => ServerListener;
		const server = this;
		this.#listener = new Listener({
			...rest,
			port,
			onReadable(this: ServerListener, count: number) {
				for (; count > 0; count--) {
					const socket = this.read();
					if (socket === undefined) return;
					const client = new IncomingConnection(socket, idleMs, connection => server.#keep(connection));
					onConnect(client);
					client.close();
				}
			},
		});
	}

	/** The port that it listens on; undefined once it is closed. */
	get port(): number | undefined {
		return this.#listener.port;
	}

	/** Stops listening and closes all connections. Harmless twice. */
	close(): void {
		this.#listener.close();
		for (const connection of this.#connections) connection.close();
		this.#connections = [];
	}

	#keep(connection: HTTPServerConnection): void {
		this.#connections = [...this.#connections.filter(one => !one.closed), connection];
	}
}
