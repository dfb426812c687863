/** The regulatory table (CLM) that a host uploads in chunks, and the locale that it chooses from it. PROTOCOL.md, section 8. */
import { highestChannel } from "./countries.ts";
import { REFUSED } from "./ioctls.ts";
import type { PowerCycle } from "./power-cycle.ts";

const CHUNK_HEADER_BYTES = 12;
const CLM_TYPE = 2;
const CLM_BEGIN = 0x0002;
const CLM_END = 0x0004;
/** An ioctl that comes sooner after "country" fails; drivers wait 50 ms, or try again. */
export const COUNTRY_SETTLES_MICROS = 40_000;

export class Regulatory {
	readonly #power: PowerCycle;
	#state: "none" | "loading" | "loaded" = "none";
	#settledAtMicros = 0;

	/** Of the last chunk; 0 is good ("clmload_status"). */
	status = 0;
	/** Letters of the locale. */
	country = "XX";

	constructor(power: PowerCycle) {
		this.#power = power;
	}

	get loaded(): boolean {
		return this.#state === "loaded";
	}

	/** The locale is being taken over: ioctls fail. */
	get settling(): boolean {
		return this.#power.micros < this.#settledAtMicros;
	}

	/** Highest channel that is allowed, 0 without a table. */
	get highestChannel(): number {
		return this.loaded ? highestChannel(this.country) ?? 0 : 0;
	}

	/** "clmload": flags, type, length, checksum, chunk. @returns 0 or the reason of the refusal. */
	load(value: Uint8Array): number {
		if (value.length < CHUNK_HEADER_BYTES) {
			return REFUSED.badLength;
		}
		const view = new DataView(value.buffer, value.byteOffset, value.length);
		const flags = view.getUint16(0, true);
		const type = view.getUint16(2, true);
		const length = view.getUint32(4, true);
		const fault = type !== CLM_TYPE ? `type ${type}, not 2`
			: length > value.length - CHUNK_HEADER_BYTES ? `a chunk of ${length} bytes in ${value.length - CHUNK_HEADER_BYTES}`
			: flags & CLM_BEGIN && this.#state === "loading" ? "begin in the middle of an upload"
			: !(flags & CLM_BEGIN) && this.#state !== "loading" ? "no begin in the first chunk"
			: "";
		if (fault) {
			this.#power.log.violation("error", "radio-clm", `clmload: ${fault}`);
			this.status = 1;
			return REFUSED.badArgument;
		}
		this.#state = flags & CLM_END ? "loaded" : "loading";
		this.status = 0;
		return 0;
	}

	/** "country": letters, revision, letters. @returns 0 or the reason of the refusal. */
	setCountry(value: Uint8Array): number {
		if (value.length < 12) {
			return REFUSED.badLength;
		}
		if (!this.loaded) {
			this.#power.log.violation("warning", "radio-country-without-clm", "country was set before the regulatory table (CLM) was loaded");
			return REFUSED.badArgument;
		}
		const code = Buffer.from(value.subarray(8, 12)).toString("latin1").replaceAll("\0", "");
		if (highestChannel(code) === undefined) {
			this.#power.log.violation("warning", "radio-country", `country "${code}" is unknown; the locale stays ${this.country}`);
			return REFUSED.badArgument;
		}
		this.country = code;
		this.#settledAtMicros = this.#power.micros + COUNTRY_SETTLES_MICROS;
		return 0;
	}
}
