// UTF-8 between script's strings and bytes, for TextEncoder and TextDecoder (WHATWG Encoding Standard, 4.1 and 9).
//
// XS keeps a string as UTF-8 that ends in a NUL, with two departures: U+0000 is C0 80, and a lone surrogate is the three
// bytes that its number would have.

#include "engine.h"

#include <string.h>

#define REPLACEMENT_BYTES 3	// U+FFFD, EF BF BD

static const uint8_t replacement[REPLACEMENT_BYTES] = { 0xEF, 0xBF, 0xBD };

static bool is_surrogate(const uint8_t *bytes)
{
	return bytes[0] == 0xED && bytes[1] >= 0xA0;
}

// A high surrogate followed by a low one, six bytes in a string that was put together, is one character of four.
static bool is_surrogate_pair(const uint8_t *bytes)
{
	return bytes[0] == 0xED && (bytes[1] & 0xF0) == 0xA0 && bytes[3] == 0xED && (bytes[4] & 0xF0) == 0xB0;
}

static void emit_pair(const uint8_t *from, uint8_t *to)
{
	uint32_t high = (uint32_t)(from[1] & 0x0F) << 6 | (from[2] & 0x3F);
	uint32_t low = (uint32_t)(from[4] & 0x0F) << 6 | (from[5] & 0x3F);
	uint32_t character = 0x10000 + (high << 10) + low;
	to[0] = (uint8_t)(0xF0 | character >> 18);
	to[1] = (uint8_t)(0x80 | (character >> 12 & 0x3F));
	to[2] = (uint8_t)(0x80 | (character >> 6 & 0x3F));
	to[3] = (uint8_t)(0x80 | (character & 0x3F));
}

// Emits the UTF-8 of a string; measures it when `to` is NULL.
static size_t encode(const uint8_t *from, uint8_t *to)
{
	size_t length = 0;
	while (*from) {
		if (from[0] == 0xC0 && from[1] == 0x80) {
			if (to) to[length] = 0;
			length += 1;
			from += 2;
		} else if (from[0] == 0xED && from[1] >= 0xA0 && is_surrogate_pair(from)) {
			if (to) emit_pair(from, to + length);
			length += 4;
			from += 6;
		} else if (is_surrogate(from)) {
			if (to) memcpy(to + length, replacement, REPLACEMENT_BYTES);
			length += REPLACEMENT_BYTES;
			from += 3;
		} else {
			if (to) to[length] = *from;
			length += 1;
			from += 1;
		}
	}
	return length;
}

// (string) → ArrayBuffer
void xs_text_encode(xsMachine *the)
{
	size_t length = encode((const uint8_t *)xsmcToString(xsArg(0)), NULL);
	xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)length);
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsResult, &bytes, &size);
	encode((const uint8_t *)xsmcToString(xsArg(0)), bytes);
}

// (string, bytes) → {read, written}
void xs_text_encode_into(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue room;
	xsmcGetBufferWritable(xsArg(1), &bytes, &room);
	const uint8_t *from = (const uint8_t *)xsmcToString(xsArg(0));
	uint8_t *to = bytes;
	size_t written = 0, read = 0;
	while (*from) {
		size_t taken = from[0] < 0x80 ? 1 : from[0] < 0xE0 ? 2 : from[0] < 0xF0 ? 3 : 4;
		size_t units = taken == 4 ? 2 : 1;
		size_t length = taken;
		if (from[0] == 0xC0)
			length = 1;
		else if (from[0] == 0xED && from[1] >= 0xA0 && is_surrogate_pair(from))
			taken = 6, length = 4, units = 2;
		if (written + length > room)
			break;
		if (from[0] == 0xC0)
			to[written] = 0;
		else if (taken == 6)
			emit_pair(from, to + written);
		else
			memcpy(to + written, is_surrogate(from) ? replacement : from, length);
		written += length;
		read += units;
		from += taken;
	}
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	xsmcSetInteger(xsVar(0), (xsIntegerValue)read);
	xsmcSet(xsResult, xsID("read"), xsVar(0));
	xsmcSetInteger(xsVar(0), (xsIntegerValue)written);
	xsmcSet(xsResult, xsID("written"), xsVar(0));
}

// What a UTF-8 sequence that begins with `lead` asks of its second byte, and how many bytes follow. The Unicode
// Standard, table 3-7; 0 when nothing begins so.
static int following(uint8_t lead, uint8_t *lowest, uint8_t *highest)
{
	*lowest = 0x80;
	*highest = 0xBF;
	if (lead >= 0xC2 && lead <= 0xDF)
		return 1;
	if (lead >= 0xE0 && lead <= 0xEF) {
		if (lead == 0xE0) *lowest = 0xA0;
		if (lead == 0xED) *highest = 0x9F;
		return 2;
	}
	if (lead >= 0xF0 && lead <= 0xF4) {
		if (lead == 0xF0) *lowest = 0x90;
		if (lead == 0xF4) *highest = 0x8F;
		return 3;
	}
	return 0;
}

typedef struct {
	size_t length;		// bytes of the string
	size_t left;		// bytes at the end that begin a sequence which may go on
	bool malformed;
} decoded;

// Emits the string of some UTF-8; measures it when `to` is NULL. `more`: further bytes may follow these.
static decoded decode(const uint8_t *from, size_t size, bool more, uint8_t *to)
{
	decoded result = { 0, 0, false };
	size_t at = 0;
	while (at < size) {
		uint8_t lead = from[at];
		size_t valid = 1;
		if (lead == 0) {
			if (to) to[result.length] = 0xC0, to[result.length + 1] = 0x80;
			result.length += 2;
			at += 1;
			continue;
		}
		if (lead >= 0x80) {
			uint8_t lowest, highest;
			size_t whole = 1 + (size_t)following(lead, &lowest, &highest);
			while (valid < whole && at + valid < size && from[at + valid] >= lowest && from[at + valid] <= highest) {
				valid++;
				lowest = 0x80;
				highest = 0xBF;
			}
			if (valid < whole && at + valid == size && more) {
				result.left = valid;
				return result;
			}
			if (whole == 1 || valid < whole) {	// the longest part that could have begun a character is replaced
				if (to) memcpy(to + result.length, replacement, REPLACEMENT_BYTES);
				result.length += REPLACEMENT_BYTES;
				result.malformed = true;
				at += valid;
				continue;
			}
		}
		if (to) memcpy(to + result.length, from + at, valid);
		result.length += valid;
		at += valid;
	}
	return result;
}

// (bytes, more: boolean, fatal: boolean) → string, or null when it is malformed and that is fatal
void xs_text_decode(xsMachine *the)
{
	bool more = xsmcToBoolean(xsArg(1));
	bool fatal = xsmcToBoolean(xsArg(2));
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	decoded result = decode(bytes, size, more, NULL);
	if (result.malformed && fatal) {
		xsmcSetNull(xsResult);
		return;
	}
	xsmcSetStringBuffer(xsResult, NULL, (xsIntegerValue)result.length);
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	decode(bytes, size, more, (uint8_t *)xsmcToString(xsResult));
}

// (bytes) → how many bytes at the end begin a character that is not whole
void xs_text_left(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	xsmcSetInteger(xsResult, (xsIntegerValue)decode(bytes, size, true, NULL).left);
}
