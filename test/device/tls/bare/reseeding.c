/*
 * random.c over a source that counts. Setting: fails=N, the fill from the source
 * that fails. Draws until it is refused, or 2,500 times, and prints a line for
 * each thing that is asked of the source: "prepare R", "fill R BYTES", where R is
 * the draws before it; "refused R" when a draw is, with "zeroed" behind it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entropy.h"
#include "peer.h"
#include "random.h"

static unsigned draws, fills, failing_fill;

void entropy_prepare(void)
{
	printf("prepare %u\n", draws);
}

int entropy_fill(void *to, size_t length_bytes)
{
	printf("fill %u %zu\n", draws, length_bytes);
	memset(to, (int)++fills, length_bytes);
	return fills == failing_fill ? ENTROPY_STUCK : 0;
}

int main(int argc, char **argv)
{
	static const unsigned char zeros[8];
	unsigned char bytes[8];

	if (argc > 1)
		failing_fill = (unsigned)atoi(argv[1] + strlen("fails="));
	random_prepare();
	for (; draws < 2500; draws++) {
		memset(bytes, 0xAA, sizeof bytes);
		if (random_fill(bytes, sizeof bytes) != 0) {
			printf("refused %u%s\n", draws, memcmp(bytes, zeros, sizeof zeros) == 0 ? " zeroed" : "");
			if (random_fill(bytes, sizeof bytes) == 0)
				printf("given again\n");
			return 0;
		}
		if (draws == 5)
			random_prepare(); /* the network begins anew */
	}
	return 0;
}
