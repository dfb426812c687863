/** "escan": listens on each channel in turn and tells what it heard. PROTOCOL.md, section 8.6. */
import type { Air } from "./air.ts";
import { EVENT, EVENT_STATUS, type RadioEvent } from "./events.ts";
import { REFUSED } from "./ioctls.ts";
import type { PowerCycle } from "./power-cycle.ts";
import { emitScanEnd, emitScanResult } from "./scan-result.ts";

const REQUEST_BYTES = 64;
const ACTION_START = 1;
const ACTION_ABORT = 3;
/** A real scan takes 1.5 to 3 s. */
const SCAN_MICROS = 1_500_000;
const CHANNELS = 14;

export interface ScanOwner {
	readonly highestChannel: number;
	event(event: RadioEvent): void;
}

export class Scan {
	readonly #power: PowerCycle;
	readonly #air: Air;
	readonly #owner: ScanOwner;
	/** Of the scan that runs. */
	#syncId: number | undefined;
	/** Counts scans: what an earlier one has scheduled is void. */
	#number = 0;

	constructor(power: PowerCycle, air: Air, owner: ScanOwner) {
		this.#power = power;
		this.#air = air;
		this.#owner = owner;
	}

	/** Starts or ends a scan; results come as events. @returns 0 or the reason of the refusal. */
	request(value: Uint8Array): number {
		if (value.length < REQUEST_BYTES) {
			return REFUSED.badLength;
		}
		const view = new DataView(value.buffer, value.byteOffset, value.length);
		const action = view.getUint16(4, true);
		const ssidLength = view.getUint32(8, true);
		if (ssidLength > 32) {
			return REFUSED.badArgument;
		}
		switch (action) {
			case ACTION_START:
				return this.#start(view.getUint16(6, true), Buffer.from(value.subarray(12, 12 + ssidLength)).toString());
			case ACTION_ABORT:
				this.#end(EVENT_STATUS.abort);
				return 0;
			default:
				return REFUSED.badArgument;
		}
	}

	/** @param wanted SSID; empty: all. */
	#start(syncId: number, wanted: string): number {
		if (this.#syncId !== undefined) {
			return REFUSED.busy;
		}
		this.#syncId = syncId;
		const number = ++this.#number;
		const found = this.#air.accessPoints.filter((one) =>
			one.channel <= this.#owner.highestChannel && (!wanted || one.ssid === wanted));
		for (const accessPoint of found) {
			this.#power.after((SCAN_MICROS * accessPoint.channel) / (CHANNELS + 1), () => {
				if (number === this.#number && this.#syncId !== undefined) {
					this.#owner.event({
						type: EVENT.escanResult, status: EVENT_STATUS.partial,
						address: accessPoint.bssid, data: emitScanResult(accessPoint, syncId),
					});
				}
			});
		}
		this.#power.after(SCAN_MICROS, () => {
			if (number === this.#number) {
				this.#end(EVENT_STATUS.success);
			}
		});
		return 0;
	}

	#end(status: number): void {
		if (this.#syncId !== undefined) {
			const syncId = this.#syncId;
			this.#syncId = undefined;
			this.#owner.event({ type: EVENT.escanResult, status, data: emitScanEnd(syncId) });
		}
	}
}
