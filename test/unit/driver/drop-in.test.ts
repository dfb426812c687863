// The driver as the Pico SDK takes it by PICO_CYW43_DRIVER_PATH, without another setting: what the SDK's sources and programs name is
// there, and what the driver names is there too. The firmware itself is the program that polls.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { packRadio } from "../../../tools/build/pack-radio.ts";

const run = promisify(execFile);
const project = resolve(import.meta.dirname, "../../..");
const driver = join(project, "platform/cyw43-driver");
const sdk = join(project, "third-party/pico-sdk");

/** Sources that name the driver, or whom it names. */
const concerned = /cyw43|cybt|lwip_nosys|status_led|lwip_freertos|\/main\.c|\/cpp\.cpp/;

interface Symbols {
	readonly defined: Set<string>;
	readonly named: Set<string>;
}

async function symbolsOf(folder: string, objects: readonly string[]): Promise<Symbols> {
	const { stdout } = await run("arm-none-eabi-nm", objects, { cwd: folder });
	const [defined, named] = [new Set<string>(), new Set<string>()];
	for (const [, kind, symbol] of stdout.matchAll(/^[0-9a-f ]{8} (\w) (\S+)$/gm)) (kind === "U" ? named : defined).add(symbol!);
	return { defined, named };
}

test("every name that the SDK's Wi-Fi sources and programs take from a driver is there, and nothing is missing to ours", async context => {
	const folder = await mkdtemp(join(tmpdir(), "picofetch-drop-in-"));
	context.after(() => rm(folder, { recursive: true, force: true }));
	packRadio(join(project, "build/radio"));
	const environment = { ...process.env, CCACHE_DIR: join(project, "build/ccache"), CCACHE_NOHASHDIR: "1", CCACHE_BASEDIR: folder };
	await run("cmake", ["-G", "Ninja", "-S", join(import.meta.dirname, "sdk"), "-B", folder, "--log-level=ERROR", "-DCMAKE_EXPORT_COMPILE_COMMANDS=1",
		"-DPICO_BOARD=pico_w", "-DPICO_NO_PICOTOOL=1", "-DCMAKE_C_COMPILER_LAUNCHER=ccache", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache",
		`-DPICO_SDK_PATH=${sdk}`, `-DPICO_LWIP_PATH=${join(project, "third-party/lwip")}`, `-DPICO_TINYUSB_PATH=${join(project, "third-party/tinyusb")}`,
		`-DPICO_CYW43_DRIVER_PATH=${driver}`], { env: environment });
	const commands = (JSON.parse(await readFile(join(folder, "compile_commands.json"), "utf8")) as { file: string; command: string }[])
		.map(({ file, command }) => ({ file, output: / -o (\S+)/.exec(command)![1]! }));
	for (const program of ["none", "lwip_threadsafe_background"]) {
		const mine = commands.filter(({ file, output }) => output.startsWith(`CMakeFiles/${program}.dir/`) && concerned.test(file));
		await run("ninja", ["-C", folder, ...mine.map(({ output }) => output)], { env: environment, maxBuffer: 1 << 24 });
		const ours = await symbolsOf(folder, mine.filter(({ file }) => file.startsWith(driver)).map(({ output }) => output));
		const others = await symbolsOf(folder, mine.filter(({ file }) => !file.startsWith(driver)).map(({ output }) => output));
		const ofTheDriver = (symbol: string) => /^(?:cyw43|cybt)_/.test(symbol);
		const missing = [...others.named].filter(symbol => ofTheDriver(symbol) && !ours.defined.has(symbol) && !others.defined.has(symbol));
		const wanted = [...ours.named].filter(symbol => ofTheDriver(symbol) && !ours.defined.has(symbol) && !others.defined.has(symbol));
		assert.deepEqual({ program, missing, wanted }, { program, missing: [], wanted: [] });
		assert.ok(mine.length > 12 && ours.defined.has("cyw43_state") && others.named.has("cyw43_wifi_join"), `${mine.length} objects`);
	}
});
