/*
 * The field of P-256 for Cortex-M0+ (ARMv6-M Architecture Reference Manual A6),
 * whose one multiply gives the low 32 bits: p256.c says what the routines do.
 * No branch and no address depends on a value. A product of two words takes 26
 * cycles, a field product about 2,000, a square about 1,450.
 *
 * void p256_field_multiply(to, a, b); p256_field_square(to, a);
 * void p256_field_add(to, a, b); p256_field_subtract(to, a, b); words are 32 bits.
 */

	.syntax unified
	.cpu cortex-m0plus
	.thumb

/* Offsets from sp of the frame of multiply and square. */
	.equ A, 0
	.equ B, 32
	.equ T, 64
	.equ FRAME, 128
	.equ TO, FRAME /* pushed first, with r0 */

	.macro enter
	push {r0, r4, r5, r6, r7, lr}
	mov r4, r8
	mov r5, r9
	push {r4, r5}
	sub sp, #FRAME
	.endm

	.macro copy_in from, offset
	add r7, sp, #\offset
	ldmia \from!, {r3, r4, r5, r6}
	stmia r7!, {r3, r4, r5, r6}
	ldmia \from!, {r3, r4, r5, r6}
	stmia r7!, {r3, r4, r5, r6}
	.endm

/* r4:r3:r2 += word i of the number at \x times word j of the one at \y */
	.macro product x, i, y, j
	ldr r0, [sp, #\x + 4 * \i]
	ldr r1, [sp, #\y + 4 * \j]
	uxth r5, r0
	uxth r6, r1
	lsrs r0, r0, #16
	lsrs r1, r1, #16
	mov r7, r5
	muls r7, r6
	muls r5, r1
	muls r6, r0
	muls r1, r0
	adds r5, r6
	movs r6, #0
	adcs r6, r6
	lsls r6, r6, #16
	adds r1, r6
	movs r6, #0
	lsls r0, r5, #16
	lsrs r5, r5, #16
	adds r7, r0
	adcs r1, r5
	adds r2, r7
	adcs r3, r1
	adcs r4, r6
	.endm

/* r4:r3:r2 += the square of word i */
	.macro square_of i
	ldr r0, [sp, #A + 4 * \i]
	uxth r5, r0
	lsrs r0, r0, #16
	mov r7, r5
	muls r7, r7
	muls r5, r0
	muls r0, r0
	lsls r6, r5, #17
	lsrs r5, r5, #15
	adds r7, r6
	adcs r0, r5
	movs r6, #0
	adds r2, r7
	adcs r3, r0
	adcs r4, r6
	.endm

/* Word k of the product is done. */
	.macro column k
	str r2, [sp, #T + 4 * (\k)]
	mov r2, r3
	mov r3, r4
	movs r4, #0
	.endm

	.macro start_square_column
	movs r2, #0
	movs r3, #0
	movs r4, #0
	.endm

	.macro double_column
	adds r2, r2
	adcs r3, r3
	adcs r4, r4
	.endm

/* Adds what the column before has carried, and carries on in r9:r8. */
	.macro end_square_column k
	mov r0, r8
	mov r1, r9
	movs r6, #0
	adds r2, r0
	adcs r3, r1
	adcs r4, r6
	str r2, [sp, #T + 4 * (\k)]
	mov r8, r3
	mov r9, r4
	.endm

	.macro add_word k, register
	ldr r0, [sp, #T + 4 * (\k)]
	adcs r0, \register
	str r0, [sp, #T + 4 * (\k)]
	.endm

/*
 * The sum at \base (8 words) with the carry in r4: minus p unless it is below.
 * x - p is x + 2^256 - p, whose words are 1, 0, 0, F.., F.., F.., F..E, 0.
 * The result goes to [r5].
 */
	.macro subtract_prime_once base
	movs r1, #0
	mvns r2, r1
	lsls r3, r2, #1
	ldr r0, [sp, #\base]
	adds r0, #1
	ldr r0, [sp, #\base + 4]
	adcs r0, r1
	ldr r0, [sp, #\base + 8]
	adcs r0, r1
	ldr r0, [sp, #\base + 12]
	adcs r0, r2
	ldr r0, [sp, #\base + 16]
	adcs r0, r2
	ldr r0, [sp, #\base + 20]
	adcs r0, r2
	ldr r0, [sp, #\base + 24]
	adcs r0, r3
	ldr r0, [sp, #\base + 28]
	adcs r0, r1
	adcs r4, r1
	rsbs r4, r4, #0
	lsrs r2, r4, #31
	lsls r3, r4, #1
	ldr r0, [sp, #\base]
	adds r0, r2
	str r0, [r5]
	ldr r0, [sp, #\base + 4]
	adcs r0, r1
	str r0, [r5, #4]
	ldr r0, [sp, #\base + 8]
	adcs r0, r1
	str r0, [r5, #8]
	ldr r0, [sp, #\base + 12]
	adcs r0, r4
	str r0, [r5, #12]
	ldr r0, [sp, #\base + 16]
	adcs r0, r4
	str r0, [r5, #16]
	ldr r0, [sp, #\base + 20]
	adcs r0, r4
	str r0, [r5, #20]
	ldr r0, [sp, #\base + 24]
	adcs r0, r3
	str r0, [r5, #24]
	ldr r0, [sp, #\base + 28]
	adcs r0, r1
	str r0, [r5, #28]
	.endm

/*
 * Montgomery reduction of T. p is -1 modulo 2^96, so three words M are cleared at
 * once by adding M p = M (2^256 - 2^224 + 2^192 + 2^96) - M: M at word 3, and
 * F = M (2^64 - 2^32 + 1), five words, at word 6. Only the last round can carry.
 */
	.macro clear_three i
	ldr r1, [sp, #T + 4 * \i]
	ldr r5, [sp, #T + 4 * \i + 4]
	ldr r6, [sp, #T + 4 * \i + 8]
	movs r0, #0
	rsbs r2, r1, #0
	mov r3, r1
	sbcs r3, r5
	mov r4, r5
	sbcs r4, r6
	mov r7, r6
	sbcs r7, r0
	adds r2, r5
	adcs r3, r6
	adcs r4, r0
	adcs r7, r0
	ldr r0, [sp, #T + 4 * \i + 12]
	adds r0, r1
	str r0, [sp, #T + 4 * \i + 12]
	add_word \i + 4, r5
	add_word \i + 5, r6
	add_word \i + 6, r1
	add_word \i + 7, r2
	add_word \i + 8, r3
	add_word \i + 9, r4
	add_word \i + 10, r7
	movs r1, #0
	.endm

	.text
	.align 2
	.thumb_func
	.global p256_field_multiply
	.type p256_field_multiply, %function
p256_field_multiply:
	enter
	copy_in r1, A
	copy_in r2, B
	movs r2, #0
	movs r3, #0
	movs r4, #0
	.set k, 0
	.rept 15
	.set i, 0
	.rept 8
	.if (k - i >= 0) && (k - i < 8)
	product A, i, B, (k - i)
	.endif
	.set i, i + 1
	.endr
	column k
	.set k, k + 1
	.endr
	str r2, [sp, #T + 60]

reduce:
	clear_three 0
	add_word 11, r1
	add_word 12, r1
	add_word 13, r1
	add_word 14, r1
	add_word 15, r1
	clear_three 3
	add_word 14, r1
	add_word 15, r1

	/* The last two words, M at 9 and F, four words, at 12. */
	ldr r1, [sp, #T + 24]
	ldr r5, [sp, #T + 28]
	movs r6, #0
	rsbs r2, r1, #0
	mov r3, r1
	sbcs r3, r5
	mov r4, r5
	sbcs r4, r6
	adds r2, r5
	adcs r3, r6
	adcs r4, r6
	ldr r0, [sp, #T + 36]
	adds r0, r1
	str r0, [sp, #T + 36]
	add_word 10, r5
	add_word 11, r6
	add_word 12, r1
	add_word 13, r2
	add_word 14, r3
	add_word 15, r4
	adcs r6, r6
	mov r4, r6

	ldr r5, [sp, #TO + 8]
	subtract_prime_once T + 32
	add sp, #FRAME
	pop {r4, r5}
	mov r8, r4
	mov r9, r5
	pop {r0, r4, r5, r6, r7, pc}
	.size p256_field_multiply, . - p256_field_multiply

	.align 2
	.thumb_func
	.global p256_field_square
	.type p256_field_square, %function
p256_field_square:
	enter
	copy_in r1, A
	movs r2, #0
	mov r8, r2
	mov r9, r2
	.set k, 0
	.rept 15
	start_square_column
	.set i, 0
	.rept 8
	.if (k - i < 8) && (k - i > i)
	product A, i, A, (k - i)
	.endif
	.set i, i + 1
	.endr
	.if k > 0
	double_column
	.endif
	.if (k & 1) == 0
	square_of (k / 2)
	.endif
	end_square_column k
	.set k, k + 1
	.endr
	mov r2, r8
	str r2, [sp, #T + 60]
	bl reduce /* a jump that reaches: lr is saved already */
	.size p256_field_square, . - p256_field_square

	.align 2
	.thumb_func
	.global p256_field_add
	.type p256_field_add, %function
p256_field_add:
	push {r0, r4, r5, r6, r7, lr}
	sub sp, #32
	mov r7, sp
	ldmia r1!, {r3, r4}
	ldmia r2!, {r5, r6}
	adds r3, r5
	adcs r4, r6
	stmia r7!, {r3, r4}
	.rept 3
	ldmia r1!, {r3, r4}
	ldmia r2!, {r5, r6}
	adcs r3, r5
	adcs r4, r6
	stmia r7!, {r3, r4}
	.endr
	movs r4, #0
	adcs r4, r4
	ldr r5, [sp, #32]
	subtract_prime_once 0
	add sp, #32
	pop {r0, r4, r5, r6, r7, pc}
	.size p256_field_add, . - p256_field_add

	.align 2
	.thumb_func
	.global p256_field_subtract
	.type p256_field_subtract, %function
p256_field_subtract:
	push {r0, r4, r5, r6, r7, lr}
	sub sp, #32
	mov r7, sp
	ldmia r1!, {r3, r4}
	ldmia r2!, {r5, r6}
	subs r3, r5
	sbcs r4, r6
	stmia r7!, {r3, r4}
	.rept 3
	ldmia r1!, {r3, r4}
	ldmia r2!, {r5, r6}
	sbcs r3, r5
	sbcs r4, r6
	stmia r7!, {r3, r4}
	.endr
	sbcs r4, r4 /* all ones after a borrow, else 0 */
	movs r1, #0
	lsrs r3, r4, #31
	ldr r5, [sp, #32]
	/* plus p, whose words are F.., F.., F.., 0, 0, 0, 1, F.., or plus 0 */
	ldr r0, [sp]
	adds r0, r4
	str r0, [r5]
	ldr r0, [sp, #4]
	adcs r0, r4
	str r0, [r5, #4]
	ldr r0, [sp, #8]
	adcs r0, r4
	str r0, [r5, #8]
	ldr r0, [sp, #12]
	adcs r0, r1
	str r0, [r5, #12]
	ldr r0, [sp, #16]
	adcs r0, r1
	str r0, [r5, #16]
	ldr r0, [sp, #20]
	adcs r0, r1
	str r0, [r5, #20]
	ldr r0, [sp, #24]
	adcs r0, r3
	str r0, [r5, #24]
	ldr r0, [sp, #28]
	adcs r0, r4
	str r0, [r5, #28]
	add sp, #32
	pop {r0, r4, r5, r6, r7, pc}
	.size p256_field_subtract, . - p256_field_subtract
