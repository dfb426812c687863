/* CTR_DRBG of Mbed TLS over entropy.h. See random.h. */
#include "random.h"

#include <stdbool.h>
#include <string.h>

#include "entropy.h"
#include "hardware/timer.h"
#include "mbedtls/ctr_drbg.h"

/* Tells this generator from others that might be seeded alike (SP 800-90A 8.7.1). */
static const unsigned char personalization[] = "picofetch random";

static mbedtls_ctr_drbg_context generator;
static bool started;
static bool stuck;

static int seed(void *context, unsigned char *to, size_t length_bytes)
{
	(void)context;
	return entropy_fill(to, length_bytes);
}

static void start(void)
{
	started = true;
	mbedtls_ctr_drbg_init(&generator);
	stuck = mbedtls_ctr_drbg_seed(&generator, seed, NULL, personalization, sizeof personalization - 1) != 0;
}

void random_prepare(void)
{
	entropy_prepare();
}

int random_fill(void *to, size_t length_bytes)
{
	unsigned char *next = to;
	size_t left = length_bytes;

	if (!started)
		start();
	while (!stuck && left > 0) {
		size_t count = left < MBEDTLS_CTR_DRBG_MAX_REQUEST ? left : MBEDTLS_CTR_DRBG_MAX_REQUEST;
		stuck = mbedtls_ctr_drbg_random(&generator, next, count) != 0;
		next += count;
		left -= count;
	}
	if (stuck)
		memset(to, 0, length_bytes);
	return stuck ? RANDOM_STUCK : 0;
}

uint32_t random_network_number(void)
{
	static uint32_t scattered;
	uint32_t number;

	if (random_fill(&number, sizeof number) == 0)
		return number;
	/* Knuth's multiplicative step over time and count: distinct, not secret. */
	scattered = (scattered + time_us_32() + 1) * 2654435761u;
	return scattered;
}
