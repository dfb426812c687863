/** A TLS server for the bare programs' tests: counts application data, answers a body, can cut. */
import net from "node:net";
import tls from "node:tls";

export interface ServerOptions {
	readonly cert: string;
	readonly key: string;
	readonly version?: "TLSv1.2" | "TLSv1.3";
	/** Bytes of the answer's body. Default 12,000. */
	readonly bodyBytes?: number;
	/** "close" says close_notify; "cut" ends TCP without; "silent" never speaks TLS at all. */
	readonly ending?: "close" | "cut" | "silent";
	readonly secure?: tls.TlsOptions;
}

export interface Server {
	readonly port: number;
	/** Application bytes received from all clients so far. */
	readonly received: number;
	/** Alerts and other errors that the server saw. */
	readonly errors: readonly string[];
	close(): void;
}

export async function startServer(options: ServerOptions): Promise<Server> {
	const { cert, key, version, bodyBytes = 12_000, ending = "close" } = options;
	const errors: string[] = [];
	const open = new Set<net.Socket>();
	let received = 0;
	const secureContext = tls.createSecureContext({
		cert, key, ...options.secure, ...(version && { minVersion: version, maxVersion: version }),
	});
	const server = net.createServer((raw) => {
		open.add(raw);
		raw.on("error", () => {});
		if (ending === "silent") return;
		const socket = new tls.TLSSocket(raw, { isServer: true, secureContext, ALPNProtocols: ["http/1.1"], ...options.secure });
		socket.on("error", (error: NodeJS.ErrnoException) => errors.push(error.code ?? error.message));
		socket.on("data", (bytes) => {
			received += bytes.length;
			const answer = `HTTP/1.1 200 OK\r\n\r\n${"x".repeat(bodyBytes)}`;
			if (ending === "cut") socket.write(answer, () => raw.end());
			else socket.end(answer);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		port: (server.address() as net.AddressInfo).port,
		get received() {
			return received;
		},
		errors,
		close() {
			for (const socket of open) socket.destroy();
			server.close();
		},
	};
}
