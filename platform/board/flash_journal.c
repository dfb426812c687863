// See flash_journal.h.

#include "flash_journal.h"

#include <string.h>

#include "crc32.h"

#define MAGIC 0x314A4650u	// "PFJ1"
#define BLANK 0xFFFFFFFFu

typedef struct sector_head {
	uint32_t magic;
	uint32_t sequence;	// counts up by one for each sector that is begun, from 1
	uint32_t crc32;		// of the two before
	uint32_t retired;	// blank until the sector's live records have been copied
} sector_head;

typedef struct record_head {
	uint32_t crc32;		// of all that follows, names and value too
	uint16_t length;	// of the value
	uint8_t domain_length, key_length;
	uint8_t kind;		// 0: the key was removed
	uint8_t zero;
	uint16_t name_hash;	// so that most other names need no look
	// then domain, key, value; the next record begins at a multiple of four
} record_head;

_Static_assert(sizeof(sector_head) == 16 && sizeof(record_head) == 12, "as in flash");

#define ROOM_BYTES (FLASH_JOURNAL_SECTOR_BYTES - sizeof(sector_head))

static const uint8_t *at(const flash_journal *journal, unsigned sector, unsigned offset)
{
	return journal->flash->bytes + sector * FLASH_JOURNAL_SECTOR_BYTES + offset;
}

static bool is_blank(const uint8_t *bytes, size_t length)
{
	for (; length; length -= 4, bytes += 4)
		if (*(const uint32_t *)bytes != BLANK)
			return false;
	return true;
}

static unsigned record_bytes(size_t names_and_value)
{
	return (unsigned)((sizeof(record_head) + names_and_value + 3) & ~(size_t)3);
}

static unsigned head_bytes(const record_head *head)
{
	return record_bytes((size_t)head->domain_length + head->key_length + head->length);
}

// Length of the whole record that begins here, 0 when there is none within `room` bytes.
static unsigned whole_record(const uint8_t *bytes, size_t room)
{
	const record_head *head = (const record_head *)bytes;
	if (room < sizeof *head || head->domain_length > FLASH_JOURNAL_NAME_MAX || head->key_length > FLASH_JOURNAL_NAME_MAX
		|| head->length > FLASH_JOURNAL_VALUE_MAX)
		return 0;
	size_t rest = (size_t)head->domain_length + head->key_length + head->length;
	unsigned length = record_bytes(rest);
	return length <= room && crc32_add(0, bytes + 4, sizeof *head - 4 + rest) == head->crc32 ? length : 0;
}

// The sector that was begun next after a sequence number, or with `newest` the last one; -1 when there is none.
static int sector_behind(const flash_journal *journal, uint32_t sequence, bool newest)
{
	int found = -1;
	for (unsigned sector = 0; sector < journal->flash->sectors; sector++)
		if (journal->sequence[sector] > sequence
			&& (found < 0 || (journal->sequence[sector] > journal->sequence[found]) == newest))
			found = (int)sector;
	return found;
}

static unsigned free_sectors(const flash_journal *journal)
{
	unsigned count = 0;
	for (unsigned sector = 0; sector < journal->flash->sectors; sector++)
		count += journal->sequence[sector] == 0;
	return count;
}

void flash_journal_mount(flash_journal *journal, const flash_journal_flash *flash)
{
	*journal = (flash_journal){ .flash = flash };
	for (unsigned sector = 0; sector < flash->sectors; sector++) {
		const sector_head *head = (const sector_head *)at(journal, sector, 0);
		if (head->magic == MAGIC && head->retired == BLANK && crc32_add(0, head, 8) == head->crc32)
			journal->sequence[sector] = head->sequence;
	}
	// The power failed before the oldest sector retired: all that the newest one holds are copies of what the oldest still has.
	if (free_sectors(journal) == 0)
		journal->sequence[sector_behind(journal, 0, true)] = 0;
	for (unsigned sector = 0; sector < flash->sectors; sector++) {
		unsigned end = sizeof(sector_head), length;
		while ((length = whole_record(at(journal, sector, end), FLASH_JOURNAL_SECTOR_BYTES - end)) > 0)
			end += length;
		journal->end[sector] = (uint16_t)end;
	}
	int newest = sector_behind(journal, 0, true);
	if (newest >= 0) {
		unsigned end = journal->end[newest];
		journal->closed = !is_blank(at(journal, (unsigned)newest, end), FLASH_JOURNAL_SECTOR_BYTES - end);
	}
}

// The record behind `after` in the order in which they were written; the first for NULL, NULL for the last.
static const record_head *record_behind(const flash_journal *journal, const record_head *after)
{
	int sector;
	unsigned offset = 0;
	if (after) {
		size_t place = (size_t)((const uint8_t *)after - journal->flash->bytes);
		sector = (int)(place / FLASH_JOURNAL_SECTOR_BYTES);
		offset = (unsigned)(place % FLASH_JOURNAL_SECTOR_BYTES)
			+ head_bytes(after);
	} else {
		sector = sector_behind(journal, 0, false);
		offset = sizeof(sector_head);
	}
	while (sector >= 0 && offset >= journal->end[sector]) {
		sector = sector_behind(journal, journal->sequence[sector], false);
		offset = sizeof(sector_head);
	}
	return sector < 0 ? NULL : (const record_head *)at(journal, (unsigned)sector, offset);
}

static flash_journal_entry entry_of(const record_head *head)
{
	const char *names = (const char *)(head + 1);
	return (flash_journal_entry){
		.name = { names, names + head->domain_length, head->domain_length, head->key_length },
		.value = (const uint8_t *)names + head->domain_length + head->key_length,
		.length = head->length,
		.kind = head->kind,
	};
}

static uint16_t hash_of(const flash_journal_name *name)
{
	return (uint16_t)crc32_add(crc32_add(0, name->domain, name->domain_length), name->key, name->key_length);
}

static bool is_named(const record_head *head, const flash_journal_name *name, uint16_t hash)
{
	if (head->name_hash != hash || head->domain_length != name->domain_length || head->key_length != name->key_length)
		return false;
	flash_journal_entry entry = entry_of(head);
	return !memcmp(entry.name.domain, name->domain, name->domain_length) && !memcmp(entry.name.key, name->key, name->key_length);
}

static bool is_live(const flash_journal *journal, const record_head *head)
{
	flash_journal_entry entry = entry_of(head);
	uint16_t hash = head->name_hash;
	if (head->kind == 0)
		return false;
	while ((head = record_behind(journal, head)))
		if (is_named(head, &entry.name, hash))
			return false;
	return true;
}

bool flash_journal_find(const flash_journal *journal, const flash_journal_name *name, flash_journal_entry *found)
{
	const record_head *last = NULL;
	uint16_t hash = hash_of(name);
	for (const record_head *head = NULL; (head = record_behind(journal, head));)
		if (is_named(head, name, hash))
			last = head;
	if (!last || last->kind == 0)
		return false;
	*found = entry_of(last);
	return true;
}

bool flash_journal_next(const flash_journal *journal, const flash_journal_entry *after, flash_journal_entry *found)
{
	const record_head *head = after ? (const record_head *)after->name.domain - 1 : NULL;
	while ((head = record_behind(journal, head)))
		if (is_live(journal, head)) {
			*found = entry_of(head);
			return true;
		}
	return false;
}

static unsigned entry_bytes(const flash_journal_entry *entry)
{
	return record_bytes((size_t)entry->name.domain_length + entry->name.key_length + entry->length);
}

// Each record has to look at all behind it: done once.
size_t flash_journal_used(flash_journal *journal)
{
	flash_journal_entry entry;
	if (!journal->counted)
		for (const flash_journal_entry *after = NULL; flash_journal_next(journal, after, &entry); after = &entry)
			journal->used += entry_bytes(&entry);
	journal->counted = true;
	return journal->used;
}

size_t flash_journal_capacity(const flash_journal *journal)
{
	// One sector is written to, and one is free for what counts in the oldest.
	return (journal->flash->sectors - 2) * ROOM_BYTES;
}

// Puts bytes together to whole pages.
typedef struct page_writer {
	const flash_journal_flash *flash;
	size_t offset;
	uint8_t page[FLASH_JOURNAL_PAGE_BYTES];
} page_writer;

static void begin_writing(page_writer *writer, const flash_journal *journal, unsigned sector, unsigned offset)
{
	writer->flash = journal->flash;
	writer->offset = sector * FLASH_JOURNAL_SECTOR_BYTES + offset;
	memset(writer->page, 0xFF, sizeof writer->page);
}

static void end_writing(page_writer *writer)
{
	size_t page = (writer->offset - 1) & ~(size_t)(FLASH_JOURNAL_PAGE_BYTES - 1);
	writer->flash->program_page(page, writer->page);
	memset(writer->page, 0xFF, sizeof writer->page);
}

static void put(page_writer *writer, const void *bytes, size_t length)
{
	const uint8_t *from = bytes;
	while (length) {
		size_t within = writer->offset % FLASH_JOURNAL_PAGE_BYTES, piece = FLASH_JOURNAL_PAGE_BYTES - within;
		if (piece > length)
			piece = length;
		memcpy(writer->page + within, from, piece);
		from += piece;
		length -= piece;
		writer->offset += piece;
		if (within + piece == FLASH_JOURNAL_PAGE_BYTES)
			end_writing(writer);
	}
}

// False when the newest sector has no room for it, or no longer keeps what is written.
static bool append(flash_journal *journal, const flash_journal_entry *entry)
{
	int sector = sector_behind(journal, 0, true);
	unsigned length = entry_bytes(entry);
	if (sector < 0 || journal->closed || journal->end[sector] + length > FLASH_JOURNAL_SECTOR_BYTES)
		return false;
	record_head head = { .length = entry->length, .domain_length = entry->name.domain_length,
		.key_length = entry->name.key_length, .kind = entry->kind, .name_hash = hash_of(&entry->name) };
	head.crc32 = crc32_add(0, (const uint8_t *)&head + 4, sizeof head - 4);
	head.crc32 = crc32_add(head.crc32, entry->name.domain, entry->name.domain_length);
	head.crc32 = crc32_add(head.crc32, entry->name.key, entry->name.key_length);
	head.crc32 = crc32_add(head.crc32, entry->value, entry->length);
	page_writer writer;
	unsigned offset = journal->end[sector];
	begin_writing(&writer, journal, (unsigned)sector, offset);
	put(&writer, &head, sizeof head);
	put(&writer, entry->name.domain, entry->name.domain_length);
	put(&writer, entry->name.key, entry->name.key_length);
	put(&writer, entry->value, entry->length);
	if (writer.offset % FLASH_JOURNAL_PAGE_BYTES)
		end_writing(&writer);
	const uint8_t *written = at(journal, (unsigned)sector, offset);
	journal->closed = memcmp(written, &head, sizeof head) || whole_record(written, length) == 0;
	if (!journal->closed)
		journal->end[sector] = (uint16_t)(offset + length);
	return !journal->closed;
}

// Begins the free sector that follows the newest one.
static bool begin_sector(flash_journal *journal)
{
	int newest = sector_behind(journal, 0, true);
	unsigned sector = newest < 0 ? 0 : (unsigned)newest;
	while (journal->sequence[sector])
		sector = (sector + 1) % journal->flash->sectors;
	sector_head head = { MAGIC, newest < 0 ? 1 : journal->sequence[newest] + 1, 0, BLANK };
	head.crc32 = crc32_add(0, &head, 8);
	journal->flash->erase_sector(sector * FLASH_JOURNAL_SECTOR_BYTES);
	page_writer writer;
	begin_writing(&writer, journal, sector, 0);
	put(&writer, &head, sizeof head);
	end_writing(&writer);
	if (memcmp(at(journal, sector, 0), &head, sizeof head) || !is_blank(at(journal, sector, sizeof head), ROOM_BYTES))
		return false;
	journal->sequence[sector] = head.sequence;
	journal->end[sector] = sizeof head;
	journal->closed = false;
	return true;
}

// Copies what counts in the oldest sector to the newest, which is empty, and gives the oldest free. What was removed there needs no
// record any more: nothing older is left that it could hide.
static bool retire_oldest(flash_journal *journal)
{
	unsigned oldest = (unsigned)sector_behind(journal, 0, false), newest = (unsigned)sector_behind(journal, 0, true);
	for (unsigned offset = sizeof(sector_head); offset < journal->end[oldest];) {
		const record_head *head = (const record_head *)at(journal, oldest, offset);
		flash_journal_entry entry = entry_of(head);
		if (is_live(journal, head) && !append(journal, &entry)) {
			journal->sequence[newest] = 0; // as flash_journal_mount would
			journal->closed = true;
			return false;
		}
		offset += head_bytes(head);
	}
	uint32_t retired = 0;
	page_writer writer;
	begin_writing(&writer, journal, oldest, offsetof(sector_head, retired));
	put(&writer, &retired, sizeof retired);
	end_writing(&writer);
	journal->sequence[oldest] = 0;
	return true;
}

static int append_somewhere(flash_journal *journal, const flash_journal_entry *entry)
{
	for (unsigned round = 0; round <= journal->flash->sectors; round++) {
		if (append(journal, entry))
			return 0;
		if (!begin_sector(journal) || (free_sectors(journal) == 0 && !retire_oldest(journal)))
			return FLASH_JOURNAL_WORN;
	}
	return FLASH_JOURNAL_FULL;
}

int flash_journal_write(flash_journal *journal, const flash_journal_entry *entry, size_t leave)
{
	flash_journal_entry old;
	size_t before = 0, used = flash_journal_used(journal);
	if (flash_journal_find(journal, &entry->name, &old)) {
		if (old.kind == entry->kind && old.length == entry->length && !memcmp(old.value, entry->value, entry->length))
			return 0;
		before = entry_bytes(&old);
	}
	if (entry->length > FLASH_JOURNAL_VALUE_MAX || used + entry_bytes(entry) + leave > flash_journal_capacity(journal))
		return FLASH_JOURNAL_FULL;
	int result = append_somewhere(journal, entry);
	if (result == 0)
		journal->used = used + entry_bytes(entry) - before;
	return result;
}

int flash_journal_remove(flash_journal *journal, const flash_journal_name *name)
{
	flash_journal_entry old;
	if (!flash_journal_find(journal, name, &old))
		return 0;
	size_t before = entry_bytes(&old), used = flash_journal_used(journal);
	int result = append_somewhere(journal, &(flash_journal_entry){ .name = *name });
	if (result == 0)
		journal->used = used - before;
	return result;
}
