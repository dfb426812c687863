// `npm run flash` with a stand-in for machine and boards.

import assert from "node:assert/strict";
import test from "node:test";
import type { PortInfo } from "../../../tools/board/board-host.ts";
import { exitCut, exitNoDrive } from "../../../tools/flash/exit-status.ts";
import { flash, type Flashed, type FlashOptions } from "../../../tools/flash/flash.ts";
import { UserError } from "../../../tools/user-error.ts";
import { pico, StandIn } from "./board-stand-in.ts";

const uf2 = new Uint8Array(200 * 512).fill(7);
const other: PortInfo = { ...pico, path: "/dev/ttyACM2", serialNumber: "E6615" };
const drive = { path: "/media/ada/RPI-RP2" };
const second = { path: "/media/ada/RPI-RP21" };

interface Outcome {
	readonly steps: string[];
	readonly progress: string;
	readonly flashed?: Flashed;
	readonly error?: Error;
}

async function flashed(host: StandIn, options: Partial<FlashOptions> = {}): Promise<Outcome> {
	const steps: string[] = [];
	let progress = "";
	const work = flash(host, { uf2, timeoutMs: 10_000, wait: true, ...options }, { step: text => steps.push(text), progress: (written, total) => { progress = `${written} of ${total}`; } });
	const outcome = await work.then(flashed => ({ flashed }), (error: Error) => ({ error }));
	return { steps, progress, ...outcome };
}

/** The sentence of a refusal. */
function refused({ error }: Outcome, status = 1): string {
	assert.ok(error instanceof UserError, String(error));
	assert.equal(error.status, status);
	return error.message;
}

function writtenTo(host: StandIn): string[] {
	return [...host.written.keys()];
}

/** A board at a port that goes into its boot loader when it is asked: its drive appears after half a second, and the board is back half a second after it was written. */
function obedient(host: StandIn, port: PortInfo, drive: { path: string; location?: string }, back: PortInfo = port): void {
	let askedAt = Infinity;
	let writtenAt = Infinity;
	host.ports.push(port);
	const { onOpen, onWritten, onTime } = host;
	host.onOpen = (path, baudRate) => {
		onOpen(path, baudRate);
		if (path !== port.path || baudRate !== 1200) return;
		host.ports = host.ports.filter(each => each !== port);
		askedAt = host.now();
	};
	host.onWritten = () => {
		onWritten();
		if (!host.written.has(`${drive.path}/picofetch.uf2`)) return;
		host.drives = host.drives.filter(each => each !== drive);
		writtenAt = host.now();
	};
	host.onTime = ms => {
		onTime(ms);
		if (ms - askedAt >= 500) {
			host.drives = [...host.drives, drive];
			askedAt = Infinity;
		}
		if (ms - writtenAt >= 500) {
			host.ports = [...host.ports, back];
			writtenAt = Infinity;
		}
	};
}

test("a running board is asked at 1200 baud, written to, and waited for", async () => {
	const host = new StandIn();
	obedient(host, pico, drive, { ...pico, path: "/dev/ttyACM1" });
	const { flashed: result, steps, progress } = await flashed(host);
	assert.deepEqual(host.opened, ["/dev/ttyACM0 at 1200"]);
	assert.deepEqual(result, { drive: drive.path, board: { ...pico, path: "/dev/ttyACM1" } });
	assert.deepEqual(Buffer.concat(host.written.get("/media/ada/RPI-RP2/picofetch.uf2")!), Buffer.from(uf2));
	assert.deepEqual(steps, ["asking the board at /dev/ttyACM0 for its boot loader", "writing to /media/ada/RPI-RP2", "written; waiting for the board"]);
	assert.equal(progress, "102400 of 102400");
});

test("a board that waits already is written to at once, also when it has no serial port afterwards", async () => {
	const host = new StandIn();
	host.drives = [drive];
	host.onWritten = () => { host.drives = []; };
	assert.deepEqual((await flashed(host)).flashed, { drive: drive.path, board: undefined });
	assert.ok(host.now() >= 10_000, "waited for it");
	assert.deepEqual(host.opened, []);
	assert.equal(host.written.size, 1);
});

test("nobody waits for the board who does not want to", async () => {
	const host = new StandIn();
	host.drives = [drive];
	assert.deepEqual((await flashed(host, { wait: false })).flashed, { drive: drive.path, board: undefined });
	assert.equal(host.now(), 0);
});

test("without a board, words say what to do, and the drive that appears then is taken", async () => {
	const host = new StandIn();
	host.onTime = ms => { if (ms > 5000) host.drives = [{ path: "/Volumes/RPI-RP2" }]; };
	const { steps } = await flashed(host);
	assert.equal(steps[0], "no board found: hold BOOTSEL while you plug the Pico W in; waiting for its drive");
	assert.equal(host.written.size, 1);
});

test("no drive in time is told, and which board was asked", async () => {
	const host = new StandIn();
	assert.match(refused(await flashed(host), exitNoDrive), /^no drive named RPI-RP2 appeared within 10 s: hold BOOTSEL/);
	assert.match(refused(await flashed(host, { drive: "/mnt/pico" }), exitNoDrive), /^no drive named RPI-RP2 appeared at \/mnt\/pico within 10 s/);
	host.ports = [pico];
	assert.match(refused(await flashed(host), exitNoDrive), /^the board at \/dev\/ttyACM0 was asked, and no drive named RPI-RP2 appeared within 10 s: unplug it, and hold BOOTSEL/);
});

test("a drive that nobody has mounted is mounted, without asking a board that runs; or the command for it is told", async () => {
	const host = new StandIn();
	host.ports = [pico];
	host.unmounted = [{ device: "/dev/sdb1" }];
	assert.match(refused(await flashed(host), exitNoDrive), /is there, \/dev\/sdb1, and not mounted: mount it \(udisksctl mount -b \/dev\/sdb1\)/);
	host.onMount = () => {
		host.unmounted = [];
		host.drives = [drive];
	};
	await flashed(host);
	assert.deepEqual(host.opened, []);
	assert.deepEqual(writtenTo(host), ["/media/ada/RPI-RP2/picofetch.uf2"]);
	assert.equal(host.mounted.length, 6, "once in two seconds of ten, and once");
	host.drives = [];
	host.unmounted = [{ device: "/dev/sdb1" }, { device: "/dev/sdc1" }];
	assert.match(refused(await flashed(host)), /none of their drives is mounted: mount one, udisksctl mount -b \/dev\/sdb1 or udisksctl mount -b \/dev\/sdc1$/);
});

test("of several boards and several drives one has to be named", async () => {
	const host = new StandIn();
	host.ports = [pico, other];
	assert.equal(refused(await flashed(host)), "several boards are connected: say which, --port /dev/ttyACM0 or --port /dev/ttyACM2");
	host.drives = [drive, second];
	assert.equal(refused(await flashed(host)), "several boards wait for firmware: say which, --drive /media/ada/RPI-RP2 or --drive /media/ada/RPI-RP21");
	assert.equal(host.written.size, 0);
	await flashed(host, { drive: second.path });
	assert.deepEqual(writtenTo(host), ["/media/ada/RPI-RP21/picofetch.uf2"]);
	assert.deepEqual(host.opened, []);
});

/* --port */

test("with a port, a drive that was there before is another board's", async () => {
	const host = new StandIn();
	host.drives = [drive];
	obedient(host, pico, second);
	const { flashed: result } = await flashed(host, { port: pico.path });
	assert.deepEqual(writtenTo(host), ["/media/ada/RPI-RP21/picofetch.uf2"]);
	assert.equal(result?.board?.path, pico.path);
});

test("with a port, a drive that was there before is left alone though none appears", async () => {
	const host = new StandIn();
	host.drives = [drive];
	host.unmounted = [{ device: "/dev/sdb1" }];
	host.ports = [pico];
	assert.match(refused(await flashed(host, { port: pico.path }), exitNoDrive), /^the board at \/dev\/ttyACM0 was asked/);
	assert.deepEqual(host.mounted, []);
	assert.equal(host.written.size, 0);
});

test("with a port, a drive that goes meanwhile and comes back in the same place counts as new", async () => {
	const host = new StandIn();
	host.drives = [drive];
	host.ports = [pico];
	host.onTime = ms => { host.drives = ms > 1000 ? [{ ...drive }] : []; };
	await flashed(host, { port: pico.path });
	assert.equal(host.written.size, 1);
});

test("with a port, a drive that appears at another socket is another board's", async () => {
	const host = new StandIn();
	host.onTime = ms => { if (ms === 200) host.drives = [{ ...drive, location: "1-3" }]; };
	obedient(host, { ...pico, location: "1-2" }, { ...second, location: "1-2" });
	await flashed(host, { port: pico.path });
	assert.deepEqual(writtenTo(host), ["/media/ada/RPI-RP21/picofetch.uf2"]);
});

test("a port may be named by a link; one that is none is refused, and nothing is asked", async () => {
	const host = new StandIn();
	host.links.set("/dev/serial/by-id/usb-Raspberry_Pi-if00", pico.path);
	obedient(host, pico, drive);
	await flashed(host, { port: "/dev/serial/by-id/usb-Raspberry_Pi-if00" });
	assert.deepEqual(host.opened, ["/dev/ttyACM0 at 1200"]);
	assert.equal(refused(await flashed(host, { port: "/dev/ttyACM7" })), "--port /dev/ttyACM7: there is no such port");
	assert.equal(host.opened.length, 1);
});

/* --drive */

test("a named drive is looked at before a board is asked", async () => {
	const host = new StandIn();
	host.ports = [pico];
	host.folders.push("/home/ada");
	assert.equal(refused(await flashed(host, { drive: "/home/ada", port: pico.path })), "--drive /home/ada: there is something else: no INFO_UF2.TXT in it says RPI-RP2");
	assert.deepEqual(host.opened, []);
	assert.equal(host.written.size, 0);
});

test("a named drive that is not there is waited for, and no other one is taken", async () => {
	const host = new StandIn();
	host.drives = [drive];
	host.onTime = ms => { if (ms > 3000) host.drives = [drive, second]; };
	await flashed(host, { drive: second.path });
	assert.deepEqual(writtenTo(host), ["/media/ada/RPI-RP21/picofetch.uf2"]);
});

test("a named drive that does not come is told beside those that are there", async () => {
	const host = new StandIn();
	host.drives = [drive];
	assert.equal(refused(await flashed(host, { drive: second.path }), exitNoDrive), "no drive named RPI-RP2 appeared at /media/ada/RPI-RP21 within 10 s; boards wait elsewhere: --drive /media/ada/RPI-RP2");
	assert.equal(host.written.size, 0);
});

test("with a port and a drive, what appears has to be that drive", async () => {
	const host = new StandIn();
	obedient(host, pico, second);
	assert.match(refused(await flashed(host, { port: pico.path, drive: drive.path })), /^--drive \/media\/ada\/RPI-RP2: the board that was asked came as \/media\/ada\/RPI-RP21; nothing was written/);
	assert.equal(host.written.size, 0);
	const right = new StandIn();
	obedient(right, pico, drive);
	await flashed(right, { port: pico.path, drive: drive.path });
	assert.deepEqual(writtenTo(right), ["/media/ada/RPI-RP2/picofetch.uf2"]);
});

test("a drive that waits already is not that of a board that runs; of a port that is gone, it is", async () => {
	const host = new StandIn();
	host.drives = [drive];
	host.ports = [pico];
	assert.match(refused(await flashed(host, { port: pico.path, drive: drive.path })), /^--drive .*: a board waits there already, so it is not the one that runs at \/dev\/ttyACM0/);
	assert.deepEqual(host.opened, []);
	host.ports = [];
	await flashed(host, { port: pico.path, drive: drive.path });
	assert.deepEqual(writtenTo(host), ["/media/ada/RPI-RP2/picofetch.uf2"]);
});

/* Writing */

/** A drive that stops at the piece that reaches `at` bytes, and goes, at once or `afterMs`, or stays. */
function failing(at: number, { code, goneMs }: { code: string; goneMs?: number }): StandIn {
	const host = new StandIn();
	host.drives = [drive];
	host.onPiece = written => {
		if (written < at) return;
		if (goneMs === 0) host.drives = [];
		host.onTime = ms => { if (goneMs !== undefined && ms >= goneMs) host.drives = []; };
		throw Object.assign(new Error("gone"), { code });
	};
	return host;
}

test("the last block goes by itself, and only its answer may be missing", async () => {
	for (const goneMs of [0, 1000]) {
		const { error, progress } = await flashed(failing(uf2.length, { code: "EIO", goneMs }), { wait: false });
		assert.equal(error, undefined);
		assert.equal(progress, "102400 of 102400");
	}
	assert.match(refused(await flashed(failing(uf2.length - 512, { code: "EIO", goneMs: 0 })), exitCut), /the drive went away after 98304 of 102400 bytes \(EIO\): plug the board in again/);
	assert.match(refused(await flashed(failing(40_000, { code: "ENXIO", goneMs: 0 })), exitCut), /went away after 32768 of 102400 bytes \(ENXIO\)/);
});

test("a drive that takes no more and stays is an error, also at the last block", async () => {
	assert.match(refused(await flashed(failing(uf2.length, { code: "ENOSPC" })), exitCut), /the drive took no more after 101888 of 102400 bytes \(ENOSPC\)/);
	assert.match(refused(await flashed(failing(1, { code: "EROFS" })), exitCut), /took no more after 0 of 102400 bytes \(EROFS\)/);
});

test("a file that cannot be closed because its board runs already is on the board", async () => {
	const host = new StandIn();
	host.drives = [drive];
	host.onWritten = () => { throw Object.assign(new Error("gone"), { code: "EIO" }); };
	assert.equal((await flashed(host, { wait: false })).error, undefined);
});

test("a boot loader that has all and still waits did not take it", async () => {
	const host = new StandIn();
	host.drives = [drive];
	assert.match(refused(await flashed(host), exitCut), /^\/media\/ada\/RPI-RP2: all 102400 bytes are on the drive, and the boot loader still waits for more/);
});

/* Who comes back */

test("of boards with one serial number, or none, the one of the same socket came back", async () => {
	for (const serialNumber of ["E6614", undefined]) {
		const host = new StandIn();
		const board = { ...pico, serialNumber, location: "1-2" };
		const twin = { ...pico, serialNumber, location: "1-3", path: "/dev/ttyACM5" };
		obedient(host, board, { ...drive, location: "1-2" }, { ...board, path: "/dev/ttyACM6" });
		// The twin is plugged in while the board is waited for.
		const { onTime } = host;
		host.onTime = ms => {
			onTime(ms);
			if (host.written.size > 0 && !host.ports.includes(twin)) host.ports = [...host.ports, twin];
		};
		assert.equal((await flashed(host)).flashed?.board?.path, "/dev/ttyACM6");
	}
});

test("where sockets are not told, the serial number tells who came back", async () => {
	const host = new StandIn();
	obedient(host, pico, drive, { ...pico, path: "/dev/cu.usbmodem1101" });
	const { onTime } = host;
	host.onTime = ms => {
		onTime(ms);
		if (host.written.size > 0 && !host.ports.includes(other)) host.ports = [...host.ports, other];
	};
	assert.equal((await flashed(host)).flashed?.board?.path, "/dev/cu.usbmodem1101");
});

test("firmware of another kind counts as back, at the socket of the drive", async () => {
	const host = new StandIn();
	host.drives = [{ ...drive, location: "1-2" }];
	host.onTime = ms => {
		host.ports = [{ ...other, location: "1-3" }];
		if (ms > 1000) host.ports = [{ ...other, location: "1-3" }, { path: "/dev/ttyACM9", vendorId: "2e8a", productId: "0005", location: "1-2" }];
	};
	assert.equal((await flashed(host)).flashed?.board?.path, "/dev/ttyACM9");
});

test("a port that was refused for a while is asked, one that stays refused says how to be allowed", async () => {
	const host = new StandIn();
	const refuse = (code: string) => { throw Object.assign(new Error("no"), { code }); };
	host.onOpen = () => { if (host.now() < 1000) refuse("EBUSY"); };
	obedient(host, pico, drive);
	assert.equal((await flashed(host)).error, undefined);
	host.onOpen = () => refuse("EACCES");
	assert.match(refused(await flashed(host)), /^\/dev\/ttyACM0: permission denied/);
});

test("a board that goes while its port is being opened did what was asked", async () => {
	const host = new StandIn();
	host.ports = [pico];
	host.onOpen = () => {
		host.ports = [];
		host.drives = [drive];
		throw Object.assign(new Error("Input/output error"), { code: "EIO" });
	};
	await flashed(host, { wait: false });
	assert.deepEqual(writtenTo(host), ["/media/ada/RPI-RP2/picofetch.uf2"]);
	const other = new StandIn();
	other.ports = [pico];
	other.onOpen = () => { throw Object.assign(new Error("Input/output error"), { code: "EIO" }); };
	assert.match(refused(await flashed(other)), /cannot be opened \(Input\/output error\)/);
});
