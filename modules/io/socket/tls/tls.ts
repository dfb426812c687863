// TLSSocket: a verified TLS client connection with the interface of TCP (ECMA-419 4th edition, "embedded:io/socket/tcp/tls").
// It leans on tls.c, the binding of platform/tls. Verification is always on: no option turns it off.

import { bytesOf } from "../../../base/bytes.ts";
import { CodedError } from "../../../base/error.ts";
import { tlsError, type TLSFailure } from "./failure.ts";
import { derOf, identityOf, packed, pinsOf, protocolNames, versionNumber, type Certificate, type ProtocolName, type TLSVersion } from "./options.ts";

export type { Certificate, ProtocolName, TLSVersion } from "./options.ts";

/** What the `tls` option holds. */
export interface TLSClientOptions {
	/** Name to prove and to send (SNI): a DNS name, or an address. */
	readonly host: string;
	/** Roots to trust beside the image's. */
	readonly ca?: Certificate | readonly Certificate[];
	/**
	 * Keys of which the server's trusted path must have one, the server's own or an authority's: eight at most, each "sha256/" and the
	 * base64 of the SHA-256 of its subjectPublicKeyInfo (RFC 7469 section 2.4; curl's "sha256//" is taken too). More than trust, never
	 * instead of it. Name a second key that is kept in reserve: a server that changes its only one locks the board out.
	 * `openssl x509 -in FILE -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64` makes one.
	 * A refusal is ERR_TLS_PIN.
	 */
	readonly pins?: string | readonly string[];
	/** Default "1.2". */
	readonly minimumVersion?: TLSVersion;
	/** Default "1.3". */
	readonly maximumVersion?: TLSVersion;
	/** ALPN names, in the order of preference: four at most, 63 characters together. */
	readonly applicationLayerProtocol?: ProtocolName | readonly ProtocolName[];
	/** Longest piece that the server shall send at once: 512, 1024, 2048 or 4096 bytes (RFC 6066 section 4, RFC 8449). Servers may not know it. */
	readonly maximumFragmentLength?: number;
	/** The key of `clientCertificate`: EC, P-256 or P-384. */
	readonly clientKey?: Certificate | readonly Certificate[];
	/** Shown to a server that asks for one: its own certificate first, then those up to the root; four at most. */
	readonly clientCertificate?: Certificate | readonly Certificate[];
}

/** Moddable's spelling of the same (`secure`), accepted at run time. */
export interface ModdableSecureOptions {
	readonly serverName?: string;
	readonly protocolVersion?: TLSVersion | readonly [TLSVersion, TLSVersion];
	readonly applicationLayerProtocolNegotiation?: ProtocolName | readonly ProtocolName[];
	readonly certificate?: Certificate | readonly Certificate[];
	readonly tls_max_fragment_length?: number;
	readonly clientKey?: Certificate | readonly Certificate[];
	readonly clientCertificates?: Certificate | readonly Certificate[];
}

export interface TLSSocketOptions {
	/** Address of the server, as text. */
	readonly address: string;
	readonly port: number;
	readonly from?: undefined;
	readonly noDelay?: boolean;
	/** Moddable's spelling of noDelay. */
	readonly nodelay?: boolean;
	/** Milliseconds of silence before TCP asks whether the server still lives. Default two hours. */
	readonly keepAlive?: number;
	/** Time for TCP connect and handshake together. Default 20,000. */
	readonly handshakeTimeoutMs?: number;
	readonly tls?: TLSClientOptions;
	readonly secure?: ModdableSecureOptions;
	/** The name to prove, where neither `tls` nor `secure` has one: what HTTPClient hands over. */
	readonly host?: string;
	readonly format?: "buffer" | "number";
	/** Kept as the property of that name, for the app alone. */
	readonly target?: unknown;
	/** Bytes came: read all of them, the next record is decrypted only then. */
	onReadable?(this: TLSSocket, count: number): void;
	/** The server is proven (first call), or there is room again. */
	onWritable?(this: TLSSocket, count: number): void;
	/** The end. `error.code` is ECLOSED for a clean one; everything was read before. */
	onError?(this: TLSSocket, error: CodedError): void;
}

/** What takes a connection over: `from` is empty afterwards, and everything that comes is told here. */
export interface TLSSocketTakeOptions extends Pick<TLSSocketOptions, "format" | "target" | "onReadable" | "onWritable" | "onError"> {
	readonly from: TLSSocket | Handle;
}

/** What is known once the server is proven. */
export interface TLSSession {
	/** "TLSv1.3" or "TLSv1.2". */
	readonly protocol: string;
	/** IANA's name of the cipher suite. */
	readonly cipher: string;
	/** The server certificate's subject and issuer, "CN=..., O=...". */
	readonly subject: string;
	readonly issuer: string;
	/** The server certificate's last instant, ISO 8601 in UTC. */
	readonly notAfter: string;
	/** The ALPN name agreed on. */
	readonly applicationLayerProtocol: string | undefined;
	/** True when an earlier connection to the same host had proved it, a day ago at most, and this one goes on from there. */
	readonly resumed: boolean;
}

/** Figures of the memory of a connection, in bytes. */
export interface TLSMemory {
	readonly size: number;
	readonly used: number;
	readonly peak: number;
	readonly reach: number;
}

/** A connection itself, in C: a listener's, that nobody is told of yet. */
interface Handle {
	readonly tls: unique symbol;
}

// Rows of tls.c's text() and figure(), in the order of its enums.
const texts = ["protocol", "cipher", "applicationLayerProtocol", "subject", "issuer", "notBefore", "notAfter", "code", "phase", "names"] as const;
const figures = ["alert", "libraryError", "size", "used", "peak", "reach", "resumed"] as const;

/** As tls.c: more roots belong into certs/. */
const mostRoots = 8;

// Bits of platform/tls/tls_client.h.
const eventOpen = 1;
const eventReadable = 2;
const eventWritable = 4;
const eventFailed = 8;

/** Answers the code of the refusal instead of a handle when nothing could be started. */
const open = native<(address: string, port: number, host: string, noDelay: boolean, minimumVersion: number,
	maximumVersion: number, protocols: string, handshakeTimeoutMs: number, roots: Uint8Array, identity: Uint8Array,
	maximumFragmentLength: number, keepAliveMs: number, changed: (events: number) => void, pins: Uint8Array) => Handle | string>("xs_tls_open");
const close = native<(handle: Handle) => void>("xs_tls_close");
const adopt = native<(handle: Handle, changed: (events: number) => void) => void>("xs_tls_adopt");
const remote = native<{ (handle: Handle, port: false): string | undefined; (handle: Handle, port: true): number | undefined }>("xs_tls_remote");
const readable = native<(handle: Handle) => number>("xs_tls_readable");
const readInto = native<(handle: Handle, to: Uint8Array) => number>("xs_tls_read");
const writable = native<(handle: Handle) => number>("xs_tls_writable");
const writeFrom = native<(handle: Handle, from: Uint8Array) => number>("xs_tls_write");
const text = native<(handle: Handle, row: number) => string | undefined>("xs_tls_text");
const figure = native<(handle: Handle, row: number) => number>("xs_tls_figure");

/** A verified TLS client socket, or one that a TLSListener read. */
export default class TLSSocket {
	readonly host: string;
	format: "buffer" | "number";
	declare target?: unknown;
	#handle: Handle | undefined;
	#session: TLSSession | undefined;
	readonly #options: Pick<TLSSocketOptions, "onReadable" | "onWritable" | "onError">;
	/** Whom events are told: the socket that has the connection now. */
	readonly #told: { socket: TLSSocket; readonly isClient?: boolean };

	/**
	 * Starts to connect, or takes a connection over, and tells then what it has already.
	 *
	 * @throws CodedError when it cannot start, before anything is sent: ERR_TLS_CLOCK_UNSET, ERR_ENTROPY_STUCK,
	 * ERR_TLS_BUSY, ERR_TLS_MEMORY, ERR_TLS_HOST, ERR_TLS_ADDRESS, ERR_TLS_OPTION, ERR_TLS_KEY, ERR_TLS_CERTIFICATE,
	 * ERR_TLS_KEY_MISMATCH, ENETUNREACH (no network leads there); ECLOSED when `from` was closed.
	 */
	constructor(options: TLSSocketOptions | TLSSocketTakeOptions) {
		this.#options = options;
		this.format = options.format ?? "buffer";
		if (options.target !== undefined) this.target = options.target;
		if (options.from !== undefined) {
			const { from } = options;
			if (!(from instanceof TLSSocket)) {
				const told = { socket: this as TLSSocket, isClient: true };
				this.#told = told;
				this.#handle = from;
				this.#session = this.#readSession();
				this.host = this.remoteAddress ?? "";
				adopt(from, (events) => told.socket.#changed(events));
				return;
			}
			if (!from.#handle) throw new CodedError("ECLOSED", `${from.host}: it was closed, and cannot be taken over`);
			this.host = from.host;
			this.#handle = from.#handle;
			this.#session = from.#session;
			this.#told = from.#told;
			this.#told.socket = this;
			from.#handle = undefined;
			queueMicrotask(() => this.#changed(this.#session ? eventWritable | eventReadable : 0));
			return;
		}
		const settings = readSettings(options);
		const told = { socket: this as TLSSocket };
		this.#told = told;
		this.host = settings.host;
		const opened = open(options.address, options.port, settings.host, options.noDelay ?? options.nodelay ?? false,
			settings.minimumVersion, settings.maximumVersion, settings.protocols, options.handshakeTimeoutMs ?? 0,
			settings.roots, settings.identity, settings.maximumFragmentLength, options.keepAlive ?? 0, (events) => told.socket.#changed(events), settings.pins);
		settings.identity.fill(0);
		if (typeof opened === "string") {
			throw tlsError({ code: opened, host: settings.host, phase: "open" });
		}
		this.#handle = opened;
	}

	/** The proven session; undefined before the first onWritable. Of a listener's, the names of a certificate are empty: it proves us. */
	get session(): TLSSession | undefined {
		return this.#session;
	}

	/** The server's address; undefined after the end. */
	get remoteAddress(): string | undefined {
		return this.#handle && remote(this.#handle, false);
	}

	/** The server's port; undefined after the end. */
	get remotePort(): number | undefined {
		return this.#handle && remote(this.#handle, true);
	}

	/** Figures of the connection's memory; undefined once closed. */
	get memory(): TLSMemory | undefined {
		if (!this.#handle) return undefined;
		const { size, used, peak, reach } = figuresOf(this.#handle);
		return { size, used, peak, reach };
	}

	/**
	 * Reads bytes that are there: at most `count` of them into a new ArrayBuffer (default all), or into the buffer given,
	 * answering how many. With format "number" one byte. Undefined when nothing is there.
	 *
	 * @throws CodedError ECLOSED after the end
	 */
	read(): ArrayBuffer | number | undefined;
	read(count: number): ArrayBuffer | undefined;
	read(buffer: ArrayBufferLike | ArrayBufferView): number | undefined;
	read(to?: number | ArrayBufferLike | ArrayBufferView): ArrayBuffer | number | undefined {
		const handle = this.#handle;
		if (!handle) throw new CodedError("ECLOSED", `${this.host}: read after the connection was closed`);
		const available = readable(handle);
		if (available === 0) return undefined;
		if (this.format === "number") {
			const byte = new Uint8Array(1);
			readInto(handle, byte);
			return byte[0];
		}
		if (typeof to === "object") return readInto(handle, bytesOf(to));
		const bytes = new Uint8Array(Math.min(to ?? available, available));
		readInto(handle, bytes);
		return bytes.buffer as ArrayBuffer;
	}

	/**
	 * Sends bytes (with format "number": one) and answers how many more can be written now.
	 *
	 * @throws CodedError ERR_TLS_WRITE_FULL when they are more than the last answer or onWritable said
	 */
	write(from: ArrayBufferLike | ArrayBufferView | number): number {
		const handle = this.#handle;
		const bytes = typeof from === "number" ? Uint8Array.of(from) : bytesOf(from);
		const room = handle ? writable(handle) : 0;
		if (!handle || bytes.byteLength > room) {
			throw new CodedError("ERR_TLS_WRITE_FULL",
				`${this.host}: ${bytes.byteLength} bytes to write, room for ${room}; wait for onWritable`);
		}
		writeFrom(handle, bytes);
		return writable(handle);
	}

	/** Tells the server that it is over, and frees the connection's memory. Safe to call again. */
	close(): void {
		const handle = this.#handle;
		this.#handle = undefined;
		if (handle) close(handle);
	}

	#changed(events: number): void {
		const { onReadable, onWritable, onError } = this.#options;
		if (events & eventOpen) this.#session = this.#readSession();
		if (events & (eventOpen | eventWritable) && this.#handle) {
			const room = writable(this.#handle);
			if (room > 0) onWritable?.call(this, room);
		}
		if (events & eventReadable && this.#handle) {
			const count = readable(this.#handle);
			if (count > 0) onReadable?.call(this, count);
		}
		if (events & eventFailed && this.#handle) {
			const error = tlsError(this.#readFailure(this.#handle));
			this.close();
			onError?.call(this, error);
		}
	}

	#readSession(): TLSSession | undefined {
		if (!this.#handle) return undefined;
		const { protocol = "", cipher = "", subject = "", issuer = "", notAfter = "", applicationLayerProtocol } = textsOf(this.#handle);
		return { protocol, cipher, subject, issuer, notAfter, applicationLayerProtocol, resumed: figuresOf(this.#handle).resumed === 1 };
	}

	#readFailure(handle: Handle): TLSFailure {
		const { code = "ERR_TLS_PROTOCOL", phase, subject, issuer, notBefore, notAfter, names } = textsOf(handle);
		const { alert, libraryError } = figuresOf(handle);
		return { code, host: this.host, isClient: this.#told.isClient, phase, subject, issuer, notBefore, notAfter, names, alert: alert < 0 ? undefined : alert, libraryError };
	}
}

function textsOf(handle: Handle): Record<(typeof texts)[number], string | undefined> {
	return Object.fromEntries(texts.map((name, row) => [name, text(handle, row)])) as ReturnType<typeof textsOf>;
}

function figuresOf(handle: Handle): Record<(typeof figures)[number], number> {
	return Object.fromEntries(figures.map((name, row) => [name, figure(handle, row)])) as ReturnType<typeof figuresOf>;
}

interface Settings {
	readonly host: string;
	readonly minimumVersion: number;
	readonly maximumVersion: number;
	readonly protocols: string;
	/** Packed for tls.c: each a length of 4 bytes, little endian, and DER. */
	readonly roots: Uint8Array;
	/** Packed the same: the key, and its certificates; empty for none. */
	readonly identity: Uint8Array;
	readonly pins: Uint8Array;
	readonly maximumFragmentLength: number;
}

function readSettings(options: TLSSocketOptions): Settings {
	const tls: Partial<TLSClientOptions> = options.tls ?? {};
	const secure: ModdableSecureOptions = options.secure ?? {};
	for (const given of [tls, secure, options] as unknown as Record<string, unknown>[]) refuseWeakening(given);
	const host = tls.host ?? secure.serverName ?? options.host ?? options.address;
	const versions = secure.protocolVersion;
	const minimum = tls.minimumVersion ?? (Array.isArray(versions) ? versions[0] : undefined);
	const maximum = tls.maximumVersion ?? (Array.isArray(versions) ? versions[1] : versions) as TLSVersion | undefined;
	return {
		host: host.endsWith(".") ? host.slice(0, -1) : host,
		minimumVersion: versionNumber(minimum),
		maximumVersion: versionNumber(maximum),
		protocols: protocolNames(tls.applicationLayerProtocol ?? secure.applicationLayerProtocolNegotiation),
		roots: packed(readRoots(tls.ca ?? secure.certificate)),
		identity: packed(identityOf(tls.clientKey ?? secure.clientKey, tls.clientCertificate ?? secure.clientCertificates, "clientKey", "clientCertificate")),
		pins: pinsOf(tls.pins),
		maximumFragmentLength: fragmentLength(tls.maximumFragmentLength ?? secure.tls_max_fragment_length),
	};
}

function refuseWeakening(given: Record<string, unknown>): void {
	if (given.verify === false || given.rejectUnauthorized === false) {
		throw new CodedError("ERR_TLS_OPTION", "verify: false is refused: without proof of the server, anybody on the way "
			+ "can read and change everything. Give the server's root as tls: {ca} instead, or put it into certs/.");
	}
}

function fragmentLength(given: number | undefined): number {
	if (given === undefined) return 0;
	if (![512, 1024, 2048, 4096].includes(given)) {
		throw new CodedError("ERR_TLS_OPTION", `maximumFragmentLength ${given}: expected 512, 1024, 2048 or 4096 (RFC 6066 section 4)`);
	}
	return given;
}

function readRoots(ca: TLSClientOptions["ca"]): Uint8Array[] {
	const roots = derOf(ca, "certificate", "ca");
	if (roots.length > mostRoots) {
		throw new CodedError("ERR_TLS_OPTION", `ca: ${roots.length} certificates, at most ${mostRoots} for one connection`);
	}
	return roots;
}
