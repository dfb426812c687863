// See address_text.h.

#include "address_text.h"

#include <stdbool.h>
#include <string.h>

static char *put_number(char *to, unsigned value, unsigned base)
{
	if (value >= base)
		to = put_number(to, value / base, base);
	*to = "0123456789abcdef"[value % base];
	return to + 1;
}

// The longest run of two zero groups or more, the first of equals, is "::" (RFC 5952 section 4.2).
static char *put_ipv6(char *to, const uint8_t *address)
{
	int run_at = 8, run_length = 1;
	for (int at = 0; at < 8; at++) {
		int length = 0;
		while (at + length < 8 && !address[2 * (at + length)] && !address[2 * (at + length) + 1])
			length++;
		if (length > run_length) {
			run_at = at;
			run_length = length;
		}
	}
	for (int at = 0; at < 8; at++) {
		if (at == run_at) {
			*to++ = ':';
			at += run_length - 1;
			if (at == 7)
				*to++ = ':';
			continue;
		}
		if (at > 0)
			*to++ = ':';
		to = put_number(to, (unsigned)(address[2 * at] << 8 | address[2 * at + 1]), 16);
	}
	return to;
}

static char *put_ipv4(char *to, const uint8_t *address)
{
	for (int at = 0; at < 4; at++) {
		if (at > 0)
			*to++ = '.';
		to = put_number(to, address[at], 10);
	}
	return to;
}

void address_text(char text[ADDRESS_TEXT_BYTES], const uint8_t *address, size_t bytes)
{
	*(bytes == 4 ? put_ipv4(text, address) : put_ipv6(text, address)) = 0;
}

static bool parse_ipv4(const char *text, uint8_t to[4])
{
	for (int i = 0; i < 4; i++) {
		unsigned value = 0;
		size_t digits = 0;
		for (; digits < 3 && text[digits] >= '0' && text[digits] <= '9'; digits++)
			value = value * 10 + (unsigned)(text[digits] - '0');
		if (digits == 0 || value > 255 || (text[0] == '0' && digits > 1) || text[digits] != (i < 3 ? '.' : 0))
			return false;
		to[i] = (uint8_t)value;
		text += digits + 1;
	}
	return true;
}

static int hexadecimal(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

// Groups of RFC 4291 section 2.2.
static bool parse_ipv6(const char *text, uint8_t to[16])
{
	size_t length = 0, gap = SIZE_MAX;

	while (*text != '\0') {
		unsigned value = 0, digits = 0;
		if (text[0] == ':' && text[1] == ':') {
			if (gap != SIZE_MAX)
				return false;
			gap = length;
			text += 2;
			if (*text == '\0')
				break;
		} else if (length > 0 && *text++ != ':') {
			return false;
		}
		for (; digits < 4 && hexadecimal(*text) >= 0; digits++)
			value = value * 16 + (unsigned)hexadecimal(*text++);
		if (digits == 0 || length == 16)
			return false;
		to[length++] = (uint8_t)(value >> 8);
		to[length++] = (uint8_t)value;
	}
	if (gap == SIZE_MAX || length > 14)
		return gap == SIZE_MAX && length == 16;
	memmove(to + 16 - (length - gap), to + gap, length - gap);
	memset(to + gap, 0, 16 - length);
	return true;
}

size_t address_of_text(const char *text, uint8_t address[ADDRESS_BYTES_MAX])
{
	return parse_ipv4(text, address) ? 4 : parse_ipv6(text, address) ? 16 : 0;
}

bool ipv4_of_text(const char *text, uint32_t *address)
{
	uint8_t bytes[4];

	if (!parse_ipv4(text, bytes))
		return false;
	*address = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
	return true;
}
