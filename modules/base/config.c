// Data records of the image as text, for config.ts.

#include "engine.h"

#include <string.h>

#include "image.h"

// (type: string of four letters) → the first such record as a string, or undefined
void xs_config_text(xsMachine *the)
{
	const char *type = xsmcToString(xsArg(0));
	if (strlen(type) != 4)
		return;
	size_t length;
	const char *bytes = image_find(IMAGE_TYPE(type[0], type[1], type[2], type[3]), 0, &length);
	if (bytes)
		xsmcSetStringBuffer(xsResult, (char *)bytes, (xsIntegerValue)length);
}
