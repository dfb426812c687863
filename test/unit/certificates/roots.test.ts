// certs/: what lies there is what certs/README.md says.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import test from "node:test";

const folder = new URL("../../../certs/", import.meta.url);
const files = (await readdir(folder)).filter(name => name.endsWith(".pem"));
const readme = await readFile(new URL("README.md", folder), "utf8");

test("the README has a row for every root and no other", () => {
	const rows = [...readme.matchAll(/^\| `(\S+\.pem)` /gm)].map(row => row[1]);
	assert.deepEqual(rows.sort(), files.sort());
});

for (const name of files) {
	test(`${name} is one self-signed CA certificate with the name, date and fingerprint of its row`, async () => {
		const text = await readFile(new URL(name, folder), "utf8");
		assert.equal(text.match(/BEGIN CERTIFICATE/g)?.length, 1);
		const root = new X509Certificate(text);
		assert.ok(root.ca && root.verify(root.publicKey));
		const row = readme.split("\n").find(line => line.startsWith(`| \`${name}\` `)) ?? "";
		const cells = row.split("|").map(cell => cell.trim());
		assert.equal(cells[2], /CN=(.*)/.exec(root.subject)?.[1]);
		assert.equal(cells[5], new Date(root.validTo).toISOString().slice(0, 10));
		assert.equal(cells[6], `\`${root.fingerprint256.replaceAll(":", "").toLowerCase()}\``);
	});
}
