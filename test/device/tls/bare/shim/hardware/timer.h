/* Stand-in of the SDK's header for the bare programs: time from the harness. */
#ifndef HARDWARE_TIMER_H
#define HARDWARE_TIMER_H
#include <stdint.h>
uint64_t time_us_64(void);
static inline uint32_t time_us_32(void)
{
	return (uint32_t)time_us_64();
}
#endif
