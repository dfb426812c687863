// The journal of flash on the host, on a flash that loses power. Usage: flash-journal SEED ROUNDS, or flash-journal full.
//
// A model holds what each key must be. In each round a write or removal is cut at one of its operations, at a random place within it:
// a page or a sector is left half done. After the power comes back each key must have its old value, and the key that was at work its
// old or its new one. At the end of a round it is done again without a cut, so that acknowledged writes are held to as well.

#include <assert.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flash_journal.h"

#define SECTORS 6
#define KEYS 24

static _Alignas(4) uint8_t memory[SECTORS * FLASH_JOURNAL_SECTOR_BYTES];
static unsigned erases, pages;
static long operations_left = -1; // before the power fails; -1: it does not
static jmp_buf power_fails;

static uint64_t state;
static uint32_t draw(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

static bool cut(void)
{
	return operations_left >= 0 && operations_left-- == 0;
}

static void erase_sector(size_t offset)
{
	assert(offset % FLASH_JOURNAL_SECTOR_BYTES == 0 && offset < sizeof memory);
	erases++;
	if (cut()) {
		// Bits go to one here and there, or all but for a few.
		uint32_t most = draw() % 3;
		for (size_t i = 0; i < FLASH_JOURNAL_SECTOR_BYTES; i++)
			if (most == 0 ? draw() % 2 : most == 1 ? draw() % 64 : i < draw() % FLASH_JOURNAL_SECTOR_BYTES)
				memory[offset + i] |= most == 1 ? 0xFF : (uint8_t)draw();
		longjmp(power_fails, 1);
	}
	memset(memory + offset, 0xFF, FLASH_JOURNAL_SECTOR_BYTES);
}

static void program_page(size_t offset, const uint8_t bytes[FLASH_JOURNAL_PAGE_BYTES])
{
	assert(offset % FLASH_JOURNAL_PAGE_BYTES == 0 && offset < sizeof memory);
	pages++;
	bool fails = cut();
	uint32_t kind = draw() % 3, some = draw() % FLASH_JOURNAL_PAGE_BYTES;
	for (size_t i = 0; i < FLASH_JOURNAL_PAGE_BYTES; i++) {
		assert(bytes[i] == 0xFF || (bytes[i] & ~memory[offset + i]) == 0); // only clears bits
		uint8_t clears = (uint8_t)~bytes[i];
		if (fails) // nothing, a front part, or bits here and there
			clears &= kind == 0 ? 0 : kind == 1 ? (i < some ? 0xFF : 0) : (uint8_t)draw();
		memory[offset + i] &= (uint8_t)~clears;
	}
	if (fails)
		longjmp(power_fails, 1);
}

static const flash_journal_flash flash = { memory, SECTORS, erase_sector, program_page };
static flash_journal journal;

typedef struct value {
	uint8_t kind; // 0: none
	uint16_t length;
	uint8_t fill;
} value;

static value model[KEYS];

static flash_journal_name name_of(unsigned key, char text[8])
{
	snprintf(text, 8, "%s%u", key % 2 ? "one" : "two", key);
	return (flash_journal_name){ text, text + 3, 3, (uint8_t)strlen(text + 3) };
}

static bool holds(unsigned key, value expected)
{
	char text[8];
	flash_journal_name name = name_of(key, text);
	flash_journal_entry found;
	if (!flash_journal_find(&journal, &name, &found))
		return expected.kind == 0;
	if (found.kind != expected.kind || found.length != expected.length)
		return false;
	for (unsigned i = 0; i < found.length; i++)
		if (found.value[i] != (uint8_t)(expected.fill + i))
			return false;
	return true;
}

static int change(unsigned key, value to)
{
	static uint8_t bytes[FLASH_JOURNAL_VALUE_MAX + 1];
	char text[8];
	flash_journal_name name = name_of(key, text);
	for (unsigned i = 0; i < to.length; i++)
		bytes[i] = (uint8_t)(to.fill + i);
	return to.kind == 0 ? flash_journal_remove(&journal, &name)
		: flash_journal_write(&journal, &(flash_journal_entry){ name, bytes, to.length, to.kind }, 0);
}

static void check_all(void)
{
	unsigned live = 0, listed = 0;
	for (unsigned key = 0; key < KEYS; key++) {
		if (!holds(key, model[key])) {
			fprintf(stderr, "key %u does not hold kind %u, %u bytes\n", key, model[key].kind, model[key].length);
			exit(4);
		}
		live += model[key].kind != 0;
	}
	flash_journal_entry entry;
	for (const flash_journal_entry *after = NULL; flash_journal_next(&journal, after, &entry); after = &entry)
		listed++;
	assert(listed == live);
	flash_journal counted = journal;
	counted.counted = false;
	counted.used = 0;
	assert(flash_journal_used(&journal) == flash_journal_used(&counted) && flash_journal_used(&journal) <= flash_journal_capacity(&journal));
}

static void run(unsigned rounds)
{
	static unsigned cuts, news, fulls; // static: a longjmp keeps it
	for (size_t i = 0; i < sizeof memory; i++)
		memory[i] = (uint8_t)draw(); // what other firmware left
	flash_journal_mount(&journal, &flash);
	check_all();
	for (unsigned round = 0; round < rounds; round++) {
		static unsigned key;
		static value to;
		key = draw() % KEYS;
		to = (value){ 0 };
		if (draw() % 5)
			to = (value){ (uint8_t)(1 + draw() % 3), (uint16_t)(draw() % (draw() % 8 ? 120 : FLASH_JOURNAL_VALUE_MAX + 1)), (uint8_t)draw() };
		operations_left = draw() % 4 ? (long)(draw() % (draw() % 3 ? 4 : 40)) : -1;
		if (setjmp(power_fails) == 0) {
			int result = change(key, to);
			operations_left = -1;
			if (result == 0)
				model[key] = to;
			else
				fulls++, assert(result == FLASH_JOURNAL_FULL);
			if (draw() % 4 == 0)
				flash_journal_mount(&journal, &flash);
		} else {
			cuts++;
			operations_left = -1;
			flash_journal_mount(&journal, &flash);
			if (!holds(key, model[key])) {
				model[key] = to; // all of it, or nothing: check_all looks
				news++;
			}
		}
		check_all();
	}
	printf("%u rounds, %u cuts of which %u had written, %u full, %u erases, %u pages\n", rounds, cuts, news, fulls, erases, pages);
}

// Small keys until it is full, then it still can change and remove what it has.
static void fill(void)
{
	memset(memory, 0xFF, sizeof memory);
	flash_journal_mount(&journal, &flash);
	static uint8_t bytes[100];
	char text[12];
	unsigned count = 0;
	int result;
	for (;; count++) {
		snprintf(text, sizeof text, "%u", count);
		flash_journal_name name = { text, text, 0, (uint8_t)strlen(text) };
		if ((result = flash_journal_write(&journal, &(flash_journal_entry){ name, bytes, sizeof bytes, 1 }, 0)))
			break;
	}
	assert(result == FLASH_JOURNAL_FULL);
	unsigned used = (unsigned)flash_journal_used(&journal), before = erases;
	flash_journal_name last = { text, text, 0, (uint8_t)strlen(text) };
	assert(flash_journal_write(&journal, &(flash_journal_entry){ last, bytes, sizeof bytes, 1 }, 0) == FLASH_JOURNAL_FULL && erases == before);
	for (unsigned i = 0; i < count; i++) {
		snprintf(text, sizeof text, "%u", i);
		flash_journal_name name = { text, text, 0, (uint8_t)strlen(text) };
		assert(flash_journal_remove(&journal, &name) == 0);
	}
	assert(flash_journal_used(&journal) == 0);
	printf("%u records of 100 bytes, %u bytes of %u\n", count, used, (unsigned)flash_journal_capacity(&journal));
}

// A flash of which one bit of a sector no longer erases, or no longer programs.
static void wear(void)
{
	memset(memory, 0xFF, sizeof memory);
	flash_journal_mount(&journal, &flash);
	static uint8_t bytes[100];
	flash_journal_name name = { "k", "k", 0, 1 };
	for (unsigned i = 0; i < 200; i++) {
		bytes[0] = (uint8_t)i;
		memory[2 * FLASH_JOURNAL_SECTOR_BYTES + 700] &= 0xFE; // sector 2 cannot keep a one there
		if (flash_journal_write(&journal, &(flash_journal_entry){ name, bytes, sizeof bytes, 1 }, 0) == FLASH_JOURNAL_WORN)
			bytes[0]--;
		flash_journal_entry found;
		assert(flash_journal_find(&journal, &name, &found) && found.value[0] == bytes[0]);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "full")) {
		fill();
	} else if (argc == 2 && !strcmp(argv[1], "worn")) {
		wear();
	} else {
		state = strtoull(argv[1], NULL, 10);
		run((unsigned)atoi(argv[2]));
	}
	return 0;
}
