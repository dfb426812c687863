// Unpacks the radio's firmware, which lies packed in flash, in pieces of 64 bytes.
//
// A packed file is its length unpacked, two sums over it, all 32 bits, little endian, and a raw deflate stream (RFC 1951) that
// looks back 1 KB at most; it stands at an even address. Used by cyw43_ll.c alone. Everything in the stream is checked: a damaged
// one gives an error, and never a byte outside. What was unpacked is right only when CYW43_INFLATE_END has come.
//
// SPDX-License-Identifier: MIT

#ifndef CYW43_INFLATE_H
#define CYW43_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CYW43_INFLATE_HEADER_BYTES 12u
#define CYW43_INFLATE_PIECE_BYTES 64u
#define CYW43_INFLATE_WINDOW_BYTES 1024u
#define CYW43_INFLATE_AHEAD_BYTES (CYW43_INFLATE_WINDOW_BYTES - CYW43_INFLATE_PIECE_BYTES) // most that is unpacked before it is asked for
#define CYW43_INFLATE_LITERALS 288
#define CYW43_INFLATE_DISTANCES 32
#define CYW43_INFLATE_LITERAL_BITS 10 // codes up to this length are found by one look
#define CYW43_INFLATE_DISTANCE_BITS 5
#define CYW43_INFLATE_CODE_MAX_BITS 15

// A set of prefix codes (RFC 1951 3.2.2). An entry of `fast` is the symbol's low 8 bits, four bits of the code's length, and a bit for
// symbols of 256 and more; or the top bit, and the first bits of a code that is longer than one look, or is none.
struct cyw43_inflate_codes {
	uint16_t *fast; // by the next bits
	uint8_t *symbols; // the low 8 bits, in the order of the codes
	uint16_t counts[CYW43_INFLATE_CODE_MAX_BITS + 1]; // codes of each length
	uint16_t large[CYW43_INFLATE_CODE_MAX_BITS + 1]; // the place in `symbols` from which on those of a length are 256 or more
	uint16_t long_first, long_place; // the first code that is longer than one look, and its place
	uint8_t fast_bits;
};

struct cyw43_inflate_reader {
	const uint8_t *at, *end;
	uint32_t bits;
	int32_t count; // of bits; below 0: the stream has ended too early
};

struct cyw43_inflate {
	struct cyw43_inflate_reader in;
	uint32_t length, sums[2]; // what must come out
	uint32_t unpacked, handed_out; // bytes so far
	uint32_t low, high; // the sums so far
	uint32_t copy_length, copy_distance; // what is left of a copy
	uint32_t stored_length; // what is left of a block that is not packed
	bool in_codes, is_last, is_damaged;
	struct cyw43_inflate_codes literals, distances;
	uint16_t *literals_fast;
	uint16_t distances_fast[1 << CYW43_INFLATE_DISTANCE_BITS];
	uint8_t literal_symbols[CYW43_INFLATE_LITERALS], distance_symbols[CYW43_INFLATE_DISTANCES];
	uint8_t window[CYW43_INFLATE_WINDOW_BYTES]; // a ring, in which pieces lie at multiples of their size
};

enum {
	CYW43_INFLATE_END = 0,
	CYW43_INFLATE_DAMAGED = -1,
};

// Starts at the head of a packed file, which has its header at least. The file and the table stay the caller's until the end.
void cyw43_inflate_start(struct cyw43_inflate *self, uint16_t table[1 << CYW43_INFLATE_LITERAL_BITS], const uint8_t *packed, size_t length);

// Unpacks the next piece into `to`, a multiple of 4; the last one is filled up with zeros. Answers its length, or CYW43_INFLATE_END
// behind the last one, or CYW43_INFLATE_DAMAGED, also ever after.
int cyw43_inflate_next(struct cyw43_inflate *self, uint8_t to[CYW43_INFLATE_PIECE_BYTES]);

// Unpacks a piece ahead of what is asked for; false when there is nothing to do. It may be called where a wait would be.
bool cyw43_inflate_ahead(struct cyw43_inflate *self);

#endif
