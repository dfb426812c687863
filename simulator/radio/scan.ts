/** "escan": listens on each channel in turn and tells what it heard. PROTOCOL.md, section 8.6. */
import type { AccessPoint, Air } from "./air.ts";
import { EVENT, EVENT_STATUS, type RadioEvent } from "./events.ts";
import { REFUSED } from "./ioctls.ts";
import type { PowerCycle } from "./power-cycle.ts";
import { emitScanEnd, emitScanResult } from "./scan-result.ts";
import { heard } from "./signal.ts";

const REQUEST_BYTES = 64;
const SCAN_TYPE_PASSIVE = 1;
const CHANNEL_COUNT_AT = 68;
const CHANNELS_AT = 72;
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
				return this.#start(view.getUint16(6, true), {
					ssid: Buffer.from(value.subarray(12, 12 + ssidLength)).toString(),
					passive: value[51] === SCAN_TYPE_PASSIVE,
					channels: channelList(view),
				});
			case ACTION_ABORT:
				this.#end(EVENT_STATUS.abort);
				return 0;
			default:
				return REFUSED.badArgument;
		}
	}

	#start(syncId: number, wanted: Wanted): number {
		if (this.#syncId !== undefined) {
			return REFUSED.busy;
		}
		this.#syncId = syncId;
		const number = ++this.#number;
		// Each channel has its turn: who is on the air then is heard.
		for (let channel = 1; channel <= CHANNELS; channel++) {
			this.#power.after((SCAN_MICROS * channel) / (CHANNELS + 1), () => {
				if (number === this.#number && this.#syncId !== undefined) {
					this.#listen(syncId, channel, wanted);
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

	#listen(syncId: number, channel: number, wanted: Wanted): void {
		for (const accessPoint of heard(this.#air, this.#owner.highestChannel)) {
			const named = isNamed(accessPoint, wanted);
			const found = accessPoint.channel === channel && (!wanted.channels.length || wanted.channels.includes(channel))
				&& (!wanted.ssid || (named && accessPoint.ssid === wanted.ssid));
			if (found) {
				this.#owner.event({
					type: EVENT.escanResult, status: EVENT_STATUS.partial,
					address: accessPoint.bssid, data: emitScanResult(accessPoint, syncId, named),
				});
			}
		}
	}

	#end(status: number): void {
		if (this.#syncId !== undefined) {
			const syncId = this.#syncId;
			this.#syncId = undefined;
			this.#owner.event({ type: EVENT.escanResult, status, data: emitScanEnd(syncId) });
		}
	}
}

interface Wanted {
	/** Empty: all. */
	ssid: string;
	/** Listens only: nobody is asked by name. */
	passive: boolean;
	/** Empty: all. */
	channels: readonly number[];
}

/** A hidden network tells its name to who asks for it by this name. */
function isNamed(accessPoint: AccessPoint, wanted: Wanted): boolean {
	return !accessPoint.hidden || (!wanted.passive && accessPoint.ssid === wanted.ssid);
}

/** The low bytes of the chanspecs, as many as there are. */
function channelList(view: DataView): number[] {
	if (view.byteLength < CHANNELS_AT) {
		return [];
	}
	// The upper half of the count is of a list of names, which is not used here.
	const count = Math.min(view.getUint16(CHANNEL_COUNT_AT, true), Math.floor((view.byteLength - CHANNELS_AT) / 2));
	return Array.from({ length: count }, (_, index) => view.getUint8(CHANNELS_AT + 2 * index));
}
