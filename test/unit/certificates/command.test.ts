// npm run certs, and what it leans on, with a server of this machine in place of a host of the web.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:tls";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import test, { after } from "node:test";
import { promisify } from "node:util";
import type { AddressInfo } from "node:net";
import { hostRoot } from "../../../tools/certificates/host-root.ts";
import { type Issued, issue } from "../../../tools/certificates/issue.ts";
import { readMozillaRoots } from "../../../tools/certificates/mozilla-roots.ts";
import { differences, newestRoots, usableRoots } from "../../../tools/certificates/refresh.ts";
import { StandInMachine } from "../setup/stand-in-machine.ts";

const project = resolve(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "picofetch-certs-"));
const servers: Server[] = [];
after(() => {
	servers.forEach(server => server.close());
	rmSync(folder, { recursive: true });
});

const host = "site.example";
const { roots: mozilla } = readMozillaRoots();

async function serve(leaf: Issued, chainPem = leaf.chainPem): Promise<{ host: string; port: number; address: string }> {
	const server = createServer({ cert: chainPem, key: leaf.keyPem }, socket => socket.on("error", () => {}));
	servers.push(server);
	await new Promise<void>(ready => server.listen(0, "127.0.0.1", ready));
	return { host, port: (server.address() as AddressInfo).port, address: "127.0.0.1" };
}

async function certs(...parameters: readonly string[]): Promise<{ status: number; text: string }> {
	const run = promisify(execFile)(process.execPath, ["--import", "tsx", join(project, "tools/main.ts"), "certs", ...parameters], { cwd: project });
	return run.then(({ stdout }) => ({ status: 0, text: stdout }), (error: { code: number; stderr: string; stdout: string }) => ({ status: error.code, text: error.stderr + error.stdout }));
}

function app(name: string, manifest: object): string {
	const path = mkdtempSync(join(folder, name));
	writeFileSync(join(path, "manifest.json"), JSON.stringify(manifest));
	return path;
}

test("the root that a host's path ends in is named, whatever else is sent", async () => {
	const root = await issue({ subject: "Web Root", issuer: "self", ca: true });
	const middle = await issue({ subject: "Middle", issuer: root, ca: true });
	const leaf = await issue({ names: [host], issuer: middle });
	const roots = [...mozilla, { label: "Web Root", der: root.certificateDer }];
	assert.equal((await hostRoot(await serve(leaf), roots)).label, "Web Root");
	assert.equal((await hostRoot(await serve(leaf, leaf.chainPem + root.certificatePem), roots)).label, "Web Root");
});

test("a host that no root stands above, or that does not prove its name, is told in a sentence", async () => {
	const root = await issue({ subject: "House authority", issuer: "self", ca: true });
	const leaf = await issue({ names: [host], issuer: root });
	await assert.rejects(hostRoot(await serve(leaf), mozilla), /is signed by "picofetch test, House authority", and no root of the web stands above that .*add FILE\.pem/);
	const trusting = [{ label: "House", der: root.certificateDer }];
	await assert.rejects(hostRoot({ ...await serve(leaf), host: "other.example" }, trusting), /does not prove itself \(ERR_TLS_CERT_ALTNAME_INVALID\)/);
	const old = await issue({ names: [host], issuer: root, notBefore: new Date("2024-01-01T00:00:00Z"), notAfter: new Date("2024-02-01T00:00:00Z") });
	await assert.rejects(hostRoot(await serve(old), trusting), /does not prove itself \(CERT_HAS_EXPIRED\)/);
});

test("a host where nobody listens is told", async () => {
	const { port, address } = await serve(await issue({ names: [host] }));
	servers.pop()!.close();
	await assert.rejects(hostRoot({ host, port, address }, mozilla), new RegExp(`site\\.example:${port} could not be asked \\(.*ECONNREFUSED`));
});

test("add puts a root of Mozilla's into the app's certs/ when its profile does not have it, and says so when it has", async () => {
	const { der } = mozilla.find(({ label }) => label === "Certigna")!;
	const file = join(folder, "given.pem");
	writeFileSync(file, `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString("base64")}\n-----END CERTIFICATE-----\n`);
	const lite = app("lite", { roots: "lite" });
	const added = await certs("add", file, "--app", lite);
	assert.equal(added.status, 0, added.text);
	assert.match(added.text, /needs "Certigna", until 2027-06-29, SHA-256 e3b6a2db2ed7ce48842f7ac53241c7b71d54144bfb40c11f3f1d0b42f5eea12d/);
	assert.deepEqual(readdirSync(join(lite, "certs")), ["certigna.pem"]);
	assert.match((await certs("add", file, "--app", lite)).text, /it is trusted already/);
	assert.match((await certs("list", "--app", lite)).text, /^Certigna .*until 2027-06-29$[^]*"roots": "lite": 26 /m);
	const full = app("full", {});
	assert.match((await certs("add", file, "--app", full)).text, /it is trusted already \("roots": "full"/);
	assert.ok(!existsSync(join(full, "certs")));
});

test("add takes a root of the user's own, and refuses what is no root", async () => {
	const root = await issue({ subject: "House Authority 1", issuer: "self", ca: true });
	const middle = await issue({ subject: "Middle", issuer: root, ca: true });
	const own = app("own", { roots: "own" });
	writeFileSync(join(folder, "root.pem"), root.certificatePem);
	writeFileSync(join(folder, "middle.pem"), middle.certificatePem);
	assert.match((await certs("add", join(folder, "root.pem"), "--app", own)).text, /added: .*house-authority-1\.pem\. It is your own: compare its SHA-256/);
	assert.equal(readFileSync(join(own, "certs/house-authority-1.pem"), "utf8").replaceAll(/\s/g, ""), root.certificatePem.replaceAll(/\s/g, ""));
	const refused = await certs("add", join(folder, "middle.pem"), "--app", own);
	assert.equal(refused.status, 1);
	assert.match(refused.text, /middle\.pem: found CN=Middle.*which another authority has signed, expected a root/);
	assert.match((await certs("add", "no host!", "--app", own)).text, /found "no host!", expected HOST, HOST:PORT, \[IPV6\]:PORT or a PEM file/);
});

test("a refresh takes the newest list that Debian's suites have, out of a package that is Debian's own", async () => {
	const machine = new StandInMachine();
	try {
		const octal = (bytes: Uint8Array) => `MULTILINE_OCTAL\n${[...bytes].map(byte => `\\${byte.toString(8).padStart(3, "0")}`).join("")}\nEND`;
		machine.versions("ca-certificates", "20250419", "20260601", "20260816+nmu1");
		machine.archive("list.tar.gz", {
			"work/mozilla/certdata.txt": mozilla.slice(0, 100).map(({ label, der }, index) => `
CKA_CLASS CK_OBJECT_CLASS CKO_CERTIFICATE
CKA_ISSUER ${octal(Uint8Array.of(0x30, 0))}
CKA_SERIAL_NUMBER ${octal(Uint8Array.of(2, 1, index))}
CKA_VALUE ${octal(der)}
CKA_CLASS CK_OBJECT_CLASS CKO_NSS_TRUST
CKA_LABEL UTF8 "${label}"
CKA_ISSUER ${octal(Uint8Array.of(0x30, 0))}
CKA_SERIAL_NUMBER ${octal(Uint8Array.of(2, 1, index))}
CKA_TRUST_SERVER_AUTH CK_TRUST CKT_NSS_TRUSTED_DELEGATOR
`).join(""),
		});
		// A suite that moves lists a version that its mirror no longer has.
		machine.standIn("apt-get", 'case "$*" in *20260816*) exit 1;; *ca-certificates=20260601*) cp "$STAND_IN/list.tar.gz" ca-certificates_20260601.tar.gz;; esac');
		const { source, roots } = await newestRoots(machine.machine);
		assert.equal(source, "ca-certificates 20260601");
		assert.deepEqual(roots.map(({ label }) => label), mozilla.slice(0, 100).map(({ label }) => label));
	} finally {
		machine.remove();
	}
});

test("a refresh tells what comes, goes and changes, and refuses what is no list", () => {
	const [first, second, third] = mozilla as [typeof mozilla[number], typeof mozilla[number], typeof mozilla[number]];
	assert.deepEqual(differences([first, second], [second, third]), [`comes: ${third.label}`, `goes: ${first.label}`]);
	assert.deepEqual(differences([first], [{ ...first, distrustAfter: new Date("2026-01-31T23:59:59Z") }]), [`changes: ${first.label}, distrusted for what begins after 2026-01-31`]);
	assert.deepEqual(differences(mozilla, mozilla), []);
	assert.throws(() => usableRoots("BEGINDATA\n"), /found 0 roots that can be used, expected a certdata\.txt/);
});
