// The image behind the firmware. See image.h.

#include "image.h"

#include <string.h>

#include "hardware/dma.h"

extern const uint8_t __image_start[], __image_end[], __roots_start[], __roots_end[], __build_id_start[], __build_id_end[];

static const image_record *checked;

// By the sniffer of the DMA (RP2040 datasheet 2.5.5.2): it takes the bits of a word from the lowest up, as zlib takes those of the
// four bytes. A loop on the processor takes 17 times as long.
uint32_t image_crc32(const uint8_t *bytes, size_t length_bytes)
{
	static uint32_t nowhere;
	unsigned channel = (unsigned)dma_claim_unused_channel(true);
	dma_channel_config config = dma_channel_get_default_config(channel);
	channel_config_set_transfer_data_size(&config, DMA_SIZE_32);
	channel_config_set_read_increment(&config, true);
	channel_config_set_write_increment(&config, false);
	channel_config_set_sniff_enable(&config, true);
	dma_sniffer_set_data_accumulator(~0u);
	dma_sniffer_enable(channel, DMA_SNIFF_CTRL_CALC_VALUE_CRC32R, true);
	dma_sniffer_set_output_reverse_enabled(true);
	dma_sniffer_set_output_invert_enabled(true);
	dma_channel_configure(channel, &config, &nowhere, bytes, length_bytes / 4, true);
	dma_channel_wait_for_finish_blocking(channel);
	uint32_t crc = dma_sniffer_get_data_accumulator();
	dma_sniffer_disable();
	dma_channel_cleanup(channel);
	dma_channel_unclaim(channel);
	return crc;
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
	if (record->frozen_length < IMAGE_RECORD_BYTES || record->frozen_length % 4 || record->frozen_length > room)
		return "the image's length does not fit: flash the whole UF2 again";
	if (image_crc32(__image_start + IMAGE_CHECKED_OFFSET, record->frozen_length - IMAGE_CHECKED_OFFSET) != record->frozen_crc32)
		return "the image is damaged (checksum): flash the whole UF2 again";
	if (record->records_offset < record->frozen_length || record->records_offset % 4 || record->records_offset > room
		|| record->records_length % 4 || record->records_length > room - record->records_offset
		|| image_crc32(__image_start + record->records_offset, record->records_length) != record->records_crc32)
		return "the image's configuration is damaged (checksum): flash the whole UF2 again";
	checked = record;
	return NULL;
}

const uint8_t *image_roots(size_t *room_bytes)
{
	*room_bytes = (size_t)(__roots_end - __roots_start);
	return __roots_start;
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
