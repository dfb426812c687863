// Files of the image for resource.ts.

#include "engine.h"

#include <string.h>

#include "image.h"

// The bytes of the index-th file, and their count; NULL when there is none. Its name stands before them (image_record.h).
static const uint8_t *file_at(unsigned index, const char **name, size_t *length_bytes)
{
	size_t length;
	const char *record = image_find(IMAGE_DATA, index, &length);
	if (!record)
		return NULL;
	size_t head = (strnlen(record, length) + 4) & ~(size_t)3;
	*name = record;
	*length_bytes = head <= length ? length - head : 0;
	return (const uint8_t *)record + head;
}

// (name) → index, or -1
void xs_resource_find(xsMachine *the)
{
	const char *wanted = xsmcToString(xsArg(0)), *name;
	size_t length;
	xsIntegerValue found = -1;
	for (unsigned index = 0; found < 0 && file_at(index, &name, &length); index++)
		if (!strcmp(name, wanted))
			found = (xsIntegerValue)index;
	xsmcSetInteger(xsResult, found);
}

// (index) → bytes
void xs_resource_length(xsMachine *the)
{
	const char *name;
	size_t length = 0;
	file_at((unsigned)xsmcToInteger(xsArg(0)), &name, &length);
	xsmcSetInteger(xsResult, (xsIntegerValue)length);
}

// (index, begin, end) → ArrayBuffer. resource.ts keeps both within the file; what is beyond is left out here once more.
void xs_resource_copy(xsMachine *the)
{
	const char *name;
	size_t length = 0;
	const uint8_t *bytes = file_at((unsigned)xsmcToInteger(xsArg(0)), &name, &length);
	size_t begin = (size_t)xsmcToInteger(xsArg(1)), end = (size_t)xsmcToInteger(xsArg(2));
	if (!bytes || begin > length || end > length || begin > end)
		begin = end = 0;
	xsmcSetArrayBuffer(xsResult, bytes ? (void *)(bytes + begin) : NULL, (xsIntegerValue)(end - begin));
}
