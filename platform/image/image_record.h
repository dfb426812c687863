// The image record: the first 512 bytes of the image, which begins at __image_start behind the firmware.
//
// Written when an image is made (tools/freeze, tools/build), read at boot. Little endian, all words aligned.
// Frozen part: record and heap, `frozen_length` bytes from the image's start. Data records follow at `records_offset`, each
// {u32 type, u32 length, bytes, zero padded to 4}, ended by a type of 0 and a length of 0. Checksums are CRC-32 as in zlib.
#ifndef IMAGE_RECORD_H
#define IMAGE_RECORD_H

#include <stdint.h>

#define IMAGE_MAGIC 0x4D494650u	// "PFIM"
#define IMAGE_VERSION 1u
#define IMAGE_RECORD_BYTES 512u
#define IMAGE_BUILD_ID_BYTES 20u	// a GNU build id of SHA-1

// What the frozen checksum covers begins here.
#define IMAGE_CHECKED_OFFSET 48u

#define IMAGE_TYPE(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define IMAGE_CONFIGURATION IMAGE_TYPE('C', 'O', 'N', 'F')	// UTF-8 JSON of the manifest's config
#define IMAGE_SSID IMAGE_TYPE('S', 'S', 'I', 'D')	// UTF-8
#define IMAGE_PASSWORD IMAGE_TYPE('P', 'A', 'S', 'S')	// UTF-8
#define IMAGE_ROOT IMAGE_TYPE('R', 'O', 'O', 'T')	// a certificate, DER, of an authority that the user gave
#define IMAGE_TIME IMAGE_TYPE('T', 'I', 'M', 'E')	// Unix milliseconds, 64 bits: it is later, wherever the image runs
#define IMAGE_DATA IMAGE_TYPE('D', 'A', 'T', 'A')	// a file: its name, UTF-8, zeros up to a multiple of 4 and one at least; its bytes

typedef struct image_record {
	uint32_t magic;
	uint32_t version;
	uint8_t build_id[IMAGE_BUILD_ID_BYTES];	// of the one ELF whose addresses the heap holds
	uint32_t frozen_length;
	uint32_t frozen_crc32;	// from IMAGE_CHECKED_OFFSET to frozen_length
	uint32_t records_offset;
	uint32_t records_length;
	uint32_t records_crc32;
	uint32_t engine[(IMAGE_RECORD_BYTES - IMAGE_CHECKED_OFFSET) / 4];	// the engine's own (platform/xs/engine_image.h)
} image_record;

_Static_assert(sizeof(image_record) == IMAGE_RECORD_BYTES, "the image record is 512 bytes");

#endif
