// The mirror is read from both styles of apt's configuration.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { type TestContext } from "node:test";
import { debianMirror } from "../../../tools/setup/debian-mirror.ts";

function aptFolder(t: TestContext, files: Readonly<Record<string, string>>): string {
	const folder = mkdtempSync(join(tmpdir(), "picofetch-apt-"));
	t.after(() => rmSync(folder, { recursive: true }));
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(dirname(join(folder, name)), { recursive: true });
		writeFileSync(join(folder, name), text);
	}
	return folder;
}

test("the one-line style, with options, comments and foreign repositories", async t => {
	const folder = aptFolder(t, {
		"sources.list": [
			"# deb http://commented.test/debian bookworm main",
			"deb cdrom:[Debian 12]/ bookworm main",
			"deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] https://mirror.test/debian/ bookworm main contrib",
			"deb-src https://mirror.test/debian-security bookworm-security main",
		].join("\n"),
		"sources.list.d/node.list": "deb https://deb.nodesource.com/node_20.x nodistro main",
	});
	assert.deepEqual(await debianMirror(folder), {
		archive: "https://mirror.test/debian",
		security: "https://mirror.test/debian-security",
	});
});

test("the deb822 style, as the Debian 12 images have it", async t => {
	const folder = aptFolder(t, {
		"sources.list.d/debian.sources": [
			"Types: deb",
			"# http://snapshot.debian.org/archive/debian/20250520T000000Z",
			"URIs: http://mirror.test/debian",
			"Suites: bookworm",
			" bookworm-updates",
			"Components: main",
			"Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg",
			"",
			"Types: deb",
			"URIs: http://mirror.test/debian-security",
			"Suites: bookworm-security",
			"Components: main",
		].join("\n"),
	});
	assert.deepEqual(await debianMirror(folder), {
		archive: "http://mirror.test/debian",
		security: "http://mirror.test/debian-security",
	});
});

test("what is switched off does not count, and Debian's own address stands in", async t => {
	const folder = aptFolder(t, {
		"sources.list.d/a.sources": "Types: deb\nEnabled: no\nURIs: http://off.test/debian\nSuites: bookworm\nComponents: main\n",
		"sources.list.d/b.list.disabled": "deb http://off.test/debian bookworm main\n",
	});
	assert.deepEqual(await debianMirror(folder), {
		archive: "http://deb.debian.org/debian",
		security: "http://deb.debian.org/debian-security",
	});
});

test("a machine without any configuration gets Debian's own address", async () => {
	assert.equal((await debianMirror("/nowhere")).archive, "http://deb.debian.org/debian");
});
