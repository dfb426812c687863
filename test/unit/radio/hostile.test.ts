/** Hosts that send anything: the radio takes it, names what is wrong, and neither throws nor hangs. */
import assert from "node:assert/strict";
import test from "node:test";
import { SeededRandom } from "../../../simulator/core/random.ts";
import { IOCTL } from "../../../simulator/radio/ioctls.ts";
import { BACKPLANE, BUS, WLAN, type BitBangingHost } from "./bit-banging-host.ts";
import { accessPoint, board, FIRMWARE, NVRAM, running, start } from "./running-radio.ts";

/** Values at which lengths and offsets go wrong. */
const EDGES = [0, 1, 2, 3, 4, 11, 12, 13, 15, 16, 17, 31, 32, 63, 64, 65, 127, 128, 255, 256, 0x5dc, 0x600, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];

class Chance {
	readonly #random: SeededRandom;

	constructor(seed: number) {
		this.#random = new SeededRandom(seed, "hostile");
	}

	below(limit: number): number {
		return this.#random.next32() % limit;
	}

	word(): number {
		return this.below(2) ? this.#random.next32() : this.of(EDGES);
	}

	of<Value>(values: readonly Value[]): Value {
		return values[this.below(values.length)];
	}

	bytes(length: number): Uint8Array {
		return new Uint8Array(length).map(() => this.below(256));
	}
}

/** A command word with any of its fields, and any number of words behind it. */
function anyTransfer(host: BitBangingHost, chance: Chance): void {
	const command = chance.below(8) === 0 ? chance.word()
		: host.command(chance.below(2) === 0, chance.of([BUS, BACKPLANE, WLAN, 3]), chance.of([chance.word() & 0x1ffff, 0x10000 + chance.below(0x30), chance.below(0x20)]), chance.of(EDGES) & 0x7ff) ^ (chance.below(4) ? 0 : 0x40000000);
	const words = Array.from({ length: chance.below(12) }, () => chance.word());
	host.transfer([command >>> 0, ...words], chance.below(12), chance.below(6) ? 0 : chance.below(31) + 1);
}

for (const order of ["big", "little"] as const) {
	test(`any words on the bus at any time are taken (${order}-endian)`, () => {
		const chance = new Chance(order.length);
		for (let round = 0; round < 12; round++) {
			const { host } = round % 3 === 0 ? board(order) : running(order, [accessPoint()]);
			if (round % 3 === 0) {
				host.powerUp();
			}
			host.words32 = round % 3 !== 0 || chance.below(2) === 0;
			for (let transfer = 0; transfer < 250; transfer++) {
				anyTransfer(host, chance);
				if (chance.below(10) === 0) {
					host.sleepMicros(chance.below(5_000));
				}
			}
			host.sleepMicros(100_000);
			assert.ok(host.violations.length > 0);
			// Power off and on: it is a chip as any other.
			host.violations.length = 0;
			start(host);
			assert.deepEqual(host.errors(), []);
		}
	});
}

test("any firmware and any NVRAM are taken: what does not start says why", () => {
	const chance = new Chance(3);
	for (let round = 0; round < 6; round++) {
		const { host } = board("little");
		host.powerUp();
		host.startBus();
		const nvram = chance.of([chance.bytes(64), NVRAM.slice(0, 12), new Uint8Array(64)]);
		assert.throws(() => host.startFirmware(FIRMWARE.subarray(0, 8192), nvram), /not|never|HT|tries/i);
		assert.ok(host.errors().some((text) => text.startsWith("radio-nvram")), host.errors().join());
	}
});

test("any SDPCM, CDC and BDC header is taken", () => {
	const chance = new Chance(4);
	const { host } = running("little", [accessPoint()]);
	for (let turn = 0; turn < 1500; turn++) {
		const frame = chance.bytes(4 * (1 + chance.below(turn % 50 === 0 ? 400 : 24)));
		const view = new DataView(frame.buffer);
		const length = chance.below(3) ? frame.length - chance.below(4) : chance.word() & 0xffff;
		view.setUint16(0, length, true);
		if (frame.length >= 12 && chance.below(8)) {
			view.setUint16(2, ~length & 0xffff, true);
			// In order and within the credit as a rule: the frame itself is to be looked at.
			frame[4] = chance.below(8) ? host.sequence : chance.below(256);
			frame[5] = chance.below(4) ? chance.below(3) : chance.below(256);
			frame[7] = chance.below(4) ? chance.of([12, 14]) : chance.below(256);
			if (frame[5] === 0 && frame.length >= 28) {
				view.setUint32(12, chance.of([IOCTL.getVariable, IOCTL.setVariable, chance.below(300), chance.word()]), true);
				view.setUint32(16, chance.below(3) ? frame.length - 28 : chance.word(), true);
				view.setUint32(20, chance.word(), true);
			}
		}
		host.write(WLAN, 0, frame.subarray(0, Math.min(frame.length, 2044)));
		if (frame.length >= 12 && frame[4] === (host.sequence & 0xff)) {
			host.sequence = (host.sequence + 1) & 0xff;
		}
		if (turn % 3 === 0) {
			host.listen(2_000);
		}
	}
	host.listen(500_000);
	assert.ok(host.violations.length > 100);
});

/** Variables that the model knows. */
const NAMES = [
	"cur_etheraddr", "ver", "clmver", "clmload", "clmload_status", "mcast_list", "ccgpioin", "gpioout", "country", "bsscfg:event_msgs", "bss", "mfp",
	"maxassoc", "bsscfg:sup_wpa", "bsscfg:sup_wpa_tmo", "bsscfg:wsec", "bsscfg:wpa_auth", "bsscfg:sup_wpa2_eapver", "bsscfg:ssid", "escan", "join", "apsta",
	"sae_password", "mkeep_alive", "qtxpower", "pm2_sleep_ret", "nothing_of_that_name", "",
];

test("any ioctl and any variable, of any length, is answered", () => {
	const chance = new Chance(5);
	for (let round = 0; round < 4; round++) {
		const { host } = running("big", [accessPoint()]);
		for (let turn = 0; turn < 300; turn++) {
			const value = chance.bytes(chance.of([0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 35, 36, 40, 63, 64, 67, 68, 70, 71, 72, 100, 300]));
			if (value.length >= 4 && chance.below(2)) {
				new DataView(value.buffer).setUint32(chance.below(value.length - 3), chance.word(), true);
			}
			const named = chance.below(3) > 0;
			const name = Buffer.from(`${chance.of(NAMES)}${chance.below(10) ? "\0" : ""}`);
			const payload = named ? Uint8Array.from([...name, ...value]) : value;
			const set = chance.below(2) === 0;
			const command = named ? (set ? IOCTL.setVariable : IOCTL.getVariable) : chance.of([...Object.values(IOCTL), chance.below(400)]);
			const { status, payload: answer } = host.ioctl(set, command, payload, chance.of([0, 0, 0, 1, 2, 15]));
			assert.ok(Number.isInteger(status) && status <= 0, `${status}`);
			assert.equal(answer.length, payload.length);
		}
		host.listen(1_000_000);
	}
});
