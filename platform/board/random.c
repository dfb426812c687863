/* CTR_DRBG of Mbed TLS over entropy.h. See random.h. */
#include "random.h"

#include <stdbool.h>
#include <string.h>

#include "entropy.h"
#include "hardware/timer.h"
#include "mbedtls/ctr_drbg.h"

/* Requests: some handshakes, so more than the 20 ms that gathering takes. */
#define PREPARED_AHEAD 128

static mbedtls_ctr_drbg_context generator;
static bool started;
static bool stuck;
static uint32_t requests;
/* The personalization string (SP 800-90A 8.7.1): goes through the derivation function with the fresh bits. */
static unsigned char kept_seed[32] __attribute__((section(".uninitialized_data.random")));

static int seed(void *context, unsigned char *to, size_t length_bytes)
{
	(void)context;
	return entropy_fill(to, length_bytes);
}

/* The library asks for a new seed by itself when one is due; by then it shall be there. */
static bool request(unsigned char *to, size_t length_bytes)
{
	if (++requests % RANDOM_REQUESTS_PER_SEED == RANDOM_REQUESTS_PER_SEED - PREPARED_AHEAD)
		entropy_prepare();
	return mbedtls_ctr_drbg_random(&generator, to, length_bytes) == 0;
}

static void start(void)
{
	started = true;
	mbedtls_ctr_drbg_init(&generator);
	mbedtls_ctr_drbg_set_reseed_interval(&generator, RANDOM_REQUESTS_PER_SEED);
	stuck = mbedtls_ctr_drbg_seed(&generator, seed, NULL, kept_seed, sizeof kept_seed) != 0 || !request(kept_seed, sizeof kept_seed);
}

void random_prepare(void)
{
	if (!started)
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
		stuck = !request(next, count);
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
