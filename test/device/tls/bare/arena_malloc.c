/*
 * platform/tls/arena.h over the host's own malloc: each allocation is a block of
 * exactly its length, so that the address sanitizer sees one byte too many,
 * which inside one arena it cannot.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#define BLOCKS_MAX 1024
#define HEADER_BYTES sizeof(size_t) /* what a block costs on the board beside itself */

struct arena {
	arena *next_open;
	arena_figures figures;
	struct block {
		void *at;
		size_t length_bytes;
	} *blocks; /* BLOCKS_MAX of them */
	unsigned count;
};

/* Tests set it: the allocation that many from now is refused. */
unsigned arena_fault_in;

static arena *open_arenas;
static arena *current;

arena *arena_open(void *block, size_t size_bytes)
{
	arena *made = block;

	assert(size_bytes >= sizeof *made);
	memset(block, 0, size_bytes);
	made->figures.size_bytes = size_bytes;
	made->blocks = calloc(BLOCKS_MAX, sizeof *made->blocks);
	assert(made->blocks);
	made->next_open = open_arenas;
	open_arenas = made;
	return made;
}

void arena_close(arena *of)
{
	arena **link = &open_arenas;

	while (*link && *link != of)
		link = &(*link)->next_open;
	if (!of || !*link)
		return;
	*link = of->next_open;
	if (current == of)
		current = NULL;
	for (unsigned i = 0; i < of->count; i++)
		free(of->blocks[i].at);
	free(of->blocks);
	memset(of, 0, of->figures.size_bytes);
}

arena *arena_enter(arena *of)
{
	arena *before = current;

	current = of;
	return before;
}

void arena_leave(arena *before)
{
	current = before;
}

void arena_measure(const arena *of, arena_figures *to)
{
	*to = of->figures;
	to->largest_free_bytes = to->size_bytes - to->used_bytes;
}

void *arena_calloc(size_t count, size_t size_bytes)
{
	size_t length_bytes;
	void *made;

	if (!current)
		return NULL;
	current->figures.allocations++;
	if ((arena_fault_in > 0 && --arena_fault_in == 0) || __builtin_mul_overflow(count, size_bytes, &length_bytes)
		|| length_bytes + HEADER_BYTES > current->figures.size_bytes - current->figures.used_bytes) {
		current->figures.refusals++;
		return NULL;
	}
	assert(current->count < BLOCKS_MAX);
	made = calloc(1, length_bytes ? length_bytes : 1);
	assert(made);
	current->blocks[current->count].at = made;
	current->blocks[current->count++].length_bytes = length_bytes;
	current->figures.used_bytes += length_bytes + HEADER_BYTES;
	if (current->figures.used_bytes > current->figures.peak_bytes)
		current->figures.peak_bytes = current->figures.reach_bytes = current->figures.used_bytes;
	return made;
}

void arena_free(void *block)
{
	if (!block)
		return;
	for (arena *in = open_arenas; in; in = in->next_open) {
		for (unsigned i = in->count; i-- > 0;) {
			if (in->blocks[i].at != block)
				continue;
			in->figures.used_bytes -= in->blocks[i].length_bytes + HEADER_BYTES;
			in->blocks[i] = in->blocks[--in->count];
			free(block);
			return;
		}
	}
	abort(); /* from nowhere, or freed twice */
}
