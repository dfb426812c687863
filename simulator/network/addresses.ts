/** Ethernet and IPv4 addresses, and the Internet checksum (RFC 1071). */

/** @returns "192.168.4.2". */
export function formatIpv4(address: number): string {
	return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}

/** @returns the address as a number, undefined when `text` is not dotted IPv4. */
export function parseIpv4(text: string): number | undefined {
	const parts = text.split(".");
	if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
		return undefined;
	}
	return parts.reduce((address, part) => ((address << 8) | Number(part)) >>> 0, 0);
}

export function formatMac(mac: Uint8Array): string {
	return Buffer.from(mac).toString("hex").replace(/(..)(?=.)/g, "$1:");
}

/** @returns 6 bytes; undefined when `text` has not the form 02:50:46:00:00:01. */
export function parseMac(text: string): Uint8Array | undefined {
	return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? new Uint8Array(Buffer.from(text.replaceAll(":", ""), "hex")) : undefined;
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
	return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/** The sum of the 16-bit words of `bytes`, not yet folded. @param sum to go on from. */
export function checksumAdd(bytes: Uint8Array, sum = 0): number {
	for (let index = 0; index + 1 < bytes.length; index += 2) {
		sum += (bytes[index] << 8) | bytes[index + 1];
	}
	if (bytes.length & 1) {
		sum += bytes[bytes.length - 1] << 8;
	}
	return sum;
}

/** Folds a sum and takes its complement. */
export function checksumEnd(sum: number): number {
	while (sum > 0xffff) {
		sum = Math.floor(sum / 0x10000) + (sum & 0xffff);
	}
	return ~sum & 0xffff;
}
