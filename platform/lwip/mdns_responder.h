// A name and services in the local network, said by Multicast DNS (RFC 6762) with DNS-SD (RFC 6763): probed, announced, answered for,
// defended, and taken back. Plain C without I/O: messages go in and come out as bytes, time and chance are handed in.
//
// Used by mdns.c. Tested and fuzzed on the host (test/unit/mdns).
#ifndef MDNS_RESPONDER_H
#define MDNS_RESPONDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MDNS_PORT 5353
#define MDNS_MESSAGE_BYTES_MAX 1472	// a datagram that is one frame
#define MDNS_SERVICES_MAX 4
#define MDNS_LABEL_BYTES_MAX 63
#define MDNS_NEVER UINT64_MAX

#define MDNS_SUBJECTS_MAX (1 + MDNS_SERVICES_MAX)	// the host, then the services
#define MDNS_RECORDS_MAX (4 * MDNS_SUBJECTS_MAX)

typedef enum responder_fault {
	RESPONDER_HOST = 1,	// a host name has 1 to 60 letters, digits and hyphens, no hyphen at its ends
	RESPONDER_SERVICES,	// more than MDNS_SERVICES_MAX
	RESPONDER_TYPE,	// not of the form "_http._tcp"
	RESPONDER_NAME,	// not 1 to 58 printable ASCII characters without dots and backslashes
	RESPONDER_SAME,	// two services of one type have one name
	RESPONDER_PORT,	// not 1 to 65535
	RESPONDER_TEXT,	// not printable ASCII, a key without "=", 254 characters at most with its value
	RESPONDER_LENGTH,	// all together does not fit into a message
} responder_fault;

typedef struct mdns_service {
	const char *type, *name;	// in `kept`
	const char *texts;	// of TXT, in `kept`
	size_t texts_length;
	uint16_t port;
} mdns_service;

// A place in the book; all the same: there is no such record.
typedef struct mdns_record {
	uint16_t at, fixed_at, end;	// the name begins, type, class and so on begin, the data ends
} mdns_record;

typedef enum responder_state {
	RESPONDER_WAITING,	// for an address
	RESPONDER_PROBING,
	RESPONDER_ANNOUNCED,
} responder_state;

// One that speaks. Its memory stays where it is.
typedef struct mdns_responder {
	responder_state state;
	uint32_t address;	// host order; 0: none
	unsigned namings;	// counts how often the names became the board's, or became it again
	// What is to be said.
	const char *host;
	mdns_service services[MDNS_SERVICES_MAX];
	unsigned services_count;
	uint8_t taken[MDNS_SUBJECTS_MAX];	// how often somebody had the host's name, and the services'
	char kept[1200];
	size_t kept_length;
	// The records as they stand in an announcement, one behind another.
	uint8_t book[MDNS_MESSAGE_BYTES_MAX];
	size_t book_length;
	mdns_record records[MDNS_RECORDS_MAX];
	// When what is due. Sets are bits of records.
	uint64_t step_at_us, answer_at_us, said_at_us[MDNS_RECORDS_MAX];
	unsigned step, conflicts;
	uint32_t due;
	uint32_t cut_off_from;	// who said that more known answers follow
} mdns_responder;

// Begins anew, with nothing to say.
void responder_clear(mdns_responder *own);

// Appends a word of what is to be said; false: it does not fit. First the host's name; then of each service type, name, port, the number
// of words behind, and as those keys and values of its texts.
bool responder_keep(mdns_responder *own, const char *word);

// When all is kept. Answers 0, or what is wrong, and the word.
responder_fault responder_check(mdns_responder *own, const char **word);

// The board's address, 0: none. Another one is probed and announced anew. `chance`: any number.
void responder_set_address(mdns_responder *own, uint32_t address, uint64_t now_us, uint32_t chance);

typedef struct mdns_heard {
	const uint8_t *message;
	size_t length;
	uint32_t from;
	uint16_t port;	// the sender's
	bool alone;	// it was sent to the board, not to the group
} mdns_heard;

// Reads a message. Answers the length of a reply to the sender alone, 0: none.
size_t responder_hear(mdns_responder *own, const mdns_heard *heard, uint64_t now_us, uint32_t chance, uint8_t reply[MDNS_MESSAGE_BYTES_MAX]);

// What the group is to be told now. Answers its length, 0: nothing.
size_t responder_say(mdns_responder *own, uint64_t now_us, uint8_t message[MDNS_MESSAGE_BYTES_MAX]);

// When there is something to say.
uint64_t responder_next_at_us(const mdns_responder *own);

// That nothing of what was said is so any more. Answers its length, 0: nothing was said.
size_t responder_end(mdns_responder *own, uint8_t message[MDNS_MESSAGE_BYTES_MAX]);

// The host's name as it is now, without ".local": another than was asked for when somebody has that.
void responder_host_name(const mdns_responder *own, char name[MDNS_LABEL_BYTES_MAX + 1]);

#endif
