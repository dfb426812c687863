// Messages of DNS (RFC 1035): the question of a name's address, and what an answer to it says. Plain C, without I/O.
//
// Used by resolver.c. Tested and fuzzed on the host (test/unit/dns).

#ifndef DNS_MESSAGE_H
#define DNS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#define DNS_NAME_BYTES_MAX 255 // RFC 1035 section 2.3.4, lengths of labels and the empty last one included
#define DNS_QUERY_BYTES_MAX (12 + DNS_NAME_BYTES_MAX + 4)

typedef enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_AAAA = 28, // RFC 3596
} dns_type;

// A name as it stands in a message, in lower case: labels, each behind its length, up to the empty one.
typedef struct dns_name {
	uint8_t length;
	uint8_t bytes[DNS_NAME_BYTES_MAX];
} dns_name;

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

// Four bytes out of "192.0.2.1": decimal, without signs and leading zeros. Answers 0, or -1 when it is something else.
int dns_dotted_address(const char *text, uint8_t address[4]);

// The message that asks, with recursion. Answers its length.
size_t dns_emit_query(uint8_t to[DNS_QUERY_BYTES_MAX], const dns_question *question);

// Reads what came from a server that was asked `question`. Follows CNAME records inside the message.
dns_verdict dns_read_answer(const uint8_t *message, size_t length, const dns_question *question, dns_answer *answer);

#endif
