// The image: frozen heap and data records behind the firmware. Checked once, then read in place.
#ifndef IMAGE_H
#define IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "image_record.h"

// Checks the record, its build id and both checksums. Once, at start-up, before anything of the image is used.
// Answers NULL, or a sentence that says what is wrong.
const char *image_check(void);

// The checked record; NULL before image_check has answered NULL.
const image_record *image_get(void);

// The bytes of the data record of this type, the index-th of them, in flash. NULL, and *length_bytes untouched, when there
// is none, or the image was refused.
const void *image_find(uint32_t type, unsigned index, size_t *length_bytes);

// The flash that is kept for the root store, outside what an update of the image swaps. Not checked here.
const uint8_t *image_roots(size_t *room_bytes);

// CRC-32 as in zlib (RFC 1952 section 8) over whole words.
uint32_t image_crc32(const uint8_t *bytes, size_t length_bytes);

#endif
