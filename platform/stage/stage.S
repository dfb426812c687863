// The update stage: what the second boot stage enters at 0x10000100, with a vector table as it expects one.
// It goes on to the firmware behind it. Swapping a staged update in will happen here, before that jump.

#include "hardware/regs/addressmap.h"
#include "hardware/regs/m0plus.h"

.syntax unified
.cpu cortex-m0plus
.thumb

.section .stage, "ax"
.word __StackTop
.word stage_enter
.word stage_halt	// NMI
.word stage_halt	// HardFault

.thumb_func
stage_enter:
	ldr r0, =__VECTOR_TABLE
	ldr r1, =PPB_BASE + M0PLUS_VTOR_OFFSET
	str r0, [r1]
	ldmia r0!, {r1, r2}
	msr msp, r1
	bx r2

.thumb_func
stage_halt:
	wfi
	b stage_halt

.pool
