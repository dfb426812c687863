// Natives of key-value.ts and preference.ts, over platform/board/preferences.h.

#include "engine.h"

#include <string.h>

#include "preferences.h"

// As they lie in flash: new ones go to the end.
enum { KIND_BYTES = 1, KIND_STRING, KIND_BOOLEAN, KIND_NUMBER };

typedef struct name_room {
	char domain[FLASH_JOURNAL_NAME_MAX + 1], key[FLASH_JOURNAL_NAME_MAX + 1];
} name_room;

static uint8_t copy_name(xsMachine *the, char room[FLASH_JOURNAL_NAME_MAX + 1], const char *text, const char *what)
{
	size_t length = strlen(text);
	if (length == 0 || length > FLASH_JOURNAL_NAME_MAX)
		engine_throw(the, "EINVAL", "preferences: a %s has 1 to %u bytes of UTF-8, this one %u", what, FLASH_JOURNAL_NAME_MAX, (unsigned)length);
	memcpy(room, text, length);
	return (uint8_t)length;
}

// Arguments 0 and 1. The heap may move later: the names are copied.
static flash_journal_name name_of(xsMachine *the, name_room *room, int arguments)
{
	if (!engine_is_running())
		engine_throw(the, "ENODEV", "preferences: flash can be used on the device only, not while the image is made");
	flash_journal_name name = { .domain = room->domain, .key = room->key };
	name.domain_length = copy_name(the, room->domain, xsmcToString(xsArg(0)), "domain");
	if (arguments > 1)
		name.key_length = copy_name(the, room->key, xsmcToString(xsArg(1)), "key");
	return name;
}

// (domain, key) -> ArrayBuffer, string, boolean, number, or undefined when there is none
void xs_preferences_read(xsMachine *the)
{
	name_room room;
	flash_journal_name name = name_of(the, &room, 2);
	flash_journal_entry entry;
	double number;
	if (!preferences_find(&name, &entry))
		return;
	switch (entry.kind) {
		case KIND_BYTES: xsmcSetArrayBuffer(xsResult, (void *)entry.value, entry.length); break;
		case KIND_STRING: xsmcSetStringBuffer(xsResult, (const char *)entry.value, entry.length); break;
		case KIND_BOOLEAN: xsmcSetBoolean(xsResult, entry.length == 1 && entry.value[0] != 0); break;
		case KIND_NUMBER:
			if (entry.length != sizeof number)
				return;
			memcpy(&number, entry.value, sizeof number);
			xsmcSetNumber(xsResult, number);
	}
}

// (domain, key, buffer, string, boolean or number) -> 0 or a flash_journal code
void xs_preferences_write(xsMachine *the)
{
	name_room room;
	flash_journal_entry entry = { .name = name_of(the, &room, 2) };
	void *bytes;
	xsUnsignedValue length;
	uint8_t boolean;
	double number;
	switch (xsmcTypeOf(xsArg(2))) {
		case xsBooleanType:
			boolean = xsmcToBoolean(xsArg(2));
			bytes = &boolean;
			length = sizeof boolean;
			entry.kind = KIND_BOOLEAN;
			break;
		case xsIntegerType: case xsNumberType:
			number = xsmcToNumber(xsArg(2));
			bytes = &number;
			length = sizeof number;
			entry.kind = KIND_NUMBER;
			break;
		case xsStringType: case xsStringXType:
			bytes = xsmcToString(xsArg(2));
			length = strlen(bytes);
			entry.kind = KIND_STRING;
			break;
		default:
			xsmcGetBufferReadable(xsArg(2), &bytes, &length);
			entry.kind = KIND_BYTES;
	}
	if (length > FLASH_JOURNAL_VALUE_MAX)
		engine_throw(the, "EINVAL", "preferences: a value has %u bytes at most, this one %u", FLASH_JOURNAL_VALUE_MAX, (unsigned)length);
	entry.value = bytes;
	entry.length = (uint16_t)length;
	xsmcSetInteger(xsResult, preferences_write(&entry));
}

// (domain, key) -> 0 or a flash_journal code
void xs_preferences_remove(xsMachine *the)
{
	name_room room;
	flash_journal_name name = name_of(the, &room, 2);
	xsmcSetInteger(xsResult, preferences_remove(&name));
}

// (domain) -> array of keys, in the order of their last writes
void xs_preferences_keys(xsMachine *the)
{
	name_room room;
	flash_journal_name name = name_of(the, &room, 1);
	xsmcVars(1);
	xsmcSetNewArray(xsResult, 0);
	int count = 0;
	flash_journal_entry entry;
	for (const flash_journal_entry *after = NULL; preferences_next(after, &entry); after = &entry) {
		if (entry.name.domain_length != name.domain_length || memcmp(entry.name.domain, name.domain, name.domain_length))
			continue;
		xsmcSetStringBuffer(xsVar(0), entry.name.key, entry.name.key_length);
		xsmcSetIndex(xsResult, count++, xsVar(0));
	}
}

// (capacity: boolean) -> bytes
void xs_preferences_size(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)(xsmcToBoolean(xsArg(0)) ? preferences_capacity() : preferences_used()));
}
