// What the XS engine is told about this machine (its XSPLATFORM header): included into every XS source, and by engine.h.
#ifndef XS_PLATFORM_H
#define XS_PLATFORM_H

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

// Nothing of the platform's stands in txMachine.
#define mxMachinePlatform

// The C stack has a bottom here, and fxCStackLimit knows it (machine.c).
#define mxUseDefaultCStackLimit 0

// There is one thread, and no code but the firmware's own: no SharedArrayBuffer and Atomics, no Compartment (tools/patches).
#define mxLeaveOutSharedMemory 1
#define mxLeaveOutCompartments 1
#define mxUseDefaultSharedChunks 1

// A native is a value of one slot that becomes an object when it is used as one, instead of five slots.
#define mxHostFunctionPrimitive 1

// The Cortex-M0+ faults on an unaligned load or store (ARMv6-M architecture A3.2.1).
#define mxUnalignedAccess 0
#define mxMisalignedSettersCrash 1
static inline uint16_t platform_read_16(const void *at)
{
	uint16_t value;
	__builtin_memcpy(&value, at, sizeof value);
	return value;
}
static inline uint32_t platform_read_32(const void *at)
{
	uint32_t value;
	__builtin_memcpy(&value, at, sizeof value);
	return value;
}
#define c_read16(POINTER) platform_read_16(POINTER)
#define c_read32(POINTER) platform_read_32(POINTER)

// Memory beside slots and chunks: from the C library's heap; a refusal ends the script with a sentence (memory.c).
void *memory_allocate(size_t length_bytes);
void *memory_allocate_zeroed(size_t count, size_t length_bytes);
void *memory_reallocate(void *block, size_t length_bytes);
#define c_malloc memory_allocate
#define c_calloc memory_allocate_zeroed
#define c_realloc memory_reallocate
#define c_malloc_uint32 memory_allocate
#define c_free_uint32 free

// The clock of the board; its time zone is UTC (clock.c).
int clock_get_time_of_day(struct timeval *now, void *zone);
struct tm *clock_to_fields(const time_t *seconds);
time_t clock_from_fields(struct tm *fields);
#define c_gettimeofday clock_get_time_of_day
typedef struct timeval c_timeval;
#define c_timezone timezone
#define c_localtime clock_to_fields
#define c_mktime clock_from_fields

// Math.random draws from the board's generator (platform/board/random.h).
uint32_t random_network_number(void);
#define C_RAND_MAX UINT32_MAX
#define c_rand random_network_number

#endif
