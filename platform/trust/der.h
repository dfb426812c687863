/*
 * A strict reader of DER (X.690 10 and 11): one element at a time, in place,
 * nothing copied. A length is checked before the byte behind it is read. Used
 * by platform/trust only.
 */
#ifndef DER_H
#define DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04
#define DER_OID 0x06
#define DER_SEQUENCE 0x30
#define DER_SET 0x31
#define DER_UTC_TIME 0x17
#define DER_GENERALIZED_TIME 0x18
#define DER_CONSTRUCTED 0x20
#define DER_CONTEXT(number) (0x80 | (number))
#define DER_CONTEXT_CONSTRUCTED(number) (0xA0 | (number))

/** Bytes that stand somewhere else; a reader moves `at` forward. */
typedef struct der {
	const uint8_t *at;
	size_t length;
} der;

/** Takes the next element whatever its tag; false when the encoding is bad. */
bool der_next(der *from, uint8_t *tag, der *content);

/** Takes the next element, which must bear `tag`. */
bool der_take(der *from, uint8_t tag, der *content);

/** Goes into the only element, which must bear `tag`; nothing stands behind it. */
bool der_enter(der *from, uint8_t tag);

/**
 * Takes elements that bear the tags of `tags` in this order, with nothing
 * behind them; `parts` gets their contents. The one whose bit is set in
 * `optional` may be missing, and is then without a place (`at` is NULL).
 */
bool der_split(const der *from, const char *tags, unsigned optional, der *parts);

/** The bytes from the end of one part to the end of the next: that one with its tag and length. */
void der_behind(const der *parts, der *whole);

/** Drops the sign byte of an INTEGER's content; false when it is not above zero and in the fewest bytes. */
bool der_positive(der *content);

/** Drops the count of a BIT STRING's content; false when it is not of whole bytes. */
bool der_whole_bits(der *content);

bool der_same(const der *a, const der *b);

#endif
