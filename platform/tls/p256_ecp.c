/*
 * The multiplications of Mbed TLS's ECP interface, with P-256 sent to p256.c and
 * every other curve to the library. The library's ecp.c is built with its own
 * functions of these names called ecp_general_... (mbedtls.cmake).
 *
 * The checks are the library's: a scalar from 1 to n - 1, a point on the curve.
 */
#include <string.h>

#include "mbedtls/ecp.h"
#include "mbedtls/platform_util.h"
#include "p256.h"

int ecp_general_mul(mbedtls_ecp_group *group, mbedtls_ecp_point *to, const mbedtls_mpi *scalar, const mbedtls_ecp_point *from,
	int (*random)(void *, unsigned char *, size_t), void *random_context);
int ecp_general_mul_restartable(mbedtls_ecp_group *group, mbedtls_ecp_point *to, const mbedtls_mpi *scalar,
	const mbedtls_ecp_point *from, int (*random)(void *, unsigned char *, size_t), void *random_context,
	mbedtls_ecp_restart_ctx *restart);
int ecp_general_muladd(mbedtls_ecp_group *group, mbedtls_ecp_point *to, const mbedtls_mpi *a, const mbedtls_ecp_point *first,
	const mbedtls_mpi *b, const mbedtls_ecp_point *second);
int ecp_general_muladd_restartable(mbedtls_ecp_group *group, mbedtls_ecp_point *to, const mbedtls_mpi *a,
	const mbedtls_ecp_point *first, const mbedtls_mpi *b, const mbedtls_ecp_point *second, mbedtls_ecp_restart_ctx *restart);

static int read_number(p256_number to, const mbedtls_mpi *from)
{
	return mbedtls_mpi_write_binary_le(from, (unsigned char *)to, sizeof(p256_number));
}

static int write_point(mbedtls_ecp_point *to, const p256_point *from)
{
	int error = mbedtls_mpi_read_binary_le(&to->MBEDTLS_PRIVATE(X), (const unsigned char *)from->x, sizeof from->x);

	if (error == 0)
		error = mbedtls_mpi_read_binary_le(&to->MBEDTLS_PRIVATE(Y), (const unsigned char *)from->y, sizeof from->y);
	if (error == 0)
		error = mbedtls_mpi_lset(&to->MBEDTLS_PRIVATE(Z), 1);
	return error;
}

static int read_point(p256_point *to, const mbedtls_ecp_point *from)
{
	int error = read_number(to->x, &from->MBEDTLS_PRIVATE(X));

	return error ? error : read_number(to->y, &from->MBEDTLS_PRIVATE(Y));
}

/* A factor that hides the coordinates worked on; below the prime by its top word, never 0. */
static int draw_blind(p256_number to, int (*random)(void *, unsigned char *, size_t), void *random_context)
{
	int error = 0;

	if (random)
		error = random(random_context, (unsigned char *)to, sizeof(p256_number));
	else
		memset(to, 0, sizeof(p256_number));
	to[P256_WORDS - 1] >>= 1;
	to[0] |= 1;
	return error;
}

static int multiply(mbedtls_ecp_group *group, mbedtls_ecp_point *to, const mbedtls_mpi *scalar, const mbedtls_ecp_point *from,
	int (*random)(void *, unsigned char *, size_t), void *random_context)
{
	p256_number words, blind;
	p256_point point;
	int error;

	if ((error = mbedtls_ecp_check_privkey(group, scalar)) != 0 || (error = mbedtls_ecp_check_pubkey(group, from)) != 0)
		return error;
	if ((error = read_number(words, scalar)) == 0 && (error = read_point(&point, from)) == 0
		&& (error = draw_blind(blind, random, random_context)) == 0) {
		p256_multiply(&point, words, &point, blind);
		error = write_point(to, &point);
	}
	mbedtls_platform_zeroize(words, sizeof words);
	mbedtls_platform_zeroize(blind, sizeof blind);
	mbedtls_platform_zeroize(&point, sizeof point);
	return error;
}

static int multiply_add(mbedtls_ecp_group *group, mbedtls_ecp_point *to, const mbedtls_mpi *a, const mbedtls_mpi *b,
	const mbedtls_ecp_point *second)
{
	p256_number words_a, words_b;
	p256_point point;
	int error;

	if ((error = mbedtls_ecp_check_pubkey(group, second)) != 0)
		return error;
	if ((error = read_number(words_a, a)) != 0 || (error = read_number(words_b, b)) != 0
		|| (error = read_point(&point, second)) != 0)
		return error;
	return p256_multiply_add(&point, words_a, words_b, &point) ? write_point(to, &point) : mbedtls_ecp_set_zero(to);
}

static bool is_generator(const mbedtls_ecp_group *group, const mbedtls_ecp_point *point)
{
	return mbedtls_ecp_point_cmp(point, &group->G) == 0;
}

/* Scalars that fit; the library's own takes the rest. */
static bool fits(const mbedtls_ecp_group *group, const mbedtls_mpi *scalar)
{
	return mbedtls_mpi_cmp_int(scalar, 0) >= 0 && mbedtls_mpi_cmp_mpi(scalar, &group->N) < 0;
}

int mbedtls_ecp_mul(mbedtls_ecp_group *group, mbedtls_ecp_point *to, const mbedtls_mpi *scalar, const mbedtls_ecp_point *from,
	int (*random)(void *, unsigned char *, size_t), void *random_context)
{
	if (group->id == MBEDTLS_ECP_DP_SECP256R1)
		return multiply(group, to, scalar, from, random, random_context);
	return ecp_general_mul(group, to, scalar, from, random, random_context);
}

int mbedtls_ecp_mul_restartable(mbedtls_ecp_group *group, mbedtls_ecp_point *to, const mbedtls_mpi *scalar,
	const mbedtls_ecp_point *from, int (*random)(void *, unsigned char *, size_t), void *random_context,
	mbedtls_ecp_restart_ctx *restart)
{
	if (group->id == MBEDTLS_ECP_DP_SECP256R1)
		return multiply(group, to, scalar, from, random, random_context);
	return ecp_general_mul_restartable(group, to, scalar, from, random, random_context, restart);
}

int mbedtls_ecp_muladd_restartable(mbedtls_ecp_group *group, mbedtls_ecp_point *to, const mbedtls_mpi *a,
	const mbedtls_ecp_point *first, const mbedtls_mpi *b, const mbedtls_ecp_point *second, mbedtls_ecp_restart_ctx *restart)
{
	if (group->id == MBEDTLS_ECP_DP_SECP256R1 && is_generator(group, first) && fits(group, a) && fits(group, b))
		return multiply_add(group, to, a, b, second);
	return ecp_general_muladd_restartable(group, to, a, first, b, second, restart);
}

int mbedtls_ecp_muladd(mbedtls_ecp_group *group, mbedtls_ecp_point *to, const mbedtls_mpi *a, const mbedtls_ecp_point *first,
	const mbedtls_mpi *b, const mbedtls_ecp_point *second)
{
	return mbedtls_ecp_muladd_restartable(group, to, a, first, b, second, NULL);
}
