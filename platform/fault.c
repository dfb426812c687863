// The end of a firmware that cannot go on: its last words reach the console, then it stands still.
//
// Hard fault: all faults of the Cortex-M0+ arrive there (ARMv6-M architecture B1.5.6). `_exit`: where the SDK's panic(), a
// failed assert and abort() end.

#include <stdio.h>

#include "console.h"
#include "pico.h"

// A host that has just been plugged in needs about a second to open the console.
#define LAST_WORDS_MS 3000

_Noreturn static void stand_still(void)
{
	console_drain(LAST_WORDS_MS);
	for (;;)
		__breakpoint();
}

// Replaces the SDK's weak one.
_Noreturn void _exit(int status)
{
	(void)status;
	stand_still();
}

// From isr_hardfault only; the stack has been emptied for it.
_Noreturn __attribute__((used)) static void fault_tell(uint32_t program_counter, uint32_t link, uint32_t stack_pointer)
{
	printf("\nhard fault at 0x%08lx, called from 0x%08lx, stack at 0x%08lx\n"
		"where that is: arm-none-eabi-addr2line -fe build/picofetch.elf 0x%08lx 0x%08lx\n",
		(unsigned long)program_counter, (unsigned long)link, (unsigned long)stack_pointer,
		(unsigned long)program_counter, (unsigned long)link);
	stand_still();
}

// The processor has put r0-r3, r12, lr, pc, xpsr onto the main stack, which may be used up: begin again at its top.
__attribute__((naked)) void isr_hardfault(void)
{
	__asm volatile(
		".syntax unified\n"
		"mrs r2, msp\n"
		"ldr r0, [r2, #24]\n"
		"ldr r1, [r2, #20]\n"
		"adds r2, #32\n"
		"ldr r3, =__StackTop\n"
		"msr msp, r3\n"
		"ldr r3, =fault_tell\n"
		"bx r3\n"
		".ltorg\n");
}
