// Counters of frames and faults, see cyw43_stats.h.
//
// SPDX-License-Identifier: MIT

#include "cyw43_stats.h"

#if CYW43_USE_STATS

uint32_t cyw43_stats[CYW43_STAT_COUNT];

static const char *const cyw43_stat_names[CYW43_STAT_COUNT] = {
	"bus errors", "frame errors", "credit stalls", "restarts", "ioctls", "ioctl time-outs", "events",
	"packets in", "packets in dropped", "packets out",
};

void cyw43_dump_stats(void) {
	for (int i = 0; i < CYW43_STAT_COUNT; i++)
		CYW43_PRINTF("%s: %lu\n", cyw43_stat_names[i], (unsigned long)cyw43_stats[i]);
}

#else

void cyw43_dump_stats(void) {
}

#endif
