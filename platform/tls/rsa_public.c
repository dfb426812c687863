/*
 * The public operation of RSA for the exponent that keys have, 65537 = 2^16 + 1:
 * 16 squares and two products instead of the library's 36 of both. rsa.c of Mbed
 * TLS calls it in place of mbedtls_mpi_exp_mod_unsafe (mbedtls.cmake). Public
 * values only: it is for verifying.
 */
#include "common.h"

#include "bignum_core.h"
#include "bignum_internal.h"
#include "mbedtls/bignum.h"
#include "mbedtls/platform.h"

#define SQUARES 16

static int raise_to_65537(mbedtls_mpi *to, const mbedtls_mpi *base, const mbedtls_mpi *modulus, mbedtls_mpi *square_of_radix,
	mbedtls_mpi_uint *work)
{
	size_t limbs = modulus->n;
	mbedtls_mpi_uint factor = mbedtls_mpi_core_montmul_init(modulus->p);
	mbedtls_mpi_uint *power = work;
	mbedtls_mpi_uint *plain = power + limbs;
	mbedtls_mpi_uint *rest = plain + limbs;

	for (size_t i = 0; i < limbs; i++)
		plain[i] = i < base->n ? base->p[i] : 0;
	mbedtls_mpi_core_montmul(power, plain, square_of_radix->p, limbs, modulus->p, limbs, factor, rest);
	for (int i = 0; i < SQUARES; i++)
		mbedtls_mpi_core_montmul(power, power, power, limbs, modulus->p, limbs, factor, rest);
	/* The factor that is not in Montgomery's form takes the result out of it. */
	if (mbedtls_mpi_grow(to, limbs) != 0 || mbedtls_mpi_lset(to, 0) != 0)
		return MBEDTLS_ERR_MPI_ALLOC_FAILED;
	mbedtls_mpi_core_montmul(to->p, power, plain, limbs, modulus->p, limbs, factor, rest);
	return 0;
}

int rsa_public_exp_mod(mbedtls_mpi *to, const mbedtls_mpi *base, const mbedtls_mpi *exponent, const mbedtls_mpi *modulus,
	mbedtls_mpi *square_of_radix)
{
	size_t limbs = modulus->n, work_limbs;
	mbedtls_mpi_uint *work;
	int error = 0;

	if (mbedtls_mpi_cmp_int(exponent, 65537) != 0 || !square_of_radix || !mbedtls_mpi_get_bit(modulus, 0)
		|| mbedtls_mpi_cmp_int(modulus, 3) < 0 || base->s < 0 || mbedtls_mpi_cmp_mpi(base, modulus) >= 0
		|| mbedtls_mpi_bitlen(modulus) > MBEDTLS_MPI_MAX_BITS)
		return mbedtls_mpi_exp_mod_unsafe(to, base, exponent, modulus, square_of_radix);

	work_limbs = 2 * limbs + mbedtls_mpi_core_montmul_working_limbs(limbs);
	work = mbedtls_calloc(work_limbs, sizeof *work);
	if (!work)
		return MBEDTLS_ERR_MPI_ALLOC_FAILED;
	if (!square_of_radix->p)
		error = mbedtls_mpi_core_get_mont_r2_unsafe(square_of_radix, modulus);
	if (error == 0)
		error = mbedtls_mpi_grow(square_of_radix, limbs);
	if (error == 0)
		error = raise_to_65537(to, base, modulus, square_of_radix, work);
	mbedtls_free(work);
	return error;
}
