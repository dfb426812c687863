// HTTP/1.1 server over any listener with the interface of ECMA-419's (4th edition, "embedded:network/http/server"; RFC 9112).
// Handed the kind of listener to use; connections are those that it reads.

import { type HeadRoom, HTTPServerConnection, type ServerSocket } from "./server-connection.ts";

export interface ServerListener {
	readonly port: number | undefined;
	read(): ServerSocket | undefined;
	close(): void;
}

/** All heads together: two of the longest, or six of a browser's. */
const mostHeadsBytes = 12_288;

type ListenerClass = new (options: never) => ServerListener;

export interface HTTPServerOptions {
	/** The listener's class, or an object with it as its `io`; whatever else stands there, or here, is handed to it. */
	readonly io: ListenerClass | { readonly io: ListenerClass; readonly [option: string]: unknown };
	/** Default 80. */
	readonly port?: number;
	/** A client that is silent so long in the middle of its request, or between two, or takes longer for a request's head, is sent away. Default 30,000 ms. */
	readonly idleMs?: number;
	/** Clients that are served at a time; one more is sent away at once. Each takes 4 KB of the script's memory. Default 6. */
	readonly mostClients?: number;
	/** Kept as the property of that name, for the app alone. */
	readonly target?: unknown;
	/** A client is there: take it with `accept`, or `detach` or close it. Without a word it is closed. */
	onConnect(connection: HTTPServerConnection): void;
	readonly [option: string]: unknown;
}

/** Serves until `close()`. */
export default class HTTPServer {
	declare target?: unknown;
	readonly #listener: ServerListener;
	#connections: HTTPServerConnection[] = [];

	/** @throws what the listener throws: EADDRINUSE, ENOMEM */
	constructor({ io, port = 80, idleMs = 30_000, mostClients = 6, target, onConnect, ...rest }: HTTPServerOptions) {
		if (target !== undefined) this.target = target;
		const options = typeof io === "function" ? { io } : io;
		const Listener = options.io as new (options: object) => ServerListener;
		const server = this;
		const headRoom: HeadRoom = { bytes: mostHeadsBytes };
		this.#listener = new Listener({
			...options,
			...rest,
			port,
			onReadable(this: ServerListener, count: number) {
				for (; count > 0; count--) {
					const socket = this.read();
					if (socket === undefined) return;
					server.#connections = server.#connections.filter(one => one.accepted);
					if (server.#connections.length >= mostClients) {
						socket.close();
						continue;
					}
					const client = new HTTPServerConnection(socket, idleMs, headRoom);
					onConnect(client);
					if (client.accepted) server.#connections.push(client);
					else client.close();
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
}
