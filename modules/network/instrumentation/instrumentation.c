// Figures of lwIP's pools, heap and connections (lwipopts.h: MEM_STATS, MEMP_STATS), for instrumentation.ts.

#include "engine.h"

#include "lwip/priv/tcp_priv.h"
#include "lwip/stats.h"
#include "lwip/udp.h"

// As in instrumentation.ts.
enum { POOL_PACKETS, POOL_SEGMENTS, POOL_TCP, POOL_LISTENERS, POOL_UDP, HEAP };
enum { VALUE_SIZE, VALUE_USED, VALUE_PEAK, VALUE_REFUSED };

static const uint8_t pools[] = { MEMP_PBUF_POOL, MEMP_TCP_SEG, MEMP_TCP_PCB, MEMP_TCP_PCB_LISTEN, MEMP_UDP_PCB };

// (row, value) → number
void xs_network_figure(xsMachine *the)
{
	int row = xsmcToInteger(xsArg(0));
	const struct stats_mem *stats = row == HEAP ? &lwip_stats.mem : lwip_stats.memp[pools[row]];
	int number = 0;
	// Before lwIP is started it has no figures of its pools.
	if (stats) {
		switch (xsmcToInteger(xsArg(1))) {
			case VALUE_SIZE: number = stats->avail; break;
			case VALUE_USED: number = stats->used; break;
			case VALUE_PEAK: number = stats->max; break;
			case VALUE_REFUSED: number = stats->err; break;
		}
	}
	xsmcSetInteger(xsResult, number);
}

// () → TCP connections that wait for the last packets of the other side (RFC 9293 section 3.3.2, TIME-WAIT)
void xs_network_waiting(xsMachine *the)
{
	int count = 0;
	for (const struct tcp_pcb *pcb = tcp_tw_pcbs; pcb; pcb = pcb->next)
		count++;
	xsmcSetInteger(xsResult, count);
}
