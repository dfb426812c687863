/** What `escan` tells about a network: the data of an ESCAN_RESULT event. PROTOCOL.md, section 8.6. */
import type { AccessPoint } from "./air.ts";
import { isProtected, securityElements } from "./security.ts";
import { NOISE_DBM } from "./signal.ts";

const RESULT_HEADER_BYTES = 12;
const RECORD_BYTES = 128;
const RECORD_VERSION = 109;
const CAPABILITY_ESS = 0x0001;
const CAPABILITY_PRIVACY = 0x0010;
const BEACON_PERIOD = 100;
/** 2.4 GHz, 20 MHz wide. */
const CHANSPEC = 0x1000;
/** 1 to 54 Mbit/s in units of 500 kbit/s; basic rates have bit 7. */
const RATES = [0x82, 0x84, 0x8b, 0x96, 0x0c, 0x12, 0x18, 0x24, 0x30, 0x48, 0x60, 0x6c];

/** The information elements of a beacon or a probe response, as far as drivers look at them. @param ssid as it stands in it. */
export function beaconElements(accessPoint: AccessPoint, ssid: Uint8Array = Buffer.from(accessPoint.ssid)): Uint8Array {
	return Uint8Array.from([
		0, ssid.length, ...ssid,
		1, 8, ...RATES.slice(0, 8),
		3, 1, accessPoint.channel,
		...securityElements(accessPoint.security),
	]);
}

/** One found network. @param named false: it was heard by its beacon, and that bears no name. */
export function emitScanResult(accessPoint: AccessPoint, syncId: number, named: boolean): Uint8Array {
	const ssid = named ? Buffer.from(accessPoint.ssid) : new Uint8Array();
	const elements = beaconElements(accessPoint, ssid);
	const data = new Uint8Array(RESULT_HEADER_BYTES + RECORD_BYTES + elements.length);
	const header = new DataView(data.buffer);
	header.setUint32(0, data.length, true);
	header.setUint32(4, RECORD_VERSION, true);
	header.setUint16(8, syncId, true);
	header.setUint16(10, 1, true);
	const record = new DataView(data.buffer, RESULT_HEADER_BYTES);
	const bytes = data.subarray(RESULT_HEADER_BYTES);
	record.setUint32(0, RECORD_VERSION, true);
	record.setUint32(4, RECORD_BYTES + elements.length, true);
	bytes.set(accessPoint.bssid, 8);
	record.setUint16(14, BEACON_PERIOD, true);
	record.setUint16(16, CAPABILITY_ESS | (isProtected(accessPoint.security) ? CAPABILITY_PRIVACY : 0), true);
	bytes[18] = ssid.length;
	bytes.set(ssid, 19);
	record.setUint32(52, RATES.length, true);
	bytes.set(RATES, 56);
	record.setUint16(72, CHANSPEC | accessPoint.channel, true);
	bytes[76] = 1;
	record.setInt16(78, accessPoint.rssiDbm, true);
	record.setInt8(80, NOISE_DBM);
	bytes[81] = 1;
	bytes[88] = accessPoint.channel;
	record.setUint16(116, RECORD_BYTES, true);
	record.setUint32(120, elements.length, true);
	record.setInt16(124, accessPoint.rssiDbm - NOISE_DBM, true);
	bytes.set(elements, RECORD_BYTES);
	return data;
}

/** The last event of a scan: no record. */
export function emitScanEnd(syncId: number): Uint8Array {
	const data = new Uint8Array(RESULT_HEADER_BYTES);
	const view = new DataView(data.buffer);
	view.setUint32(0, data.length, true);
	view.setUint32(4, RECORD_VERSION, true);
	view.setUint16(8, syncId, true);
	return data;
}
