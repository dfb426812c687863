// The 512 bytes at the beginning of an image, as the tools see them. platform/image/image_record.h is the same table in C.

/** Bytes "PFIM". */
export const imageMagic = 0x4d494650;
export const imageRecordBytes = 512;

/** Offsets of the little-endian fields. From `preparation` on the record belongs to the frozen heap. */
export const imageRecord = {
	magic: 0,
	version: 4,
	buildId: 8,
	frozenLength: 28,
	/** CRC-32 of the bytes from `preparation` to `frozenLength`. */
	frozenCrc32: 32,
	recordsOffset: 36,
	recordsLength: 40,
	/** CRC-32 of the data records alone: they change without a new freeze. */
	recordsCrc32: 44,
	preparation: 48,
} as const;
