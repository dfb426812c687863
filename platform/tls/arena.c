/* Best fit with boundary tags inside one block. See arena.h. */
#include "arena.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * A block is a header word (its size with two flags in the low bits), then the
 * payload. A free block keeps its list links in the payload and repeats its
 * size in its last word, where the block behind it finds it.
 */
#define USED ((size_t)1)
#define PREVIOUS_USED ((size_t)2)
#define FLAGS (USED | PREVIOUS_USED)

typedef struct chunk {
	size_t header;
	struct chunk *next_free; /* in free blocks only, as the next one */
	struct chunk *previous_free;
} chunk;

#define WORD sizeof(size_t)
#define SMALLEST (sizeof(chunk) + WORD)

struct arena {
	arena *next_open;
	chunk *free_list;
	uint8_t *first;
	uint8_t *end; /* where the closing header stands */
	arena_figures figures;
};

#ifdef ARENA_FAULTS
/* Tests set it: the allocation that many from now is refused. */
unsigned arena_fault_in;
#endif

static arena *open_arenas;
static arena *current;

static size_t size_of(const chunk *of)
{
	return of->header & ~FLAGS;
}

static chunk *behind(const chunk *of)
{
	return (chunk *)((uint8_t *)of + size_of(of));
}

static void list_add(arena *in, chunk *what)
{
	what->previous_free = NULL;
	what->next_free = in->free_list;
	if (in->free_list)
		in->free_list->previous_free = what;
	in->free_list = what;
}

static void list_remove(arena *in, chunk *what)
{
	if (what->previous_free)
		what->previous_free->next_free = what->next_free;
	else
		in->free_list = what->next_free;
	if (what->next_free)
		what->next_free->previous_free = what->previous_free;
}

static void make_free(arena *in, chunk *what, size_t size, size_t previous_used)
{
	what->header = size | previous_used;
	*(size_t *)((uint8_t *)what + size - WORD) = size;
	behind(what)->header &= ~PREVIOUS_USED;
	list_add(in, what);
}

arena *arena_open(void *block, size_t size_bytes)
{
	arena *made = block;
	size_t head = (sizeof(arena) + WORD - 1) & ~(WORD - 1);

	memset(block, 0, size_bytes);
	size_bytes &= ~(WORD - 1);
	made->first = (uint8_t *)block + head;
	made->end = (uint8_t *)block + size_bytes - WORD;
	made->figures.size_bytes = size_bytes;
	made->figures.used_bytes = made->figures.peak_bytes = made->figures.reach_bytes = head + WORD;
	((chunk *)made->end)->header = USED; /* a block of size 0 that never goes */
	make_free(made, (chunk *)made->first, (size_t)(made->end - made->first), PREVIOUS_USED);
	made->next_open = open_arenas;
	open_arenas = made;
	return made;
}

void arena_close(arena *of)
{
	arena **link = &open_arenas;
	size_t size_bytes;

	while (*link && *link != of)
		link = &(*link)->next_open;
	if (!of || !*link)
		return;
	*link = of->next_open;
	if (current == of)
		current = NULL;
	size_bytes = of->figures.size_bytes;
	memset(of, 0, size_bytes);
	__asm__ volatile("" : : "r"(of) : "memory"); /* the zeroes are meant */
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
	to->largest_free_bytes = 0;
	for (const chunk *free = of->free_list; free; free = free->next_free) {
		if (size_of(free) - WORD > to->largest_free_bytes)
			to->largest_free_bytes = size_of(free) - WORD;
	}
}

static chunk *best_fit(const arena *in, size_t size)
{
	chunk *best = NULL;

	for (chunk *free = in->free_list; free; free = free->next_free) {
		size_t room = size_of(free);
		if (room < size || (best && room >= size_of(best)))
			continue;
		best = free;
		if (room == size)
			break;
	}
	return best;
}

void *arena_calloc(size_t count, size_t size_bytes)
{
	arena *in = current;
	size_t bytes, size, room, reach;
	chunk *found;

	if (!in)
		return NULL;
	in->figures.allocations++;
#ifdef ARENA_FAULTS
	if (arena_fault_in > 0 && --arena_fault_in == 0) {
		in->figures.refusals++;
		return NULL;
	}
#endif
	if (__builtin_mul_overflow(count, size_bytes, &bytes) || bytes > in->figures.size_bytes) {
		in->figures.refusals++;
		return NULL;
	}
	size = ((bytes + WORD - 1) & ~(WORD - 1)) + WORD;
	if (size < SMALLEST)
		size = SMALLEST;
	found = best_fit(in, size);
	if (!found) {
		in->figures.refusals++;
		return NULL;
	}

	list_remove(in, found);
	room = size_of(found);
	if (room - size >= SMALLEST) {
		found->header = size | USED | (found->header & PREVIOUS_USED);
		make_free(in, behind(found), room - size, PREVIOUS_USED);
	} else {
		found->header |= USED;
		behind(found)->header |= PREVIOUS_USED;
	}
	in->figures.used_bytes += size_of(found);
	if (in->figures.used_bytes > in->figures.peak_bytes)
		in->figures.peak_bytes = in->figures.used_bytes;
	reach = (size_t)((uint8_t *)behind(found) - (uint8_t *)in);
	if (reach > in->figures.reach_bytes)
		in->figures.reach_bytes = reach;
	return memset((uint8_t *)found + WORD, 0, size_of(found) - WORD);
}

static arena *arena_of(const void *block)
{
	arena *in = open_arenas;

	while (in && !((const uint8_t *)block >= in->first && (const uint8_t *)block < in->end))
		in = in->next_open;
	return in;
}

void arena_free(void *block)
{
	arena *in;
	chunk *what;
	size_t size, previous_used;

	if (!block)
		return;
	in = arena_of(block);
	what = (chunk *)((uint8_t *)block - WORD);
	/* A block from nowhere or freed twice is memory gone wrong: stop before it spreads. */
	if (!in || !(what->header & USED) || size_of(what) > (size_t)(in->end - (uint8_t *)what))
		abort();

	size = size_of(what);
	in->figures.used_bytes -= size;
	if (!(behind(what)->header & USED)) {
		size += size_of(behind(what));
		list_remove(in, behind(what));
	}
	previous_used = what->header & PREVIOUS_USED;
	if (!previous_used) {
		size_t before = ((size_t *)what)[-1];
		what = (chunk *)((uint8_t *)what - before);
		list_remove(in, what);
		size += before;
		previous_used = what->header & PREVIOUS_USED;
	}
	make_free(in, what, size, previous_used);
}
