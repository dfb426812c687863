// What the name server of the board's own network answers: every name is the board, so that a guest's first look at the web ends at
// its page (a captive portal). Plain C without I/O. RFC 1035 section 4.
#ifndef NAME_ANSWERS_H
#define NAME_ANSWERS_H

#include <stddef.h>
#include <stdint.h>

#define NAME_REPLY_BYTES (12 + 255 + 4 + 16)

// The reply's length, 0 for what is no question. `address` in host order.
size_t name_answer(uint32_t address, const uint8_t *query, size_t length, uint8_t reply[NAME_REPLY_BYTES]);

#endif
