// `npm run flash` with a stand-in for machine and board.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { encodeBlock, UF2Flags } from "uf2";
import { findDrives } from "../../../tools/board/drives.ts";
import { linuxPorts } from "../../../tools/board/linux-ports.ts";
import { flash, type FlashOptions } from "../../../tools/flash/flash.ts";
import { checkUf2 } from "../../../tools/flash/uf2-check.ts";
import { UserError } from "../../../tools/user-error.ts";
import { info, pico, StandIn } from "./board-stand-in.ts";

const uf2 = new Uint8Array(100_000).fill(7);

async function flashed(host: StandIn, options: Partial<FlashOptions> = {}) {
	const steps: string[] = [];
	let progress = "";
	const work = flash(host, { uf2, timeoutMs: 10_000, ...options }, { step: text => steps.push(text), progress: (written, total) => { progress = `${written} of ${total}`; } });
	const outcome = await work.then(board => ({ board }), (error: Error) => ({ error }));
	return { steps, progress, ...outcome };
}

const refused = (outcome: object): string => {
	const { error } = outcome as { error?: Error };
	assert.ok(error instanceof UserError, String(error));
	return error.message;
};

test("a running board is asked at 1200 baud, written to, and waited for", async () => {
	const host = new StandIn();
	host.ports = [pico];
	host.onOpen = () => { host.ports = []; };
	host.onTime = ms => {
		if (ms > 600 && host.written.length === 0) host.drives = [{ path: "/media/ada/RPI-RP2", info }];
		if (host.written.length > 0) host.ports = [{ ...pico, path: "/dev/ttyACM1" }];
	};
	const { board, steps, progress } = await flashed(host) as { board?: { path: string }; steps: string[]; progress: string };
	assert.deepEqual(host.opened, ["/dev/ttyACM0 at 1200"]);
	assert.equal(board?.path, "/dev/ttyACM1");
	assert.deepEqual(host.written.map(({ path, bytes }) => [path, bytes.length]), [["/media/ada/RPI-RP2/picofetch.uf2", uf2.length]]);
	assert.deepEqual(steps, ["asking the board at /dev/ttyACM0 for its boot loader", "writing to /media/ada/RPI-RP2", "written; waiting for the board"]);
	assert.equal(progress, "100000 of 100000");
});

test("a board that waits already is written to at once, also when it has no serial port afterwards", async () => {
	const host = new StandIn();
	host.drives = [{ path: "/Volumes/RPI-RP2", info }];
	const outcome = await flashed(host);
	assert.deepEqual(host.opened, []);
	assert.ok("board" in outcome && outcome.board === undefined);
	assert.equal(host.written.length, 1);
});

test("without a board, words say what to do, and the drive that appears then is taken", async () => {
	const host = new StandIn();
	host.onTime = ms => { if (ms > 5000) host.drives = [{ path: "E:\\", info }]; };
	const { steps } = await flashed(host);
	assert.equal(steps[0], "no board found: hold BOOTSEL while you plug the Pico W in; waiting for its drive");
	assert.equal(host.written.length, 1);
});

test("no drive in time, and a drive that nobody mounts, are told apart", async () => {
	const host = new StandIn();
	assert.match(refused(await flashed(host)), /^no drive named RPI-RP2 appeared within 10 s: hold BOOTSEL/);
	host.unmounted = "/dev/disk/by-label/RPI-RP2";
	assert.match(refused(await flashed(host)), /is there, \/dev\/disk\/by-label\/RPI-RP2, and not mounted: mount it \(udisksctl mount -b/);
});

test("of several boards and several drives one has to be named", async () => {
	const host = new StandIn();
	host.ports = [pico, { ...pico, path: "/dev/ttyACM2", serialNumber: "other" }];
	assert.match(refused(await flashed(host)), /^several boards are connected: say which, --port \/dev\/ttyACM0 or --port \/dev\/ttyACM2$/);
	host.drives = [{ path: "/media/a/RPI-RP2", info }, { path: "/media/a/RPI-RP21", info }];
	assert.match(refused(await flashed(host)), /^several boards wait for firmware: say which, --drive /);
	assert.match(refused(await flashed(host, { drive: "/media/b" })), /^--drive \/media\/b: no board waits there; boards wait at /);
	await flashed(host, { drive: "/media/a/RPI-RP21/" });
	assert.equal(host.written[0]!.path, "/media/a/RPI-RP21/picofetch.uf2");
});

test("the two ports of a debug build are one board", async () => {
	const host = new StandIn();
	host.ports = [{ ...pico, path: "/dev/ttyACM11" }, { ...pico, path: "/dev/ttyACM9" }];
	host.onTime = () => { host.drives = [{ path: "/media/RPI-RP2", info }]; };
	await flashed(host);
	assert.deepEqual(host.opened, ["/dev/ttyACM9 at 1200"]);
});

test("a drive that goes with the last piece is success; one that goes earlier is not", async () => {
	const gone = (at: number) => {
		const host = new StandIn();
		host.drives = [{ path: "/media/RPI-RP2", info }];
		host.onPiece = written => {
			if (written >= at) {
				host.drives = [];
				throw Object.assign(new Error("gone"), { code: "EIO" });
			}
		};
		return flashed(host);
	};
	assert.ok(!("error" in await gone(100_000)));
	assert.match(refused(await gone(40_000)), /went away after 32768 of 100000 bytes \(EIO\): plug the board in again/);
});

test("a full drive that stays is an error, also at the last piece", async () => {
	const host = new StandIn();
	host.drives = [{ path: "/media/RPI-RP2", info }];
	host.onPiece = written => {
		if (written === uf2.length) throw Object.assign(new Error("full"), { code: "ENOSPC" });
	};
	assert.match(refused(await flashed(host)), /\(ENOSPC\)/);
});

test("a port that may not be opened says how to be allowed", async () => {
	const host = new StandIn();
	host.ports = [pico];
	host.onOpen = () => { throw Object.assign(new Error("no"), { code: "EACCES" }); };
	assert.match(refused(await flashed(host)), /^\/dev\/ttyACM0: permission denied/);
});

/* The file */

const block = (index: number, total: number, more: Partial<Parameters<typeof encodeBlock>[0]> = {}): Uint8Array =>
	encodeBlock({ flags: UF2Flags.familyIDPresent, flashAddress: 0x1000_0000 + index * 256, payload: new Uint8Array(256), blockNumber: index, totalBlocks: total, boardFamily: 0xe48bff56, ...more });

test("a .uf2 is looked through before a board is touched", () => {
	assert.deepEqual(checkUf2(Buffer.concat([block(0, 2), block(1, 2)]), "a.uf2"), { blocks: 2 });
	const fault = (...blocks: Uint8Array[]) => {
		try {
			checkUf2(Buffer.concat(blocks), "a.uf2");
		} catch (error) {
			assert.ok(error instanceof UserError);
			return error.message;
		}
		return "";
	};
	assert.match(fault(), /no \.uf2: its length/);
	assert.match(fault(new Uint8Array(512)), /no \.uf2: block 0 is none/);
	assert.match(fault(block(0, 1, { boardFamily: 0xada52840 })), /for another chip: block 0 is of family 0xada52840/);
	assert.match(fault(block(0, 2)), /not whole: block 0 of 1 says that it is 0 of 2/);
	assert.match(fault(block(0, 1, { flashAddress: 0x1020_0000 })), /outside the 2 MB of flash/);
});

/* Where drives and ports are */

test("the drive is found on Linux, macOS and Windows by what is in it", async () => {
	const files = (texts: Readonly<Record<string, string>>, lists: Readonly<Record<string, string[]>> = {}) => ({
		readText: async (path: string) => texts[path] ?? Promise.reject(new Error("none")),
		list: async (path: string) => lists[path] ?? [],
	});
	const paths = async (...of: Parameters<typeof findDrives>) => (await findDrives(...of)).map(({ path }) => path);
	assert.deepEqual(await paths("linux", files({
		"/proc/mounts": "/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /media/ada/RPI-RP2 vfat rw 0 0\n/dev/sdc1 /mnt/my\\040disk vfat rw 0 0\n/dev/sdd1 /boot vfat rw 0 0\n",
		"/media/ada/RPI-RP2/INFO_UF2.TXT": info.replaceAll("\n", "\r\n"), "/mnt/my disk/INFO_UF2.TXT": info,
	})), ["/media/ada/RPI-RP2", "/mnt/my disk"]);
	assert.deepEqual(await paths("darwin", files({ "/Volumes/RPI-RP2/INFO_UF2.TXT": info, "/Volumes/Other/INFO_UF2.TXT": "Board-ID: SAMD21\n" }, { "/Volumes": ["Macintosh HD", "Other", "RPI-RP2"] })), ["/Volumes/RPI-RP2"]);
	assert.deepEqual(await paths("win32", files({ "F:\\INFO_UF2.TXT": info })), ["F:\\"]);
	assert.deepEqual(await paths("linux", files({})), []);
});

test("USB serial ports of Linux are read from sysfs", async context => {
	const root = await mkdtemp(join(tmpdir(), "picofetch-sys-"));
	context.after(() => rm(root, { recursive: true, force: true }));
	const device = join(root, "devices/usb1/1-2");
	await mkdir(join(device, "1-2:1.0"), { recursive: true });
	await writeFile(join(device, "idVendor"), "2e8a\n");
	await writeFile(join(device, "idProduct"), "000a\n");
	await writeFile(join(device, "serial"), "E6614\n");
	for (const name of ["ttyACM0", "ttyS0"]) await mkdir(join(root, "class/tty", name), { recursive: true });
	await symlink(join(device, "1-2:1.0"), join(root, "class/tty/ttyACM0/device"));
	assert.deepEqual(await linuxPorts(root), [pico]);
	assert.deepEqual(await linuxPorts(join(root, "nothing")), []);
});
