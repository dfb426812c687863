// See crash_record.h. The sector of flash has four places of 1 KB, filled one after another, so that it is erased at every fourth
// failure; a record that says what the last one said is not written again: a board that fails in a circle does not wear it out.

#include "crash_record.h"

#include <stddef.h>
#include <string.h>

#include "hardware/flash.h"
#include "hardware/timer.h"
#include "pico.h"

#include "crc32.h"
#include "flash_pause.h"

#define MAGIC 0x52434650u	// "PFCR"
#define VERSION 1
#define FLASH_OFFSET 0x1FE000u	// DESIGN.md, the layout of flash
#define PLACE_BYTES 1024u
#define PLACES (FLASH_SECTOR_SIZE / PLACE_BYTES)

extern const uint8_t __build_id_start[];	// an ELF note: 16 bytes of head, the build id

// As large as a place: it is written as it stands.
typedef union kept_record {
	crash_record record;
	uint8_t bytes[PLACE_BYTES];
} kept_record;

static kept_record __uninitialized_ram(pending);

static uint32_t checksum(const crash_record *record)
{
	size_t from = offsetof(crash_record, version);
	return crc32_add(0, (const uint8_t *)record + from, sizeof *record - from);
}

static bool is_whole(const crash_record *record)
{
	return record->magic == MAGIC && record->version == VERSION && record->text_length <= CRASH_TEXT_BYTES
		&& record->crc32 == checksum(record);
}

crash_record *crash_record_begin(crash_kind kind)
{
	if (pending.record.magic == MAGIC && (pending.record.kind != CRASH_UNCAUGHT || kind == CRASH_UNCAUGHT))
		return NULL;
	pending.record = (crash_record){ .version = VERSION, .kind = (uint16_t)kind, .uptime_ms = (uint32_t)(time_us_64() / 1000) };
	memcpy(pending.record.build_id, __build_id_start + 16, CRASH_BUILD_ID_BYTES);
	return &pending.record;
}

void crash_record_end(crash_record *record)
{
	record->crc32 = checksum(record);
	record->magic = MAGIC;
}

static const crash_record *place(unsigned index)
{
	return (const crash_record *)(XIP_BASE + FLASH_OFFSET + index * PLACE_BYTES);
}

const crash_record *crash_record_last(void)
{
	for (unsigned index = PLACES; index--;)
		if (is_whole(place(index)))
			return place(index);
	return NULL;
}

static bool says_the_same(const crash_record *one, const crash_record *other)
{
	return one->kind == other->kind && one->program_counter == other->program_counter && one->link == other->link
		&& !memcmp(one->build_id, other->build_id, CRASH_BUILD_ID_BYTES)
		&& one->text_length == other->text_length && !memcmp(one->text, other->text, one->text_length);
}

static bool is_erased(const crash_record *at)
{
	const uint32_t *word = (const uint32_t *)at;
	for (unsigned i = 0; i < PLACE_BYTES / 4; i++)
		if (word[i] != ~0u)
			return false;
	return true;
}

static const crash_record *write_pending(void)
{
	unsigned index = 0;
	while (index < PLACES && !is_erased(place(index)))
		index++;
	uint32_t state = flash_pause_begin();
	if (index == PLACES) {
		flash_range_erase(FLASH_OFFSET, FLASH_SECTOR_SIZE);
		index = 0;
	}
	flash_range_program(FLASH_OFFSET + index * PLACE_BYTES, pending.bytes, PLACE_BYTES);
	flash_pause_end(state);
	return place(index);
}

const crash_record *crash_record_take(void)
{
	const crash_record *taken = NULL;
	if (is_whole(&pending.record)) {
		const crash_record *last = crash_record_last();
		taken = last && says_the_same(last, &pending.record) ? last : write_pending();
	}
	pending.record.magic = 0;
	return taken;
}

bool crash_record_is_ours(const crash_record *record)
{
	return !memcmp(record->build_id, __build_id_start + 16, CRASH_BUILD_ID_BYTES);
}
