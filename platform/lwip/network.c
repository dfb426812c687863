// The IP network of the firmware, see network.h.

#include "network.h"

#include <stddef.h>
#include <string.h>

#include "loop.h"
#include "lwip/ip.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/stats.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "lwip_hooks.h"
#include "network_address.h"
#include "pico/async_context_poll.h"
#include "pico/cyw43_arch.h"
#include "pico/time.h"
#include "random.h"

#define IP_VERSION_SHIFT 4
#define IPV4_HEADER_MIN_BYTES 20
#define IPV4_LENGTH_OFFSET 2
#define IPV4_PROTOCOL_OFFSET 9
#define IPV4_SOURCE_OFFSET 12
#define IPV6_HEADER_BYTES 40 // what stands between it and TCP is let pass
#define IPV6_LENGTH_OFFSET 4
#define IPV6_PROTOCOL_OFFSET 6
#define IPV6_SOURCE_OFFSET 8
#define PORT_BYTES 2 // of TCP and UDP: the sender's, then the receiver's
#define UDP_PROTOCOL 17
#define UDP_HEADER_BYTES 8
#define TCP_PROTOCOL 6
#define TCP_HEADER_MIN_BYTES 20
#define TCP_DATA_OFFSET_OFFSET 12
#define DNS_PORT 53
#define DHCP_CLIENT_PORT 68

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

static unsigned network_word(const uint8_t *bytes)
{
	return (unsigned)(bytes[0] << 8 | bytes[1]);
}

// What is looked at in a packet of either family.
typedef struct packet_facts {
	ip_addr_t source;
	const uint8_t *payload;
	size_t header_length, length; // the packet's own length, of what it says
	uint8_t protocol;
} packet_facts;

static bool read_packet(const struct pbuf *p, packet_facts *facts)
{
	const uint8_t *ip = p->payload;
	memset(facts, 0, sizeof *facts);
	if (p->len >= IPV4_HEADER_MIN_BYTES && ip[0] >> IP_VERSION_SHIFT == 4) {
		uint32_t source;
		memcpy(&source, ip + IPV4_SOURCE_OFFSET, sizeof source);
		ip_addr_set_ip4_u32(&facts->source, source);
		facts->header_length = (size_t)(ip[0] & 0x0F) * 4;
		facts->length = network_word(ip + IPV4_LENGTH_OFFSET);
		facts->protocol = ip[IPV4_PROTOCOL_OFFSET];
#if LWIP_IPV6
	} else if (p->len >= IPV6_HEADER_BYTES && ip[0] >> IP_VERSION_SHIFT == 6) {
		IP_SET_TYPE_VAL(facts->source, IPADDR_TYPE_V6);
		memcpy(ip_2_ip6(&facts->source)->addr, ip + IPV6_SOURCE_OFFSET, sizeof ip_2_ip6(&facts->source)->addr);
		facts->header_length = IPV6_HEADER_BYTES;
		facts->length = IPV6_HEADER_BYTES + network_word(ip + IPV6_LENGTH_OFFSET);
		facts->protocol = ip[IPV6_PROTOCOL_OFFSET];
#endif
	} else {
		return false;
	}
	facts->payload = ip + facts->header_length;
	return facts->header_length >= IPV4_HEADER_MIN_BYTES && p->len >= facts->header_length;
}

// A connection whose bytes wait to be read has not its whole window.
static bool segment_is_behind_others(const packet_facts *facts)
{
	for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
		if (pcb->remote_port == network_word(facts->payload) && pcb->local_port == network_word(facts->payload + PORT_BYTES)
			&& ip_addr_zoneless_eq(&pcb->remote_ip, &facts->source))
			return pcb->rcv_wnd < TCP_WND;
	}
	return false;
}

// What script has not read must not keep frames from everybody else. Where few are left, a segment behind unread ones is lost, and comes
// again; the last are for what waits for no script: acknowledgements, DNS, DHCP, ARP and neighbours.
static bool packet_has_no_place(const packet_facts *facts, size_t here, bool scarce)
{
	switch (facts->protocol) {
		case UDP_PROTOCOL:
			return scarce && here >= facts->header_length + UDP_HEADER_BYTES && network_word(facts->payload) != DNS_PORT
				&& network_word(facts->payload + PORT_BYTES) != DHCP_CLIENT_PORT;
		case TCP_PROTOCOL: {
			if (here < facts->header_length + TCP_HEADER_MIN_BYTES)
				return false;
			size_t tcp_header_length = (size_t)(facts->payload[TCP_DATA_OFFSET_OFFSET] >> 4) * 4;
			bool has_data = facts->length > facts->header_length + tcp_header_length;
			return has_data && (scarce || segment_is_behind_others(facts));
		}
		default:
			return false;
	}
}

int network_see_packet(struct pbuf *p, struct netif *input)
{
	(void)input;
	unsigned taken = lwip_stats.memp[MEMP_PBUF_POOL]->used;
#ifdef CYW43_RECEIVED_MAX
	taken -= cyw43_state.received_count; // they wait for the loop alone
#endif
	if (taken <= PBUF_POOL_SIZE - NETWORK_FRAMES_SHORT)
		return 0;
	packet_facts facts;
	if (!read_packet(p, &facts) || !packet_has_no_place(&facts, p->len, taken > PBUF_POOL_SIZE - NETWORK_FRAMES_KEPT))
		return 0;
	pbuf_free(p);
	return 1;
}
