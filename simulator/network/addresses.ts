/** Ethernet, IPv4 and IPv6 addresses, and the Internet checksum (RFC 1071). */

/** IPv4 as a number, IPv6 as a bigint. */
export type Address = number | bigint;

/** @returns "192.168.4.2", or "fe80::1" (RFC 5952). */
export function formatAddress(address: Address): string {
	return typeof address === "number" ? formatIpv4(address) : formatIpv6(address);
}

/** @returns undefined when `text` is neither dotted IPv4 nor IPv6. */
export function parseAddress(text: string): Address | undefined {
	return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

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

function formatIpv6(address: bigint): string {
	const words = ipv6Words(address).map((word) => word.toString(16));
	// The longest run of zeros, two at least, is written as "::".
	const runs = [...words.join(":").matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)].sort((one, other) => other[0].length - one[0].length);
	const text = words.join(":");
	if (!runs.length) {
		return text;
	}
	const { 0: run, index } = runs[0];
	return `${text.slice(0, index).replace(/:$/, "")}::${text.slice(index + run.length).replace(/^:/, "")}`;
}

/** @returns the address as a bigint, undefined when `text` is no IPv6 address. */
export function parseIpv6(text: string): bigint | undefined {
	const halves = text.split("::");
	if (halves.length > 2) {
		return undefined;
	}
	const [front, back = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
	const missing = 8 - front.length - back.length;
	const words = [...front, ...Array.from({ length: Math.max(missing, 0) }, () => "0"), ...back];
	if ((halves.length === 2 ? missing < 1 : missing !== 0) || !words.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) {
		return undefined;
	}
	return words.reduce((address, word) => (address << 16n) | BigInt(parseInt(word, 16)), 0n);
}

function ipv6Words(address: bigint): number[] {
	return Array.from({ length: 8 }, (_, index) => Number((address >> BigInt(112 - 16 * index)) & 0xffffn));
}

/** 16 bytes. */
export function ipv6Bytes(address: bigint): Uint8Array {
	return Uint8Array.from(ipv6Words(address).flatMap((word) => [word >>> 8, word & 0xff]));
}

/** @param bytes 16 of them. */
export function ipv6FromBytes(bytes: Uint8Array): bigint {
	return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

/** The sum of an address's 16-bit words, for a pseudo header. */
export function addressSum(address: Address): number {
	return typeof address === "number" ? (address >>> 16) + (address & 0xffff) : ipv6Words(address).reduce((sum, word) => sum + word, 0);
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
