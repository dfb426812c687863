/** A TLS server for the bare programs' tests: counts application data, answers a body, can cut, and can forget its tickets. */
import { constants, createHash } from "node:crypto";
import net from "node:net";
import tls from "node:tls";
import { clientHelloExtension } from "../../../support/client-hello.ts";

export interface ServerOptions {
	readonly cert: string;
	readonly key: string;
	readonly version?: "TLSv1.2" | "TLSv1.3";
	/** Bytes of the answer's body. Default 12,000. */
	readonly bodyBytes?: number;
	/** "close" says close_notify; "cut" ends TCP without; "silent" never speaks TLS at all. */
	readonly ending?: "close" | "cut" | "silent";
	/** False: sessions of TLS 1.2 are found by their ID. Default true. */
	readonly tickets?: boolean;
	/** After so many connections it knows no ticket any more. Default: never. */
	readonly forgetsTickets?: number;
	/** Over the options above, for the connections after that. */
	readonly then?: Partial<ServerOptions>;
	readonly secure?: tls.TlsOptions;
}

export interface Server {
	readonly port: number;
	/** Application bytes received from all clients so far. */
	readonly received: number;
	/** The same of each connection. */
	readonly receivedOf: readonly number[];
	/** Handshakes that resumed a session. */
	readonly resumptions: number;
	/** Digests of the tickets that clients offered. */
	readonly offers: readonly string[];
	/** Alerts and other errors that the server saw. */
	readonly errors: readonly string[];
	/** What each client's certificate says of its subject's common name. */
	readonly clients: readonly string[];
	close(): void;
}

// RFC 5077 section 3.2, RFC 8446 section 4.2.11.
const sessionTicketExtension = 35;
const preSharedKeyExtension = 41;

export async function startServer(options: ServerOptions): Promise<Server> {
	const { ending = "close", forgetsTickets = Infinity } = options;
	const errors: string[] = [];
	const offers: string[] = [];
	const clients: string[] = [];
	const open = new Set<net.Socket>();
	const receivedOf: number[] = [];
	let resumptions = 0;

	const secured = ({ cert, key, version, bodyBytes = 12_000, tickets = true, secure }: ServerOptions): tls.Server => {
		const made = tls.createServer({
			cert, key, honorCipherOrder: false, ALPNProtocols: ["http/1.1"], ...secure, ...version && { minVersion: version, maxVersion: version },
			...!tickets && { secureOptions: constants.SSL_OP_NO_TICKET },
		}, socket => {
			const index = receivedOf.length - 1;
			if (socket.isSessionReused()) resumptions++;
			const { subject } = socket.getPeerCertificate() as { subject?: { CN: string } };
			if (subject) clients.push(subject.CN);
			socket.on("error", (error: NodeJS.ErrnoException) => errors.push(error.code ?? error.message));
			socket.on("data", bytes => {
				receivedOf[index]! += bytes.length;
				const answer = `HTTP/1.1 200 OK\r\n\r\n${"x".repeat(bodyBytes)}`;
				if (ending === "cut") socket.write(answer, () => raws.get(index)?.end());
				else socket.end(answer);
			});
		});
		const sessions = new Map<string, Buffer>();
		made.on("newSession", (id, session, done) => {
			sessions.set(id.toString("hex"), session);
			done();
		});
		made.on("resumeSession", (id, done) => done(null, sessions.get(id.toString("hex")) ?? null));
		made.on("tlsClientError", (error: NodeJS.ErrnoException) => errors.push(error.code ?? error.message));
		return made;
	};

	const raws = new Map<number, net.Socket>();
	const first = secured(options);
	const later = secured({ ...options, ...options.then });
	const server = net.createServer(raw => {
		raws.set(receivedOf.length, raw);
		open.add(raw);
		receivedOf.push(0);
		raw.on("error", () => {});
		raw.setNoDelay();
		if (ending === "silent") return;
		raw.once("data", bytes => {
			const offer = clientHelloExtension(bytes, preSharedKeyExtension) ?? clientHelloExtension(bytes, sessionTicketExtension);
			if (offer && offer.length > 0) offers.push(createHash("sha256").update(offer.subarray(0, 200)).digest("hex").slice(0, 16));
			raw.pause();
			raw.unshift(bytes);
			(receivedOf.length > forgetsTickets ? later : first).emit("connection", raw);
		});
	});
	await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
	return {
		port: (server.address() as net.AddressInfo).port,
		get received() {
			return receivedOf.reduce((sum, one) => sum + one, 0);
		},
		receivedOf,
		get resumptions() {
			return resumptions;
		},
		offers,
		errors,
		clients,
		close() {
			for (const socket of open) socket.destroy();
			server.close();
		},
	};
}
