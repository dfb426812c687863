/*
 * The self tests of Mbed TLS for what the firmware relies on, one line each:
 * "name=0" when it holds. On the processor they find a compiler that builds the
 * library wrongly (AES-GCM at -O3 with gcc 12, TF-PSA-Crypto issue 665).
 */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "mbedtls/aes.h"
#include "mbedtls/bignum.h"
#include "mbedtls/chacha20.h"
#include "mbedtls/chachapoly.h"
#include "mbedtls/ctr_drbg.h"
#include "mbedtls/ecp.h"
#include "mbedtls/gcm.h"
#include "mbedtls/poly1305.h"
#include "mbedtls/sha256.h"
#include "mbedtls/sha512.h"
#include "peer.h"
#include "random.h"

static const struct {
	const char *name;
	int (*run)(int verbose);
} tests[] = {
	{"sha256", mbedtls_sha256_self_test},
	{"sha384", mbedtls_sha384_self_test},
	{"sha512", mbedtls_sha512_self_test},
	{"aes", mbedtls_aes_self_test},
	{"gcm", mbedtls_gcm_self_test},
	{"chacha20", mbedtls_chacha20_self_test},
	{"poly1305", mbedtls_poly1305_self_test},
	{"chachapoly", mbedtls_chachapoly_self_test},
	{"ctr_drbg", mbedtls_ctr_drbg_self_test},
	{"mpi", mbedtls_mpi_self_test},
	{"ecp", mbedtls_ecp_self_test},
};

int random_fill(void *to, size_t length_bytes)
{
	memset(to, 0x5A, length_bytes);
	return 0;
}

int main(int argc, char **argv)
{
	static uint64_t block[4096];

	peer_start(argc, argv);
	arena_enter(arena_open(block, sizeof block));
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
		char line[80];
		uint32_t start = peer_cycles();
		int answer = tests[i].run(0);

		snprintf(line, sizeof line, "%s=%d\tcycles=%lu\n", tests[i].name, answer, (unsigned long)(peer_cycles() - start));
		peer_print(line);
	}
	peer_exit(0);
	return 0;
}
