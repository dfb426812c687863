/* A strict reader of DER. See der.h. */
#include "der.h"

#include <string.h>

bool der_next(der *from, uint8_t *tag, der *content)
{
	const uint8_t *at = from->at;
	size_t left = from->length, length;

	if (left < 2 || (at[0] & 0x1F) == 0x1F) /* no certificate needs a long tag */
		return false;
	*tag = at[0];
	length = at[1];
	at += 2;
	left -= 2;
	if (length & 0x80) {
		size_t count = length & 0x7F;

		if (count < 1 || count > 3 || count > left || at[0] == 0)
			return false;
		length = 0;
		for (size_t i = 0; i < count; i++)
			length = length << 8 | at[i];
		if (length < 0x80)
			return false; /* X.690 10.1: the fewest bytes */
		at += count;
		left -= count;
	}
	if (length > left)
		return false;
	content->at = at;
	content->length = length;
	from->at = at + length;
	from->length = left - length;
	return true;
}

bool der_take(der *from, uint8_t tag, der *content)
{
	uint8_t found;

	return der_is_next(from, tag) && der_next(from, &found, content);
}

bool der_take_whole(der *from, uint8_t tag, der *whole)
{
	const uint8_t *start = from->at;
	der content;

	if (!der_take(from, tag, &content))
		return false;
	whole->at = start;
	whole->length = (size_t)(from->at - start);
	return true;
}

bool der_is_next(const der *from, uint8_t tag)
{
	return from->length > 0 && from->at[0] == tag;
}

bool der_positive(der *from, der *magnitude)
{
	der bytes;

	if (!der_take(from, DER_INTEGER, &bytes) || bytes.length == 0 || bytes.at[0] & 0x80)
		return false;
	if (bytes.at[0] == 0) {
		if (bytes.length == 1 || !(bytes.at[1] & 0x80))
			return false;
		bytes.at++;
		bytes.length--;
	}
	*magnitude = bytes;
	return true;
}

bool der_whole_bits(der *from, der *bytes)
{
	der content;

	if (!der_take(from, DER_BIT_STRING, &content) || content.length < 1 || content.at[0] != 0)
		return false;
	bytes->at = content.at + 1;
	bytes->length = content.length - 1;
	return true;
}

bool der_same(der a, der b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}
