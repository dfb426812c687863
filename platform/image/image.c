// The image behind the firmware. See image.h.

#include "image.h"

#include <string.h>

extern const uint8_t __image_start[], __image_end[], __build_id_start[], __build_id_end[];

static const image_record *checked;

// CRC-32 as in zlib (RFC 1952 section 8), four bits at a time.
static uint32_t crc32(const uint8_t *bytes, size_t length)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
		0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
	};
	uint32_t crc = ~0u;
	while (length--) {
		crc ^= *bytes++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

const char *image_check(void)
{
	const image_record *record = (const image_record *)__image_start;
	uint32_t room = (uint32_t)(__image_end - __image_start);
	checked = NULL;
	if (record->magic != IMAGE_MAGIC)
		return "there is no image behind the firmware: flash the whole UF2";
	if (record->version != IMAGE_VERSION)
		return "the image is of another version: build and flash again";
	// The note is three words and "GNU\0", then the id (gABI, note section).
	if (__build_id_end - __build_id_start != 16 + IMAGE_BUILD_ID_BYTES
		|| memcmp(record->build_id, __build_id_start + 16, IMAGE_BUILD_ID_BYTES))
		return "the image was made for another firmware: flash the whole UF2";
	if (record->frozen_length < IMAGE_RECORD_BYTES || record->frozen_length > room)
		return "the image's length does not fit: flash the whole UF2 again";
	if (crc32(__image_start + IMAGE_CHECKED_OFFSET, record->frozen_length - IMAGE_CHECKED_OFFSET) != record->frozen_crc32)
		return "the image is damaged (checksum): flash the whole UF2 again";
	if (record->records_offset < record->frozen_length || record->records_offset % 4 || record->records_offset > room
		|| record->records_length > room - record->records_offset
		|| crc32(__image_start + record->records_offset, record->records_length) != record->records_crc32)
		return "the image's configuration is damaged (checksum): flash the whole UF2 again";
	checked = record;
	return NULL;
}

const image_record *image_get(void)
{
	return checked;
}

const void *image_find(uint32_t type, unsigned index, size_t *length_bytes)
{
	if (!checked)
		return NULL;
	const uint8_t *at = __image_start + checked->records_offset;
	uint32_t left = checked->records_length;
	while (left >= 8) {
		uint32_t found, length;
		memcpy(&found, at, 4);
		memcpy(&length, at + 4, 4);
		if (found == 0 || length > left - 8)
			return NULL;
		if (found == type && index-- == 0) {
			*length_bytes = length;
			return at + 8;
		}
		uint32_t step = 8 + ((length + 3) & ~3u);
		if (step > left)
			return NULL;
		at += step;
		left -= step;
	}
	return NULL;
}
