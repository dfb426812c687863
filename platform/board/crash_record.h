// What a failure leaves for the next start: kept in RAM, which no reset but that of power clears, and moved to flash when the
// board has begun anew: a failing firmware does not write to the flash that it runs from.
#ifndef CRASH_RECORD_H
#define CRASH_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#define CRASH_BUILD_ID_BYTES 20
#define CRASH_TEXT_BYTES 936

// Kept in flash: new kinds go to the end.
typedef enum crash_kind {
	CRASH_UNCAUGHT = 1,	// an error or a rejection of script that nobody handled
	CRASH_MEMORY,		// the script's arena is full
	CRASH_STACK,		// calls of script nested too deeply
	CRASH_ENGINE,		// the engine gave up for another reason
	CRASH_HANG,		// the loop did not come round for eight seconds
	CRASH_FAULT,		// a hard fault of the processor
	CRASH_PANIC,		// a library gave up
} crash_kind;

typedef struct crash_record {
	uint32_t magic;
	uint32_t crc32;		// CRC-32 as in zlib, of all behind it
	uint16_t version;
	uint16_t kind;
	uint32_t uptime_ms;
	uint8_t build_id[CRASH_BUILD_ID_BYTES];
	uint32_t program_counter, link;	// 0 where no instruction is to blame
	uint32_t text_length;
	char text[CRASH_TEXT_BYTES];	// UTF-8, as the console had it; cut at its end
} crash_record;

_Static_assert(sizeof(crash_record) == 984, "a record has room in 1 KB");

// Begins the record of a failure. NULL when there is one already: the first failure stays, but for an uncaught error, after which
// script may have gone on: what ended it or the firmware later is told instead. Any context.
crash_record *crash_record_begin(crash_kind kind);

// Makes it count. Any context.
void crash_record_end(crash_record *record);

// Moves a record that the last run left in RAM to flash. Once, before interrupts and USB: it stops both for some 50 ms.
// Answers the record, in flash, or NULL when the last run left none.
const crash_record *crash_record_take(void);

// The newest record in flash, of the last run or an earlier one; NULL when there is none.
const crash_record *crash_record_last(void);

// True when the record was made by this very firmware: its addresses mean something.
bool crash_record_is_ours(const crash_record *record);

#endif
