// See name_answers.h.

#include "name_answers.h"

#include <stdbool.h>
#include <string.h>

#define HEADER_BYTES 12
#define NAME_BYTES_MAX 255
#define TYPE_A 1
#define TYPE_ANY 255
#define CLASS_IN 1
#define NOT_IMPLEMENTED 4

size_t name_answer(uint32_t address, const uint8_t *query, size_t length, uint8_t reply[NAME_REPLY_BYTES])
{
	// A query (QR 0) with one question.
	if (length < HEADER_BYTES || (query[2] & 0x80) || query[4] != 0 || query[5] != 1)
		return 0;
	size_t at = HEADER_BYTES;
	while (at < length && query[at] != 0) {
		if (query[at] > 63) // a pointer has no place in a question
			return 0;
		at += 1u + query[at];
		if (at - HEADER_BYTES >= NAME_BYTES_MAX)
			return 0;
	}
	at++; // the root
	if (at + 4 > length)
		return 0;
	unsigned type = (unsigned)query[at] << 8 | query[at + 1], class = (unsigned)query[at + 2] << 8 | query[at + 3];
	at += 4;
	bool is_plain = (query[2] & 0x78) == 0, answers = is_plain && class == CLASS_IN && (type == TYPE_A || type == TYPE_ANY);
	memcpy(reply, query, at);
	reply[2] = (uint8_t)(0x84 | (query[2] & 0x79)); // an authoritative answer; opcode and RD as they came
	reply[3] = is_plain ? 0 : NOT_IMPLEMENTED;
	memset(reply + 6, 0, 6);
	if (!answers)
		return at;
	reply[7] = 1;
	const uint8_t record[16] = { 0xC0, HEADER_BYTES, 0, TYPE_A, 0, CLASS_IN, 0, 0, 0, 0 /* nobody is to keep it */, 0, 4,
		(uint8_t)(address >> 24), (uint8_t)(address >> 16), (uint8_t)(address >> 8), (uint8_t)address };
	memcpy(reply + at, record, sizeof record);
	return at + sizeof record;
}
