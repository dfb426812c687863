/*
 * The memory of one TLS connection: one block of fixed size that Mbed TLS
 * allocates from, and that goes as a whole when the connection is released.
 * Counted, so that tests can hold its peak to a figure.
 *
 * Best fit with boundary tags, free neighbours joined at once. The long-lived
 * record buffers are allocated first and stay at the low end, so a handshake's
 * thousands of short-lived numbers cannot scatter around them.
 *
 * Owner: platform/tls. One thread. Allocation outside arena_enter .. arena_leave
 * answers NULL; a block may be freed at any time while its arena is open.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>
#include <stdint.h>

typedef struct arena arena;

typedef struct arena_figures {
	size_t size_bytes; /* of the block */
	size_t used_bytes; /* now, headers included */
	size_t peak_bytes; /* highest used_bytes so far */
	size_t reach_bytes; /* highest end of a block in use so far: the peak with its gaps */
	size_t largest_free_bytes; /* what one allocation could still have */
	uint32_t allocations; /* so far */
	uint32_t refusals; /* allocations that were answered NULL */
} arena_figures;

/** Makes an arena of `block` (aligned to 8). The handle is the block's first bytes. */
arena *arena_open(void *block, size_t size_bytes);

/** Zeroes the block, secrets included, and forgets it. NULL is allowed. */
void arena_close(arena *of);

/** From here on allocations come from `of`; answers what was current before. */
arena *arena_enter(arena *of);

/** Puts back what arena_enter answered. */
void arena_leave(arena *before);

void arena_measure(const arena *of, arena_figures *to);

/** calloc and free for Mbed TLS (tls_config.h). Zeroed; aligned to a pointer. */
void *arena_calloc(size_t count, size_t size_bytes);
void arena_free(void *block);

#endif
