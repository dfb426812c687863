// The pcap of a run and the server's key log beside it: what Wireshark makes of the two (RFC 8446, sections 5.2 and 7.3).

import assert from "node:assert/strict";
import { createDecipheriv, createHmac } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { issue } from "../../../tools/certificates/issue.ts";
import { keyLog } from "../../../tools/start/key-log.ts";
import { PageServer } from "../../../tools/start/page-server.ts";
import { command } from "../../../tools/start/start.ts";
import { UserError } from "../../../tools/user-error.ts";
import { runDevice } from "../../support/device.ts";

const host = "site.example";
const page = "a page that only both ends can read\n";

test("the key log of the page server opens the frames of the run, and only its owner can read it", async context => {
	const folder = await mkdtemp(join(tmpdir(), "picofetch-"));
	context.after(() => rm(folder, { recursive: true, force: true }));
	const file = join(folder, "keys.txt");
	await writeFile(file, "of another run", { mode: 0o644 });
	const { chainPem, keyPem } = await issue({ names: [host] });
	const server = new PageServer({ certificateChainPem: chainPem, keyPem, page, keyLog: keyLog(file) });
	const { outcome, pcap, console: text } = await runDevice({ hosts: { [host]: server.host }, configuration: { url: `https://${host}/` } });
	assert.deepEqual(outcome, { kind: "received", bytes: page.length }, text);
	assert.equal((await stat(file)).mode & 0o777, 0o600);
	const log = await readFile(file, "utf8");
	assert.match(log, /^(?:[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]+\n)+$/);
	const [, secret] = /^SERVER_TRAFFIC_SECRET_0 [0-9a-f]{64} ([0-9a-f]+)$/m.exec(log) ?? [];
	const plain = decrypted(records(fromPort(Buffer.from(pcap), 443)).filter(record => record[0] === 23), Buffer.from(secret!, "hex"));
	assert.match(plain, /^[^]*HTTP\/1\.1 200 OK\r\n[^]*$/);
	assert.ok(plain.includes(page), plain);
	assert.ok(!Buffer.from(pcap).includes(page), "and nobody else");
});

test("the page server speaks HTTPS alone: plain http: is refused at once", async () => {
	const { chainPem, keyPem } = await issue({ names: [host] });
	const server = new PageServer({ certificateChainPem: chainPem, keyPem, page });
	const { outcome, console: text } = await runDevice({ hosts: { [host]: server.host }, configuration: { url: `http://${host}/` }, timeoutMs: 5000 });
	assert.deepEqual(outcome, { kind: "refused", code: "ECONNREFUSED" }, text);
});

test("a server of the user's own logs its keys itself", async () => {
	await assert.rejects(
		command().exitOverride().parseAsync(["--url", "https://a.example/", "--host", "a.example=127.0.0.1:8443", "--keylog", "keys.txt"], { from: "user" }),
		(error: Error) => error instanceof UserError && /the secrets are your server's to log/.test(error.message),
	);
});

test("a key log that cannot be written is refused", () => {
	assert.throws(() => keyLog("/no-such-folder/keys.txt"), /^UserError: --keylog \/no-such-folder\/keys\.txt: cannot be written \(ENOENT\)$|cannot be written \(ENOENT\)/);
});

/** The payloads of TCP segments from a port, in the order of the capture: nothing gets lost in it. */
function fromPort(pcap: Buffer, port: number): Buffer {
	const payloads: Buffer[] = [];
	for (let at = 24; at < pcap.length;) {
		const length = pcap.readUInt32LE(at + 8);
		const ip = pcap.subarray(at + 16 + 14, at + 16 + length);
		if (ip[9] === 6 && ip.readUInt16BE(20) === port) {
			payloads.push(ip.subarray(20 + (ip[32]! >> 4) * 4, ip.readUInt16BE(2)));
		}
		at += 16 + length;
	}
	return Buffer.concat(payloads);
}

function records(stream: Buffer): Buffer[] {
	const found: Buffer[] = [];
	for (let at = 0; at < stream.length; at += 5 + stream.readUInt16BE(at + 3)) {
		found.push(stream.subarray(at, at + 5 + stream.readUInt16BE(at + 3)));
	}
	return found;
}

/** The application data among the protected records; those of the handshake have other keys. */
function decrypted(list: readonly Buffer[], secret: Buffer): string {
	const [hash, cipher, keyBytes] = secret.length === 48 ? ["sha384", "aes-256-gcm", 32] as const : ["sha256", "aes-128-gcm", 16] as const;
	const expand = (label: string, length: number): Buffer => {
		const name = Buffer.from(`tls13 ${label}`);
		const info = Buffer.from([length >> 8, length & 0xff, name.length, ...name, 0, 1]);
		return createHmac(hash, secret).update(info).digest().subarray(0, length);
	};
	const key = expand("key", keyBytes);
	const iv = expand("iv", 12);
	let sequence = 0;
	let text = "";
	for (const record of list) {
		const nonce = Buffer.from(iv);
		nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ sequence) >>> 0, 8);
		const decipher = createDecipheriv(cipher, key, nonce);
		decipher.setAAD(record.subarray(0, 5));
		decipher.setAuthTag(record.subarray(-16));
		const inner = decipher.update(record.subarray(5, -16));
		try {
			decipher.final();
		} catch {
			continue;
		}
		sequence++;
		// The last byte is the inner type: 23 application data.
		text += inner.at(-1) === 23 ? inner.subarray(0, -1).toString("latin1") : "";
	}
	return text;
}
