// Messages of DNS (RFC 1035): the question of a name's address, what an answer to it says, and names and records one by one. Plain C,
// without I/O.
//
// Used by resolver.c and mdns_responder.c. Tested and fuzzed on the host (test/unit/dns).

#ifndef DNS_MESSAGE_H
#define DNS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_HEADER_BYTES 12 // number, flags, counts of four sections (RFC 1035 section 4.1.1)
#define DNS_FLAGS_ANSWER 0x8000
#define DNS_FLAGS_OPCODE 0x7800
#define DNS_FLAGS_CUT_OFF 0x0200
#define DNS_CLASS_IN 1
#define DNS_RECORD_FIXED_BYTES 10 // of a record, behind its name: type, class, time to live, length

#define DNS_NAME_BYTES_MAX 255 // RFC 1035 section 2.3.4, lengths of labels and the empty last one included
#define DNS_QUERY_BYTES_MAX (DNS_HEADER_BYTES + DNS_NAME_BYTES_MAX + 4)

typedef enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_AAAA = 28, // RFC 3596
} dns_type;

// A name as it stands in a message, in lower case: labels, each behind its length, up to the empty one.
typedef struct dns_name {
	uint8_t length;
	uint8_t bytes[DNS_NAME_BYTES_MAX];
} dns_name;

// A message that is read on and on, from `at`.
typedef struct dns_reader {
	const uint8_t *message;
	size_t length, at;
} dns_reader;

typedef struct dns_record {
	uint16_t type, class;
	uint32_t ttl_seconds;
	size_t data_at, data_length; // inside the message
} dns_record;

typedef struct dns_question {
	uint16_t id;
	uint16_t type;
	const dns_name *name;
} dns_question;

typedef enum dns_verdict {
	DNS_ADDRESS, // address and ttl_seconds
	DNS_NO_NAME, // there is no such name; ttl_seconds
	DNS_NO_ADDRESS, // there is, without an address of that type; ttl_seconds
	DNS_CUT_OFF, // it did not fit, and what came has no address
	DNS_FAILED, // the server cannot or will not tell (RCODE)
	DNS_MALFORMED, // an answer to the question that breaks off, or whose names go in circles
	DNS_FOREIGN, // no answer to this question: not to be believed (RFC 5452 section 9.1)
} dns_verdict;

typedef struct dns_answer {
	uint8_t address[16]; // 4 bytes of A, 16 of AAAA
	uint32_t ttl_seconds; // the least of the records on the way (RFC 2308 section 5 for what there is not); 0: not to be kept
} dns_answer;

// A host name: 1 to 253 characters, labels of 1 to 63 letters, digits, hyphens or underlines, a dot at the end at will; the last label has
// a character that is no digit, else an address was meant (RFC 1123 section 2.1). Answers 0, or -1.
int dns_name_of(const char *text, dns_name *name);

// A label of letters, digits and hyphens, none at its ends (RFC 1123 section 2.1).
bool dns_is_label(const char *text, size_t length, size_t length_max);

// True for a name that ends in ".local": one of the local network's own (RFC 6762 section 3).
bool dns_is_local(const dns_name *name);

// The message that asks, with recursion. Answers its length.
size_t dns_emit_query(uint8_t to[DNS_QUERY_BYTES_MAX], const dns_question *question);

// Reads what came from a server that was asked `question`. Follows CNAME records inside the message.
dns_verdict dns_read_answer(const uint8_t *message, size_t length, const dns_question *question, dns_answer *answer);

// What is behind them in the message; false: it breaks off, or a name is none. A pointer leads before the piece that it ends, so that
// there is an end.
bool dns_read_name(dns_reader *from, dns_name *name);
bool dns_read_record(dns_reader *from, dns_name *owner, dns_record *found);
bool dns_has(const dns_reader *from, size_t bytes);

// Big-endian, as all numbers in messages.
uint16_t dns_u16(const uint8_t *bytes);

// True when the labels at `bytes`, in any case, are this name.
bool dns_is_name(const uint8_t *bytes, const dns_name *name);

uint8_t dns_lower(uint8_t byte);

#endif
