// Keys and values in a few sectors of flash, written so that power may fail at any moment: a journal. What was written is there after
// the next start, or what was there before it; nothing is ever half there.
//
// Sectors form a ring. A record is appended to the newest sector; the newest record of a key counts. When the newest sector is full
// the next one is erased, and when that was the last free one, what still counts in the oldest is copied over and the oldest retires.
// A sector is erased right before it is used and never trusted to be blank; a record is read back after it was written; one whose
// CRC-32 is wrong ends its sector.
//
// Plain C: the flash is handed in, so that the host's tests cut the power wherever they like.
#ifndef FLASH_JOURNAL_H
#define FLASH_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLASH_JOURNAL_SECTOR_BYTES 4096u
#define FLASH_JOURNAL_PAGE_BYTES 256u
#define FLASH_JOURNAL_SECTORS_MAX 8u	// at least 3
// With records of half a sector at most, half of what the ring holds can be filled whatever their sizes are.
#define FLASH_JOURNAL_VALUE_MAX 1900u
#define FLASH_JOURNAL_NAME_MAX 63u	// bytes of a domain, and of a key

#define FLASH_JOURNAL_FULL (-1)		// no room; nothing was changed
#define FLASH_JOURNAL_WORN (-2)		// the flash does not keep what is written to it

typedef struct flash_journal_flash {
	const uint8_t *bytes;		// the sectors, readable in place
	unsigned sectors;
	// Offsets count from `bytes`. Programming only clears bits: ones leave what is there.
	void (*erase_sector)(size_t offset);
	void (*program_page)(size_t offset, const uint8_t bytes[FLASH_JOURNAL_PAGE_BYTES]);
} flash_journal_flash;

typedef struct flash_journal {
	const flash_journal_flash *flash;
	uint32_t sequence[FLASH_JOURNAL_SECTORS_MAX];	// of each sector, 0 when it is free
	uint16_t end[FLASH_JOURNAL_SECTORS_MAX];	// where its whole records end
	bool closed;	// something behind the newest sector's end is not blank
	bool counted;	// by the first write: `used` is known
	size_t used;
} flash_journal;

typedef struct flash_journal_name {
	const char *domain, *key;	// UTF-8
	uint8_t domain_length, key_length;
} flash_journal_name;

// A record in place: good until the next write or removal.
typedef struct flash_journal_entry {
	flash_journal_name name;
	const uint8_t *value;
	uint16_t length;
	uint8_t kind;	// the caller's; 1 and above
} flash_journal_entry;

// Reads what is there; anything that is not a journal counts as empty. Writes nothing.
void flash_journal_mount(flash_journal *journal, const flash_journal_flash *flash);

bool flash_journal_find(const flash_journal *journal, const flash_journal_name *name, flash_journal_entry *found);

// The live entry behind `after`, an entry that this function found; NULL for the first. Their order is that of their last writes.
bool flash_journal_next(const flash_journal *journal, const flash_journal_entry *after, flash_journal_entry *found);

// Writes entry->name, value, length and kind, if `leave` bytes of the capacity stay free; what says the same already is not written again. None of it may lie in the journal
// itself. Answers 0 or one of the codes above. A new sector is begun every 4 KB: 45 ms of erasing, 400 at most (W25Q16JV 9.6).
int flash_journal_write(flash_journal *journal, const flash_journal_entry *entry, size_t leave);

// 0 also when there was none.
int flash_journal_remove(flash_journal *journal, const flash_journal_name *name);

// Bytes of the records that count, and how many of them there can be when they are small.
size_t flash_journal_used(flash_journal *journal);
size_t flash_journal_capacity(const flash_journal *journal);

#endif
