// A port on which others connect to us over TLS: the listener class pattern of ECMA-419 (clause 10.8), as "embedded:io/socket/listener" has
// it for TCP. What it reads are TLSSockets, as whose other end we have proved ourselves.
//
// Above it: HTTPServer, and servers of an app. Below it: platform/tls's listening side (listener.c). Only apps that include this
// module carry the server's half of TLS.

import { CodedError } from "../../../base/error.ts";
import { tlsError } from "./failure.ts";
import { identityOf, packed, protocolNames, versionNumber, type Certificate, type ProtocolName } from "./options.ts";
import TLSSocket, { type TLSVersion } from "./tls.ts";

export interface TLSListenerOptions {
	/** The local port. Default 0: a free one; `port` tells which. */
	readonly port?: number;
	/** The local address. Default: every one that the board has. */
	readonly address?: string;
	readonly tls: {
		/** The private key of `certificate`: EC, P-256 or P-384; PEM or DER. */
		readonly key: Certificate;
		/** The server's own certificate first, then those up to the root, which may stay away; four at most. */
		readonly certificate: Certificate | readonly Certificate[];
		/** Default "1.2". */
		readonly minimumVersion?: TLSVersion;
		/** ALPN names, in the order of preference. A client that asks for others alone is refused. */
		readonly applicationLayerProtocol?: ProtocolName | readonly ProtocolName[];
	};
	/** Time that a client has for its handshake. Default 10,000. */
	readonly handshakeTimeoutMs?: number;
	/** Kept as the property of that name, for the app alone. */
	readonly target?: unknown;
	/** `count` connections, whose handshakes are over, can be read now. */
	onReadable?(this: TLSListener, count: number): void;
	/** A client got no connection: its handshake failed, or there was no memory for it (ERR_TLS_BUSY). The listener goes on. */
	onError?(this: TLSListener, error: CodedError): void;
}

interface Handle {
	readonly tlsListener: unique symbol;
}

const open = native<(address: string, port: number, identity: Uint8Array, protocols: string, minimumVersion: number, handshakeTimeoutMs: number,
	told: (waiting: number) => void) => Handle | string>("xs_tls_listener_open");
const readNext = native<(handle: Handle) => object | undefined>("xs_tls_listener_read");
const failure = native<(handle: Handle) => string | undefined>("xs_tls_listener_failure");
const localPort = native<(handle: Handle) => number>("xs_tls_listener_port");
const closeHandle = native<(handle: Handle) => void>("xs_tls_listener_close");

const sentences: Readonly<Record<string, string>> = {
	ENOMEM: "a TLS listener is open already, or one that was closed still has connections: close them first",
	EADDRINUSE: "the port is taken",
	EADDRNOTAVAIL: "the address is not ours",
};

/** Listens until `close()`, also when nobody holds it. One at a time; as many connections as there are arenas (one, unless the manifest says more). */
export default class TLSListener {
	declare target?: unknown;
	#handle: Handle | undefined;

	/**
	 * @throws CodedError ERR_TLS_OPTION, ERR_TLS_KEY, ERR_TLS_CERTIFICATE, ERR_TLS_KEY_MISMATCH, ERR_TLS_ADDRESS, ERR_TLS_MEMORY,
	 * ERR_ENTROPY_STUCK, EADDRINUSE, EADDRNOTAVAIL, ENOMEM (one listens already)
	 */
	constructor({ port = 0, address = "", tls, handshakeTimeoutMs = 0, target, onReadable, onError }: TLSListenerOptions) {
		if (target !== undefined) this.target = target;
		const identity = packed(identityOf(tls.key, tls.certificate, "key", "certificate"));
		const opened = open(address, port, identity, protocolNames(tls.applicationLayerProtocol), versionNumber(tls.minimumVersion), handshakeTimeoutMs,
			waiting => {
				const failed = this.#handle && failure(this.#handle);
				if (failed) onError?.call(this, clientError(failed));
				if (waiting > 0 && this.#handle) onReadable?.call(this, waiting);
			});
		identity.fill(0);
		if (typeof opened === "string") {
			const host = `TLS listener ${port}`;
			throw sentences[opened] ? new CodedError(opened, `${host}: ${sentences[opened]}`) : tlsError({ code: opened, host, phase: "open" });
		}
		this.#handle = opened;
	}

	/** Connections are sockets. */
	get format(): "socket/tcp/tls" {
		return "socket/tcp/tls";
	}

	/** The local port; undefined once it is closed. */
	get port(): number | undefined {
		return this.#handle && localPort(this.#handle);
	}

	/**
	 * Takes the oldest connection that waits. Nothing is told of it: make a connection with callbacks from it,
	 * `new TLSSocket({ from: listener.read(), onReadable() {} })`, or close it.
	 *
	 * @returns undefined when none waits.
	 */
	read(): TLSSocket | undefined {
		const handle = this.#handle && readNext(this.#handle);
		return handle && new TLSSocket({ from: handle as never });
	}

	/** Stops listening; connections that nobody read are closed, those that were read live on. Harmless twice. */
	close(): void {
		const handle = this.#handle;
		this.#handle = undefined;
		if (handle) closeHandle(handle);
	}
}

function clientError(failed: string): CodedError {
	const [code, phase, host, alert, libraryError] = failed.split(" ") as [string, string, string, string, string];
	return tlsError({ code, phase, host, libraryError: Number(libraryError), isClient: true, ...Number(alert) >= 0 && { alert: Number(alert) } });
}
