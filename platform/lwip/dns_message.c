// Messages of DNS, see dns_message.h.

#include "dns_message.h"

#include <string.h>

// RFC 1035 section 4.1.1.
#define FLAGS_RECURSION_DESIRED 0x0100
#define FLAGS_RCODE 0x000F
#define RCODE_NONE 0
#define RCODE_NO_NAME 3

#define TYPE_CNAME 5
#define TYPE_SOA 6
#define SOA_NUMBERS_BYTES 20 // behind two names; MINIMUM is the last of five numbers (RFC 1035 section 3.3.13)
#define LABEL_BYTES_MAX 63
#define POINTER 0xC0 // the two bits in front of an offset (RFC 1035 section 4.1.4)
#define CNAMES_MAX 8

uint16_t dns_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t u32_at(const uint8_t *bytes)
{
	return (uint32_t)dns_u16(bytes) << 16 | dns_u16(bytes + 2);
}

static uint8_t *put_u16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
	return to + 2;
}

uint8_t dns_lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

static bool is_of_label(char character)
{
	return is_digit(character) || (dns_lower((uint8_t)character) >= 'a' && dns_lower((uint8_t)character) <= 'z') || character == '-';
}

bool dns_is_label(const char *text, size_t length, size_t length_max)
{
	if (length == 0 || length > length_max || text[0] == '-' || text[length - 1] == '-')
		return false;
	while (length > 0 && is_of_label(text[length - 1]))
		length--;
	return length == 0;
}

static bool is_of_host_name(char character)
{
	return is_of_label(character) || character == '_';
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
			name->bytes[length + 1 + label] = dns_lower((uint8_t)text[label]);
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

bool dns_is_local(const dns_name *name)
{
	static const uint8_t end[] = "\5local"; // and the empty label
	return name->length > sizeof end && memcmp(name->bytes + name->length - sizeof end, end, sizeof end) == 0;
}

size_t dns_emit_query(uint8_t to[DNS_QUERY_BYTES_MAX], const dns_question *question)
{
	memset(to, 0, DNS_HEADER_BYTES);
	put_u16(to, question->id);
	put_u16(to + 2, FLAGS_RECURSION_DESIRED);
	put_u16(to + 4, 1); // questions
	memcpy(to + DNS_HEADER_BYTES, question->name->bytes, question->name->length);
	uint8_t *end = put_u16(to + DNS_HEADER_BYTES + question->name->length, question->type);
	return (size_t)(put_u16(end, DNS_CLASS_IN) - to);
}

bool dns_has(const dns_reader *from, size_t bytes)
{
	return from->length - from->at >= bytes;
}

bool dns_read_name(dns_reader *from, dns_name *name)
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
			size_t target = dns_u16(from->message + at) & 0x3FFF;
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
			name->bytes[length++] = dns_lower(from->message[at + i]);
		at += 1u + label;
		if (label == 0)
			break;
	}
	if (!led_away)
		from->at = at;
	name->length = (uint8_t)length;
	return true;
}

// Lengths need no look: of two names that are the same so far, the shorter has its empty label where the other has not.
bool dns_is_name(const uint8_t *bytes, const dns_name *name)
{
	for (size_t i = 0; i < name->length; i++) {
		if (dns_lower(bytes[i]) != name->bytes[i])
			return false;
	}
	return true;
}

bool dns_read_record(dns_reader *from, dns_name *owner, dns_record *found)
{
	if (!dns_read_name(from, owner) || !dns_has(from, DNS_RECORD_FIXED_BYTES))
		return false;
	const uint8_t *fixed = from->message + from->at;
	found->type = dns_u16(fixed);
	found->class = dns_u16(fixed + 2);
	found->ttl_seconds = u32_at(fixed + 4);
	if (found->ttl_seconds > INT32_MAX)
		found->ttl_seconds = 0; // RFC 2181 section 8
	found->data_length = dns_u16(fixed + 8);
	from->at += DNS_RECORD_FIXED_BYTES;
	found->data_at = from->at;
	if (!dns_has(from, found->data_length))
		return false;
	from->at += found->data_length;
	return true;
}

static uint32_t least(uint32_t one, uint32_t other)
{
	return one < other ? one : other;
}

// The name of a CNAME record's data, which it fills.
static bool read_alias(const dns_reader *from, const dns_record *found, dns_name *name)
{
	dns_reader data = *from;
	data.at = found->data_at;
	return dns_read_name(&data, name) && data.at == found->data_at + found->data_length;
}

// How long it is known that there is nothing (RFC 2308 section 5): by the SOA record of the authority section, if one came.
static uint32_t negative_ttl(dns_reader *from, size_t records)
{
	dns_name owner;
	dns_record found;
	while (records-- > 0 && dns_read_record(from, &owner, &found)) {
		if (found.type == TYPE_SOA && found.class == DNS_CLASS_IN && found.data_length >= SOA_NUMBERS_BYTES + 2)
			return least(found.ttl_seconds, u32_at(from->message + from->at - 4));
	}
	return 0;
}

dns_verdict dns_read_answer(const uint8_t *message, size_t length, const dns_question *question, dns_answer *answer)
{
	dns_reader from = {message, length, DNS_HEADER_BYTES};
	dns_name target, owner;
	if (length < DNS_HEADER_BYTES || dns_u16(message) != question->id || dns_u16(message + 4) != 1)
		return DNS_FOREIGN;
	uint16_t flags = dns_u16(message + 2);
	if ((flags & (DNS_FLAGS_ANSWER | DNS_FLAGS_OPCODE)) != DNS_FLAGS_ANSWER)
		return DNS_FOREIGN;
	if (!dns_read_name(&from, &target) || !dns_has(&from, 4) || !dns_is_name(target.bytes, question->name))
		return DNS_FOREIGN;
	if (dns_u16(message + from.at) != question->type || dns_u16(message + from.at + 2) != DNS_CLASS_IN)
		return DNS_FOREIGN;
	from.at += 4;
	unsigned rcode = flags & FLAGS_RCODE;
	if (rcode != RCODE_NONE && rcode != RCODE_NO_NAME)
		return DNS_FAILED;
	bool cut_off = flags & DNS_FLAGS_CUT_OFF;
	size_t address_length = question->type == DNS_TYPE_A ? 4 : 16;
	size_t answers = dns_u16(message + 6), answers_at = from.at;
	uint32_t ttl_seconds = UINT32_MAX;
	for (size_t aliases = 0, i = 0; i < answers; i++) {
		dns_record found;
		if (!dns_read_record(&from, &owner, &found))
			return cut_off ? DNS_CUT_OFF : DNS_MALFORMED;
		if (found.class != DNS_CLASS_IN || !dns_is_name(owner.bytes, &target))
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
	answer->ttl_seconds = least(ttl_seconds, negative_ttl(&from, dns_u16(message + 8)));
	return rcode == RCODE_NO_NAME ? DNS_NO_NAME : DNS_NO_ADDRESS;
}
