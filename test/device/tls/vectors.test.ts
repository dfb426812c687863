// A sample of vectors of public keys on the processor itself, where P-256 and big numbers are assembly.

import assert from "node:assert/strict";
import { createECDH, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import test from "node:test";
import { buildBare } from "./bare/build.ts";
import { runBare } from "./bare/run.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const message = Buffer.from("what is signed");

function signatures(kind: string, hash: string, pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }): string[] {
	const key = hex(pair.publicKey.export({ type: "spki", format: "der" }));
	const signature = sign(hash, message, pair.privateKey);
	const forged = Buffer.from(signature);
	forged[forged.length - 1]! ^= 1;
	return [signature, forged].map(one => [kind, hash, key, hex(message), hex(one)].join(" "));
}

test("the processor takes right signatures and no others, and agrees on the same secrets", async () => {
	const [own, peer] = [createECDH("prime256v1"), createECDH("prime256v1")];
	own.generateKeys();
	const point = peer.generateKeys();
	const ecdh = ["ecdh p256", hex(own.getPrivateKey()).padStart(64, "0"), hex(point), hex(own.computeSecret(point))].join(" ");
	const elf = await buildBare("arm", "vectors");
	// The processor is handed 4 KB at a time.
	for (const [lines, verdicts] of [
		[signatures("ecdsa", "sha256", generateKeyPairSync("ec", { namedCurve: "P-256" })), "ok refused"],
		[signatures("ecdsa", "sha384", generateKeyPairSync("ec", { namedCurve: "P-384" })), "ok refused"],
		[signatures("pkcs1", "sha256", generateKeyPairSync("rsa", { modulusLength: 2048 })), "ok refused"],
		[[ecdh], "ok"],
	] as const) {
		const { output, status } = await runBare({ elf, root: Buffer.from(lines.join("\n")) });
		assert.equal(status, 0);
		assert.deepEqual(output.trim().split("\n"), verdicts.split(" "), lines[0]);
	}
});
