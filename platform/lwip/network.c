// The IP network of the firmware, see network.h.

#include "network.h"

#include "loop.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "pico/async_context_poll.h"
#include "pico/cyw43_arch.h"
#include "pico/time.h"
#include "random.h"

static bool network_starts;
static void (*network_watchers[NETWORK_WATCHERS_MAX])(void);

static semaphore_t *network_semaphore(void)
{
	return &((async_context_poll_t *)cyw43_arch_async_context())->sem;
}

void network_watch(void (*watcher)(void))
{
	for (int i = 0; i < NETWORK_WATCHERS_MAX; i++) {
		if (network_watchers[i] == watcher)
			return;
		if (network_watchers[i] == NULL) {
			network_watchers[i] = watcher;
			return;
		}
	}
	panic("more than NETWORK_WATCHERS_MAX watchers");
}

static uint64_t network_next_at_us(void)
{
	async_context_t *context = cyw43_arch_async_context();
	if (context == NULL)
		return UINT64_MAX;
	if (sem_available(network_semaphore()) > 0)
		return 0;
	uint64_t next_us = to_us_since_boot(context->next_time);
	// Timers that were started since the last poll, by script for instance, are not in next_time yet.
	uint32_t sleep_ms = sys_timeouts_sleeptime();
	if (sleep_ms != SYS_TIMEOUTS_SLEEPTIME_INFINITE) {
		uint64_t timer_us = time_us_64() + (uint64_t)sleep_ms * 1000;
		if (timer_us < next_us)
			next_us = timer_us;
	}
	return next_us;
}

// An idle turn costs no more than the look at the clock: other interrupts turn the loop too.
static void network_poll(void)
{
	if (cyw43_arch_async_context() == NULL || network_next_at_us() > time_us_64())
		return;
	sem_try_acquire(network_semaphore()); // work asked for from here on counts for the next turn
	cyw43_arch_poll();
	for (int i = 0; i < NETWORK_WATCHERS_MAX && network_watchers[i] != NULL; i++)
		network_watchers[i]();
}

static loop_poller network_poller = {.poll = network_poll, .next_at_us = network_next_at_us};

int network_start(void)
{
	static bool added;
	random_prepare(); // while the radio starts
	if (cyw43_arch_async_context() == NULL) {
		network_starts = true;
		int result = cyw43_arch_init();
		network_starts = false;
		if (result != 0)
			return result;
	}
	if (!added) {
		added = true;
		loop_add(&network_poller);
	}
	return 0;
}

// lwIP's start draws nothing but its first ports, and would wait for the seed.
uint32_t network_random(void)
{
	return network_starts ? 0 : random_network_number();
}

void network_draw_ports(void)
{
	tcp_init();
	udp_init();
}
