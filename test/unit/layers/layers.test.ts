// The layers of the house, in the project as it is and on odd files made for the purpose.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { type SourceFile, oddReferences } from "./layers.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Source files that git knows or would take; the bare test programs of C are no part of the firmware. */
function projectFiles(): SourceFile[] {
	return execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" })
		.split("\n")
		.filter(path => /\.(?:ts|[chS])$|manifest\.json$/.test(path) && !path.includes("/bare/") && existsSync(join(root, path)))
		.map(path => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

test("no import and no include of the project breaks the layers", () => {
	const files = projectFiles();
	assert.ok(files.length > 50);
	assert.deepEqual(oddReferences(files), []);
});

const manifest = { path: "modules/fetch/manifest.json", text: '{"modules": {"fetch": "./fetch"}}' };
const platformHeader = { path: "platform/tls/tls_client.h", text: "" };

const oddities: readonly (readonly [string, string, RegExp])[] = [
	["main.ts", 'import { x } from "./platform/x.ts";', /main\.ts, examples and the app of conformance name public modules/],
	["modules/url/url.ts", 'import fs from "node:fs";', /public modules only/],
	["modules/io/socket/tcp/tcp.ts", 'import fetch from "fetch";', /never a layer above it/],
	["modules/io/socket/tcp/tcp.ts", 'import fetch from "../../../fetch/fetch.ts";', /never a layer above it/],
	["simulator/core/chip.ts", 'import type { Elf } from "../../tools/build/elf.ts";', /learns the chip from the documents/],
	["tools/start/start.ts", 'import { Chip } from "../../simulator/core/chip.ts";', /the simulator's public entries/],
	["tools/build/build-app.ts", 'const lazily = await import("../../modules/url/url.ts");', /read as files/],
	["tools/size.ts", 'import "../test/support/device.ts";', /test\/ is not imported by others/],
	["modules/io/socket/tcp/tcp.c", '#include "../udp/udp.h"', /another module's C/],
	["modules/crypto/crypto.c", '#include <mbedtls/sha256.h>\n#include "tls_client.h"', /one library or one platform header/],
	["platform/tls/verify.c", '#include "engine.h"', /never XS or modules/],
	["platform/cyw43-driver/src/cyw43_ll.c", '#include "tls_client.h"', /the SDK's bus and configuration port/],
	["platform/loop.c", '#include "../modules/io/socket/udp/udp.h"', /does not name them/],
];

for (const [path, text, sentence] of oddities) {
	test(`${path} with ${text.replaceAll("\n", " ")} breaks its sentence`, () => {
		const udp = { path: "modules/io/socket/udp/udp.h", text: "" };
		const broken = oddReferences([{ path, text }, manifest, platformHeader, udp]);
		assert.ok(broken.some(line => line.startsWith(`${path} names `) && sentence.test(line)), broken.join("\n"));
	});
}

test("what the table allows is not odd", () => {
	assert.deepEqual(oddReferences([
		manifest,
		platformHeader,
		{ path: "main.ts", text: 'import fetch from "fetch"; import config from "mc/config";' },
		{ path: "modules/fetch/fetch.ts", text: 'import { CodedError } from "../base/error.ts";' },
		{ path: "modules/io/socket/tls/tls.c", text: '#include <string.h>\n#include "engine.h"\n#include "tls_client.h"' },
		{ path: "platform/tls/verify.c", text: '#include "mbedtls/x509_crt.h"\n#include "verify.h"\n#include <stdint.h>' },
		{ path: "platform/tls/verify.h", text: "" },
		{ path: "simulator/simulator.ts", text: 'import { CPU } from "rp2040js";' },
		{ path: "tools/main.ts", text: 'import("../simulator/cli.ts");' },
	]), []);
});
