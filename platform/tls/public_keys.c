/*
 * RSA keys are public here: our own are EC (identity.h). pk.c and pk_wrap.c of
 * Mbed TLS call these in place of RSA's private operations (mbedtls.cmake),
 * which otherwise would be linked through the table of a key's operations.
 */
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
