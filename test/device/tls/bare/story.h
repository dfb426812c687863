/*
 * A story of a TLS connection: what its owner does, and what comes from the
 * other side, TCP segment by segment. story_tell lets platform/tls live through
 * one, with the seams of story.c: what comes is taken for authentic, so that a
 * story can be written, and changed, in plain text.
 */
#ifndef STORY_H
#define STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORY_PARTS_MAX 96
#define STORY_BYTES_MAX 60000

/* The first byte of a story. */
#define STORY_LISTENS 1u /* we are the server */
#define STORY_IDENTITY 2u /* we have a certificate to show */
#define STORY_PROTOCOLS 4u /* ALPN */
#define STORY_FRAGMENT 8u /* asks for records of 512 bytes */
#define STORY_ONLY_12 16u
#define STORY_GOES_ON_13 32u /* a session was kept before, by the story that is given for it */
#define STORY_GOES_ON_12 64u
#define STORY_IGNORED 128u

/* What the owner does. */
typedef struct story_owner {
	uint8_t kind;
	uint16_t fault_in; /* the allocation that many from the start is refused; 0 for none */
	uint8_t write_refusals; /* of TCP, once the connection is open */
	uint8_t close_at; /* the turn in which it closes; 0 for never */
	uint8_t read_bytes; /* at a time; 0 for all */
	uint8_t writes; /* times 100 bytes, once the connection is open */
	uint8_t troubles;
} story_owner;

/* Its troubles. */
#define STORY_UNREACHABLE 1u
#define STORY_CLOSES_IN_CALLBACK 2u /* at the first event */
#define STORY_CLOSES_AT_DATA 4u
#define STORY_CLOSE_REFUSED 8u /* TCP has no memory for its FIN */
#define STORY_SMALL_SEGMENTS 16u /* of 7 bytes */

typedef enum story_kind {
	STORY_SEGMENT,
	STORY_FILL, /* so many of one byte */
	STORY_PAUSE, /* half a minute */
	STORY_FIN,
	STORY_RESET,
	STORY_KINDS,
} story_kind;

typedef struct story_part {
	story_kind kind;
	uint16_t length_bytes;
	uint8_t *bytes; /* of a segment; the byte of a fill */
} story_part;

typedef struct story {
	story_owner owner;
	unsigned count;
	story_part parts[STORY_PARTS_MAX];
} story;

/** Where the certificates lie (leaf.key is the number one, which is no secret), and what is told first for STORY_GOES_ON_13 and _12. */
void story_prepare(const char *folder, const story *gives_13, const story *gives_12);

/** How it ended. */
typedef struct story_end {
	const char *code; /* NULL when its owner closed it first */
	int library_error; /* beside it */
	bool was_open, resumed;
	bool was_spared; /* the allocation that should be refused was never asked for */
	size_t received_bytes;
} story_end;

/** Ends the program when something is not as it must be. */
story_end story_tell(const story *of);

#endif
