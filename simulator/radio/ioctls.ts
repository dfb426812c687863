/** Numbers and names of the ioctls, and the reasons of refused ones. PROTOCOL.md, sections 6.2 and 7.4. */

export const IOCTL = {
	up: 2,
	down: 3,
	setInfra: 20,
	setAuth: 22,
	getBssid: 23,
	getSsid: 25,
	setSsid: 26,
	getChannel: 29,
	setChannel: 30,
	disassociate: 52,
	getAntennaDiversity: 63,
	setAntennaDiversity: 64,
	setDtimPeriod: 78,
	getPowerMode: 85,
	setPowerMode: 86,
	setMonitor: 108,
	setGmode: 110,
	setAccessPoint: 118,
	getRssi: 127,
	setWirelessSecurity: 134,
	setBand: 142,
	getAssociationList: 159,
	setWpaAuth: 165,
	setScanChannelTime: 185,
	getVariable: 262,
	setVariable: 263,
	setPassphrase: 268,
} as const;

/** Status of a refused ioctl. */
export const REFUSED = {
	error: -1,
	badArgument: -2,
	notUp: -4,
	notDown: -5,
	bufferShort: -14,
	busy: -16,
	notAssociated: -17,
	unsupported: -23,
	badLength: -24,
	notReady: -25,
	outOfRange: -29,
	notFound: -30,
} as const;

export function ioctlName(command: number): string {
	return Object.entries(IOCTL).find(([, number]) => number === command)?.[0] ?? `ioctl ${command}`;
}

export function refusalName(status: number): string {
	return `${status} (${Object.entries(REFUSED).find(([, number]) => number === status)?.[0] ?? "unknown"})`;
}
