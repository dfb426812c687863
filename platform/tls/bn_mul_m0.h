/*
 * The inner loop of Mbed TLS's big numbers for Cortex-M0+: d[i] += s[i] * b + c.
 * 30 cycles a word where the library's Thumb-1 code of bn_mul.h takes 38. It is
 * included before bignum_core.c (mbedtls.cmake) and bears that header's guard.
 *
 * All eight low registers are taken; the halves of b stay in r8 and r9.
 */
#ifndef MBEDTLS_BN_MUL_H
#define MBEDTLS_BN_MUL_H

#define BN_MUL_M0_WORD \
	"ldmia	%[s]!, {%[x]}\n\t" \
	"uxth	%[y], %[x]\n\t" \
	"lsrs	%[x], %[x], #16\n\t" \
	"mov	%[z], r8\n\t" \
	"mov	%[w], r9\n\t" \
	"mov	%[v], %[y]\n\t" \
	"muls	%[v], %[z]\n\t" \
	"muls	%[y], %[w]\n\t" \
	"muls	%[z], %[x]\n\t" \
	"muls	%[w], %[x]\n\t" \
	"adds	%[y], %[z]\n\t" \
	"movs	%[z], #0\n\t" \
	"adcs	%[z], %[z]\n\t" \
	"lsls	%[z], %[z], #16\n\t" \
	"adds	%[w], %[z]\n\t" \
	"movs	%[z], #0\n\t" \
	"lsls	%[x], %[y], #16\n\t" \
	"lsrs	%[y], %[y], #16\n\t" \
	"adds	%[v], %[x]\n\t" \
	"adcs	%[w], %[y]\n\t" \
	"ldr	%[x], [%[d]]\n\t" \
	"adds	%[v], %[c]\n\t" \
	"adcs	%[w], %[z]\n\t" \
	"adds	%[v], %[x]\n\t" \
	"adcs	%[w], %[z]\n\t" \
	"stmia	%[d]!, {%[v]}\n\t" \
	"mov	%[c], %[w]\n\t"

#define BN_MUL_M0(words) \
	do { \
		mbedtls_mpi_uint x, y, z, w, v; \
		__asm__ volatile( \
			".syntax unified\n\t" \
			"mov	%[z], %[b]\n\t" \
			"uxth	%[v], %[z]\n\t" \
			"lsrs	%[z], %[z], #16\n\t" \
			"mov	r8, %[v]\n\t" \
			"mov	r9, %[z]\n\t" \
			words \
			: [s] "+&l"(s), [d] "+&l"(d), [c] "+&l"(c), [x] "=&l"(x), [y] "=&l"(y), [z] "=&l"(z), [w] "=&l"(w), [v] "=&l"(v) \
			: [b] "h"(b) \
			: "r8", "r9", "cc", "memory"); \
	} while (0);

#define MULADDC_X1_INIT
#define MULADDC_X1_CORE BN_MUL_M0(BN_MUL_M0_WORD)
#define MULADDC_X1_STOP
#define MULADDC_X8_INIT
#define MULADDC_X8_CORE \
	BN_MUL_M0(BN_MUL_M0_WORD BN_MUL_M0_WORD BN_MUL_M0_WORD BN_MUL_M0_WORD \
		BN_MUL_M0_WORD BN_MUL_M0_WORD BN_MUL_M0_WORD BN_MUL_M0_WORD)
#define MULADDC_X8_STOP

#endif
