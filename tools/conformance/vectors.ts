// Test vectors of primitives in the form of Wycheproof's testvectors_v1, through the C that the firmware is built of: vectors.c on the host,
// with sanitizers. What TLS never asks for is left out, and counted by its reason.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { buildProgram } from "./judge.ts";

/** One question to vectors.c. */
export interface Vector {
	/** The file and the test's number in it. */
	readonly name: string;
	/** The part of the table that it is counted in. */
	readonly primitive: string;
	readonly line: string;
	/** "acceptable": the vectors' makers leave it to the implementation. */
	readonly expected: "valid" | "invalid" | "acceptable";
	readonly comment: string;
}

export interface VectorFile {
	readonly vectors: readonly Vector[];
	/** How many tests are left out, by why. */
	readonly left: Readonly<Record<string, number>>;
}

export interface VectorScore {
	readonly primitive: string;
	readonly agreed: number;
	readonly total: number;
	/** Of those left to the implementation. */
	readonly acceptable: { readonly taken: number; readonly refused: number };
	/** Taken where it is invalid. */
	readonly accepted: readonly string[];
	/** Not taken, or with another result, where it is valid. */
	readonly refused: readonly string[];
}

type Json = Record<string, unknown>;

const hashes: Readonly<Record<string, string>> = { "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512" };
const hashBytes: Readonly<Record<string, number>> = { sha256: 32, sha384: 48, sha512: 64 };
const curves: Readonly<Record<string, string>> = { secp256r1: "p256", secp384r1: "p384", curve25519: "x25519" };
/** id-RSASSA-PSS (RFC 4055 section 3.1). */
const pssKeyOid = "06092a864886f70d01010a";
const rsaBitsMax = 4096;

/**
 * Reads a file of vectors.
 * @param value what JSON.parse gave
 * @returns undefined when it is no file of vectors
 */
export function readVectors(file: string, value: unknown): VectorFile | undefined {
	if (typeof value !== "object" || value === null || !("algorithm" in value) || !("testGroups" in value) || !Array.isArray(value.testGroups)) {
		return undefined;
	}
	const algorithm = String(value.algorithm);
	const isPlainSignature = !("schema" in value) || !String(value.schema).includes("p1363");
	const vectors: Vector[] = [];
	const left: Record<string, number> = {};
	for (const group of value.testGroups as (Json & { tests: (Json & { tcId: number; result: Vector["expected"]; comment?: string })[] })[]) {
		const asked = isPlainSignature ? question(algorithm, group) : "signatures without DER";
		if (typeof asked === "string") {
			left[asked] = (left[asked] ?? 0) + group.tests.length;
			continue;
		}
		for (const one of group.tests) {
			const fields = asked.fields.map(name => name.startsWith(":") ? name.slice(1) : padded(String(one[name] ?? group[name] ?? ""), name === "private" ? asked.privateBytes : undefined) || "-");
			vectors.push({ name: `${file} ${one.tcId}`, primitive: asked.primitive, line: fields.join(" "), expected: one.result, comment: one.comment ?? "" });
		}
	}
	return { vectors, left };
}

interface Question {
	readonly primitive: string;
	/** Words with a colon in front as they are, others by the names of the test's or the group's fields. */
	readonly fields: readonly string[];
	/** Private keys are numbers in some files. */
	readonly privateBytes?: number;
}

/** What a group asks, or why it is left out. */
function question(algorithm: string, group: Json): Question | string {
	const hash = hashes[String(group["sha"])];
	const curve = curves[String(group["curve"] ?? (group["publicKey"] as Json | undefined)?.["curve"])];
	const key = String(group["publicKeyDer"]);
	switch (algorithm) {
		case "ECDSA":
			if (hash === undefined) return "another hash";
			return curve === undefined ? "another curve" : { primitive: `ECDSA ${curve}`, fields: [":ecdsa", `:${hash}`, "publicKeyDer", "msg", "sig"] };
		case "RSASSA-PKCS1-v1_5":
		case "RSASSA-PSS": {
			const isPss = algorithm === "RSASSA-PSS";
			if (hash === undefined) return "another hash";
			if (group["publicKeyDer"] === undefined) return "signing by RSA";
			if (Number(group["keySize"]) > rsaBitsMax) return `RSA beyond ${rsaBitsMax} bits`;
			if (key.includes(pssKeyOid)) return "keys that are of RSASSA-PSS alone";
			if (isPss && (group["mgfSha"] !== group["sha"] || group["sLen"] !== hashBytes[hash])) return "PSS with a salt or a mask of another length";
			return { primitive: isPss ? "RSASSA-PSS" : "RSA PKCS#1 v1.5", fields: [isPss ? ":pss" : ":pkcs1", `:${hash}`, "publicKeyDer", "msg", "sig"] };
		}
		case "ECDH":
			if (group["encoding"] !== "ecpoint") return "keys in other forms than TLS has";
			return curve === undefined ? "another curve" : { primitive: `ECDH ${curve}`, fields: [":ecdh", `:${curve}`, "private", "public", "shared"], privateBytes: curve === "p256" ? 32 : 48 };
		case "XDH":
			if (group["type"] !== "XdhComp") return "keys in other forms than TLS has";
			return curve === undefined ? "another curve" : { primitive: "X25519", fields: [":ecdh", `:${curve}`, "private", "public", "shared"] };
		case "AES-GCM":
		case "CHACHA20-POLY1305": {
			const isGcm = algorithm === "AES-GCM";
			if (group["ivSize"] !== 96 || group["tagSize"] !== 128) return "nonces or tags of other lengths than TLS has";
			if (isGcm && group["keySize"] === 192) return "AES-192";
			return { primitive: isGcm ? "AES-GCM" : "ChaCha20-Poly1305", fields: [isGcm ? ":aes-gcm" : ":chacha20-poly1305", "key", "iv", "aad", "msg", "ct", "tag"] };
		}
	}
	const keyed = /^(HMACSHA|HKDF-SHA-)(256|384|512)$/.exec(algorithm);
	if (keyed === null) {
		return "another primitive";
	}
	return keyed[1] === "HMACSHA" ? { primitive: "HMAC", fields: [":hmac", `:sha${keyed[2]}`, "key", "msg", "tag"] }
		: { primitive: "HKDF", fields: [":hkdf", `:sha${keyed[2]}`, "ikm", "salt", "info", "size", "okm"] };
}

/** A number of so many bytes, whatever zeros stand in front of it. */
function padded(hex: string, bytes: number | undefined): string {
	return bytes === undefined ? hex : hex.replace(/^(?:00)+/, "").padStart(2 * bytes, "0");
}

/**
 * Runs vectors and counts them by primitive.
 * @throws Error when the program ends early, with what its sanitizers said
 */
export async function scoreVectors(vectors: readonly Vector[]): Promise<VectorScore[]> {
	const program = spawn(await buildProgram("vectors"), [], { stdio: ["pipe", "pipe", "pipe"] });
	let complaints = "";
	program.stderr.setEncoding("utf8").on("data", (text: string) => { complaints += text; });
	program.stdin.on("error", () => undefined);	// a program that ends early says so below
	const ended = new Promise<number | null>((settle, fail) => program.on("error", fail).on("close", settle));
	const verdicts: string[] = [];
	program.stdin.end(vectors.map(({ line }) => `${line}\n`).join(""));
	for await (const verdict of createInterface(program.stdout)) {
		verdicts.push(verdict);
	}
	const status = await ended;
	if (status !== 0 || verdicts.length !== vectors.length) {
		throw new Error(`the primitives ended with ${status} at ${vectors[verdicts.length]?.name}:\n${complaints}`);
	}
	const scores = new Map<string, { agreed: number; total: number; acceptable: { taken: number; refused: number }; accepted: string[]; refused: string[] }>();
	vectors.forEach(({ name, primitive, expected, comment }, index) => {
		const verdict = verdicts[index]!;
		const score = scores.get(primitive) ?? { agreed: 0, total: 0, acceptable: { taken: 0, refused: 0 }, accepted: [], refused: [] };
		scores.set(primitive, score);
		if (expected === "acceptable") {
			score.acceptable[verdict === "ok" ? "taken" : "refused"]++;
			return;
		}
		score.total++;
		if ((verdict === "ok") === (expected === "valid")) {
			score.agreed++;
		} else {
			score[verdict === "ok" ? "accepted" : "refused"].push(`${name}: ${verdict}, expected ${expected} (${comment})`);
		}
	});
	return [...scores].map(([primitive, score]) => ({ primitive, ...score }));
}
