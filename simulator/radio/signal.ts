/** How far a radio hears. A beacon is heard further away than a handshake succeeds, in which both sides must hear each other. */
import type { AccessPoint, Air } from "./air.ts";

/** Of the receiver, with its own noise (fit: what scans of real boards show). */
export const NOISE_DBM = -92;
/** Weaker beacons are lost in it: 1 Mbit/s needs about 0 dB, and frames come often. */
const WEAKEST_HEARD_DBM = -94;
/** Weaker ones are heard, but their access point does not acknowledge (fit: 4 dB over noise). */
const WEAKEST_JOINED_DBM = -88;

/** The access points that are heard on channels up to `highestChannel`, strongest first. */
export function heard(air: Air, highestChannel: number): AccessPoint[] {
	return air.accessPoints
		.filter((one) => one.channel <= highestChannel && one.rssiDbm >= WEAKEST_HEARD_DBM)
		.sort((one, other) => other.rssiDbm - one.rssiDbm);
}

export function acknowledges(accessPoint: AccessPoint): boolean {
	return accessPoint.rssiDbm >= WEAKEST_JOINED_DBM;
}
