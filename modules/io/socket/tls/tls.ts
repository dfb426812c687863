// TLSSocket: a verified TLS client connection with the interface of TCP (ECMA-419 4th edition, "embedded:io/socket/tcp/tls").
// It leans on tls.c, the binding of platform/tls. Verification is always on: no option turns it off.

import { CodedError } from "../../../base/error.ts";
import { derFromPem } from "./pem.ts";
import { tlsError, type TLSFailure } from "./failure.ts";

/** A trusted root for one connection: DER bytes, or text in PEM with one or more certificates. */
export type Certificate = ArrayBuffer | Uint8Array | string;

export type TLSVersion = "1.2" | "1.3" | "TLSv1.2" | "TLSv1.3" | 0x0303 | 0x0304;

/** What the `tls` option holds. */
export interface TLSClientOptions {
	/** Name to prove and to send (SNI): a DNS name, or an IPv4 address. */
	readonly host: string;
	/** Roots to trust beside the image's. */
	readonly ca?: Certificate | readonly Certificate[];
	/** Default "1.2". */
	readonly minimumVersion?: TLSVersion;
	/** Default "1.3". */
	readonly maximumVersion?: TLSVersion;
	/** ALPN names, in the order of preference. */
	readonly applicationLayerProtocol?: string | readonly string[];
}

/** Moddable's spelling of the same (`secure`), accepted at run time. */
export interface ModdableSecureOptions {
	readonly serverName?: string;
	readonly protocolVersion?: TLSVersion | readonly [TLSVersion, TLSVersion];
	readonly applicationLayerProtocolNegotiation?: string | readonly string[];
	readonly certificate?: Certificate | readonly Certificate[];
}

export interface TLSSocketOptions {
	/** IPv4 address of the server, as text. */
	readonly address: string;
	readonly port: number;
	readonly noDelay?: boolean;
	/** Moddable's spelling of noDelay. */
	readonly nodelay?: boolean;
	/** Time for TCP connect and handshake together. Default 20,000. */
	readonly handshakeTimeoutMs?: number;
	readonly tls?: TLSClientOptions;
	readonly secure?: ModdableSecureOptions;
	readonly format?: "buffer" | "number";
	/** Bytes came: read all of them, the next record is decrypted only then. */
	onReadable?(this: TLSSocket, count: number): void;
	/** The server is proven (first call), or there is room again. */
	onWritable?(this: TLSSocket, count: number): void;
	/** The end. `error.code` is ECLOSED for a clean one; everything was read before. */
	onError?(this: TLSSocket, error: CodedError): void;
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

interface Handle {
	readonly tls: unique symbol;
}

// Rows of tls.c's text(); the order is its enum's.
const textProtocol = 0;
const textCipher = 1;
const textApplicationProtocol = 2;
const textSubject = 3;
const textIssuer = 4;
const textNotBefore = 5;
const textNotAfter = 6;
const textCode = 7;
const textPhase = 8;
const textNames = 9;

// Rows of tls.c's figure().
const figureAlert = 0;
const figureLibraryError = 1;
const figureSize = 2;
const figureUsed = 3;
const figurePeak = 4;
const figureReach = 5;
const figureResumed = 6;

/** As tls.c: more roots belong into certs/. */
const mostRoots = 8;

// Bits of platform/tls/tls_client.h.
const eventOpen = 1;
const eventReadable = 2;
const eventWritable = 4;
const eventFailed = 8;

/** Answers the code of the refusal instead of a handle when nothing could be started. */
const open = native<(address: string, port: number, host: string, noDelay: boolean, minimumVersion: number,
	maximumVersion: number, protocols: string, handshakeTimeoutMs: number, roots: Uint8Array,
	changed: (events: number) => void) => Handle | string>("xs_tls_open");
const close = native<(handle: Handle) => void>("xs_tls_close");
const readable = native<(handle: Handle) => number>("xs_tls_readable");
const readInto = native<(handle: Handle, to: Uint8Array) => number>("xs_tls_read");
const writable = native<(handle: Handle) => number>("xs_tls_writable");
const writeFrom = native<(handle: Handle, from: Uint8Array) => number>("xs_tls_write");
const text = native<(handle: Handle, row: number) => string | undefined>("xs_tls_text");
const figure = native<(handle: Handle, row: number) => number>("xs_tls_figure");

/** A verified TLS client socket. */
export default class TLSSocket {
	readonly host: string;
	format: "buffer" | "number";
	#handle: Handle | undefined;
	#session: TLSSession | undefined;
	readonly #options: TLSSocketOptions;

	/**
	 * Starts to connect.
	 *
	 * @throws CodedError when it cannot start, before anything is sent: ERR_TLS_CLOCK_UNSET, ERR_ENTROPY_STUCK,
	 * ERR_TLS_BUSY, ERR_TLS_MEMORY, ERR_TLS_HOST, ERR_TLS_ADDRESS, ERR_TLS_OPTION.
	 */
	constructor(options: TLSSocketOptions) {
		const settings = readSettings(options);
		this.#options = options;
		this.host = settings.host;
		this.format = options.format ?? "buffer";
		const opened = open(options.address, options.port, settings.host, options.noDelay ?? options.nodelay ?? false,
			settings.minimumVersion, settings.maximumVersion, settings.protocols, options.handshakeTimeoutMs ?? 0,
			settings.roots, (events) => this.#changed(events));
		if (typeof opened === "string") {
			throw tlsError({ code: opened, host: settings.host, phase: "open" });
		}
		this.#handle = opened;
	}

	/** The proven session; undefined before the first onWritable. */
	get session(): TLSSession | undefined {
		return this.#session;
	}

	/** Figures of the connection's memory; undefined once closed. */
	get memory(): TLSMemory | undefined {
		const handle = this.#handle;
		return handle && {
			size: figure(handle, figureSize),
			used: figure(handle, figureUsed),
			peak: figure(handle, figurePeak),
			reach: figure(handle, figureReach),
		};
	}

	/**
	 * Reads bytes that are there: at most `count` of them into a new ArrayBuffer (default all), or into the buffer given,
	 * answering how many. With format "number" one byte. Undefined when nothing is there.
	 */
	read(): ArrayBuffer | number | undefined;
	read(count: number): ArrayBuffer | undefined;
	read(buffer: ArrayBuffer | Uint8Array): number | undefined;
	read(to?: number | ArrayBuffer | Uint8Array): ArrayBuffer | number | undefined {
		const handle = this.#handle;
		const available = handle ? readable(handle) : 0;
		if (!handle || available === 0) return undefined;
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
	write(from: ArrayBuffer | Uint8Array | number): number {
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
		const handle = this.#handle;
		return handle && {
			protocol: text(handle, textProtocol) ?? "",
			cipher: text(handle, textCipher) ?? "",
			subject: text(handle, textSubject) ?? "",
			issuer: text(handle, textIssuer) ?? "",
			notAfter: text(handle, textNotAfter) ?? "",
			applicationLayerProtocol: text(handle, textApplicationProtocol),
			resumed: figure(handle, figureResumed) === 1,
		};
	}

	#readFailure(handle: Handle): TLSFailure {
		const alert = figure(handle, figureAlert);
		return {
			code: text(handle, textCode) ?? "ERR_TLS_PROTOCOL",
			host: this.host,
			phase: text(handle, textPhase),
			subject: text(handle, textSubject),
			issuer: text(handle, textIssuer),
			notBefore: text(handle, textNotBefore),
			notAfter: text(handle, textNotAfter),
			names: text(handle, textNames),
			alert: alert < 0 ? undefined : alert,
			libraryError: figure(handle, figureLibraryError),
		};
	}
}

interface Settings {
	readonly host: string;
	readonly minimumVersion: number;
	readonly maximumVersion: number;
	readonly protocols: string;
	/** Packed for tls.c: each a length of 4 bytes, little endian, and DER. */
	readonly roots: Uint8Array;
}

function readSettings(options: TLSSocketOptions): Settings {
	const tls: Partial<TLSClientOptions> = options.tls ?? {};
	const secure: ModdableSecureOptions = options.secure ?? {};
	for (const given of [tls, secure, options] as unknown as Record<string, unknown>[]) refuseWeakening(given);
	const host = tls.host ?? secure.serverName ?? options.address;
	const versions = secure.protocolVersion;
	const minimum = tls.minimumVersion ?? (Array.isArray(versions) ? versions[0] : undefined);
	const maximum = tls.maximumVersion ?? (Array.isArray(versions) ? versions[1] : versions) as TLSVersion | undefined;
	const protocols = tls.applicationLayerProtocol ?? secure.applicationLayerProtocolNegotiation ?? [];
	return {
		host: host.endsWith(".") ? host.slice(0, -1) : host,
		minimumVersion: versionNumber(minimum),
		maximumVersion: versionNumber(maximum),
		protocols: typeof protocols === "string" ? protocols : protocols.join(","),
		roots: packed(readRoots(tls.ca ?? secure.certificate)),
	};
}

function refuseWeakening(given: Record<string, unknown>): void {
	if (given.verify === false || given.rejectUnauthorized === false) {
		throw new CodedError("ERR_TLS_OPTION", "verify: false is refused: without proof of the server, anybody on the way "
			+ "can read and change everything. Give the server's root as tls: {ca} instead, or put it into certs/.");
	}
	for (const name of ["clientKey", "clientCertificate", "clientCertificates"]) {
		if (given[name] !== undefined) {
			throw new CodedError("ERR_TLS_OPTION", `${name}: client certificates are not supported`);
		}
	}
}

function versionNumber(version: TLSVersion | undefined): number {
	switch (version) {
		case undefined:
			return 0;
		case "1.2":
		case "TLSv1.2":
		case 0x0303:
			return 0x0303;
		case "1.3":
		case "TLSv1.3":
		case 0x0304:
			return 0x0304;
		default:
			throw new CodedError("ERR_TLS_OPTION", `TLS version ${String(version)}: only "1.2" and "1.3" are supported`);
	}
}

function readRoots(ca: TLSClientOptions["ca"]): Uint8Array[] {
	if (ca === undefined) return [];
	const given = Array.isArray(ca) ? ca as readonly Certificate[] : [ca as Certificate];
	const roots: Uint8Array[] = [];
	for (const one of given) {
		if (typeof one === "string") roots.push(...derFromPem(one));
		else roots.push(bytesOf(one));
	}
	if (roots.length > mostRoots) {
		throw new CodedError("ERR_TLS_OPTION", `ca: ${roots.length} certificates, at most ${mostRoots} for one connection`);
	}
	return roots;
}

function packed(roots: readonly Uint8Array[]): Uint8Array {
	const bytes = new Uint8Array(roots.reduce((sum, root) => sum + 4 + root.byteLength, 0));
	const view = new DataView(bytes.buffer);
	let at = 0;
	for (const root of roots) {
		view.setUint32(at, root.byteLength, true);
		bytes.set(root, at + 4);
		at += 4 + root.byteLength;
	}
	return bytes;
}

function bytesOf(buffer: ArrayBuffer | Uint8Array): Uint8Array {
	return buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer);
}
