/* Raw bits of the ring oscillator, tested and hashed. See entropy.h. */
#include "entropy.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "entropy_health.h"
#include "hardware/clocks.h"
#include "hardware/dma.h"
#include "hardware/structs/rosc.h"
#include "hardware/timer.h"
#include "loop.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/sha256.h"

#define BLOCK_BYTES 32
#define BLOCK_US (ENTROPY_SAMPLES_PER_BLOCK * ENTROPY_SAMPLE_INTERVAL_US)
#define READY_MAX (ENTROPY_PREPARED_BYTES / BLOCK_BYTES)

typedef enum entropy_state { ENTROPY_NEW, ENTROPY_SOUND, ENTROPY_FAILED } entropy_state;

static entropy_health health;
static entropy_state state;
static bool gathering;
static bool preparing; /* more than a caller waits for */
static uint64_t gathered_at_us; /* not before */
static uint channel, pace;
static uint8_t samples[ENTROPY_SAMPLES_PER_BLOCK];
static uint8_t ready[READY_MAX][BLOCK_BYTES];
static unsigned ready_count;
static bool start_up_tested;

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

/* A timer of the DMA asks for a sample each interval (datasheet 2.5.3.3): the core does something else, or sleeps. */
static void gather(void)
{
	dma_channel_config config = dma_channel_get_default_config(channel);

	channel_config_set_transfer_data_size(&config, DMA_SIZE_8);
	channel_config_set_read_increment(&config, false);
	channel_config_set_write_increment(&config, true);
	channel_config_set_dreq(&config, dma_get_timer_dreq(pace));
	gathering = true;
	gathered_at_us = time_us_64() + BLOCK_US;
	dma_channel_configure(channel, &config, samples, &rosc_hw->randombit, ENTROPY_SAMPLES_PER_BLOCK, true);
}

/* A block that was gathered is tested, and hashed into `to`; the start-up test's is not used (SP 800-90B 4.3). */
static void take(uint8_t to[BLOCK_BYTES])
{
	uint8_t raw[ENTROPY_SAMPLES_PER_BLOCK / 8] = {0};

	gathering = false;
	if (!oscillator_is_free())
		state = ENTROPY_FAILED;
	for (unsigned i = 0; i < ENTROPY_SAMPLES_PER_BLOCK && state == ENTROPY_SOUND; i++) {
		uint8_t sample = samples[i] & ROSC_RANDOMBIT_BITS;
		if (!entropy_health_take(&health, sample))
			state = ENTROPY_FAILED;
		raw[i / 8] |= (uint8_t)(sample << (i % 8));
	}
	if (start_up_tested && state == ENTROPY_SOUND && mbedtls_sha256(raw, sizeof raw, to, 0) != 0)
		state = ENTROPY_FAILED;
	mbedtls_platform_zeroize(samples, sizeof samples);
	mbedtls_platform_zeroize(raw, sizeof raw);
}

static void begin(void)
{
	if (state != ENTROPY_NEW)
		return;
	state = ENTROPY_SOUND;
	entropy_health_start(&health);
	channel = (uint)dma_claim_unused_channel(true);
	pace = (uint)dma_claim_unused_timer(true);
	dma_timer_set_fraction(pace, 1, (uint16_t)(clock_get_hz(clk_sys) / (1000000 / ENTROPY_SAMPLE_INTERVAL_US)));
	if (oscillator_is_free())
		gather();
	else
		state = ENTROPY_FAILED;
}

/* What a finished block leads to. */
static void go_on(void)
{
	if (!start_up_tested) {
		take(NULL);
		start_up_tested = true;
	} else {
		take(ready[ready_count]);
		if (state == ENTROPY_SOUND)
			ready_count++;
	}
	if (state == ENTROPY_SOUND && preparing && ready_count < READY_MAX)
		gather();
}

static void poll(void)
{
	if (gathering && !dma_channel_is_busy(channel))
		go_on();
}

static uint64_t next_at_us(void)
{
	return gathering ? gathered_at_us : LOOP_NEVER;
}

void entropy_prepare(void)
{
	static loop_poller poller = {.poll = poll, .next_at_us = next_at_us, .while_busy = true};

	begin();
	preparing = true;
	loop_add(&poller);
	if (state == ENTROPY_SOUND && !gathering && ready_count < READY_MAX)
		gather();
}

int entropy_fill(void *to, size_t length_bytes)
{
	uint8_t *next = to;
	size_t left = length_bytes;

	begin();
	preparing = false; /* the next seed is gathered when it is due, not now */
	while (state == ENTROPY_SOUND && left > 0) {
		size_t count = left < BLOCK_BYTES ? left : BLOCK_BYTES;
		if (ready_count == 0) {
			if (!gathering)
				gather();
			dma_channel_wait_for_finish_blocking(channel);
			go_on();
			continue;
		}
		memcpy(next, ready[--ready_count], count);
		mbedtls_platform_zeroize(ready[ready_count], BLOCK_BYTES);
		next += count;
		left -= count;
	}
	if (state != ENTROPY_SOUND)
		memset(to, 0, length_bytes);
	return state == ENTROPY_SOUND ? 0 : ENTROPY_STUCK;
}
