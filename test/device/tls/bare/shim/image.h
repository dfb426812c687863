/* Stand-in of platform/image/image.h for the bare programs: the roots in force. */
#ifndef IMAGE_H
#define IMAGE_H
#include <stddef.h>
#include <stdint.h>
enum { IMAGE_ROOT };
const void *image_find(uint32_t type, unsigned index, size_t *length_bytes);
const uint8_t *image_roots(size_t *room_bytes);
uint32_t image_crc32(const uint8_t *bytes, size_t length_bytes);
#endif
