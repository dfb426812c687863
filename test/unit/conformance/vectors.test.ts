// `npm run conformance -- --vectors DIR`: vectors made here, in the form of Wycheproof's, through the firmware's primitives on the host.

import assert from "node:assert/strict";
import { constants, createCipheriv, createECDH, createHmac, diffieHellman, generateKeyPairSync, hkdfSync, randomBytes, sign, type KeyObject } from "node:crypto";
import test from "node:test";
import { readVectors, scoreVectors } from "../../../tools/conformance/vectors.ts";

const hex = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as Uint8Array).toString("hex");
const message = Buffer.from("what is signed");
const flipped = (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.of(bytes.at(-1)! ^ 1)]);

interface Told {
	readonly result: "valid" | "invalid" | "acceptable";
	readonly fields: Record<string, unknown>;
}

async function score(algorithm: string, group: Record<string, unknown>, told: readonly Told[], schema = "") {
	const read = readVectors("file", { algorithm, schema, testGroups: [{ ...group, tests: told.map(({ result, fields }, index) => ({ tcId: index + 1, comment: "", result, ...fields })) }] });
	const [only] = await scoreVectors(read!.vectors);
	return only!;
}

function allAgree(found: Awaited<ReturnType<typeof score>>, total: number): void {
	assert.deepEqual([found.agreed, found.total, found.accepted, found.refused], [total, total, [], []]);
}

const spki = (key: KeyObject) => hex(key.export({ type: "spki", format: "der" }));

/** The same numbers in encodings that are not DER. */
function otherEncodings(signature: Buffer): Buffer[] {
	const first = signature.subarray(2, 4 + signature[3]!);
	const second = signature.subarray(2 + first.length);
	const sequence = (...parts: Buffer[]) => Buffer.concat([Buffer.of(0x30, Buffer.concat(parts).length), ...parts]);
	const longer = (number: Buffer) => Buffer.concat([Buffer.of(2, number[1]! + 1, 0), number.subarray(2)]);
	return [
		Buffer.concat([Buffer.of(0x30, 0x81), signature.subarray(1)]),
		Buffer.concat([signature, Buffer.of(0)]),
		sequence(longer(first), second),
		sequence(first, longer(second)),
		sequence(Buffer.concat([Buffer.of(2, 0x81), first.subarray(1)]), second),
		sequence(first, Buffer.concat([Buffer.of(2, 0x81), second.subarray(1)])),
		sequence(first, second, Buffer.of(5, 0)),
		sequence(first),
		sequence(first, Buffer.of(2, 0)),
		Buffer.of(0x30),
		Buffer.alloc(0),
	];
}

for (const [namedCurve, curve, hash, sha] of [["P-256", "secp256r1", "sha256", "SHA-256"], ["P-384", "secp384r1", "sha384", "SHA-384"]] as const) {
	test(`ECDSA ${namedCurve}: right signatures are taken, in DER alone`, async () => {
		const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve });
		const told: Told[] = [];
		// Until both numbers have had a zero in front and none: a length that is the shortest either way.
		for (let i = 0; i < 20; i++) {
			const sig = sign(hash, message, privateKey);
			told.push({ result: "valid", fields: { msg: hex(message), sig: hex(sig) } });
			for (const other of [flipped(sig), ...otherEncodings(sig)]) {
				told.push({ result: "invalid", fields: { msg: hex(message), sig: hex(other) } });
			}
		}
		allAgree(await score("ECDSA", { publicKey: { curve }, publicKeyDer: spki(publicKey), sha }, told), told.length);
	});

	test(`ECDH ${namedCurve}: secrets are right, and points beside the curve are refused`, async () => {
		const name = namedCurve === "P-256" ? "prime256v1" : "secp384r1";
		const [own, peer] = [createECDH(name), createECDH(name)];
		own.generateKeys();
		const point = peer.generateKeys();
		const fields = { private: `00${hex(own.getPrivateKey())}`, public: hex(point), shared: hex(own.computeSecret(point)) };
		allAgree(await score("ECDH", { curve, encoding: "ecpoint" }, [
			{ result: "valid", fields },
			{ result: "invalid", fields: { ...fields, public: hex(flipped(point)) } },
			{ result: "invalid", fields: { ...fields, public: hex(point.subarray(0, -1)) } },
			{ result: "invalid", fields: { ...fields, shared: "00" } },
		]), 4);
	});
}

test("RSA: PKCS#1 v1.5 and PSS", async () => {
	const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
	const group = { publicKeyDer: spki(publicKey), sha: "SHA-256", keySize: 2048 };
	const plain = sign("sha256", message, privateKey);
	const pss = sign("sha256", message, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
	const pss20 = sign("sha256", message, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 20 });
	const told = (result: Told["result"], sig: Buffer): Told => ({ result, fields: { msg: hex(message), sig: hex(sig) } });
	allAgree(await score("RSASSA-PKCS1-v1_5", group, [told("valid", plain), told("invalid", flipped(plain)), told("invalid", pss), told("invalid", plain.subarray(1))]), 4);
	allAgree(await score("RSASSA-PSS", { ...group, mgfSha: "SHA-256", sLen: 32 }, [told("valid", pss), told("invalid", flipped(pss)), told("invalid", plain), told("invalid", pss20)]), 4);
});

test("X25519: the secret is right, and a point of low order is refused", async () => {
	const [own, peer] = [generateKeyPairSync("x25519"), generateKeyPairSync("x25519")];
	const raw = (key: KeyObject, part: "x" | "d") => hex(Buffer.from(String(key.export({ format: "jwk" })[part]), "base64url"));
	const fields = { private: raw(own.privateKey, "d"), public: raw(peer.publicKey, "x"), shared: hex(diffieHellman({ privateKey: own.privateKey, publicKey: peer.publicKey })) };
	const found = await score("XDH", { curve: "curve25519", type: "XdhComp" }, [
		{ result: "valid", fields },
		{ result: "acceptable", fields: { ...fields, public: "00".repeat(32), shared: "00".repeat(32) } },
	]);
	allAgree(found, 1);
	assert.deepEqual(found.acceptable, { taken: 0, refused: 1 });
});

for (const [algorithm, cipher, keyBytes] of [["AES-GCM", "aes-128-gcm", 16], ["AES-GCM", "aes-256-gcm", 32], ["CHACHA20-POLY1305", "chacha20-poly1305", 32]] as const) {
	test(`${cipher}: opens and seals, and takes no other tag, data or text`, async () => {
		const [key, iv, aad] = [randomBytes(keyBytes), randomBytes(12), randomBytes(5)];
		const sealing = createCipheriv(cipher as "aes-128-gcm", key, iv, { authTagLength: 16 }).setAAD(aad);
		const ct = Buffer.concat([sealing.update(message), sealing.final()]);
		const tag = sealing.getAuthTag();
		const fields = { key: hex(key), iv: hex(iv), aad: hex(aad), msg: hex(message), ct: hex(ct), tag: hex(tag) };
		const changes = [{ tag: hex(flipped(tag)) }, { ct: hex(flipped(ct)) }, { aad: "" }, { iv: hex(flipped(iv)) }];
		allAgree(await score(algorithm, { ivSize: 96, tagSize: 128, keySize: keyBytes * 8 }, [
			{ result: "valid", fields }, ...changes.map((change): Told => ({ result: "invalid", fields: { ...fields, ...change } })),
		]), 5);
	});
}

test("HMAC and HKDF, whose output has an end", async () => {
	const key = randomBytes(40);
	const tag = createHmac("sha384", key).update(message).digest();
	const fields = { key: hex(key), msg: hex(message) };
	allAgree(await score("HMACSHA384", {}, [
		{ result: "valid", fields: { ...fields, tag: hex(tag) } }, { result: "valid", fields: { ...fields, tag: hex(tag.subarray(0, 24)) } }, { result: "invalid", fields: { ...fields, tag: hex(flipped(tag)) } },
	]), 3);
	const okm = Buffer.from(hkdfSync("sha256", key, "salt", "info", 100));
	const given = { ikm: hex(key), salt: hex(Buffer.from("salt")), info: hex(Buffer.from("info")) };
	allAgree(await score("HKDF-SHA-256", {}, [
		{ result: "valid", fields: { ...given, size: 100, okm: hex(okm) } }, { result: "invalid", fields: { ...given, size: 100, okm: hex(flipped(okm)) } },
		{ result: "invalid", fields: { ...given, size: 255 * 32 + 1, okm: "" } },
	]), 3);
});

test("what TLS never asks for is left out by its reason, and what is no file of vectors is none", () => {
	const tests = [{ tcId: 1, result: "valid" }, { tcId: 2, result: "valid" }];
	const left = (algorithm: string, group: object, schema = "") => readVectors("file", { algorithm, schema, testGroups: [{ ...group, tests }] })!.left;
	assert.deepEqual(left("ECDSA", { sha: "SHA3-256" }), { "another hash": 2 });
	assert.deepEqual(left("ECDSA", { sha: "SHA-256", publicKey: { curve: "secp521r1" } }), { "another curve": 2 });
	assert.deepEqual(left("ECDSA", {}, "ecdsa_p1363_verify_schema_v1.json"), { "signatures without DER": 2 });
	assert.deepEqual(left("AES-GCM", { ivSize: 128, tagSize: 128 }), { "nonces or tags of other lengths than TLS has": 2 });
	assert.deepEqual(left("ML-KEM", {}), { "another primitive": 2 });
	assert.equal(readVectors("file", { testcases: [] }), undefined);
	assert.equal(readVectors("file", []), undefined);
});
