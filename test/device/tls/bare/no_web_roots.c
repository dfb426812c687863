/* Stands in for the table of the web's roots, which has none here: every root is the peer's. */
#include "image.h"

const uint8_t *image_roots(size_t *room_bytes)
{
	static const uint8_t store[32] = {'P', 'F', 'R', 'S', 1, 0, 0, 0, sizeof store};

	*room_bytes = sizeof store;
	return store;
}

uint32_t image_crc32(const uint8_t *bytes, size_t length_bytes)
{
	(void)bytes;
	(void)length_bytes;
	return 0;
}
