// CRC-32 as in zlib (RFC 1952 section 8), by a table of 64 bytes. For what is too small, or too early, for the sniffer of the DMA.
#ifndef CRC32_H
#define CRC32_H

#include <stddef.h>
#include <stdint.h>

// Goes on with a sum; the first call gets 0.
uint32_t crc32_add(uint32_t sum, const void *bytes, size_t length);

#endif
