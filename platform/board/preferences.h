// What an app keeps in flash: the journal of flash_journal.h in the sectors that the layout sets aside for it (DESIGN.md).
// A .uf2 does not write there, so what is kept outlives new firmware.
//
// Scripts name a domain; the firmware's own values stand in the domain without a name.
//
// Owner: board. One thread. Mounted at the first use: 24 KB are read once.
#ifndef PREFERENCES_H
#define PREFERENCES_H

#include "flash_journal.h"

bool preferences_find(const flash_journal_name *name, flash_journal_entry *found);
bool preferences_next(const flash_journal_entry *after, flash_journal_entry *found);

// As in flash_journal.h. Interrupts and USB stand still while flash is written: 0.7 ms, and at every 4 KB 45 ms (400 at most).
int preferences_write(const flash_journal_entry *entry);
int preferences_remove(const flash_journal_name *name);

size_t preferences_used(void);
size_t preferences_capacity(void);

#endif
