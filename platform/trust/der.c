/* A strict reader of DER. See der.h. */
#include "der.h"

#include <string.h>

/* X.690 8.19: numbers of seven bits a byte, each in the fewest, the last one whole. */
static bool is_oid(const der *content)
{
	bool begins = true;

	for (size_t i = 0; i < content->length; i++) {
		if (begins && content->at[i] == 0x80)
			return false;
		begins = !(content->at[i] & 0x80);
	}
	return content->length > 0 && begins;
}

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
		left -= count;
		for (length = 0; count > 0; count--)
			length = length << 8 | *at++;
		if (length < 0x80)
			return false; /* X.690 10.1: the fewest bytes */
	}
	if (length > left)
		return false;
	content->at = at;
	content->length = length;
	from->at = at + length;
	from->length = left - length;
	return *tag != DER_OID || is_oid(content);
}

bool der_take(der *from, uint8_t tag, der *content)
{
	uint8_t found;

	return der_next(from, &found, content) && found == tag;
}

bool der_enter(der *from, uint8_t tag)
{
	der whole = *from;

	return der_take(&whole, tag, from) && whole.length == 0;
}

bool der_split(const der *from, const char *tags, unsigned optional, der *parts)
{
	der rest = *from;

	for (; *tags; tags++, parts++, optional >>= 1) {
		if (rest.length > 0 && rest.at[0] == (uint8_t)*tags) {
			if (!der_take(&rest, (uint8_t)*tags, parts))
				return false;
		} else {
			parts->at = NULL;
			parts->length = 0;
			if (!(optional & 1))
				return false;
		}
	}
	return rest.length == 0;
}

void der_behind(const der *parts, der *whole)
{
	whole->at = parts[0].at + parts[0].length;
	whole->length = (size_t)(parts[1].at - whole->at) + parts[1].length;
}

bool der_positive(der *content)
{
	if (content->length > 1 && content->at[0] == 0) {
		content->at++;
		content->length--;
		return content->at[0] & 0x80;
	}
	return content->length > 0 && content->at[0] > 0 && !(content->at[0] & 0x80);
}

bool der_whole_bits(der *content)
{
	if (content->length == 0 || content->at[0] != 0)
		return false;
	content->at++;
	content->length--;
	return true;
}

bool der_same(const der *a, const der *b)
{
	return a->length == b->length && memcmp(a->at, b->at, a->length) == 0;
}
