// A server of TLS 1.3 (RFC 8446) that shows certificates whose keys nobody here has: it comes as far as its Certificate and then ends with
// an alert. A client that trusts the path waits for the proof of the key and gets the alert; one that does not has ended before.

import { createCipheriv, createECDH, createHash, createHmac, randomBytes } from "node:crypto";
import { duplexPair, type Duplex } from "node:stream";

/** What it says in place of CertificateVerify: internal_error. */
export const lastAlert = 80;

const content = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;
const kinds = { clientHello: 1, serverHello: 2, encryptedExtensions: 8, certificate: 11 } as const;
const extensions = { supportedVersions: 43, keyShare: 51 } as const;
const secp256r1 = 0x0017;
const aes128GcmSha256 = 0x1301;
const recordBytesMax = 16_384;

const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
const hmac = (key: Uint8Array, bytes: Uint8Array): Buffer => createHmac("sha256", key).update(bytes).digest();
const number = (value: number, bytes: number): Buffer => {
	const made = Buffer.alloc(bytes);
	made.writeUIntBE(value, 0, bytes);
	return made;
};
const vector = (lengthBytes: number, ...parts: readonly Uint8Array[]): Buffer => {
	const whole = Buffer.concat(parts);
	return Buffer.concat([number(whole.length, lengthBytes), whole]);
};
const message = (kind: number, ...parts: readonly Uint8Array[]): Buffer => Buffer.concat([number(kind, 1), vector(3, ...parts)]);
const extension = (type: number, ...parts: readonly Uint8Array[]): Buffer => Buffer.concat([number(type, 2), vector(2, ...parts)]);

/** RFC 8446 section 7.1, for one block of SHA-256. */
function expandLabel(secret: Uint8Array, label: string, context: Uint8Array, lengthBytes: number): Buffer {
	const info = Buffer.concat([number(lengthBytes, 2), vector(1, Buffer.from(`tls13 ${label}`)), vector(1, context), Buffer.of(1)]);
	return hmac(secret, info).subarray(0, lengthBytes);
}

/**
 * A peer of the simulated network that shows `chain`, DER, the leaf first.
 *
 * @throws RangeError when the chain is too long for a Certificate message
 */
export function certificateServer(chain: readonly Uint8Array[]): { connect(): Duplex } {
	const certificate = message(kinds.certificate, Buffer.of(0), vector(3, ...chain.map(one => Buffer.concat([vector(3, one), number(0, 2)]))));
	return {
		connect() {
			const [near, far] = duplexPair();
			let received = Buffer.alloc(0);
			let answered = false;
			far.on("error", () => {});	// the device breaks off when it has seen enough
			far.on("data", (bytes: Buffer) => {
				received = Buffer.concat([received, bytes]);
				const isWhole = received.length >= 5 && received.length >= 5 + received.readUInt16BE(3);
				if (isWhole && !answered) {
					answered = true;
					far.write(answer(received.subarray(5, 5 + received.readUInt16BE(3)), certificate));
					far.end();
				}
			});
			return near;
		},
	};
}

/** Everything from ServerHello to the alert. */
function answer(clientHello: Buffer, certificate: Buffer): Buffer {
	const { sessionId, share } = readClientHello(clientHello);
	const keys = createECDH("prime256v1");
	keys.generateKeys();
	const serverHello = message(kinds.serverHello, number(0x0303, 2), randomBytes(32), vector(1, sessionId), number(aes128GcmSha256, 2), Buffer.of(0), vector(2,
		extension(extensions.supportedVersions, number(0x0304, 2)),
		extension(extensions.keyShare, number(secp256r1, 2), vector(2, keys.getPublicKey())),
	));
	const early = hmac(Buffer.alloc(32), Buffer.alloc(32));
	const handshake = hmac(expandLabel(early, "derived", sha256(Buffer.alloc(0)), 32), keys.computeSecret(share));
	const secret = expandLabel(handshake, "s hs traffic", sha256(Buffer.concat([clientHello, serverHello])), 32);
	const key = expandLabel(secret, "key", Buffer.alloc(0), 16);
	const iv = expandLabel(secret, "iv", Buffer.alloc(0), 12);
	let sequence = 0;
	const sealed = (type: number, bytes: Uint8Array): Buffer => {
		const nonce = Buffer.from(iv);
		nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ sequence++) >>> 0, 8);
		const header = Buffer.concat([number(content.applicationData, 1), number(0x0303, 2), number(bytes.length + 17, 2)]);
		const cipher = createCipheriv("aes-128-gcm", key, nonce).setAAD(header);
		return Buffer.concat([header, cipher.update(bytes), cipher.update(Buffer.of(type)), cipher.final(), cipher.getAuthTag()]);
	};
	const flight = Buffer.concat([message(kinds.encryptedExtensions, number(0, 2)), certificate]);
	const records: Buffer[] = [
		Buffer.concat([number(content.handshake, 1), number(0x0303, 2), vector(2, serverHello)]),
		Buffer.of(content.changeCipherSpec, 3, 3, 0, 1, 1),
	];
	for (let at = 0; at < flight.length; at += recordBytesMax) {
		records.push(sealed(content.handshake, flight.subarray(at, at + recordBytesMax)));
	}
	records.push(sealed(content.alert, Buffer.of(2, lastAlert)));
	return Buffer.concat(records);
}

/** RFC 8446 section 4.1.2. @throws Error when the device does not offer what this server speaks */
function readClientHello(hello: Buffer): { sessionId: Buffer; share: Buffer } {
	let at = 4 + 2 + 32;
	const sessionId = hello.subarray(at + 1, at + 1 + hello[at]!);
	at += 1 + sessionId.length;
	at += 2 + hello.readUInt16BE(at);
	at += 1 + hello[at]!;
	for (at += 2; at + 4 <= hello.length; at += 4 + hello.readUInt16BE(at + 2)) {
		if (hello.readUInt16BE(at) !== extensions.keyShare) {
			continue;
		}
		const end = at + 4 + hello.readUInt16BE(at + 2);
		for (let share = at + 6; share < end; share += 4 + hello.readUInt16BE(share + 2)) {
			if (hello.readUInt16BE(share) === secp256r1) {
				return { sessionId, share: hello.subarray(share + 4, share + 4 + hello.readUInt16BE(share + 2)) };
			}
		}
	}
	throw new Error("the device offered no key share of P-256");
}
