// The radio driver against a chip that lies, on the host with the sanitizers of its compiler.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));
const driver = fileURLToPath(new URL("../../../platform/cyw43-driver/", import.meta.url));

test("no length that the chip names is believed before it is checked", async () => {
	const folder = await mkdtemp(path.join(tmpdir(), "picofetch-driver-"));
	try {
		const program = path.join(folder, "fuzz");
		await run("gcc", ["-std=gnu11", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-w", "-DCYW43_CHIPSET_FIRMWARE_INCLUDE_FILE=\"no_firmware.h\"", "-DCYW43_WIFI_NVRAM_INCLUDE_FILE=\"no_firmware.h\"",
			`-I${here}shim`, `-I${driver}src`, "-o", program, `${here}fuzz.c`]);
		for (const seed of ["1", "2", "3"]) {
			const { stdout } = await run(program, [seed, process.env.FUZZ_ROUNDS ?? "2000"]);
			const [, data, scan, events, dropped] = /data (\d+) scan (\d+) events (\d+) dropped (\d+)/.exec(stdout)!.map(Number);
			assert.ok(data! > 100 && scan! > 100 && events! > 100 && dropped! > 100, stdout);
		}
	} finally {
		await rm(folder, { recursive: true });
	}
});
