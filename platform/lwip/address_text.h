// IP addresses as text and as bytes in network order: IPv4 dotted, IPv6 in the form of RFC 5952. Plain C, of nobody else's.
//
// lwIP's own readers take what is none ("192.0.2", "2001:db8::x"), and its writer shortens the first zeros instead of the longest.

#ifndef ADDRESS_TEXT_H
#define ADDRESS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDRESS_BYTES_MAX 16
#define ADDRESS_TEXT_BYTES 40 // eight groups, and the NUL

// Of 4 or 16 bytes.
void address_text(char text[ADDRESS_TEXT_BYTES], const uint8_t *address, size_t bytes);

// Answers 4 or 16; 0: it is none. IPv4 is four numbers without leading zeros; IPv6 has no zone and no IPv4 inside.
size_t address_of_text(const char *text, uint8_t address[ADDRESS_BYTES_MAX]);

// IPv4 alone, as a number: 192.0.2.1 is 0xC0000201. Answers false when it is none.
bool ipv4_of_text(const char *text, uint32_t *address);

#endif
