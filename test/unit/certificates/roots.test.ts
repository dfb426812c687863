// The roots that an image trusts: certs/mozilla.pem, profiles of it, and what a user adds.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { rootsProfiles, trustedRoots } from "../../../tools/build/roots.ts";
import { readCertdata } from "../../../tools/certificates/certdata.ts";
import { issue } from "../../../tools/certificates/issue.ts";
import { liteLabels } from "../../../tools/certificates/lite-roots.ts";
import { emitMozillaRoots, mozillaRootsPath, readMozillaRoots } from "../../../tools/certificates/mozilla-roots.ts";
import { readRootStore } from "../../../tools/certificates/root-store.ts";

const mozilla = readMozillaRoots();
const folder = mkdtempSync(join(tmpdir(), "picofetch-roots-"));
after(() => rmSync(folder, { recursive: true }));

test("certs/mozilla.pem is text that is read and written alike, of authorities that sign themselves", () => {
	assert.equal(emitMozillaRoots(mozilla), readFileSync(mozillaRootsPath, "utf8"));
	assert.ok(mozilla.roots.length >= 120 && mozilla.roots.length <= 200, `${mozilla.roots.length}`);
	assert.equal(new Set(mozilla.roots.map(({ label }) => label)).size, mozilla.roots.length);
	for (const { der, label } of mozilla.roots) {
		const certificate = new X509Certificate(der);
		assert.ok(certificate.ca && certificate.checkIssued(certificate), label);
	}
	assert.ok(mozilla.roots.some(({ distrustAfter }) => distrustAfter !== undefined));
});

test("a file that is not as it was written is refused", () => {
	assert.throws(() => readMozillaRoots("# no source\n"), /does not say what it was taken from/);
	assert.throws(() => readMozillaRoots(`${readFileSync(mozillaRootsPath, "utf8")}\n# Half a root\n-----BEGIN CERTIFICATE-----\nAAAA\n`), /"# Half a root.*" is no root of it/s);
});

const labels = (profile: typeof rootsProfiles[number], app = folder) => readRootStore(trustedRoots(profile, app).store).map(({ label }) => label).sort();

test("full has all of Mozilla's roots, lite those of its list, own none", () => {
	assert.deepEqual(labels("full"), mozilla.roots.map(({ label }) => label).sort());
	assert.deepEqual(labels("lite"), [...liteLabels].sort());
	assert.deepEqual(labels("own"), []);
	assert.match(trustedRoots("full", folder).webSummary, /^all \d+ of Mozilla's \(ca-certificates \d+\)$/);
	assert.match(trustedRoots("lite", folder).webSummary, /^25 \(Mozilla's/);
	assert.equal(trustedRoots("own", folder).webSummary, "none");
});

test("a file of the app's certs/ adds its root: Mozilla's as one of the web, with what is said of it, another as the user's own", async () => {
	const app = join(folder, "app");
	mkdirSync(join(app, "certs"), { recursive: true });
	const ofTheWeb = mozilla.roots.find(({ label }) => label === "Certigna")!;
	const own = await issue({ subject: "House authority", issuer: "self", ca: true });
	writeFileSync(join(app, "certs/certigna.pem"), new X509Certificate(ofTheWeb.der).toString());
	writeFileSync(join(app, "certs/house.pem"), own.certificatePem);
	assert.deepEqual(labels("own", app), ["Certigna"]);
	assert.deepEqual(labels("lite", app), [...liteLabels, "Certigna"].sort());
	assert.equal(labels("full", app).length, mozilla.roots.length);
	const trusted = trustedRoots("own", app);
	assert.deepEqual(trusted.own.map(({ subject }) => subject), ["CN=House authority, O=picofetch test"]);
	assert.match(trusted.webSummary, /^Certigna \(Mozilla's/);
});

test("certdata.txt: an authority for servers is taken with its date of distrust, one for mail alone is not", () => {
	const octal = (bytes: Uint8Array) => `MULTILINE_OCTAL\n${[...bytes].map(byte => `\\${byte.toString(8).padStart(3, "0")}`).join("")}\nEND`;
	const object = (label: string, serial: number, date: string | undefined, trust: string) => `# A comment
CKA_CLASS CK_OBJECT_CLASS CKO_CERTIFICATE
CKA_LABEL UTF8 "${label}"
CKA_ISSUER ${octal(Uint8Array.of(0x30, 0))}
CKA_SERIAL_NUMBER ${octal(Uint8Array.of(2, 1, serial))}
CKA_VALUE ${octal(Uint8Array.of(serial, 0xff))}
${date === undefined ? "CKA_NSS_SERVER_DISTRUST_AFTER CK_BBOOL CK_FALSE" : `CKA_NSS_SERVER_DISTRUST_AFTER ${octal(Buffer.from(date))}`}

CKA_CLASS CK_OBJECT_CLASS CKO_NSS_TRUST
CKA_LABEL UTF8 "${label}"
CKA_ISSUER ${octal(Uint8Array.of(0x30, 0))}
CKA_SERIAL_NUMBER ${octal(Uint8Array.of(2, 1, serial))}
CKA_TRUST_SERVER_AUTH CK_TRUST ${trust}
CKA_TRUST_EMAIL_PROTECTION CK_TRUST CKT_NSS_TRUSTED_DELEGATOR
`;
	const text = `BEGINDATA\n${object("Főroot", 1, undefined, "CKT_NSS_TRUSTED_DELEGATOR")}\n${object("Mail", 2, undefined, "CKT_NSS_MUST_VERIFY_TRUST")}\n${object("Late", 3, "241130235959Z", "CKT_NSS_TRUSTED_DELEGATOR")}`;
	assert.deepEqual(readCertdata(text), [
		{ label: "Főroot", der: Uint8Array.of(1, 0xff) },
		{ label: "Late", der: Uint8Array.of(3, 0xff), distrustAfter: new Date("2024-11-30T23:59:59Z") },
	]);
});
