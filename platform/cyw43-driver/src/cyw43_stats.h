// Counters of frames and faults, kept when CYW43_USE_STATS is 1.
//
// SPDX-License-Identifier: MIT

#ifndef CYW43_STATS_H
#define CYW43_STATS_H

#include "cyw43_config.h"

typedef enum _cyw43_stat_t {
	CYW43_STAT_BUS_ERROR,
	CYW43_STAT_FRAME_ERROR,
	CYW43_STAT_CREDIT_STALL,
	CYW43_STAT_RESTART,
	CYW43_STAT_IOCTL,
	CYW43_STAT_IOCTL_TIMEOUT,
	CYW43_STAT_EVENT,
	CYW43_STAT_PACKET_IN_COUNT,
	CYW43_STAT_PACKET_IN_DROPPED,
	CYW43_STAT_PACKET_OUT_COUNT,
	CYW43_STAT_COUNT
} cyw43_stat_t;

#if CYW43_USE_STATS
extern uint32_t cyw43_stats[CYW43_STAT_COUNT];
#define CYW43_STAT_INC(name) (++cyw43_stats[CYW43_STAT_##name])
#define CYW43_STAT_GET(name) (cyw43_stats[CYW43_STAT_##name])
#define CYW43_STAT_SET(name, value) (cyw43_stats[CYW43_STAT_##name] = (value))
#define CYW43_STAT_CLR(name) (cyw43_stats[CYW43_STAT_##name] = 0)
#else
#define CYW43_STAT_INC(name)
#define CYW43_STAT_GET(name)
#define CYW43_STAT_SET(name, value)
#define CYW43_STAT_CLR(name)
#endif

#ifdef __cplusplus
extern "C" {
#endif

// Prints the counters by CYW43_PRINTF; nothing when they are not kept.
void cyw43_dump_stats(void);

#ifdef __cplusplus
}
#endif

#endif
