// Where the boot loader's drives are, on each system.

import assert from "node:assert/strict";
import test from "node:test";
import { driveAt, type DriveFiles, findDrives, findUnmounted } from "../../../tools/board/drives.ts";

/** What the boot ROM of the Pico W says (RP2040 datasheet 2.8.4.1). */
const info = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n";

function files(texts: Readonly<Record<string, string>>, { lists = {}, usb = [] }: { lists?: Readonly<Record<string, string[]>>; usb?: { device: string; location: string }[] } = {}): DriveFiles {
	return {
		readText: async path => texts[path] ?? Promise.reject(new Error("none")),
		list: async path => lists[path] ?? [],
		usbDrives: async () => usb,
	};
}

test("Linux: mounts with the boot loader's file, and the socket that each is in", async () => {
	const machine = files({
		"/proc/mounts": "/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /media/ada/RPI-RP2 vfat rw 0 0\n/dev/sdc1 /mnt/my\\040disk vfat rw 0 0\n/dev/sdd1 /boot vfat rw 0 0\n",
		"/media/ada/RPI-RP2/INFO_UF2.TXT": info,
		"/mnt/my disk/INFO_UF2.TXT": info,
	}, { usb: [{ device: "/dev/sdb1", location: "1-2" }, { device: "/dev/sde1", location: "1-3" }] });
	assert.deepEqual(await findDrives("linux", machine), [{ path: "/media/ada/RPI-RP2", location: "1-2" }, { path: "/mnt/my disk", location: undefined }]);
	assert.deepEqual(await findUnmounted("linux", machine), [{ device: "/dev/sde1", location: "1-3" }]);
	assert.deepEqual(await findDrives("linux", files({})), []);
});

test("Linux: the mount that a drive left behind is none", async () => {
	const texts = { "/proc/mounts": "/dev/sdb1 /media/ada/RPI-RP2 vfat rw 0 0\n", "/media/ada/RPI-RP2/INFO_UF2.TXT": info };
	assert.equal((await findDrives("linux", files(texts, { lists: { "/sys/class/block": ["sda", "sda1", "sdb", "sdb1"] } }))).length, 1);
	const pulledOut = files(texts, { lists: { "/sys/class/block": ["sda", "sda1"], "/media/ada/RPI-RP2": ["INFO_UF2.TXT"] } });
	assert.deepEqual(await findDrives("linux", pulledOut), []);
	assert.equal(await driveAt("/media/ada/RPI-RP2", "linux", pulledOut), undefined);
});

test("macOS and Windows: volumes and letters with the boot loader's file", async () => {
	const mac = files({ "/Volumes/RPI-RP2/INFO_UF2.TXT": info, "/Volumes/Other/INFO_UF2.TXT": "Board-ID: SAMD21\n" }, { lists: { "/Volumes": ["Macintosh HD", "Other", "RPI-RP2"] } });
	assert.deepEqual(await findDrives("darwin", mac), [{ path: "/Volumes/RPI-RP2" }]);
	assert.deepEqual(await findUnmounted("darwin", mac), []);
	assert.deepEqual(await findDrives("win32", files({ "F:\\INFO_UF2.TXT": info })), [{ path: "F:\\" }]);
});

test("a named place is a drive, something else, or nothing yet", async () => {
	const at = (path: string) => driveAt(path, "linux", files({
		"/mnt/pico/INFO_UF2.TXT": info,
		"/mnt/rp2350/INFO_UF2.TXT": info.replace("RPI-RP2", "RP2350"),
	}, { lists: { "/mnt/pico": ["INDEX.HTM", "INFO_UF2.TXT"], "/mnt/rp2350": ["INDEX.HTM", "INFO_UF2.TXT"], "/home/ada": ["notes.txt"], "/mnt/empty": [] } }));
	assert.deepEqual(await at("/mnt/pico"), { path: "/mnt/pico" });
	assert.equal(await at("/mnt/rp2350"), "no drive of a Pico W");
	assert.equal(await at("/home/ada"), "no drive of a Pico W");
	assert.equal(await at("/mnt/empty"), undefined);
	assert.equal(await at("/mnt/nothing"), undefined);
});
