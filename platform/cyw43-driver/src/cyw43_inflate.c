// Unpacks the radio's firmware. See cyw43_inflate.h.
//
// SPDX-License-Identifier: MIT

#include "cyw43_inflate.h"

#include <string.h>

#define END_OF_BLOCK 256u
#define CODE_LENGTHS 19
#define ENTRY_LENGTH_SHIFT 8
#define ENTRY_IS_LARGE 0x1000u
#define ENTRY_IS_LONG 0x8000u
#define ENTRY_KIND_SHIFT 12 // 0: a literal that was found by one look
#define MARGIN_BYTES 128 // a piece of literals takes less: 64 codes of 15 bits

// 127,000 literals and 19,000 copies are on the way to an address.
#pragma GCC push_options
#pragma GCC optimize("O2")
#define CYW43_INFLATE_HOT static inline __attribute__((always_inline))

CYW43_INFLATE_HOT uint32_t cyw43_inflate_halfword(const uint8_t *at) {
	uint16_t value;
	memcpy(&value, __builtin_assume_aligned(at, 2), sizeof value);
	return value;
}

// Makes 16 bits or more of them, with zeros behind the stream's end.
CYW43_INFLATE_HOT void cyw43_inflate_fill(struct cyw43_inflate_reader *in) {
	if (in->count >= 16)
		return;
	if (in->end - in->at >= 2) {
		in->bits |= cyw43_inflate_halfword(in->at) << in->count;
		in->at += 2;
		in->count += 16;
	} else if (in->at < in->end && in->count >= 0) {
		in->bits |= (uint32_t)*in->at++ << in->count;
		in->count += 8;
	}
}

CYW43_INFLATE_HOT void cyw43_inflate_drop(struct cyw43_inflate_reader *in, uint32_t count) {
	in->bits >>= count;
	in->count -= (int32_t)count;
}

// Up to 16 bits.
CYW43_INFLATE_HOT uint32_t cyw43_inflate_take(struct cyw43_inflate_reader *in, uint32_t count) {
	cyw43_inflate_fill(in);
	uint32_t value = in->bits & ((1u << count) - 1);
	cyw43_inflate_drop(in, count);
	return value;
}

// The entry of a code that is longer than one look, out of what one look found; 0 when there is none.
static __attribute__((noinline)) uint32_t cyw43_inflate_long(const struct cyw43_inflate_codes *codes, uint32_t entry, uint32_t bits) {
	uint32_t code = entry & (ENTRY_IS_LONG - 1), first = codes->long_first, place = codes->long_place;
	for (uint32_t length = codes->fast_bits + 1u; length <= CYW43_INFLATE_CODE_MAX_BITS; length++) {
		uint32_t count = codes->counts[length];
		code = code << 1 | (bits >> (length - 1) & 1);
		if (code - first < count) {
			place += code - first;
			return codes->symbols[place] | length << ENTRY_LENGTH_SHIFT | (place >= codes->large[length] ? ENTRY_IS_LARGE : 0);
		}
		place += count;
		first = (first + count) << 1;
	}
	return 0;
}

// Takes a symbol; its entry is 0 when the stream has none there.
CYW43_INFLATE_HOT uint32_t cyw43_inflate_entry(struct cyw43_inflate_reader *in, const struct cyw43_inflate_codes *codes, const uint16_t *fast, uint32_t fast_bits) {
	cyw43_inflate_fill(in);
	uint32_t entry = fast[in->bits & ((1u << fast_bits) - 1)];
	if (entry & ENTRY_IS_LONG)
		entry = cyw43_inflate_long(codes, entry, in->bits);
	cyw43_inflate_drop(in, entry >> ENTRY_LENGTH_SHIFT & 15);
	return entry;
}

// Unpacks literals that one look finds, up to `limit`; answers where they ended, and takes no look at the stream's end: there must
// be MARGIN_BYTES of it. With fewer than 16 bits behind it the next symbol needs cyw43_inflate_fill.
CYW43_INFLATE_HOT uint8_t *cyw43_inflate_literals(struct cyw43_inflate_reader *in, const uint16_t *fast, uint8_t *to, const uint8_t *limit) {
#if defined(__ARM_ARCH_6M__)
	// The C below as the compiler will not have it: without a word in memory. 20 cycles instead of 31.
	uint32_t length, entry;
	__asm__(
		"	.syntax unified\n"
		"1:	cmp %[count], #15\n"
		"	bgt 2f\n"
		"	ldrh %[length], [%[at]]\n"
		"	lsls %[length], %[count]\n"
		"	orrs %[bits], %[length]\n"
		"	adds %[at], #2\n"
		"	adds %[count], #16\n"
		"2:	lsls %[length], %[bits], %[mask]\n"
		"	lsrs %[length], %[length], %[mask] - 1\n"
		"	ldrh %[entry], [%[fast], %[length]]\n"
		"	lsrs %[length], %[entry], %[kind]\n"
		"	bne 3f\n"
		"	lsrs %[length], %[entry], %[shift]\n"
		"	lsrs %[bits], %[length]\n"
		"	subs %[count], %[length]\n"
		"	strb %[entry], [%[to]]\n"
		"	adds %[to], #1\n"
		"	cmp %[to], %[limit]\n"
		"	bne 1b\n"
		"3:\n"
		: [count] "+l" (in->count), [at] "+l" (in->at), [bits] "+l" (in->bits), [to] "+l" (to), [length] "=&l" (length), [entry] "=&l" (entry)
		: [fast] "l" (fast), [limit] "l" (limit), [mask] "i" (32 - CYW43_INFLATE_LITERAL_BITS), [kind] "i" (ENTRY_KIND_SHIFT), [shift] "i" (ENTRY_LENGTH_SHIFT)
		: "cc", "memory");
#else
	do {
		if (in->count < 16) {
			in->bits |= cyw43_inflate_halfword(in->at) << in->count;
			in->at += 2;
			in->count += 16;
		}
		uint32_t entry = fast[in->bits & ((1u << CYW43_INFLATE_LITERAL_BITS) - 1)];
		if (entry >> ENTRY_KIND_SHIFT != 0)
			break;
		cyw43_inflate_drop(in, entry >> ENTRY_LENGTH_SHIFT);
		*to++ = (uint8_t)entry;
	} while (to != limit);
#endif
	return to;
}

// Copies `left` bytes from `from`, which may stand in front of the window: it is a ring. Answers where it ended.
CYW43_INFLATE_HOT uint8_t *cyw43_inflate_copy(struct cyw43_inflate *self, uint8_t *to, const uint8_t *from, uint32_t left) {
	const uint8_t *end = self->window + CYW43_INFLATE_WINDOW_BYTES;
	if (from < self->window)
		from += CYW43_INFLATE_WINDOW_BYTES;
	for (;;) {
		uint32_t run = (uint32_t)(end - from) < left ? (uint32_t)(end - from) : left;
		left -= run;
		for (const uint8_t *stop = from + run; from != stop;)
			*to++ = *from++;
		if (left == 0)
			return to;
		from = self->window;
	}
}

// Goes on in a block of codes, up to `limit`.
static uint8_t *cyw43_inflate_coded(struct cyw43_inflate *self, uint8_t *to, uint8_t *limit) {
	struct cyw43_inflate_reader in = self->in;
	const uint16_t *fast = self->literals_fast;
	const uint8_t *start = to;
	while (to != limit) {
		uint32_t entry, length, distance, extra;
		if (in.end - in.at >= MARGIN_BYTES) {
			to = cyw43_inflate_literals(&in, fast, to, limit);
			if (to == limit)
				break;
		}
		entry = cyw43_inflate_entry(&in, &self->literals, fast, CYW43_INFLATE_LITERAL_BITS);
		if (entry == 0)
			goto damaged;
		if (!(entry & ENTRY_IS_LARGE)) {
			*to++ = (uint8_t)entry;
			continue;
		}

		// RFC 1951 3.2.5.
		uint32_t code = entry & 0xFF;
		if (code-- == END_OF_BLOCK - 256) {
			self->in_codes = false;
			break;
		}
		length = 3 + code;
		if (code >= 8) {
			if (code > 28)
				goto damaged;
			extra = code / 4 - 1;
			length = code == 28 ? 258 : 3 + ((4 + code % 4) << extra) + cyw43_inflate_take(&in, extra);
		}
		entry = cyw43_inflate_entry(&in, &self->distances, self->distances_fast, CYW43_INFLATE_DISTANCE_BITS);
		code = entry & 0xFF;
		if (entry == 0 || code >= 30)
			goto damaged;
		distance = 1 + code;
		if (code >= 4) {
			extra = code / 2 - 1;
			distance = 1 + ((2 + code % 2) << extra) + cyw43_inflate_take(&in, extra);
		}
		if (in.count < 0 || distance > CYW43_INFLATE_WINDOW_BYTES || distance > self->unpacked + (uint32_t)(to - start))
			goto damaged;
		if (length > (uint32_t)(limit - to)) {
			self->copy_length = length - (uint32_t)(limit - to);
			self->copy_distance = distance;
			length = (uint32_t)(limit - to);
		}
		to = cyw43_inflate_copy(self, to, to - distance, length);
	}
	self->in = in;
	return to;
damaged:
	self->is_damaged = true;
	return to;
}

// Copies a piece out and adds it to the sums.
static void cyw43_inflate_hand_out(struct cyw43_inflate *self, const uint8_t *from, uint8_t *to) {
	const uint32_t *words = __builtin_assume_aligned(from, 4), *end = words + CYW43_INFLATE_PIECE_BYTES / 4;
	uint32_t *copy = __builtin_assume_aligned(to, 4);
	uint32_t low = self->low, high = self->high;
	while (words != end) {
		high += low += *copy++ = *words++;
		high += low += *copy++ = *words++;
		high += low += *copy++ = *words++;
		high += low += *copy++ = *words++;
	}
	self->low = low;
	self->high = high;
}

#pragma GCC pop_options

// What is not hot calls these.
static __attribute__((noinline)) uint32_t cyw43_inflate_bits(struct cyw43_inflate *self, uint32_t count) {
	return cyw43_inflate_take(&self->in, count);
}

static __attribute__((noinline)) uint32_t cyw43_inflate_small_entry(struct cyw43_inflate *self) {
	return cyw43_inflate_entry(&self->in, &self->distances, self->distances_fast, CYW43_INFLATE_DISTANCE_BITS);
}

// Codes stand in the stream with their first bit lowest, and count with it highest.
static uint32_t cyw43_inflate_reversed(uint32_t value, uint32_t count) {
	uint32_t result = 0;
	while (count-- > 0) {
		result = result << 1 | (value & 1);
		value >>= 1;
	}
	return result;
}

// Makes the codes out of their lengths (RFC 1951 3.2.2). The only sets that may leave bits without a symbol are one code of one bit,
// and none at all.
static bool cyw43_inflate_make_codes(struct cyw43_inflate_codes *codes, const uint8_t *lengths, uint32_t count) {
	uint16_t place[CYW43_INFLATE_CODE_MAX_BITS + 1], next[CYW43_INFLATE_CODE_MAX_BITS + 1];
	memset(codes->counts, 0, sizeof codes->counts);
	for (uint32_t bits = 0; bits < 1u << codes->fast_bits; bits++)
		codes->fast[bits] = ENTRY_IS_LONG;
	for (uint32_t i = 0; i < count; i++)
		codes->counts[lengths[i]]++;
	codes->counts[0] = 0;
	int32_t left = 1;
	uint32_t code = 0, places = 0;
	for (uint32_t length = 1; length <= CYW43_INFLATE_CODE_MAX_BITS; length++) {
		left = 2 * left - codes->counts[length];
		if (left < 0)
			return false;
		code = (code + codes->counts[length - 1]) << 1;
		next[length] = (uint16_t)code;
		place[length] = (uint16_t)places;
		places += codes->counts[length];
		codes->large[length] = (uint16_t)places;
		if (length == codes->fast_bits + 1u) {
			codes->long_first = next[length];
			codes->long_place = place[length];
		}
	}
	if (left > 0 && (places > 1 || codes->counts[1] != places))
		return false;
	for (uint32_t symbol = 0; symbol < count; symbol++) {
		uint32_t length = lengths[symbol];
		if (length == 0)
			continue;
		if (symbol >= 256 && place[length] < codes->large[length])
			codes->large[length] = place[length];
		codes->symbols[place[length]++] = (uint8_t)symbol;
		code = next[length]++;
		if (length <= codes->fast_bits) {
			uint16_t entry = (uint16_t)((symbol & 0xFF) | length << ENTRY_LENGTH_SHIFT | (symbol >= 256 ? ENTRY_IS_LARGE : 0));
			for (uint32_t bits = cyw43_inflate_reversed(code, length); bits < 1u << codes->fast_bits; bits += 1u << length)
				codes->fast[bits] = entry;
		} else {
			code >>= length - codes->fast_bits;
			codes->fast[cyw43_inflate_reversed(code, codes->fast_bits)] = (uint16_t)(ENTRY_IS_LONG | code);
		}
	}
	return true;
}

// RFC 1951 3.2.7.
static bool cyw43_inflate_read_codes(struct cyw43_inflate *self) {
	static const uint8_t order[CODE_LENGTHS] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
	struct cyw43_inflate_reader *in = &self->in;
	uint8_t lengths[CYW43_INFLATE_LITERALS + CYW43_INFLATE_DISTANCES] = {0};
	uint32_t literals = cyw43_inflate_bits(self, 5) + 257, distances = cyw43_inflate_bits(self, 5) + 1;
	uint32_t count = cyw43_inflate_bits(self, 4) + 4, have = 0;
	if (literals > 286 || distances > 30)
		return false;
	for (uint32_t i = 0; i < count; i++)
		lengths[order[i]] = (uint8_t)cyw43_inflate_bits(self, 3);
	if (!cyw43_inflate_make_codes(&self->distances, lengths, CODE_LENGTHS))
		return false;
	while (have < literals + distances) {
		uint32_t entry = cyw43_inflate_small_entry(self);
		uint32_t times = 1;
		uint8_t length = (uint8_t)entry;
		if (entry == 0 || in->count < 0 || (length == 16 && have == 0))
			return false;
		if (length >= 16) {
			times = length == 16 ? 3 + cyw43_inflate_bits(self, 2) : length == 17 ? 3 + cyw43_inflate_bits(self, 3) : 11 + cyw43_inflate_bits(self, 7);
			length = length == 16 ? lengths[have - 1] : 0;
		}
		if (times > literals + distances - have)
			return false;
		memset(lengths + have, length, times);
		have += times;
	}
	return lengths[END_OF_BLOCK] != 0 && cyw43_inflate_make_codes(&self->literals, lengths, literals)
		&& cyw43_inflate_make_codes(&self->distances, lengths + literals, distances);
}

// RFC 1951 3.2.6.
static bool cyw43_inflate_fixed_codes(struct cyw43_inflate *self) {
	uint8_t lengths[CYW43_INFLATE_LITERALS];
	memset(lengths, 5, CYW43_INFLATE_DISTANCES);
	if (!cyw43_inflate_make_codes(&self->distances, lengths, CYW43_INFLATE_DISTANCES))
		return false;
	memset(lengths, 8, sizeof lengths);
	memset(lengths + 144, 9, 256 - 144);
	memset(lengths + 256, 7, 280 - 256);
	return cyw43_inflate_make_codes(&self->literals, lengths, CYW43_INFLATE_LITERALS);
}

static bool cyw43_inflate_begin_block(struct cyw43_inflate *self) {
	struct cyw43_inflate_reader *in = &self->in;
	self->is_last = cyw43_inflate_bits(self, 1);
	switch (cyw43_inflate_bits(self, 2)) {
		case 0:
			cyw43_inflate_drop(in, (uint32_t)in->count & 7);
			self->stored_length = cyw43_inflate_bits(self, 16);
			return (cyw43_inflate_bits(self, 16) ^ self->stored_length) == 0xFFFF;
		case 1:
			return self->in_codes = cyw43_inflate_fixed_codes(self);
		case 2:
			return self->in_codes = cyw43_inflate_read_codes(self);
		default:
			return false;
	}
}

// Unpacks up to the end of a piece, or to that of the last block.
static void cyw43_inflate_piece(struct cyw43_inflate *self) {
	uint8_t *to = self->window + self->unpacked % CYW43_INFLATE_WINDOW_BYTES;
	uint8_t *limit = to + (CYW43_INFLATE_PIECE_BYTES - self->unpacked % CYW43_INFLATE_PIECE_BYTES);
	while (to != limit && !self->is_damaged) {
		uint8_t *start = to;
		if (self->copy_length > 0) {
			uint32_t length = self->copy_length < (uint32_t)(limit - to) ? self->copy_length : (uint32_t)(limit - to);
			self->copy_length -= length;
			to = cyw43_inflate_copy(self, to, to - self->copy_distance, length);
		} else if (self->in_codes)
			to = cyw43_inflate_coded(self, to, limit);
		else if (self->stored_length > 0) {
			self->stored_length--;
			*to++ = (uint8_t)cyw43_inflate_bits(self, 8);
		} else if (self->is_last)
			break;
		else
			self->is_damaged = !cyw43_inflate_begin_block(self);
		self->unpacked += (uint32_t)(to - start);
		self->is_damaged |= self->in.count < 0;
	}
}

void cyw43_inflate_start(struct cyw43_inflate *self, uint16_t table[1 << CYW43_INFLATE_LITERAL_BITS], const uint8_t *packed, size_t length) {
	memset(self, 0, sizeof *self);
	memcpy(&self->length, packed, 4);
	memcpy(self->sums, packed + 4, 8);
	self->in.at = packed + CYW43_INFLATE_HEADER_BYTES;
	self->in.end = packed + length;
	self->literals_fast = self->literals.fast = table;
	self->literals.symbols = self->literal_symbols;
	self->literals.fast_bits = CYW43_INFLATE_LITERAL_BITS;
	self->distances.fast = self->distances_fast;
	self->distances.symbols = self->distance_symbols;
	self->distances.fast_bits = CYW43_INFLATE_DISTANCE_BITS;
}

bool cyw43_inflate_ahead(struct cyw43_inflate *self) {
	uint32_t before = self->unpacked;
	if (before - self->handed_out >= CYW43_INFLATE_AHEAD_BYTES)
		return false;
	cyw43_inflate_piece(self);
	return self->unpacked != before;
}

int cyw43_inflate_next(struct cyw43_inflate *self, uint8_t to[CYW43_INFLATE_PIECE_BYTES]) {
	if (self->unpacked - self->handed_out < CYW43_INFLATE_PIECE_BYTES)
		cyw43_inflate_piece(self);
	uint32_t length = self->unpacked - self->handed_out;
	if (length == 0 && self->unpacked == self->length && self->low == self->sums[0] && self->high == self->sums[1])
		return CYW43_INFLATE_END;
	if (length == 0 || self->unpacked > self->length)
		self->is_damaged = true;
	if (self->is_damaged)
		return CYW43_INFLATE_DAMAGED;
	uint8_t *piece = self->window + self->handed_out % CYW43_INFLATE_WINDOW_BYTES;
	if (length > CYW43_INFLATE_PIECE_BYTES)
		length = CYW43_INFLATE_PIECE_BYTES;
	for (uint32_t i = length; i < CYW43_INFLATE_PIECE_BYTES; i++)
		piece[i] = 0;
	self->handed_out += length;
	cyw43_inflate_hand_out(self, piece, to);
	return (int)length;
}
