/* Stand-in of platform/image/image.h for the bare programs: the roots in force. */
#ifndef IMAGE_H
#define IMAGE_H
#include <stddef.h>
#include <stdint.h>
enum { IMAGE_ROOT, IMAGE_ROOT_OWN };
const void *image_find(uint32_t type, unsigned index, size_t *length_bytes);
#endif
