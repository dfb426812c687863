/**
 * Servers that break the rules of TLS, against platform/tls alone, on the host with sanitizers. Each is met nine times in a row, and a good
 * one after them: every connection ends once, with its code; where the server was not proven it has got no application data; and nothing
 * is left behind, in the library's key slots neither.
 */
import assert from "node:assert/strict";
import { randomBytes, sign } from "node:crypto";
import test, { before } from "node:test";
import { issue, type Issued } from "../../../tools/certificates/issue.ts";
import { content, extension, startHostileServer, type HostileConnection, type HostileServer, type HostileStory, type MessageName } from "../../support/hostile-tls-server.ts";
import { connectBare, fileOf, type Line } from "./bare/connect.ts";

const epoch = Date.parse("2026-06-01T00:00:00Z");
const host = "site.example";
const versions = ["TLSv1.2", "TLSv1.3"] as const;
type Version = (typeof versions)[number];
const hostileTimes = 9;

let root: Issued;
let leaf: Issued;
let ordinary: { readonly chain: readonly Uint8Array[]; readonly keyPem: string };

before(async () => {
	root = await issue({ subject: "Root", issuer: "self", ca: true });
	leaf = await issue({ names: [host], issuer: root });
	ordinary = { chain: [leaf.certificateDer], keyPem: leaf.keyPem };
});

type Part = Partial<HostileStory>;

async function meet(version: Version, part: Part | (() => Part), settings: Record<string, string> = {}): Promise<{ hostile: Line[]; good: Line; server: HostileServer }> {
	const server = await startHostileServer(index => ({
		...ordinary, version, opened: answer, ...index < hostileTimes ? typeof part === "function" ? part() : part : {},
	}));
	try {
		const lines = await connectBare({
			host, epoch: `${epoch}`, root: fileOf(root.certificateDer), port: `${server.port}`, count: `${hostileTimes + 1}`, timeout: "1500", ...settings,
		});
		assert.equal(lines.length, hostileTimes + 1);
		return { hostile: lines.slice(0, -1), good: lines.at(-1)!, server };
	} finally {
		server.close();
	}
}

/** What a good server does: five bytes, close_notify, FIN. */
function answer(server: HostileConnection): void {
	server.record(content.applicationData, Buffer.from("hello"));
	farewell(server);
}

function farewell(server: HostileConnection): void {
	server.alert(1, 0);
	server.end();
}

interface Attack {
	readonly what: string;
	readonly version: Version | "both";
	readonly part: Part | (() => Part);
	readonly code: string;
	/** The alert that tells the server why. Default: any, or none. */
	readonly alert?: number;
	/** The server was proven before. Default false: then no application data may have reached it. */
	readonly isProven?: boolean;
	readonly settings?: Record<string, string>;
}

const replace = (wanted: MessageName, change: (body: Buffer) => Buffer | undefined): Part => ({ body: (name, body) => name === wanted ? change(body) : body });
const flipped = (body: Buffer, at = body.length - 1): Buffer => {
	const changed = Buffer.from(body);
	changed[at < 0 ? changed.length + at : at]! ^= 1;
	return changed;
};
const front = (wanted: MessageName, act: (server: HostileConnection) => void): Part => ({ before: (name, server) => { if (name === wanted) act(server); } });
const opened = (act: (server: HostileConnection) => void): Part => ({ opened: act });
/** RFC 8446 section 4.1.3: the last bytes of the random of a server that could do more. */
const sentinel = (lastByte: number): Part => replace("serverHello", body => {
	const changed = Buffer.from(body);
	Buffer.from([0x44, 0x4F, 0x57, 0x4E, 0x47, 0x52, 0x44, lastByte]).copy(changed, 2 + 24);
	return changed;
});
/** Adds to the extensions of a ServerHello. */
const withExtension = (added: Buffer): Part => replace("serverHello", body => {
	const at = 2 + 32 + 1 + body[34]! + 3;
	return Buffer.concat([body.subarray(0, at), u16(body.readUInt16BE(at) + added.length), body.subarray(at + 2), added]);
});
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const helloField = (offset: (sessionIdBytes: number) => number, bytes: readonly number[]): Part => replace("serverHello", body => {
	const changed = Buffer.from(body);
	Buffer.from(bytes).copy(changed, offset(body[34]!));
	return changed;
});
const cipherAt = (sessionIdBytes: number): number => 35 + sessionIdBytes;
const steps13: readonly MessageName[] = ["serverHello", "encryptedExtensions", "certificate", "certificateVerify", "finished"];
const steps12: readonly MessageName[] = ["serverHello", "certificate", "serverKeyExchange", "serverHelloDone", "finished"];
const stepsOf = (version: Version): readonly MessageName[] => version === "TLSv1.3" ? steps13 : steps12;

/** A server that knows record_size_limit (RFC 8449). */
const limited13 = replace("encryptedExtensions", () => Buffer.concat([u16(6), extension(28, u16(16385))]));

/** A server that knows max_fragment_length (RFC 6066 section 4). */
const limited12 = withExtension(extension(1, Buffer.from([1])));

/** Adds to EncryptedExtensions, or to the one certificate of a Certificate. */
const withEncryptedExtension = (...added: readonly Buffer[]): Part => replace("encryptedExtensions", () => {
	const whole = Buffer.concat(added);
	return Buffer.concat([u16(whole.length), whole]);
});
const withCertificateExtension = (added: Buffer): Part => replace("certificate", body => {
	const list = Buffer.concat([body.subarray(4, -2), u16(added.length), added]);
	return Buffer.concat([body.subarray(0, 1), Buffer.from([0]), u16(list.length), list]);
});
/** The extensions of a ServerHello or HelloRetryRequest in place of the usual ones. */
const extensionsOf = (name: "serverHello" | "helloRetryRequest", change: (usual: Buffer) => Buffer): Part => replace(name, body => {
	const at = 2 + 32 + 1 + body[34]! + 3;
	const changed = change(body.subarray(at + 2));
	return Buffer.concat([body.subarray(0, at), u16(changed.length), changed]);
});
const hello13 = extension(43, u16(0x0304));
const cookie = extension(44, Buffer.concat([u16(20), Buffer.alloc(20, 7)]));
/** A handshake message in two records, with another between them. */
const interleaved = (wanted: MessageName, type: number, bytes: Buffer): Part => ({
	...replace(wanted, () => undefined),
	before(name, server) {
		if (name !== wanted) return;
		const framed = server.frame(wanted, Buffer.alloc(40));
		server.record(content.handshake, framed.subarray(0, 20));
		server.record(type, bytes);
		server.record(content.handshake, framed.subarray(20));
	},
});
const uncompressed = 1 + 2 + 1;

const attacks: readonly Attack[] = [
	// Downgrades.
	{ what: "TLS 1.2 with the sentinel of a server that can 1.3", version: "TLSv1.2", part: sentinel(1), code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "TLS 1.2 with the sentinel of a server that was brought down to 1.1", version: "TLSv1.2", part: sentinel(0), code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "TLS 1.1", version: "TLSv1.2", part: helloField(() => 0, [3, 2]), code: "ERR_TLS_PROTOCOL", alert: 70 },
	{ what: "SSL 3", version: "TLSv1.2", part: helloField(() => 0, [3, 0]), code: "ERR_TLS_PROTOCOL", alert: 70 },
	// What was not offered.
	{ what: "a suite with CBC", version: "TLSv1.2", part: helloField(cipherAt, [0xC0, 0x23]), code: "ERR_TLS_PROTOCOL" },
	{ what: "a suite without ECDHE", version: "TLSv1.2", part: helloField(cipherAt, [0x00, 0x9C]), code: "ERR_TLS_PROTOCOL" },
	{ what: "a suite of TLS 1.2 in 1.3", version: "TLSv1.3", part: helloField(cipherAt, [0xC0, 0x2B]), code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "an extension that was not offered", version: "TLSv1.3", part: withExtension(extension(0x4A4A, Buffer.alloc(0))), code: "ERR_TLS_PROTOCOL" },
	{ what: "a resumption that was not offered", version: "TLSv1.3", part: withExtension(extension(41, u16(0))), code: "ERR_TLS_PROTOCOL" },
	{ what: "compression", version: "both", part: helloField(id => 37 + id, [1]), code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "another session ID than was sent", version: "TLSv1.3", part: helloField(() => 35, [0, 1, 2, 3]), code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "an ALPN name that was not offered", version: "TLSv1.3", part: replace("encryptedExtensions", () => Buffer.concat([u16(9), extension(16, Buffer.from([0, 3, 2, 0x68, 0x32]))])), code: "ERR_TLS_PROTOCOL", settings: { alpn: "http/1.1" } },
	{ what: "a second HelloRetryRequest", version: "TLSv1.3", part: { retries: true, ...replace("serverHello", body => Buffer.concat([body.subarray(0, 2), Buffer.from("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c", "hex"), body.subarray(34)])) }, code: "ERR_TLS_PROTOCOL" },
	{ what: "a HelloRetryRequest for the share that was sent", version: "TLSv1.3", part: { retries: true, ...replace("helloRetryRequest", body => Buffer.concat([body.subarray(0, -1), Buffer.from([0x17])])) }, code: "ERR_TLS_PROTOCOL", alert: 47 },
	// Proofs that are none.
	{ what: "a Finished that is wrong", version: "both", part: replace("finished", body => flipped(body)), code: "ERR_TLS_PROTOCOL" },
	{ what: "a Finished that is too short", version: "both", part: replace("finished", body => body.subarray(0, -1)), code: "ERR_TLS_PROTOCOL" },
	{ what: "a CertificateVerify that is wrong", version: "TLSv1.3", part: replace("certificateVerify", body => flipped(body)), code: "ERR_TLS_PROTOCOL" },
	{ what: "a CertificateVerify whose signature is right and no DER", version: "TLSv1.3", part: replace("certificateVerify", body => Buffer.concat([body.subarray(0, 2), u16(body.length - 3), Buffer.from([0x30, 0x81]), body.subarray(5)])), code: "ERR_TLS_PROTOCOL", alert: 51 },
	{ what: "a CertificateVerify by SHA-1", version: "TLSv1.3", part: replace("certificateVerify", body => Buffer.concat([u16(0x0203), body.subarray(2)])), code: "ERR_TLS_PROTOCOL" },
	{ what: "no CertificateVerify", version: "TLSv1.3", part: replace("certificateVerify", () => undefined), code: "ERR_TLS_PROTOCOL" },
	{ what: "no Certificate", version: "both", part: replace("certificate", () => undefined), code: "ERR_TLS_PROTOCOL" },
	{ what: "neither Certificate nor CertificateVerify, as if it resumed", version: "TLSv1.3", part: { body: (name, body) => name === "certificate" || name === "certificateVerify" ? undefined : body }, code: "ERR_TLS_PROTOCOL" },
	{ what: "a Certificate of nothing", version: "TLSv1.3", part: replace("certificate", () => Buffer.from([0, 0, 0, 0])), code: "ERR_TLS_PROTOCOL" },
	{ what: "a key exchange whose signature is wrong", version: "TLSv1.2", part: replace("serverKeyExchange", body => flipped(body)), code: "ERR_TLS_PROTOCOL" },
	{ what: "a point that is on no curve", version: "TLSv1.2", part: replace("serverKeyExchange", body => flipped(body, 20)), code: "ERR_TLS_PROTOCOL" },
	{ what: "a share that is on no curve", version: "TLSv1.3", part: replace("serverHello", body => flipped(body)), code: "ERR_TLS_PROTOCOL" },
	{ what: "the key exchange left out", version: "TLSv1.2", part: replace("serverKeyExchange", () => undefined), code: "ERR_TLS_PROTOCOL" },
	// Sizes.
	{ what: "a Certificate of 40 KB", version: "both", part: replace("certificate", body => Buffer.concat([body, Buffer.alloc(40_000)])), code: "ERR_TLS_PROTOCOL" },
	{ what: "a ServerHello of 60 KB", version: "both", part: replace("serverHello", body => Buffer.concat([body, Buffer.alloc(60_000)])), code: "ERR_TLS_PROTOCOL" },
	{ what: "a record of 18 KB", version: "both", part: front("certificate", server => server.raw(Buffer.concat([Buffer.from([23, 3, 3, 72, 0]), Buffer.alloc(18_432)]))), code: "ERR_TLS_PROTOCOL" },
	{ what: "compressed junk in place of its certificate", version: "TLSv1.3", part: front("certificate", server => server.record(content.handshake, Buffer.concat([Buffer.from([25, 0, 3, 0xE8]), randomBytes(1000)]))), code: "ERR_TLS_PROTOCOL" },
	{ what: "junk", version: "both", part: front("serverHello", server => server.raw(randomBytes(3000).fill(0xEE, 0, 5))), code: "ERR_TLS_PROTOCOL" },
	{ what: "application data in the middle of the handshake", version: "both", part: front("certificate", server => server.record(content.applicationData, Buffer.from("early"))), code: "ERR_TLS_PROTOCOL" },
	// Extensions where they do not belong (RFC 8446 section 4.2).
	{ what: "an extension twice in its ServerHello", version: "TLSv1.3", part: withExtension(hello13), code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "an extension twice in its HelloRetryRequest", version: "TLSv1.3", part: { retries: true, ...extensionsOf("helloRetryRequest", usual => Buffer.concat([usual, hello13])) }, code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "an extension twice in its EncryptedExtensions", version: "TLSv1.3", part: withEncryptedExtension(extension(28, u16(16385)), extension(28, u16(600))), code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "its version in EncryptedExtensions", version: "TLSv1.3", part: withEncryptedExtension(hello13), code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "an answer that nobody asked for in EncryptedExtensions", version: "TLSv1.3", part: withEncryptedExtension(extension(16, Buffer.from([0, 3, 2, 0x68, 0x32]))), code: "ERR_TLS_PROTOCOL", alert: 110 },
	{ what: "early data that was not offered", version: "TLSv1.3", part: withEncryptedExtension(extension(42, Buffer.alloc(0))), code: "ERR_TLS_PROTOCOL" },
	{ what: "a stapled answer that nobody asked for", version: "TLSv1.3", part: withCertificateExtension(extension(5, Buffer.from([1, 0, 0, 0]))), code: "ERR_TLS_PROTOCOL", alert: 110 },
	{ what: "a Certificate that answers a request", version: "TLSv1.3", part: replace("certificate", body => Buffer.concat([Buffer.from([1, 7]), body.subarray(1)])), code: "ERR_TLS_PROTOCOL" },
	{ what: "TLS 1.2 among the versions of 1.3", version: "TLSv1.3", part: extensionsOf("serverHello", usual => Buffer.concat([extension(43, u16(0x0303)), usual.subarray(6)])), code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "a TLS that is not there yet", version: "TLSv1.3", part: extensionsOf("serverHello", usual => Buffer.concat([extension(43, u16(0x0305)), usual.subarray(6)])), code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "no key share", version: "TLSv1.3", part: extensionsOf("serverHello", () => hello13), code: "ERR_TLS_PROTOCOL" },
	{ what: "a share of a group that was not sent one", version: "TLSv1.3", part: extensionsOf("serverHello", () => Buffer.concat([hello13, extension(51, Buffer.concat([u16(0x001D), u16(32), randomBytes(32)]))])), code: "ERR_TLS_PROTOCOL" },
	{ what: "a compressed share", version: "TLSv1.3", part: extensionsOf("serverHello", usual => Buffer.concat([hello13, extension(51, Buffer.concat([u16(0x0017), u16(33), Buffer.from([2]), usual.subarray(-64, -32)]))])), code: "ERR_TLS_PROTOCOL" },
	{ what: "a HelloRetryRequest that asks for nothing", version: "TLSv1.3", part: { retries: true, ...extensionsOf("helloRetryRequest", () => hello13) }, code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "a HelloRetryRequest for a group that was not offered", version: "TLSv1.3", part: { retries: true, ...extensionsOf("helloRetryRequest", () => Buffer.concat([hello13, extension(51, u16(0x0019))])) }, code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "TLS 1.2 behind its HelloRetryRequest", version: "TLSv1.3", part: { retries: true, ...extensionsOf("serverHello", () => Buffer.alloc(0)) }, code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "another suite than its HelloRetryRequest", version: "TLSv1.3", part: { retries: true, ...replace("helloRetryRequest", body => { const changed = Buffer.from(body); changed.writeUInt16BE(0x1303, cipherAt(body[34]!)); return changed; }) }, code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "an extension twice in its ServerHello", version: "TLSv1.2", part: withExtension(extension(23, Buffer.alloc(0))), code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "renegotiation_info twice", version: "TLSv1.2", part: withExtension(Buffer.concat([extension(0xFF01, Buffer.from([0])), extension(0xFF01, Buffer.from([0]))])), code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "an extension that was not offered", version: "TLSv1.2", part: withExtension(extension(0x4A4A, Buffer.alloc(0))), code: "ERR_TLS_PROTOCOL", alert: 110 },
	{ what: "a fragment length that was not asked for", version: "TLSv1.2", part: withExtension(extension(1, Buffer.from([1]))), code: "ERR_TLS_PROTOCOL", alert: 110 },
	{ what: "a list of point formats without the one that is", version: "TLSv1.2", part: withExtension(extension(11, Buffer.from([1, 1]))), code: "ERR_TLS_PROTOCOL", alert: 47 },
	{ what: "a suite for RSA, with a key that is not", version: "TLSv1.2", part: helloField(cipherAt, [0xC0, 0x2F]), code: "ERR_TLS_PROTOCOL", alert: 47 },
	// Signatures of another kind.
	...([[0x0401, "PKCS#1 v1.5, which TLS 1.3 has not"], [0x0503, "the curve of another key"], [0x0603, "a curve that was not offered"], [0x0807, "a scheme that was not offered"], [0x0804, "RSA for a key that is not"]] as const).map(([scheme, what]): Attack => (
		{ what: `a CertificateVerify that says ${what}`, version: "TLSv1.3", part: replace("certificateVerify", body => Buffer.concat([u16(scheme), body.subarray(2)])), code: "ERR_TLS_PROTOCOL" })),
	{ what: "a CertificateVerify as a client signs it", version: "TLSv1.3", part: () => ({ proof: signed => Buffer.concat([u16(0x0403), signature(Buffer.from(signed.toString("latin1").replace("server", "client"), "latin1"))]) }), code: "ERR_TLS_PROTOCOL", alert: 51 },
	{ what: "a CertificateVerify over the transcript alone", version: "TLSv1.3", part: () => ({ proof: signed => Buffer.concat([u16(0x0403), signature(signed.subarray(-32))]) }), code: "ERR_TLS_PROTOCOL", alert: 51 },
	{ what: "a key exchange signed with SHA-1", version: "TLSv1.2", part: replace("serverKeyExchange", body => Buffer.concat([body.subarray(0, uncompressed + 65), u16(0x0203), body.subarray(uncompressed + 65 + 2)])), code: "ERR_TLS_PROTOCOL" },
	{ what: "a key exchange signed by RSA that is not", version: "TLSv1.2", part: replace("serverKeyExchange", body => Buffer.concat([body.subarray(0, uncompressed + 65), u16(0x0401), body.subarray(uncompressed + 65 + 2)])), code: "ERR_TLS_PROTOCOL" },
	// Key exchanges that are signed and no good all the same.
	{ what: "a compressed point", version: "TLSv1.2", part: { parameters: usual => Buffer.concat([usual.subarray(0, 3), Buffer.from([33, 2]), usual.subarray(uncompressed + 1, uncompressed + 33)]) }, code: "ERR_TLS_PROTOCOL" },
	{ what: "a signed point that is on no curve", version: "TLSv1.2", part: { parameters: usual => flipped(usual) }, code: "ERR_TLS_PROTOCOL" },
	{ what: "the point at infinity", version: "TLSv1.2", part: { parameters: usual => Buffer.concat([usual.subarray(0, 3), Buffer.from([1, 0])]) }, code: "ERR_TLS_PROTOCOL" },
	{ what: "a share of zeros of X25519", version: "TLSv1.2", part: { parameters: () => Buffer.concat([Buffer.from([3, 0, 0x1D, 32]), Buffer.alloc(32)]) }, code: "ERR_TLS_PROTOCOL" },
	{ what: "a share of one of X25519", version: "TLSv1.2", part: { parameters: () => Buffer.concat([Buffer.from([3, 0, 0x1D, 32, 1]), Buffer.alloc(31)]) }, code: "ERR_TLS_PROTOCOL" },
	{ what: "a curve that was not offered", version: "TLSv1.2", part: { parameters: () => Buffer.concat([Buffer.from([3, 0, 0x16, 65, 4]), randomBytes(64)]) }, code: "ERR_TLS_PROTOCOL" },
	{ what: "a curve of its own", version: "TLSv1.2", part: { parameters: usual => Buffer.concat([Buffer.from([1]), usual.subarray(1)]) }, code: "ERR_TLS_PROTOCOL" },
	{ what: "bytes behind its key exchange", version: "TLSv1.2", part: replace("serverKeyExchange", body => Buffer.concat([body, Buffer.alloc(4)])), code: "ERR_TLS_PROTOCOL" },
	{ what: "a ServerHelloDone that says something", version: "TLSv1.2", part: replace("serverHelloDone", () => Buffer.alloc(4)), code: "ERR_TLS_PROTOCOL" },
	{ what: "a first handshake that is called a later one", version: "TLSv1.2", part: withExtension(extension(0xFF01, Buffer.from([12, ...Buffer.alloc(12)]))), code: "ERR_TLS_PROTOCOL" },
	// Records and their order.
	{ what: "a Finished of nothing", version: "both", part: replace("finished", () => Buffer.alloc(0)), code: "ERR_TLS_PROTOCOL" },
	{ what: "a Finished that is too long", version: "both", part: replace("finished", body => Buffer.concat([body, Buffer.alloc(4)])), code: "ERR_TLS_PROTOCOL" },
	{ what: "an empty record of the handshake", version: "both", part: front("certificate", server => server.record(content.handshake, Buffer.alloc(0))), code: "ERR_TLS_PROTOCOL" },
	{ what: "an alert inside a message", version: "both", part: interleaved("certificate", content.alert, Buffer.from([1, 90])), code: "ERR_TLS_PROTOCOL" },
	{ what: "data inside a message", version: "both", part: interleaved("certificate", content.applicationData, Buffer.from("early")), code: "ERR_TLS_PROTOCOL" },
	{ what: "a record of a kind that is none", version: "both", part: front("certificate", server => server.record(24, Buffer.from([1, 0, 3, 0, 0, 0]))), code: "ERR_TLS_PROTOCOL" },
	{ what: "an alert of one byte", version: "both", part: front("certificate", server => server.record(content.alert, Buffer.from([2]))), code: "ERR_TLS_PROTOCOL" },
	{ what: "its Certificate in the open", version: "TLSv1.3", part: front("encryptedExtensions", server => server.raw(Buffer.concat([Buffer.from([22, 3, 3, 0, 6]), server.frame("encryptedExtensions", u16(0))]))), code: "ERR_TLS_PROTOCOL" },
	{ what: "a record that ends with the handshake's keys and another message in it", version: "TLSv1.3", part: front("certificate", server => server.record(content.handshake, Buffer.alloc(0), { padding: 100 })), code: "ERR_TLS_PROTOCOL" },
	{ what: "the messages in another order", version: "TLSv1.3", part: front("certificate", server => server.message("finished", Buffer.alloc(32))), code: "ERR_TLS_PROTOCOL" },
	{ what: "a change of keys before there are any", version: "TLSv1.2", part: front("serverKeyExchange", server => server.raw(Buffer.from([20, 3, 3, 0, 1, 1]))), code: "ERR_TLS_PROTOCOL" },
	{ what: "a change of keys that is none", version: "TLSv1.3", part: front("encryptedExtensions", server => server.raw(Buffer.from([20, 3, 3, 0, 1, 2]))), code: "ERR_TLS_PROTOCOL" },
	{ what: "a change of keys of two bytes", version: "TLSv1.3", part: front("encryptedExtensions", server => server.raw(Buffer.from([20, 3, 3, 0, 2, 1, 1]))), code: "ERR_TLS_PROTOCOL" },
	{ what: "a change of keys under keys", version: "TLSv1.3", part: front("certificate", server => server.record(content.changeCipherSpec, Buffer.from([1]))), code: "ERR_TLS_PROTOCOL", alert: 10 },
	{ what: "its Finished without a change of keys", version: "TLSv1.2", part: front("serverHelloDone", server => server.message("finished", Buffer.alloc(12))), code: "ERR_TLS_PROTOCOL" },
	{ what: "a flood of changes of keys", version: "TLSv1.3", part: front("certificate", server => { for (let i = 0; i < 40; i++) server.raw(Buffer.from([20, 3, 3, 0, 1, 1])); }), code: "ERR_TLS_PROTOCOL" },
	{ what: "a flood of warnings", version: "both", part: front("serverHello", server => { for (let i = 0; i < 40; i++) server.alert(1, 112); }), code: "ERR_TLS_PROTOCOL" },
	{ what: "an alert that is called a warning", version: "TLSv1.3", part: front("certificate", server => server.alert(1, 40)), code: "ERR_TLS_ALERT" },
	// Ends and alerts.
	...versions.flatMap(version => stepsOf(version).flatMap((step): Attack[] => [
		{ what: `an alert in front of its ${step}`, version, part: front(step, server => { server.alert(2, 80); server.end(); }), code: "ERR_TLS_ALERT" },
		{ what: `FIN in front of its ${step}`, version, part: { ...front(step, server => server.end()), body: (name, body) => stepsOf(version).indexOf(name) >= stepsOf(version).indexOf(step) ? undefined : body }, code: "ERR_TLS_CUT" },
		{ what: `close_notify in front of its ${step}`, version, part: front(step, farewell), code: "ERR_TLS_CUT" },
		{ what: `silence in place of its ${step}`, version, part: { opened() {}, body: (name, body) => stepsOf(version).indexOf(name) >= stepsOf(version).indexOf(step) ? undefined : body }, code: "ETIMEDOUT", settings: { timeout: "60", lastTimeout: "1500" } },
	])),
	// Once the server is proven.
	{ what: "a record that does not authenticate", version: "both", part: opened(server => server.record(content.applicationData, Buffer.from("hello"), { damage: record => flipped(record) })), code: "ERR_TLS_PROTOCOL", alert: 20, isProven: true },
	{ what: "a record out of its order", version: "both", part: opened(server => { server.record(content.applicationData, Buffer.from("lost"), { damage: () => Buffer.alloc(0) }); answer(server); }), code: "ERR_TLS_PROTOCOL", alert: 20, isProven: true },
	{ what: "an end without close_notify", version: "both", part: opened(server => { server.record(content.applicationData, Buffer.from("hello")); server.end(); }), code: "ERR_TLS_CUT", isProven: true },
	{ what: "half a record and its end", version: "both", part: opened(server => { server.record(content.applicationData, Buffer.from("hello"), { damage: record => record.subarray(0, 12) }); server.end(); }), code: "ERR_TLS_CUT", isProven: true },
	{ what: "an alert", version: "both", part: opened(server => server.alert(2, 40)), code: "ERR_TLS_ALERT", isProven: true },
	{ what: "a record above the limit", version: "both", part: opened(server => server.raw(Buffer.concat([Buffer.from([23, 3, 3, 0x45, 0]), Buffer.alloc(0x4500)]))), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "more than the fragment length that it agreed to", version: "TLSv1.3", part: { ...limited13, ...opened(server => server.record(content.applicationData, Buffer.alloc(513))) }, code: "ERR_TLS_PROTOCOL", alert: 22, isProven: true, settings: { fragment: "512" } },
	{ what: "more than the fragment length that it agreed to", version: "TLSv1.2", part: { ...limited12, ...opened(server => server.record(content.applicationData, Buffer.alloc(513))) }, code: "ERR_TLS_PROTOCOL", alert: 22, isProven: true, settings: { fragment: "512" } },
	{ what: "more padding than a record holds", version: "TLSv1.3", part: opened(server => server.record(content.applicationData, Buffer.from("x"), { padding: 16384 })), code: "ERR_TLS_PROTOCOL", alert: 22, isProven: true },
	{ what: "an alert that is called a warning", version: "TLSv1.3", part: opened(server => { server.alert(1, 40); answer(server); }), code: "ERR_TLS_ALERT", isProven: true },
	{ what: "an alert of a level that is none", version: "both", part: opened(server => { server.alert(42, 90); answer(server); }), code: "ERR_TLS_PROTOCOL", alert: 47, isProven: true },
	{ what: "another fragment length than was asked for", version: "TLSv1.2", part: withExtension(extension(1, Buffer.from([2]))), code: "ERR_TLS_PROTOCOL", alert: 47, settings: { fragment: "512" } },
	{ what: "a flood of empty records", version: "both", part: opened(server => { for (let i = 0; i < 500; i++) server.record(content.applicationData, Buffer.alloc(0)); }), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "a flood of padding", version: "TLSv1.3", part: opened(server => { for (let i = 0; i < 100; i++) server.record(content.applicationData, Buffer.alloc(0), { padding: 200 }); }), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "a flood of warnings", version: "both", part: opened(server => { for (let i = 0; i < 500; i++) server.alert(1, 90); }), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "a flood of tickets", version: "TLSv1.3", part: opened(server => { for (let i = 0; i < 100; i++) server.message("newSessionTicket", ticket(100)); }), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "a ticket that lives a year", version: "TLSv1.3", part: opened(server => server.message("newSessionTicket", ticket(100, 365 * 24 * 3600))), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "a ticket of nothing", version: "TLSv1.3", part: opened(server => server.message("newSessionTicket", ticket(0))), code: "ERR_TLS_PROTOCOL", alert: 50, isProven: true },
	{ what: "a ticket that is cut", version: "TLSv1.3", part: opened(server => server.message("newSessionTicket", ticket(100).subarray(0, 50))), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "a second handshake", version: "both", part: opened(server => server.message("serverHello", Buffer.alloc(80))), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "a request for a certificate afterwards", version: "TLSv1.3", part: opened(server => server.message("certificateRequest", Buffer.from([0, 0, 0]))), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "a change of keys afterwards", version: "TLSv1.3", part: opened(server => server.raw(Buffer.from([20, 3, 3, 0, 1, 1]))), code: "ERR_TLS_PROTOCOL", alert: 10, isProven: true },
	{ what: "a change of keys under keys afterwards", version: "TLSv1.3", part: opened(server => { server.record(content.changeCipherSpec, Buffer.from([1])); answer(server); }), code: "ERR_TLS_PROTOCOL", alert: 10, isProven: true },
	{ what: "a change of keys afterwards", version: "TLSv1.2", part: opened(server => server.record(content.changeCipherSpec, Buffer.from([1]))), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "a ticket in the open", version: "TLSv1.2", part: opened(server => server.message("newSessionTicket", Buffer.alloc(20))), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "data in the open", version: "both", part: opened(server => server.raw(Buffer.from([23, 3, 3, 0, 5, 0x68, 0x65, 0x6C, 0x6C, 0x6F]))), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "an alert in the open", version: "TLSv1.3", part: opened(server => server.raw(Buffer.from([21, 3, 3, 0, 2, 1, 0]))), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "half a message and then data", version: "both", part: opened(server => { server.record(content.handshake, Buffer.from([4, 0, 0, 100, 0])); server.record(content.applicationData, Buffer.from("hello")); }), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "a KeyUpdate that says neither", version: "TLSv1.3", part: opened(server => server.message("keyUpdate", Buffer.from([2]))), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "a KeyUpdate with something behind it in its record", version: "TLSv1.3", part: opened(server => server.record(content.handshake, Buffer.concat([server.frame("keyUpdate", Buffer.from([0])), server.frame("newSessionTicket", ticket(10))]))), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "a flood of KeyUpdates", version: "TLSv1.3", part: opened(server => { for (let i = 0; i < 100; i++) server.updateKeys(true); }), code: "ERR_TLS_PROTOCOL", isProven: true },
	{ what: "a KeyUpdate and the old keys", version: "TLSv1.3", part: opened(server => { server.message("keyUpdate", Buffer.from([0])); answer(server); }), code: "ERR_TLS_PROTOCOL", alert: 20, isProven: true },
];

/** By the leaf's key, behind its length. */
function signature(over: Buffer): Buffer {
	const made = sign("sha256", over, leaf.keyPem);
	return Buffer.concat([u16(made.length), made]);
}

/** NewSessionTicket (RFC 8446 section 4.6.1). */
function ticket(lengthBytes: number, lifetimeSeconds = 3600): Buffer {
	const head = Buffer.alloc(11);
	head.writeUInt32BE(lifetimeSeconds, 0);
	head[8] = 2;
	return Buffer.concat([head, u16(lengthBytes), randomBytes(lengthBytes), u16(0)]);
}

/** A ticket, cut over records of so many bytes. */
function cutTicket(server: HostileConnection, cutBytes: number): void {
	const framed = server.frame("newSessionTicket", ticket(200));
	for (let at = 0; at < framed.length; at += cutBytes) server.record(content.handshake, framed.subarray(at, at + cutBytes));
}

for (const { what, version, part, code, alert, isProven = false, settings } of attacks) {
	for (const one of version === "both" ? versions : [version]) {
		test(`${one}: a server that sends ${what} ends it with ${code}`, async () => {
			const { hostile, good, server } = await meet(one, part, settings);
			for (const line of hostile) assert.equal(line.code, code, JSON.stringify(line));
			assert.equal(good.code, "ECLOSED", JSON.stringify(good));
			const met = server.connections.slice(0, hostileTimes);
			if (!isProven) for (const { application } of met) assert.equal(application, "");
			if (alert !== undefined) for (const { alerts } of met) assert.deepEqual(alerts, [alert]);
		});
	}
}

/** Connections by turns: one that gives something to go on with, and one of which it is offered back. */
async function byTurns(version: Version, giving: Part, offered: Part): Promise<{ given: Line[]; taken: Line[]; server: HostileServer }> {
	const server = await startHostileServer(index => ({ ...ordinary, version, opened: answer, ...index % 2 === 0 ? giving : offered }));
	try {
		const lines = await connectBare({ host, epoch: `${epoch}`, root: fileOf(root.certificateDer), port: `${server.port}`, count: "6", timeout: "1500" });
		return { given: lines.filter((_, index) => index % 2 === 0), taken: lines.filter((_, index) => index % 2 === 1), server };
	} finally {
		server.close();
	}
}

const givesTicket = opened(server => {
	server.message("newSessionTicket", ticket(100));
	answer(server);
});

test("TLSv1.3: a server that takes a ticket whose key it does not have gets no application data", async () => {
	const { given, taken, server } = await byTurns("TLSv1.3", givesTicket, withExtension(extension(41, u16(0))));
	for (const { code } of given) assert.equal(code, "ECLOSED");
	for (const { code } of taken) assert.equal(code, "ERR_TLS_PROTOCOL");
	server.connections.forEach(({ offered, application }, index) => {
		if (index % 2 === 0) return;
		assert.ok(offered.has(41));
		assert.equal(application, "");
	});
});

test("TLSv1.3: a server that declines a ticket and shows no certificate gets no application data", async () => {
	const { taken, server } = await byTurns("TLSv1.3", givesTicket, { body: (name, body) => name === "certificate" || name === "certificateVerify" ? undefined : body });
	for (const { code } of taken) assert.equal(code, "ERR_TLS_PROTOCOL");
	server.connections.forEach(({ application }, index) => assert.ok(index % 2 === 0 || application === ""));
});

test("TLSv1.2: a server that takes a session whose secret it does not have gets no application data", async () => {
	const sessionId = randomBytes(32);
	const { given, taken, server } = await byTurns("TLSv1.2", { sessionId }, { sessionId });
	for (const { code } of given) assert.equal(code, "ECLOSED");
	for (const { code } of taken) assert.equal(code, "ERR_TLS_PROTOCOL");
	server.connections.forEach(({ application }, index) => assert.ok(index % 2 === 0 || application === ""));
});

test("TLSv1.2: a server without extended master secret is spoken to, and its session is not offered again", async () => {
	const part = { sessionId: randomBytes(32), hasExtendedMasterSecret: false };
	const { given, taken, server } = await byTurns("TLSv1.2", part, { ...part, sessionId: randomBytes(32) });
	for (const { code, resumed } of [...given, ...taken]) assert.deepEqual([code, resumed], ["ECLOSED", "no"]);
	for (const { offered } of server.connections) assert.equal(offered.get(35)!.length, 0);
});

test("TLSv1.3: a ticket that came in records of a byte is offered", async () => {
	const { taken, server } = await byTurns("TLSv1.3", opened(server => { cutTicket(server, 1); answer(server); }), {});
	for (const { code } of taken) assert.equal(code, "ECLOSED");
	server.connections.forEach(({ offered }, index) => assert.equal(offered.has(41), index % 2 === 1));
});

for (const [lengthBytes, isOffered] of [[1280, true], [1281, false], [4000, false]] as const) {
	test(`TLSv1.3: behind a ticket of ${lengthBytes} bytes comes a connection that ${isOffered ? "offers it" : "does without"}`, async () => {
		const gives = opened(server => { server.message("newSessionTicket", ticket(lengthBytes)); answer(server); });
		const { taken, server } = await byTurns("TLSv1.3", gives, { retries: true });
		for (const { code } of taken) assert.equal(code, "ECLOSED");
		server.connections.forEach(({ offered }, index) => assert.equal(offered.has(41), index % 2 === 1 && isOffered));
	});
}

/** The versions of a ClientHello (RFC 8446 section 4.2.1). */
const both = Buffer.from([4, 3, 4, 3, 3]);

test("a session of TLS 1.2 that is kept keeps no server from TLS 1.3", async () => {
	const { given, taken, server } = await byTurns("TLSv1.2", { sessionId: randomBytes(32) }, { version: "TLSv1.3" });
	for (const { code, protocol, resumed } of given) assert.deepEqual([code, protocol, resumed], ["ECLOSED", "TLSv1.2", "no"]);
	for (const { code, protocol, resumed } of taken) assert.deepEqual([code, protocol, resumed], ["ECLOSED", "TLSv1.3", "no"]);
	for (const { offered } of server.connections) assert.deepEqual(Buffer.from(offered.get(43)!), both);
});

test("a session of TLS 1.2 that is kept keeps no server from a HelloRetryRequest, and both ClientHellos have its ticket", async () => {
	const cookieAlone = { retries: true, ...extensionsOf("helloRetryRequest", () => Buffer.concat([hello13, cookie])) };
	const { taken, server } = await byTurns("TLSv1.2", { ticket: randomBytes(100) }, { version: "TLSv1.3", ...cookieAlone });
	for (const { code, protocol } of taken) assert.deepEqual([code, protocol], ["ECLOSED", "TLSv1.3"]);
	server.connections.forEach(({ hellos }, index) => {
		if (index % 2 === 1) assert.deepEqual(hellos.map(hello => hello.get(35)!.length), [100, 100]);
	});
});

test("a session of TLS 1.3 that is kept keeps no server from TLS 1.2", async () => {
	const { given, taken, server } = await byTurns("TLSv1.3", givesTicket, { version: "TLSv1.2" });
	for (const { code, protocol } of given) assert.deepEqual([code, protocol], ["ECLOSED", "TLSv1.3"]);
	for (const { code, protocol, resumed } of taken) assert.deepEqual([code, protocol, resumed], ["ECLOSED", "TLSv1.2", "no"]);
	for (const { offered } of server.connections) {
		assert.deepEqual(Buffer.from(offered.get(43)!), both);
		assert.equal(offered.get(35)!.length, 0, "a ticket of TLS 1.3 is none of 1.2");
	}
});

test("TLSv1.2: a server that calls its session what a ClientHello with a ticket of TLS 1.3 did is refused at once", async () => {
	const { taken, server } = await byTurns("TLSv1.3", givesTicket, { version: "TLSv1.2", sessionId: "client's" });
	for (const { code } of taken) assert.equal(code, "ERR_TLS_PROTOCOL");
	server.connections.forEach(({ alerts, application }, index) => {
		if (index % 2 === 1) assert.deepEqual([alerts, application], [[47], ""]);
	});
});

const odd: readonly { readonly what: string; readonly version: Version | "both"; readonly part: Part | (() => Part); readonly bytes: number; readonly settings?: Record<string, string> }[] = [
	{ what: "just what the fragment length allows", version: "TLSv1.3", part: { ...limited13, ...opened(server => { server.record(content.applicationData, Buffer.alloc(512)); farewell(server); }) }, bytes: 512, settings: { fragment: "512" } },
	{ what: "long records, because it does not know fragment lengths", version: "both", part: opened(server => { server.record(content.applicationData, Buffer.alloc(5000)); farewell(server); }), bytes: 5000, settings: { fragment: "512" } },
	{ what: "just what the fragment length allows", version: "TLSv1.2", part: { ...limited12, ...opened(server => { server.record(content.applicationData, Buffer.alloc(512)); farewell(server); }) }, bytes: 512, settings: { fragment: "512" } },
	{ what: "segments of one byte", version: "both", part: { pieceBytes: 1 }, bytes: 5 },
	...[1, 3, 5].map(fragmentBytes => ({ what: `messages in records of ${fragmentBytes}`, version: "both" as const, part: { fragmentBytes }, bytes: 5 })),
	{ what: "records of one byte", version: "both", part: opened(server => { for (let i = 0; i < 300; i++) server.record(content.applicationData, Buffer.from("x")); farewell(server); }), bytes: 300 },
	{ what: "records of 16 KB", version: "both", part: opened(server => { for (let i = 0; i < 5; i++) server.record(content.applicationData, Buffer.alloc(16384, "x")); farewell(server); }), bytes: 5 * 16384 },
	{ what: "padding", version: "TLSv1.3", part: opened(server => { server.record(content.applicationData, Buffer.from("hello"), { padding: 5000 }); farewell(server); }), bytes: 5 },
	{ what: "an empty record in between", version: "both", part: opened(server => { server.record(content.applicationData, Buffer.alloc(0)); answer(server); }), bytes: 5 },
	{ what: "a warning in between", version: "TLSv1.2", part: opened(server => { server.alert(1, 90); answer(server); }), bytes: 5 },
	{ what: "a HelloRetryRequest", version: "TLSv1.3", part: { retries: true }, bytes: 5 },
	{ what: "a HelloRetryRequest with a cookie", version: "TLSv1.3", part: { retries: true, ...extensionsOf("helloRetryRequest", usual => Buffer.concat([usual, cookie])) }, bytes: 5 },
	{ what: "a HelloRetryRequest that has a cookie alone", version: "TLSv1.3", part: { retries: true, ...extensionsOf("helloRetryRequest", () => Buffer.concat([hello13, cookie])) }, bytes: 5 },
	...[1, 3, 5].map(cutBytes => ({ what: `a ticket in records of ${cutBytes}`, version: "TLSv1.3" as const, part: opened(server => { cutTicket(server, cutBytes); answer(server); }), bytes: 5 })),
	{ what: "a KeyUpdate in records of a byte", version: "TLSv1.3", part: opened(server => {
		for (const byte of server.frame("keyUpdate", Buffer.from([0])).subarray(0, -1)) server.record(content.handshake, Buffer.from([byte]));
		server.updateKeys(false, 4);
		answer(server);
	}), bytes: 5 },
	{ what: "two tickets in one record", version: "TLSv1.3", part: opened(server => { server.record(content.handshake, Buffer.concat([server.frame("newSessionTicket", ticket(60)), server.frame("newSessionTicket", ticket(70))])); answer(server); }), bytes: 5 },
	{ what: "tickets while much is sent to it", version: "TLSv1.3", part: {
		opened: server => { for (let i = 0; i < 10; i++) server.message("newSessionTicket", ticket(60)); },
		heard: server => {
			if (server.application.length === 200 * 27) answer(server);
		},
	}, bytes: 5, settings: { writes: "200" } },
	{ what: "a wish to begin anew (HelloRequest)", version: "TLSv1.2", part: opened(server => { server.message("helloRequest", Buffer.alloc(0)); answer(server); }), bytes: 5 },
	{ what: "a KeyUpdate", version: "TLSv1.3", part: opened(server => { server.updateKeys(false); answer(server); }), bytes: 5 },
	{ what: "a KeyUpdate that asks for one", version: "TLSv1.3", part: opened(server => { server.updateKeys(true); answer(server); }), bytes: 5 },
	{ what: "several KeyUpdates with data between them", version: "TLSv1.3", part: opened(server => { for (let i = 0; i < 40; i++) { server.updateKeys(i % 2 === 0); server.record(content.applicationData, Buffer.from("x")); } farewell(server); }), bytes: 40 },
];

for (const { what, version, part, bytes, settings } of odd) {
	for (const one of version === "both" ? versions : [version]) {
		test(`${one}: a server that sends ${what} is borne`, async () => {
			const { hostile, good } = await meet(one, part, settings);
			for (const line of [...hostile, good]) assert.equal(line.code, "ECLOSED", JSON.stringify(line));
			for (const line of hostile) assert.equal(line.receivedBytes, `${bytes}`);
		});
	}
}

test("TLSv1.3: the cookie of a HelloRetryRequest comes back", async () => {
	const { server } = await meet("TLSv1.3", { retries: true, ...extensionsOf("helloRetryRequest", usual => Buffer.concat([usual, cookie])) });
	for (const { offered } of server.connections.slice(0, hostileTimes)) assert.deepEqual(Buffer.from(offered.get(44)!), cookie.subarray(4));
});

test("TLSv1.3: behind a HelloRetryRequest that has a cookie alone the share is the one that was sent", async () => {
	const { server } = await meet("TLSv1.3", { retries: true, ...extensionsOf("helloRetryRequest", () => Buffer.concat([hello13, cookie])) });
	for (const { hellos } of server.connections.slice(0, hostileTimes)) {
		assert.equal(hellos.length, 2);
		for (const [type, content] of hellos[0]!) assert.deepEqual(hellos[1]!.get(type), content, `extension ${type}`);
	}
});

for (const [suite, isOffered] of [[0x1301, true], [0x1302, false]] as const) {
	test(`TLSv1.3: behind a HelloRetryRequest of ${isOffered ? "its own" : "another"} hash a session is ${isOffered ? "" : "not "}offered`, async () => {
		const { taken, server } = await byTurns("TLSv1.3", givesTicket, {
			retries: true,
			body: (name, body) => {
				if (name === "helloRetryRequest") body.writeUInt16BE(suite, cipherAt(body[34]!));
				return body;
			},
			before: (name, server) => {
				if (name === "serverHello") server.alert(2, 40);
			},
		});
		for (const { code } of taken) assert.equal(code, "ERR_TLS_ALERT");
		server.connections.forEach(({ hellos }, index) => {
			if (index % 2 === 1) assert.deepEqual(hellos.map(hello => hello.has(41)), [true, isOffered]);
		});
	});
}

test("TLSv1.3: KeyUpdates that ask are answered once while nothing can be sent, also when the last one does not ask", async () => {
	const { hostile, server } = await meet("TLSv1.3", {
		opened(server) {
			for (let i = 0; i < 20; i++) {
				server.updateKeys(i < 19);
				server.record(content.applicationData, Buffer.from("x"));
			}
		},
		heard(server) {
			if (server.keyUpdates === 1) farewell(server);
		},
	}, { writeRefusals: "60" });
	for (const { code, receivedBytes } of hostile) assert.deepEqual([code, receivedBytes], ["ECLOSED", "20"]);
	for (const { keyUpdates, application } of server.connections.slice(0, hostileTimes)) {
		assert.equal(keyUpdates, 1);
		assert.match(application, /^GET /);
	}
});
