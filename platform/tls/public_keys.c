/*
 * RSA keys are public here: our own are EC (identity.h). pk.c and pk_wrap.c of
 * Mbed TLS call these in place of RSA's private operations (mbedtls.cmake),
 * which otherwise would be linked through the table of a key's operations.
 *
 * And a signature of ECDSA is DER (RFC 3279 2.2.3, RFC 8446 4.2.3): the library
 * takes other encodings of the same numbers too.
 */
#include <stdbool.h>

#include "mbedtls/ecdsa.h"
#include "mbedtls/pk.h"
#include "mbedtls/rsa.h"

typedef int draw(void *context, unsigned char *to, size_t length);

int public_keys_rsa_sign(mbedtls_rsa_context *key, draw *random, void *context, mbedtls_md_type_t hash_type,
	unsigned int hash_length, const unsigned char *hash, unsigned char *signature)
{
	(void)key, (void)random, (void)context, (void)hash_type, (void)hash_length, (void)hash, (void)signature;
	return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
}

int public_keys_rsa_sign_pss(mbedtls_rsa_context *key, draw *random, void *context, mbedtls_md_type_t hash_type,
	unsigned int hash_length, const unsigned char *hash, unsigned char *signature)
{
	return public_keys_rsa_sign(key, random, context, hash_type, hash_length, hash, signature);
}

int public_keys_rsa_decrypt(mbedtls_rsa_context *key, draw *random, void *context, size_t *length,
	const unsigned char *input, unsigned char *output, size_t room)
{
	(void)key, (void)random, (void)context, (void)length, (void)input, (void)output, (void)room;
	return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
}

int public_keys_rsa_encrypt(mbedtls_rsa_context *key, draw *random, void *context, size_t length,
	const unsigned char *input, unsigned char *output)
{
	(void)key, (void)random, (void)context, (void)length, (void)input, (void)output;
	return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
}

int public_keys_rsa_check_pair(const mbedtls_rsa_context *public_key, const mbedtls_rsa_context *private_key)
{
	(void)public_key, (void)private_key;
	return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
}

/* Takes an INTEGER that is positive and no longer than it must be off the front. Lengths of one byte: P-384 needs no more. */
static bool take_number(const unsigned char **at, const unsigned char *end)
{
	const unsigned char *number = *at + 2;

	if (end - *at < 3 || (*at)[0] != 0x02 || (*at)[1] == 0 || (*at)[1] > end - number)
		return false;
	*at = number + (*at)[1];
	return !(number[0] & 0x80) && (number[0] != 0 || *at - number == 1 || (number[1] & 0x80));
}

int public_keys_ecdsa_read_signature(mbedtls_ecdsa_context *key, const unsigned char *hash, size_t hash_length,
	const unsigned char *signature, size_t length)
{
	const unsigned char *at = signature + 2, *end = signature + length;

	if (length < 2 || signature[0] != 0x30 || signature[1] > 0x7F || signature[1] != length - 2
		|| !take_number(&at, end) || !take_number(&at, end) || at != end)
		return MBEDTLS_ERR_ECP_VERIFY_FAILED;
	return mbedtls_ecdsa_read_signature(key, hash, hash_length, signature, length);
}
