/** When an access point is on the air. */
import type { AccessPointSettings } from "./options.ts";

/** @param micros since power-on. */
export function isPresent({ goneAtMicros = Infinity, backAtMicros = Infinity, vanishes }: AccessPointSettings, micros: number): boolean {
	if (micros >= goneAtMicros && micros < backAtMicros) {
		return false;
	}
	return !vanishes || micros < vanishes.everyMicros || micros % vanishes.everyMicros >= vanishes.forMicros;
}
