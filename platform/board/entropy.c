/* Raw bits of the ring oscillator, tested and hashed. See entropy.h. */
#include "entropy.h"

#include <stdbool.h>
#include <string.h>

#include "entropy_health.h"
#include "hardware/structs/clocks.h"
#include "hardware/structs/rosc.h"
#include "hardware/timer.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/sha256.h"

#define BLOCK_BYTES 32

static entropy_health health;
static bool started;
static bool stuck;

/* RANDOMBIT is constant while the oscillator rests, and says nothing new while
 * the core runs from the very same oscillator (datasheet 2.17.5). */
static bool oscillator_is_free(void)
{
	uint32_t enabled = rosc_hw->status & ROSC_STATUS_ENABLED_BITS;
	uint32_t source = clocks_hw->clk[clk_sys].ctrl;
	bool from_auxiliary = (source & CLOCKS_CLK_SYS_CTRL_SRC_BITS) != 0;
	uint32_t auxiliary = (source & CLOCKS_CLK_SYS_CTRL_AUXSRC_BITS) >> CLOCKS_CLK_SYS_CTRL_AUXSRC_LSB;

	return enabled && !(from_auxiliary && auxiliary == CLOCKS_CLK_SYS_CTRL_AUXSRC_VALUE_ROSC_CLKSRC);
}

static uint8_t sample_next(uint32_t *last_us)
{
	while (time_us_32() - *last_us < ENTROPY_SAMPLE_INTERVAL_US)
		;
	*last_us = time_us_32();
	return rosc_hw->randombit & ROSC_RANDOMBIT_BITS;
}

static bool collect(uint8_t raw[ENTROPY_SAMPLES_PER_BLOCK / 8])
{
	uint32_t last_us = time_us_32();

	memset(raw, 0, ENTROPY_SAMPLES_PER_BLOCK / 8);
	if (!oscillator_is_free())
		return false;
	for (unsigned i = 0; i < ENTROPY_SAMPLES_PER_BLOCK; i++) {
		uint8_t sample = sample_next(&last_us);
		if (!entropy_health_take(&health, sample))
			return false;
		raw[i / 8] |= (uint8_t)(sample << (i % 8));
	}
	return true;
}

int entropy_fill(void *to, size_t length_bytes)
{
	uint8_t raw[ENTROPY_SAMPLES_PER_BLOCK / 8];
	uint8_t block[BLOCK_BYTES];
	uint8_t *next = to;
	size_t left = length_bytes;

	if (!started) {
		started = true;
		entropy_health_start(&health);
		stuck = !collect(raw);
	}
	while (!stuck && left > 0) {
		size_t count = left < sizeof block ? left : sizeof block;
		stuck = !collect(raw) || mbedtls_sha256(raw, sizeof raw, block, 0) != 0;
		if (!stuck)
			memcpy(next, block, count);
		next += count;
		left -= count;
	}
	mbedtls_platform_zeroize(raw, sizeof raw);
	mbedtls_platform_zeroize(block, sizeof block);
	if (stuck)
		memset(to, 0, length_bytes);
	return stuck ? ENTROPY_STUCK : 0;
}
