// A TLS server of Node's for device tests, inside the test's process: it counts what it is told, and answers with
// exactly the bytes the test wrote.

import { duplexPair, type Duplex } from "node:stream";
import { createServer, type SecureVersion, type Server, type TLSSocket } from "node:tls";
import { tcpConnection, type TcpConnection } from "./tcp-connection.ts";

/** What the server does with a connection whose request has come: writes, ends, breaks off. */
export type Respond = (socket: TLSSocket, request: string, connection: TcpConnection) => void;

export interface TlsServerOptions {
	/** The certificate and whatever else the server sends, PEM. */
	readonly certificateChainPem: string;
	readonly keyPem: string;
	readonly minVersion?: SecureVersion;
	readonly maxVersion?: SecureVersion;
	readonly ciphers?: string;
	/** Asks clients for a certificate of this authority, PEM, and insists. */
	readonly clientAuthorityPem?: string;
	/** Called once for each request, when its header has come. Default: a small 200 with Content-Length. */
	readonly respond?: Respond;
}

/** A TCP peer for the simulated network that speaks TLS. */
export class TlsServer {
	readonly #server: Server;
	/** Of the connection opened last: the device has one at a time. */
	#ends: { readonly near: Duplex; readonly far: Duplex } | undefined;
	/** TCP connections that were opened. */
	connections = 0;
	/** Handshakes that the client finished. */
	handshakes = 0;
	/** Those of them that resumed a session. */
	resumptions = 0;
	/** Decrypted bytes that came from clients. */
	applicationBytes = 0;
	/** Common names of the certificates that clients have shown. */
	readonly clients: string[] = [];
	/** Headers of the requests, without the empty line. */
	readonly requests: string[] = [];
	/** What went wrong in handshakes, by OpenSSL's code: the alert the client sent is in it. */
	readonly handshakeErrors: string[] = [];

	constructor({ certificateChainPem, keyPem, minVersion, maxVersion, ciphers, clientAuthorityPem, respond = respondWith("hello") }: TlsServerOptions) {
		this.#server = createServer({ cert: certificateChainPem, key: keyPem, minVersion, maxVersion, ciphers, ...clientAuthorityPem && { requestCert: true, ca: clientAuthorityPem } }, socket => {
			this.handshakes++;
			if (socket.isSessionReused()) this.resumptions++;
			if (clientAuthorityPem) this.clients.push(String(socket.getPeerCertificate().subject.CN));
			const { near, far } = this.#ends!;
			const connection = tcpConnection(socket, near, far);
			let text = "";
			socket.on("error", () => {});	// a client that breaks off: the test looks at its console
			socket.on("data", bytes => {
				this.applicationBytes += bytes.length;
				text += bytes.toString("latin1");
				for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
					const request = text.slice(0, end);
					text = text.slice(end + 4);
					this.requests.push(request);
					respond(socket, request, connection);
				}
			});
		});
		this.#server.on("tlsClientError", error => {
			this.handshakeErrors.push((error as NodeJS.ErrnoException).code ?? error.message);
		});
	}

	/** Opens a connection: the near end of a stream. */
	connect(): Duplex {
		this.connections++;
		const [near, far] = duplexPair();
		this.#ends = { near, far };
		// A client that leaves during the handshake is left too.
		far.on("end", () => far.end());
		this.#server.emit("connection", far);
		return near;
	}
}

/** Answers 200 with the body and its length, and closes when the request asks for it. */
export function respondWith(body: string | Uint8Array, headers: Record<string, string> = {}): Respond {
	const bytes = typeof body === "string" ? Buffer.from(body) : body;
	const lines = Object.entries({ "Content-Type": "text/plain", "Content-Length": String(bytes.length), ...headers });
	return (socket, request) => {
		socket.write(`HTTP/1.1 200 OK\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);
		socket.write(bytes);
		if (/^connection:\s*close/im.test(request)) {
			socket.end();
		}
	};
}
