// Soak "rough-air": the firmware does all that an app does on a network, one behind the other, while a tenth of the frames gets lost,
// a tenth comes twice and a tenth is overtaken: it joins, gets an address, asks for names and the time, sends datagrams until each is
// answered, and sends bytes by TCP and compares what comes back. Others connect to the board on such air in test/device/listener.

import assert from "node:assert/strict";
import { duplexPair, type Duplex } from "node:stream";
import { simulatedNetwork } from "../../tools/start/simulated-network.ts";
import { runDevice } from "../support/device.ts";
import { roughAir } from "../support/rough-air.ts";

export const protections = ["open", "wpa2", "wpa3"] as const;
export type Protection = (typeof protections)[number];

export interface RoughAirSoak {
	readonly seed: number;
	/** The network's protection, which is what the app asks for. */
	readonly security: Protection;
	/** That one connection sends and gets back; a multiple of 4. */
	readonly bytes: number;
}

/** Answers each byte with itself. */
function echoPeer(): Duplex {
	const [near, far] = duplexPair();
	far.on("error", () => {});
	far.pipe(far);
	return near;
}

/** @returns virtual seconds. @throws AssertionError with the seed at the first fault. */
export async function soakRoughAir({ seed, security, bytes }: RoughAirSoak): Promise<number> {
	const { ssid, password } = simulatedNetwork;
	const isOpen = security === "open";
	const { console, end, report } = await runDevice({
		app: "test/device/network/app",
		configuration: { story: "everything", security, lengthBytes: bytes },
		accessPoints: [{ ssid, ...!isOpen && { password }, security }],
		...isOpen && { password: "" },
		hosts: {
			"echo.example": {
				ports: { 7: { connect: echoPeer } },
				udp: { 5000: (datagram: Uint8Array, reply: (answer: Uint8Array) => void) => reply(datagram.slice().reverse()) },
			},
		},
		faults: roughAir,
		until: /^end\r?$/m,
		timeoutMs: 60_000 + bytes,
		seed,
	});
	const told = `seed ${seed}, ${security}\n${console}`;
	assert.equal(end.reason, "matched", told);
	for (const line of [
		/^join ok \{"ssid":"picofetch","address":"192\.168\.4\.2"/m,
		/^echo\.example ok "203\.0\.113\.10"/m,
		/^nobody\.example ENOTFOUND/m,
		/^clock ok /m,
		/^datagrams ok "50 of 50, /m,
		new RegExp(`^echo ok ${bytes}\r$`, "m"),
	]) {
		assert.match(console, line, told);
	}
	const { lostFrames, duplicatedFrames, reorderedFrames } = report.radio!;
	assert.ok(lostFrames > 0 && duplicatedFrames > 0 && reorderedFrames > 0, `${lostFrames} lost, ${duplicatedFrames} doubled, ${reorderedFrames} overtaken, ${told}`);
	assert.deepEqual(report.violations.filter(({ level }) => level === "error"), [], told);
	return end.atMicros / 1e6;
}
