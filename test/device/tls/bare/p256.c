/*
 * p256.c (and p256_m0.S on the processor) against the general arithmetic of Mbed
 * TLS: scalars and points at the edges, then random ones. Settings: count.
 * Prints "checks=N" and, for each difference, a line "wrong ...".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "mbedtls/ecp.h"
#include "p256.h"
#include "peer.h"
#include "random.h"

int ecp_general_mul(mbedtls_ecp_group *group, mbedtls_ecp_point *to, const mbedtls_mpi *scalar, const mbedtls_ecp_point *from,
	int (*random)(void *, unsigned char *, size_t), void *random_context);
int ecp_general_muladd(mbedtls_ecp_group *group, mbedtls_ecp_point *to, const mbedtls_mpi *a, const mbedtls_ecp_point *first,
	const mbedtls_mpi *b, const mbedtls_ecp_point *second);

static unsigned long checks;

int random_fill(void *to, size_t length_bytes)
{
	static uint64_t state = 0xFEDCBA987654321;

	for (size_t i = 0; i < length_bytes; i++) {
		state = state * 6364136223846793005ull + 1442695040888963407ull;
		((uint8_t *)to)[i] = (uint8_t)(state >> 56);
	}
	return 0;
}

static int any(void *context, unsigned char *to, size_t length_bytes)
{
	(void)context;
	return random_fill(to, length_bytes);
}

static void expect(int holds, const char *what, unsigned long number)
{
	char line[80];

	checks++;
	if (holds)
		return;
	snprintf(line, sizeof line, "wrong %s %lu\n", what, number);
	peer_print(line);
}

/* Scalars with long runs and those around 0, n and n / 2. */
static void edge_scalar(const mbedtls_ecp_group *group, mbedtls_mpi *to, unsigned number)
{
	mbedtls_mpi_lset(to, 1);
	if (number < 40) {
		mbedtls_mpi_lset(to, (int)number);
	} else if (number < 80) {
		mbedtls_mpi_sub_int(to, &group->N, (int)number - 39);
	} else if (number < 120) {
		mbedtls_mpi_copy(to, &group->N);
		mbedtls_mpi_shift_r(to, 1);
		mbedtls_mpi_add_int(to, to, (int)number - 100);
	} else {
		mbedtls_mpi_shift_l(to, (number - 120) * 4 % 255);
		if (number & 1)
			mbedtls_mpi_sub_int(to, to, 1);
	}
}

static void pick_scalar(const mbedtls_ecp_group *group, mbedtls_mpi *to, unsigned long number)
{
	if (number < 184) {
		edge_scalar(group, to, (unsigned)number);
	} else {
		unsigned char bytes[32];
		random_fill(bytes, sizeof bytes);
		mbedtls_mpi_read_binary(to, bytes, sizeof bytes);
		mbedtls_mpi_mod_mpi(to, to, &group->N);
	}
}

static unsigned long number_of(const char *name, unsigned long otherwise)
{
	const char *text = peer_setting(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

#if defined(__ARM_ARCH_6M__)

typedef uint32_t words[P256_WORDS];

void p256_field_multiply(words to, const words a, const words b);
void p256_field_square(words to, const words a);
void p256_field_add(words to, const words a, const words b);
void p256_field_subtract(words to, const words a, const words b);

static void read_words(mbedtls_mpi *to, const words from)
{
	mbedtls_mpi_read_binary_le(to, (const unsigned char *)from, sizeof(words));
}

/* Words of 0, 1, all ones and random ones, taken modulo p. */
static void pick_field(words to, const mbedtls_ecp_group *group, unsigned long number)
{
	mbedtls_mpi value;

	for (int i = 0; i < P256_WORDS; i++) {
		uint32_t random;
		random_fill(&random, sizeof random);
		switch (number < 4000 ? random >> 29 : 7) {
		case 0: case 1: to[i] = 0; break;
		case 2: case 3: to[i] = UINT32_MAX; break;
		case 4: to[i] = 1; break;
		case 5: to[i] = 0x80000000; break;
		default: random_fill(&to[i], sizeof to[i]); break;
		}
	}
	mbedtls_mpi_init(&value);
	read_words(&value, to);
	mbedtls_mpi_mod_mpi(&value, &value, &group->P);
	if (number % 17 == 0)
		mbedtls_mpi_sub_int(&value, &group->P, 1 + (int)(number % 3));
	mbedtls_mpi_write_binary_le(&value, (unsigned char *)to, sizeof(words));
	mbedtls_mpi_free(&value);
}

static void check_field(const mbedtls_ecp_group *group, unsigned long count)
{
	mbedtls_mpi a, b, got, want, radix;

	mbedtls_mpi_init(&a);
	mbedtls_mpi_init(&b);
	mbedtls_mpi_init(&got);
	mbedtls_mpi_init(&want);
	mbedtls_mpi_init(&radix);
	mbedtls_mpi_lset(&radix, 1);
	mbedtls_mpi_shift_l(&radix, 256);
	for (unsigned long i = 0; i < count; i++) {
		words x, y, z;
		pick_field(x, group, i);
		pick_field(y, group, i + 1);
		read_words(&a, x);
		read_words(&b, y);

		p256_field_multiply(z, x, y);
		read_words(&got, z);
		expect(mbedtls_mpi_cmp_mpi(&got, &group->P) < 0, "product range", i);
		mbedtls_mpi_mul_mpi(&got, &got, &radix);
		mbedtls_mpi_mul_mpi(&want, &a, &b);
		mbedtls_mpi_sub_mpi(&got, &got, &want);
		mbedtls_mpi_mod_mpi(&got, &got, &group->P);
		expect(mbedtls_mpi_cmp_int(&got, 0) == 0, "product", i);

		p256_field_square(z, x);
		memcpy(y, x, sizeof y);
		p256_field_multiply(x, x, y);
		expect(memcmp(x, z, sizeof z) == 0, "square", i);
		memcpy(x, y, sizeof x);
		pick_field(y, group, i + 2);
		read_words(&b, y);

		p256_field_add(z, x, y);
		read_words(&got, z);
		mbedtls_mpi_add_mpi(&want, &a, &b);
		mbedtls_mpi_mod_mpi(&want, &want, &group->P);
		expect(mbedtls_mpi_cmp_mpi(&got, &want) == 0, "sum", i);

		p256_field_subtract(z, x, y);
		read_words(&got, z);
		mbedtls_mpi_sub_mpi(&want, &a, &b);
		mbedtls_mpi_mod_mpi(&want, &want, &group->P);
		expect(mbedtls_mpi_cmp_mpi(&got, &want) == 0, "difference", i);
	}
	mbedtls_mpi_free(&a);
	mbedtls_mpi_free(&b);
	mbedtls_mpi_free(&got);
	mbedtls_mpi_free(&want);
	mbedtls_mpi_free(&radix);
}

#else

static void check_field(const mbedtls_ecp_group *group, unsigned long count)
{
	(void)group;
	(void)count;
}

#endif

int main(int argc, char **argv)
{
	static uint64_t block[4096];
	mbedtls_ecp_group group;
	mbedtls_ecp_point point, got, want;
	mbedtls_mpi a, b;
	unsigned long first, count;
	char line[40];

	peer_start(argc, argv);
	arena_enter(arena_open(block, sizeof block));
	mbedtls_ecp_group_init(&group);
	mbedtls_ecp_point_init(&point);
	mbedtls_ecp_point_init(&got);
	mbedtls_ecp_point_init(&want);
	mbedtls_mpi_init(&a);
	mbedtls_mpi_init(&b);
	mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
	check_field(&group, number_of("fields", 0));

	first = number_of("first", 0);
	count = number_of("count", 1);
	for (unsigned long i = first; i < first + count; i++) {
		int answer, general;
		/* Points near the generator, so that sums meet, and random ones. */
		pick_scalar(&group, &b, i % 3 == 0 ? 1 + i % 9 : i % 3 == 1 ? 40 + i % 9 : 1000);
		if (mbedtls_mpi_cmp_int(&b, 0) == 0)
			mbedtls_mpi_lset(&b, 1);
		ecp_general_mul(&group, &point, &b, &group.G, any, NULL);

		pick_scalar(&group, &a, i);
		answer = mbedtls_ecp_mul(&group, &got, &a, &point, any, NULL);
		general = ecp_general_mul(&group, &want, &a, &point, any, NULL);
		expect(answer == general, "answer of multiply", i);
		if (answer == 0)
			expect(mbedtls_ecp_point_cmp(&got, &want) == 0, "multiply", i);

		pick_scalar(&group, &b, i % 2 ? 1000 : i * 7 % 184);
		answer = mbedtls_ecp_muladd(&group, &got, &a, &group.G, &b, &point);
		if (mbedtls_mpi_cmp_int(&a, 0) == 0 || mbedtls_mpi_cmp_int(&b, 0) == 0) {
			/* The library refuses or treats 0 in its own ways; ours is the other product. */
			int other = mbedtls_mpi_cmp_int(&a, 0) == 0;
			const mbedtls_mpi *scalar = other ? &b : &a;
			if (mbedtls_mpi_cmp_int(scalar, 0) == 0)
				expect(mbedtls_ecp_is_zero(&got), "sum of nothing", i);
			else if (ecp_general_mul(&group, &want, scalar, other ? &point : &group.G, any, NULL) == 0)
				expect(answer == 0 && mbedtls_ecp_point_cmp(&got, &want) == 0, "sum with 0", i);
			continue;
		}
		general = ecp_general_muladd(&group, &want, &a, &group.G, &b, &point);
		expect(answer == general, "answer of sum", i);
		expect(mbedtls_ecp_is_zero(&got) == mbedtls_ecp_is_zero(&want), "sum at infinity", i);
		if (!mbedtls_ecp_is_zero(&got))
			expect(mbedtls_ecp_point_cmp(&got, &want) == 0, "sum", i);
	}
	snprintf(line, sizeof line, "checks=%lu\n", checks);
	peer_print(line);
	peer_exit(0);
	return 0;
}
