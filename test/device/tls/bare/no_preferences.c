// The bare programs have no flash of their own: nothing is kept.

#include "preferences.h"

bool preferences_find(const flash_journal_name *name, flash_journal_entry *found)
{
	(void)name, (void)found;
	return false;
}

int preferences_write(const flash_journal_entry *entry)
{
	(void)entry;
	return 0;
}
