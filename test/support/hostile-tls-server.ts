// A TLS server that does what a test tells it: TLS 1.3 (RFC 8446) and 1.2 (RFC 5246) by hand over node:crypto, with AES-128-GCM, P-256 and
// ECDSA alone, and with a hand on each message and each record. What it is not told otherwise it does right.

import { createCipheriv, createDecipheriv, createECDH, createHash, createHmac, randomBytes, sign, type ECDH } from "node:crypto";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { clientHelloExtensions } from "./client-hello.ts";

/** Content types of records (RFC 8446 section 5.1). */
export const content = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

/** Handshake messages (RFC 8446 section 4, RFC 5246 section 7.4). */
export const kinds = {
	helloRequest: 0, serverHello: 2, newSessionTicket: 4, encryptedExtensions: 8, certificate: 11, serverKeyExchange: 12,
	certificateRequest: 13, serverHelloDone: 14, certificateVerify: 15, finished: 20, keyUpdate: 24,
} as const;

export type MessageName = keyof typeof kinds | "helloRetryRequest";

export interface HostileStory {
	readonly version: "TLSv1.2" | "TLSv1.3";
	/** DER, the server's own first. */
	readonly chain: readonly Uint8Array[];
	readonly keyPem: string;
	/** Asks for the key share again first. Default false. */
	readonly retries?: boolean;
	/** Of TLS 1.2 (RFC 7627). Default true. */
	readonly hasExtendedMasterSecret?: boolean;
	/** What TLS 1.2 calls its session; "client's" is what the ClientHello calls it. Default: nothing. */
	readonly sessionId?: Uint8Array | "client's";
	/** What TLS 1.2 gives to go on with (RFC 5077), for an hour. Default: nothing. */
	readonly ticket?: Uint8Array;
	/** Of TLS 1.3: the body of CertificateVerify, over what it signs. Default: ECDSA with SHA-256. */
	proof?(signed: Buffer): Buffer;
	/** Of TLS 1.2: curve and share as they are signed. Default: the P-256 that they are. */
	parameters?(usual: Buffer): Buffer;
	/** The body of a message, before it is framed and hashed; undefined leaves the message out. Default: as it is. */
	body?(name: MessageName, body: Buffer): Buffer | undefined;
	/** Called in front of each message: what is sent there comes first. */
	before?(name: MessageName, server: HostileConnection): void;
	/** Splits what goes out into TCP writes of so many bytes. Default: whole. */
	readonly pieceBytes?: number;
	/** Cuts messages of the handshake into records of so many bytes. Default 16,384. */
	readonly fragmentBytes?: number;
	/** The handshake is over. */
	opened?(server: HostileConnection): void;
	/** Called behind each record that comes afterwards. */
	heard?(server: HostileConnection): void;
}

const hash = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
const hmac = (key: Uint8Array, ...parts: Uint8Array[]): Buffer => parts.reduce((mac, part) => mac.update(part), createHmac("sha256", key)).digest();
const u8 = (value: number): Buffer => Buffer.from([value]);
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const u24 = (value: number): Buffer => Buffer.from([value >> 16, value >> 8 & 255, value & 255]);
const vector = (lengthOf: (value: number) => Buffer, bytes: Uint8Array): Buffer => Buffer.concat([lengthOf(bytes.length), bytes]);
/** An extension with its content. */
export const extension = (type: number, bytes: Uint8Array): Buffer => Buffer.concat([u16(type), vector(u16, bytes)]);

/** HKDF-Expand-Label for up to 32 bytes (RFC 8446 section 7.1). */
function expandLabel(secret: Uint8Array, label: string, context: Uint8Array, length: number): Buffer {
	const info = Buffer.concat([u16(length), vector(u8, Buffer.from(`tls13 ${label}`)), vector(u8, context), u8(1)]);
	return hmac(secret, info).subarray(0, length);
}

/** TLS 1.2's PRF (RFC 5246 section 5). */
function prf(secret: Uint8Array, label: string, seed: Uint8Array, length: number): Buffer {
	const whole = Buffer.concat([Buffer.from(label), seed]);
	let a: Buffer = whole;
	let made: Buffer = Buffer.alloc(0);
	while (made.length < length) {
		a = hmac(secret, a);
		made = Buffer.concat([made, hmac(secret, a, whole)]);
	}
	return made.subarray(0, length);
}

/** One direction's keys and its count. */
class Protection {
	readonly #key: Buffer;
	readonly #iv: Buffer;
	readonly #is13: boolean;
	#sequence = 0n;

	constructor(key: Buffer, iv: Buffer, is13: boolean) {
		this.#key = key;
		this.#iv = iv;
		this.#is13 = is13;
	}

	static from(secret: Buffer): Protection {
		return new Protection(expandLabel(secret, "key", Buffer.alloc(0), 16), expandLabel(secret, "iv", Buffer.alloc(0), 12), true);
	}

	#counter(): Buffer {
		const counter = Buffer.alloc(8);
		counter.writeBigUInt64BE(this.#sequence++);
		return counter;
	}

	seal(type: number, bytes: Uint8Array, padding = 0): Buffer {
		const counter = this.#counter();
		if (this.#is13) {
			const inner = Buffer.concat([bytes, u8(type), Buffer.alloc(padding)]);
			const header = Buffer.concat([u8(content.applicationData), u16(0x0303), u16(inner.length + 16)]);
			const cipher = createCipheriv("aes-128-gcm", this.#key, this.#nonce13(counter)).setAAD(header);
			return Buffer.concat([header, cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
		}
		const cipher = createCipheriv("aes-128-gcm", this.#key, Buffer.concat([this.#iv, counter]))
			.setAAD(Buffer.concat([counter, u8(type), u16(0x0303), u16(bytes.length)]));
		return Buffer.concat([u8(type), u16(0x0303), u16(bytes.length + 24), counter, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
	}

	/** @throws Error when it does not authenticate */
	open(type: number, record: Buffer): { readonly type: number; readonly bytes: Buffer } {
		const counter = this.#counter();
		const tag = record.subarray(-16);
		if (this.#is13) {
			const decipher = createDecipheriv("aes-128-gcm", this.#key, this.#nonce13(counter)).setAuthTag(tag)
				.setAAD(Buffer.concat([u8(type), u16(0x0303), u16(record.length)]));
			const inner = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
			let end = inner.length - 1;
			while (inner[end] === 0) end--;
			return { type: inner[end]!, bytes: inner.subarray(0, end) };
		}
		const decipher = createDecipheriv("aes-128-gcm", this.#key, Buffer.concat([this.#iv, record.subarray(0, 8)])).setAuthTag(tag)
			.setAAD(Buffer.concat([counter, u8(type), u16(0x0303), u16(record.length - 24)]));
		return { type, bytes: Buffer.concat([decipher.update(record.subarray(8, -16)), decipher.final()]) };
	}

	#nonce13(counter: Buffer): Buffer {
		const nonce = Buffer.from(this.#iv);
		for (let i = 0; i < 8; i++) nonce[4 + i]! ^= counter[i]!;
		return nonce;
	}
}

/** What a client has got out of one connection. */
export class HostileConnection {
	readonly #socket: Socket;
	readonly #story: HostileStory;
	readonly #keys: ECDH = createECDH("prime256v1");
	#rest: Buffer = Buffer.alloc(0);
	#transcript: Buffer = Buffer.alloc(0);
	#sessionId: Buffer = Buffer.alloc(0);
	#clientRandom: Buffer = Buffer.alloc(0);
	#serverRandom: Buffer = randomBytes(32);
	#sends: Protection | undefined;
	#receives: Protection | undefined;
	#master: Buffer = Buffer.alloc(0);
	#clientSecret: Buffer = Buffer.alloc(0);
	#serverSecret: Buffer = Buffer.alloc(0);
	#clientApplicationSecret: Buffer = Buffer.alloc(0);
	#serverApplicationSecret: Buffer = Buffer.alloc(0);
	#nextReceives: Protection | undefined;
	#nextSends: Protection | undefined;
	/** Extensions of each ClientHello. */
	readonly hellos: ReadonlyMap<number, Uint8Array>[] = [];
	/** Decrypted application data. */
	application = "";
	/** Alerts that the client sent, by number. */
	readonly alerts: number[] = [];
	/** KeyUpdate messages that the client sent. */
	keyUpdates = 0;
	open = false;

	constructor(socket: Socket, story: HostileStory) {
		this.#socket = socket;
		this.#story = story;
		this.#keys.generateKeys();
		socket.on("error", () => {});
		socket.on("data", bytes => this.#take(bytes));
	}

	/** Extensions of the newest ClientHello. */
	get offered(): ReadonlyMap<number, Uint8Array> {
		return this.hellos.at(-1)!;
	}

	/** Bytes as they are. */
	raw(bytes: Uint8Array): void {
		const { pieceBytes } = this.#story;
		if (pieceBytes === undefined) this.#socket.write(bytes);
		else for (let at = 0; at < bytes.length; at += pieceBytes) this.#socket.write(bytes.subarray(at, at + pieceBytes));
	}

	/** A record by the keys in force, if any. `damage` may change its bytes. */
	record(type: number, bytes: Uint8Array, { padding = 0, damage = (record: Buffer) => record }: { padding?: number; damage?: (record: Buffer) => Buffer } = {}): void {
		this.raw(damage(this.#sends ? this.#sends.seal(type, bytes, padding) : Buffer.concat([u8(type), u16(0x0303), vector(u16, bytes)])));
	}

	alert(level: number, description: number): void {
		this.record(content.alert, Buffer.from([level, description]));
	}

	/** A handshake message outside the handshake: it is not hashed. */
	message(name: MessageName, body: Uint8Array): void {
		this.record(content.handshake, this.frame(name, body));
	}

	frame(name: MessageName, body: Uint8Array): Buffer {
		return Buffer.concat([u8(kinds[name === "helloRetryRequest" ? "serverHello" : name]), vector(u24, body)]);
	}

	/** New keys of ours (RFC 8446 section 7.2), told to the client by a KeyUpdate, of which `from` bytes have been sent. */
	updateKeys(requested: boolean, from = 0): void {
		this.record(content.handshake, this.frame("keyUpdate", u8(requested ? 1 : 0)).subarray(from));
		this.#serverApplicationSecret = expandLabel(this.#serverApplicationSecret, "traffic upd", Buffer.alloc(0), 32);
		this.#sends = Protection.from(this.#serverApplicationSecret);
	}

	end(): void {
		this.#socket.end();
	}

	#send(name: MessageName, body: Buffer): void {
		this.#story.before?.(name, this);
		const changed = this.#story.body ? this.#story.body(name, body) : body;
		if (changed === undefined) return;
		const framed = this.frame(name, changed);
		this.#transcript = Buffer.concat([this.#transcript, framed]);
		const { fragmentBytes = 16384 } = this.#story;
		for (let at = 0; at < framed.length; at += fragmentBytes) this.record(content.handshake, framed.subarray(at, at + fragmentBytes));
	}

	#take(bytes: Buffer): void {
		this.#rest = Buffer.concat([this.#rest, bytes]);
		while (this.#rest.length >= 5 && this.#rest.length >= 5 + this.#rest.readUInt16BE(3)) {
			const length = 5 + this.#rest.readUInt16BE(3);
			const record = this.#rest.subarray(0, length);
			this.#rest = this.#rest.subarray(length);
			this.#takeRecord(record);
		}
	}

	#takeRecord(record: Buffer): void {
		if (record[0] === content.changeCipherSpec) {
			if (this.#story.version === "TLSv1.2") this.#receives = this.#nextReceives;
			return;
		}
		let plain: { type: number; bytes: Buffer };
		try {
			plain = this.#receives ? this.#receives.open(record[0]!, record.subarray(5)) : { type: record[0]!, bytes: record.subarray(5) };
		} catch {
			// A client that gives up before it has keys tells so in the open.
			plain = { type: record[0]!, bytes: record.subarray(5) };
		}
		const { type, bytes } = plain;
		const wasOpen = this.open;
		if (type === content.alert) this.alerts.push(bytes[1]!);
		else if (type === content.applicationData) this.application += bytes.toString("latin1");
		else if (type === content.handshake) this.#takeMessage(bytes, record);
		if (wasOpen) this.#story.heard?.(this);
	}

	#takeMessage(bytes: Buffer, record: Buffer): void {
		switch (bytes[0]) {
			case 1:
				this.#transcript = Buffer.concat([this.#transcript, bytes]);
				return this.#hello(bytes, record);
			case 16: {
				this.#transcript = Buffer.concat([this.#transcript, bytes]);
				const shared = this.#keys.computeSecret(bytes.subarray(5));
				this.#master = this.#story.hasExtendedMasterSecret === false ? prf(shared, "master secret", Buffer.concat([this.#clientRandom, this.#serverRandom]), 48)
					: prf(shared, "extended master secret", hash(this.#transcript), 48);
				const block = prf(this.#master, "key expansion", Buffer.concat([this.#serverRandom, this.#clientRandom]), 40);
				this.#nextReceives = new Protection(block.subarray(0, 16), block.subarray(32, 36), false);
				this.#nextSends = new Protection(block.subarray(16, 32), block.subarray(36, 40), false);
				return;
			}
			case kinds.finished:
				if (this.#story.version === "TLSv1.2") {
					this.#transcript = Buffer.concat([this.#transcript, bytes]);
					if (this.#story.ticket) this.#send("newSessionTicket", Buffer.concat([u16(0), u16(3600), vector(u16, this.#story.ticket)]));
					this.record(content.changeCipherSpec, u8(1));
					this.#sends = this.#nextSends;
					this.#send("finished", prf(this.#master, "server finished", hash(this.#transcript), 12));
				} else {
					this.#receives = Protection.from(this.#clientApplicationSecret);
				}
				this.open = true;
				this.#story.opened?.(this);
				return;
			case kinds.keyUpdate:
				this.keyUpdates++;
				this.#clientApplicationSecret = expandLabel(this.#clientApplicationSecret, "traffic upd", Buffer.alloc(0), 32);
				this.#receives = Protection.from(this.#clientApplicationSecret);
		}
	}

	#hello(bytes: Buffer, record: Buffer): void {
		this.hellos.push(clientHelloExtensions(record));
		this.#clientRandom = bytes.subarray(6, 38);
		this.#sessionId = bytes.subarray(39, 39 + bytes[38]!);
		if (this.#story.version === "TLSv1.2") return this.#answer12();
		if (this.#story.retries && this.hellos.length === 1) return this.#retry();
		this.#answer13();
	}

	#serverHello(random: Buffer, cipher: number, extensions: readonly Buffer[]): Buffer {
		const { version, sessionId = Buffer.alloc(0) } = this.#story;
		return Buffer.concat([u16(0x0303), random, vector(u8, version === "TLSv1.3" || sessionId === "client's" ? this.#sessionId : sessionId), u16(cipher), u8(0), vector(u16, Buffer.concat(extensions))]);
	}

	/** RFC 8446 section 4.1.4: the random is fixed, and a hash stands for the first ClientHello (4.4.1). */
	#retry(): void {
		const first = hash(this.#transcript);
		this.#transcript = Buffer.concat([u8(254), u24(32), first]);
		// P-384: the share that the client has not sent.
		this.#send("helloRetryRequest", this.#serverHello(hash(Buffer.from("HelloRetryRequest")), 0x1301, [extension(43, u16(0x0304)), extension(51, u16(0x0018))]));
	}

	#answer13(): void {
		const shares = Buffer.from(this.offered.get(51)!);
		const group = shares.readUInt16BE(2);
		const keys = group === 0x0018 ? createECDH("secp384r1") : this.#keys;
		if (keys !== this.#keys) keys.generateKeys();
		const shared = keys.computeSecret(shares.subarray(6, 6 + shares.readUInt16BE(4)));
		this.#send("serverHello", this.#serverHello(this.#serverRandom, 0x1301, [
			extension(43, u16(0x0304)), extension(51, Buffer.concat([u16(group), vector(u16, keys.getPublicKey())])),
		]));
		const early = hmac(Buffer.alloc(32), Buffer.alloc(32));
		const handshake = hmac(expandLabel(early, "derived", hash(Buffer.alloc(0)), 32), shared);
		this.#clientSecret = expandLabel(handshake, "c hs traffic", hash(this.#transcript), 32);
		this.#serverSecret = expandLabel(handshake, "s hs traffic", hash(this.#transcript), 32);
		this.raw(Buffer.from([content.changeCipherSpec, 3, 3, 0, 1, 1]));
		this.#sends = Protection.from(this.#serverSecret);
		this.#receives = Protection.from(this.#clientSecret);
		this.#send("encryptedExtensions", vector(u16, Buffer.alloc(0)));
		this.#send("certificate", Buffer.concat([u8(0), vector(u24, Buffer.concat(this.#story.chain.map(one => Buffer.concat([vector(u24, one), u16(0)]))))]));
		const signed = Buffer.concat([Buffer.alloc(64, 32), Buffer.from("TLS 1.3, server CertificateVerify\0"), hash(this.#transcript)]);
		this.#send("certificateVerify", this.#story.proof?.(signed) ?? Buffer.concat([u16(0x0403), vector(u16, sign("sha256", signed, this.#story.keyPem))]));
		this.#send("finished", hmac(expandLabel(this.#serverSecret, "finished", Buffer.alloc(0), 32), hash(this.#transcript)));
		const main = hmac(expandLabel(handshake, "derived", hash(Buffer.alloc(0)), 32), Buffer.alloc(32));
		this.#clientApplicationSecret = expandLabel(main, "c ap traffic", hash(this.#transcript), 32);
		this.#serverApplicationSecret = expandLabel(main, "s ap traffic", hash(this.#transcript), 32);
		this.#sends = Protection.from(this.#serverApplicationSecret);
	}

	#answer12(): void {
		// extended_master_secret, renegotiation_info (RFC 5746)
		const masterSecret = this.#story.hasExtendedMasterSecret === false ? [] : [extension(23, Buffer.alloc(0))];
		const ticket = this.#story.ticket ? [extension(35, Buffer.alloc(0))] : [];
		this.#send("serverHello", this.#serverHello(this.#serverRandom, 0xC02B, [...masterSecret, ...ticket, extension(0xFF01, u8(0))]));
		this.#send("certificate", vector(u24, Buffer.concat(this.#story.chain.map(one => vector(u24, one)))));
		const usual = Buffer.concat([u8(3), u16(0x0017), vector(u8, this.#keys.getPublicKey())]);
		const parameters = this.#story.parameters?.(usual) ?? usual;
		const signature = sign("sha256", Buffer.concat([this.#clientRandom, this.#serverRandom, parameters]), this.#story.keyPem);
		this.#send("serverKeyExchange", Buffer.concat([parameters, u16(0x0403), vector(u16, signature)]));
		this.#send("serverHelloDone", Buffer.alloc(0));
	}
}

export interface HostileServer {
	readonly port: number;
	readonly connections: readonly HostileConnection[];
	close(): void;
}

/** Listens on this machine; the story of connection number `index` (from 0) is what `story` answers. */
export async function startHostileServer(story: (index: number) => HostileStory): Promise<HostileServer> {
	const connections: HostileConnection[] = [];
	const sockets: Socket[] = [];
	const server = createServer(socket => {
		socket.setNoDelay();
		sockets.push(socket);
		connections.push(new HostileConnection(socket, story(connections.length)));
	});
	await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
	return {
		port: (server.address() as AddressInfo).port,
		connections,
		close() {
			for (const socket of sockets) socket.destroy();
			server.close();
		},
	};
}
