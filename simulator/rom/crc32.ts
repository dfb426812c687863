/** CRC-32 as the boot ROM computes it over the second stage: polynomial 0x04c11db7, initial value all ones, most
 * significant bit first, no final inversion (RP2040 datasheet 2.8.1.3.1). */
export function crc32(bytes: Uint8Array): number {
	let crc = 0xffffffff;
	for (const byte of bytes) {
		crc ^= byte << 24;
		for (let bit = 0; bit < 8; bit++) {
			crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
		}
	}
	return crc >>> 0;
}
