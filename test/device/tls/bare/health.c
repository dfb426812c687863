/* Feeds entropy_health.c from standard input, one byte a sample; prints the number of the sample it failed at, or 0. */
#include <stdio.h>

#include "entropy_health.h"

int main(void)
{
	entropy_health health;
	unsigned long count = 0;
	int sample;

	entropy_health_start(&health);
	while ((sample = getchar()) != EOF) {
		count++;
		if (!entropy_health_take(&health, (uint8_t)sample)) {
			printf("%lu\n", count);
			return 0;
		}
	}
	printf("0\n");
	return 0;
}
