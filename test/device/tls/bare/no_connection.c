/* What platform/tls would ask for, in programs that make no connection. */
#include <stddef.h>
#include <stdint.h>

#include "image.h"
#include "loop.h"

void loop_add(loop_poller *poller)
{
	(void)poller;
}

void loop_wake(void)
{
}

const void *image_find(uint32_t type, unsigned index, size_t *length_bytes)
{
	(void)type;
	(void)index;
	(void)length_bytes;
	return NULL;
}
