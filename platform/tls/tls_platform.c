/*
 * What Mbed TLS asks of its platform (tls_config.h): time of day, milliseconds
 * since boot, random numbers for PSA. The heap is arena.c.
 */
#include <time.h>

#include "mbedtls/platform_time.h"
#include "mbedtls/platform_util.h"
#include "psa/crypto.h"
#include "random.h"
#include "wall_clock.h"
#include "hardware/timer.h"

time_t tls_platform_time(time_t *to)
{
	time_t now = (time_t)(wall_clock_now_ms() / 1000);

	if (to)
		*to = now;
	return now;
}

mbedtls_ms_time_t mbedtls_ms_time(void)
{
	return (mbedtls_ms_time_t)(time_us_64() / 1000);
}

struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *from, struct tm *to)
{
	return gmtime_r(from, to);
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
	uint8_t *output, size_t output_size, size_t *output_length)
{
	(void)context;
	if (random_fill(output, output_size) != 0)
		return PSA_ERROR_INSUFFICIENT_ENTROPY;
	*output_length = output_size;
	return PSA_SUCCESS;
}
