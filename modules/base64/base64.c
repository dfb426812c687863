// Base64 for atob and btoa (RFC 4648 section 4; WHATWG Infra, "forgiving-base64"), between script's strings.
//
// XS keeps a string as UTF-8, U+0000 as C0 80: a byte of 1 to 127 is itself, every other one takes two.

#include "engine.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Takes a character of a string; -1 at its end, -2 for one that is no byte.
static int take(const uint8_t **from)
{
	uint8_t lead = **from;
	if (!lead)
		return -1;
	if (lead < 0x80)
		return *(*from)++;
	if (lead != 0xC0 && lead != 0xC2 && lead != 0xC3)
		return -2;
	int character = (lead & 3) << 6 | ((*from)[1] & 0x3F);
	*from += 2;
	return character;
}

static size_t put(uint8_t byte, uint8_t *to)
{
	if (byte && byte < 0x80) {
		if (to) to[0] = byte;
		return 1;
	}
	if (to) to[0] = (uint8_t)(0xC0 | byte >> 6), to[1] = (uint8_t)(0x80 | (byte & 0x3F));
	return 2;
}

// (binary: string) → string, or null
void xs_base64_encode(xsMachine *the)
{
	size_t count = 0;
	const uint8_t *from = (const uint8_t *)xsmcToString(xsArg(0));
	int character;
	while ((character = take(&from)) >= 0)
		count++;
	if (character == -2) {
		xsmcSetNull(xsResult);
		return;
	}
	size_t length = (count + 2) / 3 * 4;
	xsmcSetStringBuffer(xsResult, NULL, (xsIntegerValue)length);
	char *to = xsmcToString(xsResult);
	from = (const uint8_t *)xsmcToString(xsArg(0));
	for (; count; count -= count < 3 ? count : 3) {
		uint32_t group = (uint32_t)take(&from) << 16;
		if (count > 1) group |= (uint32_t)take(&from) << 8;
		if (count > 2) group |= (uint32_t)take(&from);
		*to++ = alphabet[group >> 18];
		*to++ = alphabet[group >> 12 & 63];
		*to++ = count > 1 ? alphabet[group >> 6 & 63] : '=';
		*to++ = count > 2 ? alphabet[group & 63] : '=';
	}
	*to = 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static int value_of(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52
		: c == '+' ? 62 : c == '/' ? 63 : -1;
}

// Bytes of the string that the Base64 stands for, written to `to` unless it is NULL; -1 when it is none.
static long decode(const char *from, uint8_t *to)
{
	size_t digits = 0, padding = 0;
	for (const char *at = from; *at; at++) {
		if (is_space(*at))
			continue;
		if (*at == '=')
			padding++;
		else if (padding || value_of(*at) < 0)
			return -1;
		else
			digits++;
	}
	if (digits % 4 == 1 || (padding && (padding > 2 || (digits + padding) % 4)))
		return -1;
	long length = 0;
	uint32_t group = 0;
	unsigned bits = 0;
	for (; *from && *from != '='; from++) {
		if (is_space(*from))
			continue;
		group = group << 6 | (uint32_t)value_of(*from);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			length += (long)put((uint8_t)(group >> bits), to ? to + length : NULL);
		}
	}
	if (to) to[length] = 0;
	return length;
}

// (base64: string) → string, or null
void xs_base64_decode(xsMachine *the)
{
	long length = decode(xsmcToString(xsArg(0)), NULL);
	if (length < 0) {
		xsmcSetNull(xsResult);
		return;
	}
	xsmcSetStringBuffer(xsResult, NULL, (xsIntegerValue)length);
	decode(xsmcToString(xsArg(0)), (uint8_t *)xsmcToString(xsResult));
}
