// See preferences.h.

#include "preferences.h"

#include "hardware/flash.h"
#include "pico.h"

#include "flash_pause.h"

#define FLASH_OFFSET 0x1F8000u	// DESIGN.md, the layout of flash
#define SECTORS 6
#define OWN_BYTES 128u	// of the firmware itself: a script that fills the rest takes nothing from it

_Static_assert(FLASH_JOURNAL_SECTOR_BYTES == FLASH_SECTOR_SIZE && FLASH_JOURNAL_PAGE_BYTES == FLASH_PAGE_SIZE, "what the flash has");

static void erase_sector(size_t offset)
{
	uint32_t state = flash_pause_begin();
	flash_range_erase(FLASH_OFFSET + offset, FLASH_SECTOR_SIZE);
	flash_pause_end(state);
}

static void program_page(size_t offset, const uint8_t bytes[FLASH_JOURNAL_PAGE_BYTES])
{
	uint32_t state = flash_pause_begin();
	flash_range_program(FLASH_OFFSET + offset, bytes, FLASH_PAGE_SIZE);
	flash_pause_end(state);
}

static const flash_journal_flash flash = { (const uint8_t *)XIP_BASE + FLASH_OFFSET, SECTORS, erase_sector, program_page };

static flash_journal *mounted(void)
{
	static flash_journal journal;
	if (!journal.flash)
		flash_journal_mount(&journal, &flash);
	return &journal;
}

bool preferences_find(const flash_journal_name *name, flash_journal_entry *found)
{
	return flash_journal_find(mounted(), name, found);
}

bool preferences_next(const flash_journal_entry *after, flash_journal_entry *found)
{
	return flash_journal_next(mounted(), after, found);
}

int preferences_write(const flash_journal_entry *entry)
{
	return flash_journal_write(mounted(), entry, entry->name.domain_length ? OWN_BYTES : 0);
}

int preferences_remove(const flash_journal_name *name)
{
	return flash_journal_remove(mounted(), name);
}

size_t preferences_used(void)
{
	return flash_journal_used(mounted());
}

size_t preferences_capacity(void)
{
	return flash_journal_capacity(mounted()) - OWN_BYTES;
}
