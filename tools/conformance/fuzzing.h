/*
 * What both fuzzers rest on (fuzz.c here, stories.c of the bare programs): the edges that gcc tells of, and chance from a seed. Included by one
 * file of a program, behind FUZZ_EDGES, how many are told apart, and FUZZ_ORIGIN, a function of the program.
 */
#ifndef FUZZING_H
#define FUZZING_H

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint64_t chance_state;

static unsigned chance(unsigned below)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return (unsigned)(chance_state >> 33) % below;
}

static uint8_t edges_seen[FUZZ_EDGES], edges_now[FUZZ_EDGES];

/* gcc calls it at each edge of the code under test (-fsanitize-coverage=trace-pc). */
void __sanitizer_cov_trace_pc(void)
{
	static uintptr_t before;
	/* From a fixed place, so that one seed tells one story wherever the program lies. */
	uintptr_t here = (uintptr_t)__builtin_return_address(0) - (uintptr_t)FUZZ_ORIGIN;

	edges_now[(here ^ before) % FUZZ_EDGES] = 1;
	before = here >> 1;
}

/* Of `edges_now`, which the caller clears before a round. */
static unsigned take_new_edges(void)
{
	unsigned found = 0;

	for (unsigned i = 0; i < FUZZ_EDGES; i++) {
		found += edges_now[i] && !edges_seen[i];
		edges_seen[i] |= edges_now[i];
	}
	return found;
}

/*
 * Of `count` inputs, again and again the one that adds the most edges for its bytes, `most` of them: run() tells its edges, bytes() how large it is
 * (0: not to be kept), keep() takes it as number `kept`. Answers how many were kept.
 */
static unsigned keep_the_best(unsigned count, unsigned most, void (*run)(unsigned), size_t (*bytes)(unsigned), void (*keep)(unsigned, unsigned kept))
{
	uint8_t (*maps)[FUZZ_EDGES] = calloc(count, FUZZ_EDGES);
	unsigned kept = 0;

	assert(maps);
	memset(edges_seen, 0, sizeof edges_seen);
	for (unsigned i = 0; i < count; i++) {
		memset(edges_now, 0, sizeof edges_now);
		run(i);
		memcpy(maps[i], edges_now, FUZZ_EDGES);
	}
	while (kept < most) {
		double gain = 0;
		unsigned best = 0;

		for (unsigned i = 0; i < count; i++) {
			unsigned adds = 0;
			for (unsigned edge = 0; edge < FUZZ_EDGES; edge++)
				adds += maps[i][edge] && !edges_seen[edge];
			if (bytes(i) > 0 && adds / (double)bytes(i) > gain) {
				gain = adds / (double)bytes(i);
				best = i;
			}
		}
		if (gain == 0)
			break;
		memcpy(edges_now, maps[best], FUZZ_EDGES);
		take_new_edges();
		keep(best, kept++);
	}
	free(maps);
	return kept;
}

#endif
