/*
 * Test vectors (tools/conformance/vectors.c) on the processor, where P-256 and
 * big numbers are assembly. The lines come as the root; a verdict is printed a
 * line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "peer.h"
#include "psa/crypto.h"
#include "random.h"
#include "vectors.h"

int random_fill(void *to, size_t length_bytes)
{
	memset(to, 0x5A, length_bytes);
	return 0;
}

int main(int argc, char **argv)
{
	static uint64_t block[4096];
	static char lines[4097];
	const uint8_t *given;
	size_t length;

	peer_start(argc, argv);
	arena_enter(arena_open(block, sizeof block));
	given = peer_root(&length);
	memcpy(lines, given, length);
	if (psa_crypto_init() != PSA_SUCCESS)
		peer_exit(1);
	for (char *line = lines, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		peer_print(vector_judge(line));
		peer_print("\n");
	}
	peer_exit(0);
	return 0;
}
