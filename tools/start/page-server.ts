// A real TLS server, Node's, that serves one page inside this process to a simulated network. Used by `npm start`.

import { createServer, type Server } from "node:https";
import { duplexPair, type Duplex } from "node:stream";

const httpsPort = 443;

export interface PageServerOptions {
	/** The server's certificate and its intermediates, PEM. */
	readonly certificateChainPem: string;
	readonly keyPem: string;
	/** What a GET of any path is answered with, text/plain. */
	readonly page: string;
	/** Takes the lines of a key log. */
	readonly keyLog?: (line: Uint8Array) => void;
}

/** What the server saw. A handshake counts once the client has finished it, which it does only after it verified us. */
export interface PageServerFacts {
	readonly connections: number;
	readonly handshakes: number;
	readonly requests: readonly string[];
}

export class PageServer {
	readonly #server: Server;
	#connections = 0;
	#handshakes = 0;
	readonly #requests: string[] = [];

	constructor({ certificateChainPem, keyPem, page, keyLog }: PageServerOptions) {
		this.#server = createServer({ cert: certificateChainPem, key: keyPem }, (request, response) => {
			this.#requests.push(`${request.method} ${request.url}`);
			response.setHeader("Content-Type", "text/plain; charset=utf-8");
			response.end(page);
		});
		this.#server.on("secureConnection", () => this.#handshakes++);
		if (keyLog) this.#server.on("keylog", keyLog);
		this.#server.on("tlsClientError", () => {});	// a refusal by the client; it says why on its console
	}

	/** The host that it is, in a simulated network: HTTPS alone, so that a plain http: is refused and does not wait for an answer. */
	get host(): { readonly ports: Readonly<Record<number, PageServer>> } {
		return { ports: { [httpsPort]: this } };
	}

	/** Opens a connection to the server: the near end of a stream. */
	connect(): Duplex {
		this.#connections++;
		const [near, far] = duplexPair();
		this.#server.emit("connection", far);
		return near;
	}

	get facts(): PageServerFacts {
		return { connections: this.#connections, handshakes: this.#handshakes, requests: this.#requests };
	}
}
