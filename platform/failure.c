// See failure.h. Here is also what the processor and the libraries call when they cannot go on: the hard fault, to which all faults
// of the Cortex-M0+ come (ARMv6-M architecture B1.5.6), the SDK's panic() (PICO_PANIC_FUNCTION), `_exit` behind abort() and a
// failed assert, and the interrupt of the watch over the loop.
//
// After these the board always begins anew, whatever the policy: nothing on it can be trusted any more. The policy says
// whether the next start starts the script.

#include "failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "console.h"
#include "engine.h"
#include "hang_watch.h"
#include "hardware/watchdog.h"
#include "pico.h"
#include "utf8.h"

// A host that has just been plugged in needs about a second to open the console.
#define LAST_WORDS_MS 3000

static const crash_record *last;
static crash_record *record;

void failure_start(void)
{
	reset_reason_get();
	last = crash_record_take();
}

const crash_record *failure_of_last_run(void)
{
	return last;
}

void failure_tell_last(void)
{
	if (last)
		printf("picofetch: the last run failed %lu.%03lu s after its start:\n%.*s",
			(unsigned long)last->uptime_ms / 1000, (unsigned long)last->uptime_ms % 1000, (int)last->text_length, last->text);
	else if (reset_reason_get() == RESET_WATCHDOG)
		printf("picofetch: the watchdog ended the last run, which could not say why: interrupts were off, or the processor had locked up\n");
}

bool failure_lets_start(failure_policy policy)
{
	reset_reason reason = reset_reason_get();
	if (reason != RESET_FAILURE && reason != RESET_WATCHDOG)
		return true;
	unsigned failures = reset_quick_failures();
	if (policy != FAILURE_STAY && failures < FAILURE_MOST_QUICK)
		return true;
	if (policy != FAILURE_STAY)
		printf("picofetch: %u starts in a row failed within a minute, so the script is not started again", failures);
	else
		printf("picofetch: the script is not started again (\"afterFailure\" in manifest.json)");
	printf(": flash a better one, or unplug the board and plug it in\n");
	return false;
}

void failure_begin(crash_kind kind)
{
	record = crash_record_begin(kind);
}

void failure_say(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	size_t room = record ? CRASH_TEXT_BYTES - record->text_length : 0;
	if (room <= UTF8_LONGEST)	// no record, or a full one
		return;
	va_start(arguments, format);
	int length = vsnprintf(record->text + record->text_length, room, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	record->text_length += (size_t)length < room ? (uint32_t)length : (uint32_t)room - 1;
	record->text_length = (uint32_t)utf8_whole_length(record->text, record->text_length);
}

void failure_end(void)
{
	if (record)
		crash_record_end(record);
	record = NULL;
}

_Noreturn static void leave(reset_reason reason)
{
	watchdog_update();
	console_drain(LAST_WORDS_MS);
	reset_board(reason);
}

_Noreturn void failure_reset(void)
{
	leave(RESET_FAILURE);
}

_Noreturn void failure_restart(void)
{
	leave(RESET_RESTART);
}

/* The processor */

// Of xPSR: the number of the exception that was interrupted, 0 for the thread (ARMv6-M architecture B1.4.2).
#define IPSR_BITS 0x3F

// As an exception leaves them on the stack (ARMv6-M architecture B1.5.6).
typedef struct exception_frame {
	uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
} exception_frame;

static struct {
	exception_frame frame;
	uint32_t r4_to_r11[8];
} faulted;

static void say_where(const exception_frame *frame, uint32_t stack_pointer)
{
	if (record) {
		record->program_counter = frame->pc;
		record->link = frame->lr;
	}
	engine_tell_place(failure_say);
	failure_say(" pc 0x%08lx  lr 0x%08lx  sp 0x%08lx  xpsr 0x%08lx\n r0 0x%08lx  r1 0x%08lx  r2 0x%08lx  r3 0x%08lx  r12 0x%08lx\n"
		" where that is: arm-none-eabi-addr2line -fe build/picofetch.elf 0x%08lx 0x%08lx\n",
		(unsigned long)frame->pc, (unsigned long)frame->lr, (unsigned long)stack_pointer, (unsigned long)frame->xpsr,
		(unsigned long)frame->r0, (unsigned long)frame->r1, (unsigned long)frame->r2, (unsigned long)frame->r3, (unsigned long)frame->r12,
		(unsigned long)frame->pc, (unsigned long)frame->lr);
}

// From isr_hardfault only; the stack has been emptied for it.
_Noreturn __attribute__((used)) static void tell_fault(uint32_t stack_pointer)
{
	failure_begin(CRASH_FAULT);
	failure_say("picofetch: hard fault: the processor could not execute an instruction, or reach an address\n");
	say_where(&faulted.frame, stack_pointer);
	const uint32_t *rest = faulted.r4_to_r11;
	failure_say(" r4 0x%08lx  r5 0x%08lx  r6 0x%08lx  r7 0x%08lx\n r8 0x%08lx  r9 0x%08lx  r10 0x%08lx  r11 0x%08lx\n",
		(unsigned long)rest[0], (unsigned long)rest[1], (unsigned long)rest[2], (unsigned long)rest[3],
		(unsigned long)rest[4], (unsigned long)rest[5], (unsigned long)rest[6], (unsigned long)rest[7]);
	failure_end();
	failure_reset();
}

// The main stack, with the exception's frame on it, may be used up: the frame is saved, and the stack begun anew at its top.
__attribute__((naked)) void isr_hardfault(void)
{
	__asm volatile(
		".syntax unified\n"
		"mrs r0, msp\n"
		"ldr r1, =%c0\n"
		".rept 4\n"
		"ldmia r0!, {r2, r3}\n"
		"stmia r1!, {r2, r3}\n"
		".endr\n"
		"stmia r1!, {r4, r5, r6, r7}\n"
		"mov r4, r8\n"
		"mov r5, r9\n"
		"mov r6, r10\n"
		"mov r7, r11\n"
		"stmia r1!, {r4, r5, r6, r7}\n"
		"ldr r1, =__StackTop\n"
		"msr msp, r1\n"
		"ldr r1, =%c1\n"
		"bx r1\n"
		".ltorg\n" : : "i"(&faulted), "i"(tell_fault));
}

/* The loop */

__attribute__((used)) static void tell_hang(const exception_frame *frame)
{
	if (hang_watch_is_false_alarm((frame->xpsr & IPSR_BITS) != 0))
		return;
	failure_begin(CRASH_HANG);
	failure_say("picofetch: endless loop: nothing else could run for eight seconds\n");
	say_where(frame, (uint32_t)(frame + 1));
	failure_end();
	failure_reset();
}

static __attribute__((naked)) void isr_hang(void)
{
	__asm volatile(
		".syntax unified\n"
		"mrs r0, msp\n"
		"ldr r1, =%c0\n"
		"bx r1\n"
		".ltorg\n" : : "i"(tell_hang));
}

void failure_watch_loop(void)
{
	hang_watch_begin(isr_hang);
}

/* Libraries */

_Noreturn void failure_panic(const char *format, ...)
{
	char sentence[128] = "";
	if (format) {
		va_list arguments;
		va_start(arguments, format);
		vsnprintf(sentence, sizeof sentence, format, arguments);
		va_end(arguments);
	}
	failure_begin(CRASH_PANIC);
	failure_say("picofetch: a library gave up: %s\n", sentence);
	if (record)
		record->link = (uint32_t)__builtin_return_address(0);
	engine_tell_place(failure_say);
	failure_end();
	failure_reset();
}

// Replaces the SDK's weak one: where abort() and a failed assert end.
_Noreturn void _exit(int status)
{
	failure_panic("exit status %d", status);
}
