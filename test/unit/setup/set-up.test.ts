// The set-up on stand-in machines: what it brings, what it leaves alone, and the one sentence of every refusal.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { setUp } from "../../../tools/setup/set-up.ts";
import type { Part } from "../../../tools/sources.ts";
import { UserError } from "../../../tools/user-error.ts";
import { StandInMachine } from "./stand-in-machine.ts";

function newMachine(t: TestContext, userId = 0): StandInMachine {
	const machine = new StandInMachine(userId);
	t.after(() => machine.remove());
	return machine;
}

function setUpOn(stand: StandInMachine, parts: readonly Part[] = stand.parts()): Promise<void> {
	return setUp({ machine: stand.machine, parts, progress: stand.progress });
}

/** The sentence with which a set-up refuses. */
async function refusal(stand: StandInMachine, parts?: readonly Part[]): Promise<string> {
	try {
		await setUpOn(stand, parts);
	} catch (error) {
		assert.ok(error instanceof UserError, String((error as Error).stack));
		assert.ok(!error.message.includes("\n"), "a refusal is one line");
		return error.message;
	}
	return assert.fail("the set-up was expected to refuse");
}

test("everything comes to its place, and a second run does nothing", async t => {
	const stand = newMachine(t);
	await setUpOn(stand);
	assert.deepEqual(stand.told, ["Engine 1.2.3", "Stack 1.5", "Radio radio 1.0.0"]);
	assert.deepEqual(stand.list("third-party"), [".packages", "engine", "radio", "stack"]);
	assert.deepEqual(stand.list("third-party/engine"), [".picofetch-stamp.json", "LICENSE-maker", "a.c"]);
	assert.equal(stand.read("third-party/stack/tcp.c"), "int tcp;\n");
	assert.equal(stand.read("third-party/radio/radio.bin"), "radio");
	assert.ok(stand.calls().length > 0);

	stand.told.length = 0;
	await setUpOn(stand);
	assert.deepEqual(stand.calls(), []);
	assert.deepEqual(stand.told, []);
});

test("once set up, neither a network nor a package client is needed", async t => {
	const stand = newMachine(t);
	await setUpOn(stand);
	for (const client of ["npm", "cargo", "apt-cache", "sudo"] as const) {
		stand.standIn(client, "exit 1");
	}
	await setUpOn(stand);
});

test("a changed pin brings that part anew, and only that", async t => {
	const stand = newMachine(t);
	await setUpOn(stand);
	stand.calls();
	stand.write("radio.bin", "newer radio");
	await setUpOn(stand);
	assert.deepEqual(stand.calls().map(call => call.split(" ")[0]), ["cargo"]);
	assert.equal(stand.read("third-party/radio/radio.bin"), "newer radio");
});

test("a folder that no set-up finished is not trusted", async t => {
	const stand = newMachine(t);
	stand.write("third-party/stack/tcp.c", "half");
	stand.write("third-party/engine/.picofetch-stamp.json", "{\"source\":");
	await setUpOn(stand);
	assert.equal(stand.read("third-party/stack/tcp.c"), "int tcp;\n");
	assert.equal(stand.read("third-party/engine/a.c"), "int a;\n");
});

test("a missing client is named", async t => {
	for (const client of ["npm", "cargo"] as const) {
		const stand = newMachine(t);
		stand.standIn(client, undefined);
		assert.match(await refusal(stand), new RegExp(`/${client} is not on this machine: install it`));
	}
});

test("a client that fails is quoted with its own reason", async t => {
	const stand = newMachine(t);
	stand.standIn("npm", "echo 'npm error code ENOTFOUND' >&2; echo 'npm error request to registry failed' >&2; exit 1");
	assert.match(await refusal(stand), /@maker\/engine@1\.2\.3 could not be fetched: .*registry can be reached \(.*npm: request to registry failed\)$/);
	assert.deepEqual(stand.list("third-party"), []);
});

test("of cargo's chain of causes the first and the deepest are told", async t => {
	const stand = newMachine(t);
	stand.standIn("cargo", 'printf "error: failed to sync\\n\\nCaused by:\\n  download failed\\n\\nCaused by:\\n  Could not resolve host: index.crates.io\\n" >&2; exit 101');
	assert.match(await refusal(stand), /crates\.io can be reached \(.*cargo: failed to sync: Could not resolve host: index\.crates\.io\)$/);
});

test("a client that is killed midway leaves nothing that a second run trusts", async t => {
	const stand = newMachine(t);
	stand.standIn("cargo", "mkdir -p vendor/radio-1.0.0; printf ra >vendor/radio-1.0.0/radio.bin; kill -9 $$");
	assert.match(await refusal(stand), /cargo was ended by SIGKILL/);
	assert.deepEqual(stand.list("third-party"), [".packages", "engine", "stack"]);

	stand.standIn("cargo", 'mkdir -p vendor/radio-1.0.0 && cp "$STAND_IN/radio.bin" vendor/radio-1.0.0/');
	stand.calls();
	await setUpOn(stand);
	assert.deepEqual(stand.calls().map(call => call.split(" ")[0]), ["cargo"]);
});

test("a set-up that is killed midway leaves nothing that a second run trusts", async t => {
	const stand = newMachine(t);
	stand.standIn("cargo", 'touch "$STAND_IN/began"; exec sleep 60');
	stand.write("run.mts", `
		import { setUp } from ${JSON.stringify(new URL("../../../tools/setup/set-up.ts", import.meta.url).href)};
		await setUp(${JSON.stringify({ machine: stand.machine, parts: stand.parts() })});
	`);
	const child = spawn(process.execPath, [`--import=${import.meta.resolve("tsx")}`, join(stand.folder, "run.mts")], {
		stdio: "ignore",
		detached: true,
	});
	const ended = once(child, "close");
	while (!existsSync(join(stand.folder, "began"))) {
		assert.equal(child.exitCode, null);
		await delay(10);
	}
	process.kill(-child.pid!, "SIGKILL");
	await ended;
	assert.ok(stand.list("third-party").some(name => name.startsWith(".new-radio-")));

	stand.standIn("cargo", 'mkdir -p vendor/radio-1.0.0 && cp "$STAND_IN/radio.bin" vendor/radio-1.0.0/');
	await setUpOn(stand);
	assert.deepEqual(stand.list("third-party"), [".packages", "engine", "radio", "stack"]);
	assert.equal(stand.read("third-party/radio/radio.bin"), "radio");
});

test("a package that is not the pinned one is refused", async t => {
	const stand = newMachine(t);
	assert.match(
		await refusal(stand, stand.parts({ integrity: "sha512-AAAA" })),
		/^@maker\/engine@1\.2\.3 is not what is pinned: its integrity is sha512-.*, tools\/sources\.ts says sha512-AAAA/,
	);
	assert.match(await refusal(stand, stand.parts({ radioSha256: "00" })), /^radio\.bin of radio-1\.0\.0 is not what is pinned: its SHA-256 is /);
});

test("a kept package that was damaged is fetched again", async t => {
	const stand = newMachine(t);
	await setUpOn(stand);
	stand.write("third-party/.packages/maker-engine-1.2.3.tgz", "damaged");
	stand.write("patches/0001.patch", "--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-int a;\n+long a;\n");
	stand.calls();
	await setUpOn(stand);
	assert.deepEqual(stand.calls().map(call => call.split(" ")[0]), ["npm"]);
});

test("without the proof that it is what it should be, a part is refused", async t => {
	const stand = newMachine(t);
	stand.archive("packed.tgz", { "package/engine/b.c": "", "package/LICENSE": "" });
	assert.match(await refusal(stand), /^Engine 1\.2\.3: a\.c is not in what came/);
});

test("apt is asked for the newest suites at this machine's own mirror, with Debian's keyring and private folders", async t => {
	const stand = newMachine(t);
	stand.standIn("apt-get", `
		case "$*" in
		*update*) folder=$(dirname "\${1#--config-file=}"); cp "$folder/sources.list" "$folder/apt.conf" "$STAND_IN" ;;
		*source*) cp "$STAND_IN"/stack_1.5.orig.tar.gz . ;;
		esac`);
	await setUpOn(stand);
	assert.equal(stand.read("sources.list"), [
		`deb-src [signed-by=${stand.machine.debianKeyring} target=Sources] http://mirror.test/debian trixie main`,
		`deb-src [signed-by=${stand.machine.debianKeyring} target=Sources] http://deb.debian.org/debian-security trixie-security main`,
		"",
	].join("\n"));
	assert.match(stand.read("apt.conf"), /^Dir::Etc::sourceparts "\/dev\/null";$/m);
	assert.match(stand.read("apt.conf"), /^Dir::State::lists ".*third-party\/\.new-apt-\d+\/lists";$/m);
	assert.ok(stand.calls().some(call => call.includes("source --download-only --tar-only stack=1.5+dfsg-1")));
});

test("the highest version that can really be fetched is taken", async t => {
	const stand = newMachine(t);
	stand.versions("stack", "1.4-1", "1.5-2", "1.10-1", "2.0-1");
	stand.standIn("apt-get", `case "$*" in
		*stack=1.10-1*) echo "E: Failed to fetch stack_1.10.orig.tar.gz  404  Not Found" >&2; exit 100 ;;
		*stack=1.5-2*) cp "$STAND_IN"/stack_1.5.orig.tar.gz . ;;
	esac`);
	await setUpOn(stand);
	assert.deepEqual(stand.told[1], "Stack 1.5");
});

test("when none of the fitting versions can be fetched, the first reason is told", async t => {
	const stand = newMachine(t);
	stand.standIn("apt-get", 'case "$*" in *source*) echo "E: Failed to fetch it  404  Not Found" >&2; exit 100 ;; esac');
	assert.match(await refusal(stand), /^Stack 1\.5 could not be fetched from http:\/\/mirror\.test\/debian \(.*404 {2}Not Found\): run the command again/);
});

test("too old a version is refused with the newest there is, and why it will not do", async t => {
	const stand = newMachine(t);
	stand.versions("stack", "1.4-1", "1.3-9", "2.1-1");
	assert.equal(
		await refusal(stand),
		"Stack 1.5 or later, below 2, is needed (older ones leak), but the newest that trixie, trixie-security offer " +
		"at http://mirror.test/debian is 1.4: use a mirror that is up to date, such as deb.debian.org",
	);
});

test("without a network the mirror is named", async t => {
	const stand = newMachine(t);
	stand.write("versions", "");
	// apt-get update ends with status 0 when it could not fetch, and warns.
	stand.standIn("apt-get", 'case "$*" in *update*) echo "W: Failed to fetch it  Could not resolve mirror.test" >&2 ;; esac');
	assert.match(await refusal(stand), /^Stack .* http:\/\/mirror\.test\/debian could not be asked \(.*Could not resolve mirror\.test\): run the command again/);
});

test("without Debian's keyring nothing is fetched from Debian", async t => {
	const stand = newMachine(t);
	stand.machine = { ...stand.machine, debianKeyring: "/nowhere.gpg" };
	assert.match(await refusal(stand), /keyring \/nowhere\.gpg is missing: install the package debian-archive-keyring/);
});

test("a machine without apt takes the pinned release instead", async t => {
	const stand = newMachine(t);
	const server = createServer((request, response) => {
		if (request.url === "/stack-1.5.tar.gz") {
			response.end(readFileSync(join(stand.folder, "stack_1.5.orig.tar.gz")));
		} else {
			response.writeHead(404).end();
		}
	}).listen(0, "127.0.0.1");
	t.after(() => server.close());
	await once(server, "listening");
	const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	stand.standIn("apt-get", undefined);
	// Without apt the tools are looked for on the path.
	for (const tool of ["arm-none-eabi-gcc", "cmake", "ninja", "python3", "g++", "make", "xz"]) {
		stand.write(`tools/${tool}`, "");
	}
	stand.path(`${stand.folder}/tools:/bin:/usr/bin`);

	assert.match(await refusal(stand, stand.parts({ url: `${base}/gone.tar.gz` })), /^Stack 1\.5 could not be fetched from http:.*\(HTTP status 404\)/);
	assert.match(await refusal(stand, stand.parts({ url: `${base}/stack-1.5.tar.gz`, sha256: "00" })), /is not what is pinned: its SHA-256 is /);
	await setUpOn(stand, stand.parts({ url: `${base}/stack-1.5.tar.gz` }));
	assert.equal(stand.read("third-party/stack/tcp.c"), "int tcp;\n");
});

test("a machine without apt and without a compiler is told what to install", async t => {
	const stand = newMachine(t);
	stand.standIn("apt-get", undefined);
	stand.path(join(stand.folder, "bin"));
	assert.match(
		await refusal(stand),
		/^arm-none-eabi-gcc, cmake, .* must be installed, and there is no apt on this machine/,
	);
});

test("root installs only the Debian packages that are missing", async t => {
	const stand = newMachine(t);
	stand.standIn("dpkg-query", 'shift 2; for name; do case $name in cmake|make) echo "$name not-installed" ;; *) echo "$name installed" ;; esac; done; exit 1');
	await setUpOn(stand);
	assert.equal(stand.told[0], "Debian packages: cmake, make");
	const [update, install] = stand.calls();
	assert.match(update!, /^apt-get .*update$/);
	assert.match(install!, /^apt-get .*install cmake make$/);
});

test("the browser is brought only when it is asked for", async t => {
	const stand = newMachine(t);
	stand.standIn("dpkg-query", 'shift 2; for name; do [ "$name" = chromium ] || echo "$name installed"; done; exit 1');
	await setUpOn(stand);
	assert.ok(!stand.told.some(line => line.startsWith("Debian packages")));
	stand.calls();
	await setUp({ machine: stand.machine, parts: stand.parts(), progress: stand.progress, browser: true });
	assert.match(stand.calls()[1]!, /^apt-get .*install chromium$/);
});

test("another user installs through a sudo that asks for no password", async t => {
	const stand = newMachine(t, 1000);
	stand.standIn("dpkg-query", "");
	stand.standIn("sudo", 'shift; case "$1" in *=*) shift ;; esac; "$@"');
	await setUpOn(stand);
	assert.match(stand.told[0]!, /^Debian packages: gcc-arm-none-eabi, /);
	assert.ok(stand.calls().some(call => /^sudo -n DEBIAN_FRONTEND=noninteractive .*apt-get .*install /.test(call)));
});

test("without root the command to run is named", async t => {
	for (const sudo of [undefined, "echo 'sudo: a password is required' >&2; exit 1"]) {
		const stand = newMachine(t, 1000);
		stand.standIn("dpkg-query", 'shift 2; for name; do [ "$name" = cmake ] || echo "$name installed"; done; exit 1');
		stand.standIn("sudo", sudo);
		assert.equal(
			await refusal(stand),
			"cmake must be installed, which needs root: run `sudo apt-get install cmake`, then this command again",
		);
	}
});

test("an installation that fails is quoted", async t => {
	const stand = newMachine(t);
	stand.standIn("dpkg-query", 'shift 2; for name; do [ "$name" = cmake ] || echo "$name installed"; done; exit 1');
	stand.standIn("apt-get", 'case "$*" in *install*) echo "E: Unable to fetch some archives" >&2; exit 100 ;; esac');
	assert.match(await refusal(stand), /^cmake could not be installed \(.*apt-get: Unable to fetch some archives\): run `apt-get install cmake` as root/);
});

test("patches are applied in order of their names, and a changed one makes the part anew without a network", async t => {
	const stand = newMachine(t);
	stand.write("patches/0001-wide.patch", "--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-int a;\n+long a;\n");
	stand.write("patches/0002-wider.patch", "--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-long a;\n+long long a;\n");
	await setUpOn(stand);
	assert.equal(stand.read("third-party/engine/a.c"), "long long a;\n");
	assert.equal(stand.read("third-party/stack/tcp.c"), "int tcp;\n");

	stand.standIn("npm", "exit 1");
	stand.write("patches/0002-wider.patch", "--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-long a;\n+short a;\n");
	stand.calls();
	await setUpOn(stand);
	assert.equal(stand.read("third-party/engine/a.c"), "short a;\n");
	assert.deepEqual(stand.calls(), []);
});

test("a patch that no longer fits is refused, and the part stays away", async t => {
	const stand = newMachine(t);
	stand.write("patches/0001-wide.patch", "--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-char a;\n+long a;\n");
	assert.match(await refusal(stand), /^tools\/patches\/0001-wide\.patch does not fit Engine 1\.2\.3 \(git: patch failed: a\.c:1\)/);
	assert.deepEqual(stand.list("third-party"), [".packages"]);
});
