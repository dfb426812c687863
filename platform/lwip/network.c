// The IP network of the firmware, see network.h.

#include "network.h"

#include <stddef.h>

#include "loop.h"
#include "lwip/ip.h"
#include "lwip/pbuf.h"
#include "lwip/timeouts.h"
#include "lwip_hooks.h"
#include "pico/async_context_poll.h"
#include "pico/cyw43_arch.h"
#include "pico/time.h"
#include "random.h"

#define IPV4_HEADER_MIN_BYTES 20
#define IPV4_PROTOCOL_OFFSET 9
#define UDP_PROTOCOL 17
#define UDP_HEADER_BYTES 8
#define DNS_PORT 53
#define DNS_FLAGS_BYTES 4 // identifier and flags: what is looked at
#define DNS_RCODE_MASK 0x0F

static int network_last_answer_code;

static semaphore_t *network_semaphore(void) {
	return &((async_context_poll_t *)cyw43_arch_async_context())->sem;
}

static void network_poll(void) {
	if (cyw43_arch_async_context() == NULL)
		return;
	sem_try_acquire(network_semaphore()); // work asked for from here on counts for the next turn
	cyw43_arch_poll();
}

static uint64_t network_next_at_us(void) {
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

static loop_poller network_poller = {.poll = network_poll, .next_at_us = network_next_at_us};

int network_start(void) {
	static bool added;
	if (cyw43_arch_async_context() == NULL) {
		int result = cyw43_arch_init();
		if (result != 0)
			return result;
	}
	if (!added) {
		added = true;
		loop_add(&network_poller);
	}
	return 0;
}

int network_radio_on(void) {
	int result = network_start();
	if (result != 0)
		return result;
	cyw43_arch_enable_sta_mode();
	return cyw43_state.itf_state & 1 << CYW43_ITF_STA ? 0 : PICO_ERROR_IO;
}

void network_radio_off(void) {
	if (cyw43_arch_async_context() == NULL)
		return;
	cyw43_arch_deinit();
}

uint32_t network_random(void) {
	return random_network_number();
}

int network_see_packet(struct pbuf *p, struct netif *input) {
	(void)input;
	const uint8_t *ip = p->payload;
	if (p->len < IPV4_HEADER_MIN_BYTES || ip[IPV4_PROTOCOL_OFFSET] != UDP_PROTOCOL)
		return 0;
	size_t header_length = (size_t)(ip[0] & 0x0F) * 4;
	if (header_length < IPV4_HEADER_MIN_BYTES || p->len < header_length + UDP_HEADER_BYTES + DNS_FLAGS_BYTES)
		return 0;
	const uint8_t *udp = ip + header_length;
	if ((udp[0] << 8 | udp[1]) == DNS_PORT)
		network_last_answer_code = udp[UDP_HEADER_BYTES + 3] & DNS_RCODE_MASK;
	return 0;
}

int network_dns_answer_code(void) {
	// lwIP reports a failure either from its timer or from inside the packet that says so.
	return ip_current_input_netif() != NULL ? network_last_answer_code : -1;
}
