/* peer.h in the simulated RP2040: each call is a BKPT that the runner answers. */
#include <string.h>

#include "hardware/timer.h"
#include "peer.h"

enum { CONNECT = 1, RECEIVE, SEND, FINISH, PRINT, CYCLES, EXIT, SETTING, ROOT, MICROSECONDS, STACK };

static int call(int operation, const void *pointer, size_t number)
{
	register int r0 __asm__("r0") = operation;
	register const void *r1 __asm__("r1") = pointer;
	register size_t r2 __asm__("r2") = number;

	__asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1), "r"(r2) : "memory");
	return r0;
}

void peer_start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
}

const char *peer_setting(const char *name)
{
	static char text[160];
	static struct {
		const char *name;
		char *to;
	} ask;

	ask.name = name;
	ask.to = text;
	return call(SETTING, &ask, sizeof text) ? text : NULL;
}

const uint8_t *peer_root(size_t *length_bytes)
{
	static uint8_t root[4096];
	static int count = -1;

	if (count < 0)
		count = call(ROOT, root, sizeof root);
	*length_bytes = (size_t)count;
	return count ? root : NULL;
}

const uint8_t *peer_file(const char *name, size_t *length_bytes)
{
	(void)name;
	*length_bytes = 0;
	return NULL;
}

bool peer_connect(void)
{
	return call(CONNECT, NULL, 0) != 0;
}

int peer_receive(uint8_t *to, size_t room)
{
	return call(RECEIVE, to, room);
}

void peer_send(const uint8_t *from, size_t length_bytes)
{
	call(SEND, from, length_bytes);
}

void peer_finish(void)
{
	call(FINISH, NULL, 0);
}

void peer_print(const char *text)
{
	call(PRINT, text, strlen(text));
}

uint32_t peer_cycles(void)
{
	return (uint32_t)call(CYCLES, NULL, 0);
}

uint32_t peer_stack_peak(void)
{
	return (uint32_t)call(STACK, NULL, 0);
}

static uint64_t passed_us;

uint64_t time_us_64(void)
{
	return passed_us + (uint32_t)call(MICROSECONDS, NULL, 0);
}

void peer_pass(uint32_t ms)
{
	passed_us += (uint64_t)ms * 1000;
}

void peer_exit(int status)
{
	call(EXIT, NULL, (size_t)status);
	for (;;)
		;
}
