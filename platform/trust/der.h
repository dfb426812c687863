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

#define DER_BOOLEAN 0x01
#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04
#define DER_NULL 0x05
#define DER_OID 0x06
#define DER_SEQUENCE 0x30
#define DER_SET 0x31
#define DER_UTC_TIME 0x17
#define DER_GENERALIZED_TIME 0x18
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

/** Takes the next element with its tag and length left on. */
bool der_take_whole(der *from, uint8_t tag, der *whole);

/** True when the next element bears `tag`. */
bool der_is_next(const der *from, uint8_t tag);

/** A positive INTEGER in the fewest bytes, its sign byte dropped; zero is refused. */
bool der_positive(der *from, der *magnitude);

/** A BIT STRING of whole bytes. */
bool der_whole_bits(der *from, der *bytes);

bool der_same(der a, der b);

#endif
