// Messages of DNS, see dns_message.h.

#include "dns_message.h"

#include <stdbool.h>
#include <string.h>

// RFC 1035 section 4.1.1.
#define HEADER_BYTES 12
#define FLAGS_ANSWER 0x8000
#define FLAGS_OPCODE 0x7800
#define FLAGS_CUT_OFF 0x0200
#define FLAGS_RECURSION_DESIRED 0x0100
#define FLAGS_RCODE 0x000F
#define RCODE_NONE 0
#define RCODE_NO_NAME 3

#define CLASS_IN 1
#define TYPE_CNAME 5
#define TYPE_SOA 6
#define SOA_NUMBERS_BYTES 20 // behind two names; MINIMUM is the last of five numbers (RFC 1035 section 3.3.13)
#define RECORD_FIXED_BYTES 10 // type, class, TTL, length
#define LABEL_BYTES_MAX 63
#define POINTER 0xC0 // the two bits in front of an offset (RFC 1035 section 4.1.4)
#define CNAMES_MAX 8

typedef struct reader {
	const uint8_t *message;
	size_t length, at;
} reader;

typedef struct record {
	uint16_t type, class;
	uint32_t ttl_seconds;
	size_t data_at, data_length;
} record;

static uint16_t u16_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t u32_at(const uint8_t *bytes)
{
	return (uint32_t)u16_at(bytes) << 16 | u16_at(bytes + 2);
}

static uint8_t *put_u16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
	return to + 2;
}

static uint8_t lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

static bool is_of_host_name(char character)
{
	return is_digit(character) || (lower((uint8_t)character) >= 'a' && lower((uint8_t)character) <= 'z') || character == '-' || character == '_';
}

int dns_name_of(const char *text, dns_name *name)
{
	size_t length = 0;
	bool only_digits;
	do {
		size_t label = 0;
		only_digits = true;
		for (; is_of_host_name(text[label]); label++) {
			only_digits &= is_digit(text[label]);
			if (label == LABEL_BYTES_MAX || length + 1 + label + 1 >= DNS_NAME_BYTES_MAX)
				return -1; // no room for the character and the empty label
			name->bytes[length + 1 + label] = lower((uint8_t)text[label]);
		}
		if (label == 0 || (text[label] != 0 && text[label] != '.'))
			return -1;
		name->bytes[length] = (uint8_t)label;
		length += 1 + label;
		text += label;
		if (*text == '.')
			text++;
	} while (*text != 0);
	if (only_digits)
		return -1;
	name->bytes[length++] = 0;
	name->length = (uint8_t)length;
	return 0;
}

int dns_dotted_address(const char *text, uint8_t address[4])
{
	for (int i = 0; i < 4; i++) {
		unsigned value = 0;
		size_t digits = 0;
		for (; digits < 3 && is_digit(text[digits]); digits++)
			value = value * 10 + (unsigned)(text[digits] - '0');
		if (digits == 0 || value > 255 || (text[0] == '0' && digits > 1) || text[digits] != (i < 3 ? '.' : 0))
			return -1;
		address[i] = (uint8_t)value;
		text += digits + 1;
	}
	return 0;
}

size_t dns_emit_query(uint8_t to[DNS_QUERY_BYTES_MAX], const dns_question *question)
{
	memset(to, 0, HEADER_BYTES);
	put_u16(to, question->id);
	put_u16(to + 2, FLAGS_RECURSION_DESIRED);
	put_u16(to + 4, 1); // questions
	memcpy(to + HEADER_BYTES, question->name->bytes, question->name->length);
	uint8_t *end = put_u16(to + HEADER_BYTES + question->name->length, question->type);
	return (size_t)(put_u16(end, CLASS_IN) - to);
}

static bool has(const reader *from, size_t bytes)
{
	return from->length - from->at >= bytes;
}

// Reads a name and stands behind it. A pointer leads before the piece that it ends, so that there is an end.
static bool read_name(reader *from, dns_name *name)
{
	size_t at = from->at, piece_at = at, length = 0;
	bool led_away = false;
	for (;;) {
		if (at >= from->length)
			return false;
		uint8_t label = from->message[at];
		if ((label & POINTER) == POINTER) {
			if (from->length - at < 2)
				return false;
			size_t target = u16_at(from->message + at) & 0x3FFF;
			if (target >= piece_at)
				return false;
			if (!led_away)
				from->at = at + 2;
			led_away = true;
			at = piece_at = target;
			continue;
		}
		if (label > LABEL_BYTES_MAX || from->length - at < 1u + label || length + 1 + label > DNS_NAME_BYTES_MAX)
			return false;
		name->bytes[length++] = label;
		for (size_t i = 1; i <= label; i++)
			name->bytes[length++] = lower(from->message[at + i]);
		at += 1u + label;
		if (label == 0)
			break;
	}
	if (!led_away)
		from->at = at;
	name->length = (uint8_t)length;
	return true;
}

static bool is_same_name(const dns_name *one, const dns_name *other)
{
	return one->length == other->length && memcmp(one->bytes, other->bytes, one->length) == 0;
}

static bool read_record(reader *from, dns_name *owner, record *found)
{
	if (!read_name(from, owner) || !has(from, RECORD_FIXED_BYTES))
		return false;
	const uint8_t *fixed = from->message + from->at;
	found->type = u16_at(fixed);
	found->class = u16_at(fixed + 2);
	found->ttl_seconds = u32_at(fixed + 4);
	if (found->ttl_seconds > INT32_MAX)
		found->ttl_seconds = 0; // RFC 2181 section 8
	found->data_length = u16_at(fixed + 8);
	from->at += RECORD_FIXED_BYTES;
	found->data_at = from->at;
	if (!has(from, found->data_length))
		return false;
	from->at += found->data_length;
	return true;
}

static uint32_t least(uint32_t one, uint32_t other)
{
	return one < other ? one : other;
}

// The name of a CNAME record's data, which it fills.
static bool read_alias(const reader *from, const record *found, dns_name *name)
{
	reader data = *from;
	data.at = found->data_at;
	return read_name(&data, name) && data.at == found->data_at + found->data_length;
}

// How long it is known that there is nothing (RFC 2308 section 5): by the SOA record of the authority section, if one came.
static uint32_t negative_ttl(reader *from, size_t records)
{
	dns_name owner;
	record found;
	while (records-- > 0 && read_record(from, &owner, &found)) {
		if (found.type == TYPE_SOA && found.class == CLASS_IN && found.data_length >= SOA_NUMBERS_BYTES + 2)
			return least(found.ttl_seconds, u32_at(from->message + from->at - 4));
	}
	return 0;
}

dns_verdict dns_read_answer(const uint8_t *message, size_t length, const dns_question *question, dns_answer *answer)
{
	reader from = {message, length, HEADER_BYTES};
	dns_name target, owner;
	if (length < HEADER_BYTES || u16_at(message) != question->id || u16_at(message + 4) != 1)
		return DNS_FOREIGN;
	uint16_t flags = u16_at(message + 2);
	if ((flags & (FLAGS_ANSWER | FLAGS_OPCODE)) != FLAGS_ANSWER)
		return DNS_FOREIGN;
	if (!read_name(&from, &target) || !has(&from, 4) || !is_same_name(&target, question->name))
		return DNS_FOREIGN;
	if (u16_at(message + from.at) != question->type || u16_at(message + from.at + 2) != CLASS_IN)
		return DNS_FOREIGN;
	from.at += 4;
	unsigned rcode = flags & FLAGS_RCODE;
	if (rcode != RCODE_NONE && rcode != RCODE_NO_NAME)
		return DNS_FAILED;
	bool cut_off = flags & FLAGS_CUT_OFF;
	size_t address_length = question->type == DNS_TYPE_A ? 4 : 16;
	size_t answers = u16_at(message + 6), answers_at = from.at;
	uint32_t ttl_seconds = UINT32_MAX;
	for (size_t aliases = 0, i = 0; i < answers; i++) {
		record found;
		if (!read_record(&from, &owner, &found))
			return cut_off ? DNS_CUT_OFF : DNS_MALFORMED;
		if (found.class != CLASS_IN || !is_same_name(&owner, &target))
			continue;
		if (found.type == question->type && found.data_length == address_length && rcode == RCODE_NONE) {
			memcpy(answer->address, message + found.data_at, address_length);
			answer->ttl_seconds = least(ttl_seconds, found.ttl_seconds);
			return DNS_ADDRESS;
		}
		if (found.type == TYPE_CNAME) {
			if (++aliases > CNAMES_MAX || !read_alias(&from, &found, &target))
				return DNS_MALFORMED;
			ttl_seconds = least(ttl_seconds, found.ttl_seconds);
			from.at = answers_at; // records are in no order
			i = SIZE_MAX; // 0 next
		}
	}
	if (cut_off)
		return DNS_CUT_OFF;
	answer->ttl_seconds = least(ttl_seconds, negative_ttl(&from, u16_at(message + 8)));
	return rcode == RCODE_NO_NAME ? DNS_NO_NAME : DNS_NO_ADDRESS;
}
