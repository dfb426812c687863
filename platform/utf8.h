// UTF-8 (RFC 3629) that was cut to a length.
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

#define UTF8_LONGEST 4	// bytes of a character

// The bytes of `text` up to the last character that is whole within `length`.
static inline size_t utf8_whole_length(const char *text, size_t length)
{
	size_t lead = length;
	while (lead && length - lead < UTF8_LONGEST) {
		unsigned char byte = (unsigned char)text[--lead];
		if ((byte & 0xC0) == 0x80)
			continue;
		size_t size = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
		return lead + size > length ? lead : length;
	}
	return length;
}

#endif
