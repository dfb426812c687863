/*
 * The primitives that the firmware relies on under test vectors, for
 * tools/conformance: a line in, a verdict out. It is the firmware's library
 * in the firmware's configuration, with the arithmetic of platform/tls, and goes
 * the ways that TLS goes: pk for signatures, PSA for key shares and the key
 * schedule, cipher for records.
 *
 * A line is fields parted by blanks, bytes in hexadecimal, "-" for none:
 *   ecdsa|pkcs1|pss HASH KEY MESSAGE SIGNATURE      KEY is SubjectPublicKeyInfo
 *   ecdh CURVE PRIVATE PUBLIC SHARED
 *   aes-gcm|chacha20-poly1305 KEY NONCE AAD MESSAGE CIPHERTEXT TAG
 *   hmac HASH KEY MESSAGE TAG                       TAG may be cut
 *   hkdf HASH INPUT SALT INFO LENGTH OUTPUT         LENGTH in decimal
 * A verdict is "ok", "refused", or "other" for a result that is not the given one.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mbedtls/cipher.h"
#include "mbedtls/md.h"
#include "mbedtls/pk.h"
#include "psa/crypto.h"
#include "vectors.h"

#define FIELDS_MAX 8
#define OUTPUT_MAX 20000

typedef struct bytes {
	unsigned char *at;
	size_t length;
} bytes;

static unsigned nibble(char digit)
{
	return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* In a block of exactly its length, so that a byte too many is seen. */
static bytes from_hex(const char *text)
{
	bytes made = {0};

	made.length = strcmp(text, "-") == 0 ? 0 : strlen(text) / 2;
	made.at = malloc(made.length + !made.length);
	for (size_t i = 0; i < made.length; i++)
		made.at[i] = (unsigned char)(nibble(text[i * 2]) << 4 | nibble(text[i * 2 + 1]));
	return made;
}

static int is_same(const unsigned char *found, size_t length, bytes wanted)
{
	return length == wanted.length && memcmp(found, wanted.at, length) == 0;
}

static mbedtls_md_type_t hash_named(const char *name)
{
	return strcmp(name, "sha256") == 0 ? MBEDTLS_MD_SHA256 : strcmp(name, "sha384") == 0 ? MBEDTLS_MD_SHA384 : MBEDTLS_MD_SHA512;
}

static const char *verify(const char *scheme, mbedtls_md_type_t kind, bytes key_info, bytes message, bytes signature)
{
	const mbedtls_md_info_t *info = mbedtls_md_info_from_type(kind);
	unsigned char hash[64], *at = key_info.at;
	size_t hash_bytes = mbedtls_md_get_size(info);
	mbedtls_pk_rsassa_pss_options pss = {.mgf1_hash_id = kind, .expected_salt_len = (int)hash_bytes};
	int is_pss = strcmp(scheme, "pss") == 0;
	mbedtls_pk_type_t type = is_pss ? MBEDTLS_PK_RSASSA_PSS : strcmp(scheme, "ecdsa") == 0 ? MBEDTLS_PK_ECDSA : MBEDTLS_PK_RSA;
	mbedtls_pk_context key;
	int error = mbedtls_md(info, message.at, message.length, hash);

	mbedtls_pk_init(&key);
	if (error == 0)
		error = mbedtls_pk_parse_subpubkey(&at, key_info.at + key_info.length, &key);
	if (error == 0)
		error = mbedtls_pk_verify_ext(type, is_pss ? &pss : NULL, &key, kind, hash, hash_bytes, signature.at, signature.length);
	mbedtls_pk_free(&key);
	return error == 0 ? "ok" : "refused";
}

static const char *agree(const char *curve, bytes own, bytes peer, bytes wanted)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	int is_montgomery = strcmp(curve, "x25519") == 0;
	size_t bits = is_montgomery ? 255 : strcmp(curve, "p256") == 0 ? 256 : 384;
	unsigned char shared[64];
	size_t length = 0;
	mbedtls_svc_key_id_t key;
	psa_status_t status;

	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
	psa_set_key_algorithm(&attributes, PSA_ALG_ECDH);
	psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(is_montgomery ? PSA_ECC_FAMILY_MONTGOMERY : PSA_ECC_FAMILY_SECP_R1));
	psa_set_key_bits(&attributes, bits);
	if (psa_import_key(&attributes, own.at, own.length, &key) != PSA_SUCCESS)
		return "refused";
	status = psa_raw_key_agreement(PSA_ALG_ECDH, key, peer.at, peer.length, shared, sizeof shared, &length);
	psa_destroy_key(key);
	return status != PSA_SUCCESS ? "refused" : is_same(shared, length, wanted) ? "ok" : "other";
}

/* Opens, and seals again what came out. */
static const char *open_and_seal(mbedtls_cipher_type_t type, bytes key, bytes nonce, bytes aad, bytes message, bytes cipher_text, bytes tag)
{
	bytes sealed = {malloc(cipher_text.length + tag.length + 1), cipher_text.length + tag.length};
	unsigned char *opened = malloc(sealed.length + 1), *again = malloc(sealed.length + 1);
	const char *verdict = "refused";
	mbedtls_cipher_context_t cipher;
	size_t length = 0;

	memcpy(sealed.at, cipher_text.at, cipher_text.length);
	memcpy(sealed.at + cipher_text.length, tag.at, tag.length);
	mbedtls_cipher_init(&cipher);
	if (mbedtls_cipher_setup(&cipher, mbedtls_cipher_info_from_type(type)) == 0
		&& mbedtls_cipher_setkey(&cipher, key.at, (int)key.length * 8, MBEDTLS_DECRYPT) == 0
		&& mbedtls_cipher_auth_decrypt_ext(&cipher, nonce.at, nonce.length, aad.at, aad.length, sealed.at, sealed.length, opened, sealed.length,
			&length, tag.length) == 0)
		verdict = is_same(opened, length, message) ? "ok" : "other";
	mbedtls_cipher_free(&cipher);
	mbedtls_cipher_init(&cipher);
	if (strcmp(verdict, "ok") == 0 && (mbedtls_cipher_setup(&cipher, mbedtls_cipher_info_from_type(type)) != 0
		|| mbedtls_cipher_setkey(&cipher, key.at, (int)key.length * 8, MBEDTLS_ENCRYPT) != 0
		|| mbedtls_cipher_auth_encrypt_ext(&cipher, nonce.at, nonce.length, aad.at, aad.length, message.at, message.length, again, sealed.length,
			&length, tag.length) != 0 || !is_same(again, length, sealed)))
		verdict = "other";
	mbedtls_cipher_free(&cipher);
	free(sealed.at);
	free(opened);
	free(again);
	return verdict;
}

static const char *authenticate(mbedtls_md_type_t kind, bytes key, bytes message, bytes tag)
{
	const mbedtls_md_info_t *info = mbedtls_md_info_from_type(kind);
	unsigned char found[64];

	if (tag.length > mbedtls_md_get_size(info) || mbedtls_md_hmac(info, key.at, key.length, message.at, message.length, found) != 0)
		return "refused";
	return memcmp(found, tag.at, tag.length) == 0 ? "ok" : "other";
}

static const char *derive(mbedtls_md_type_t kind, bytes input, bytes salt, bytes info, size_t length, bytes wanted)
{
	psa_algorithm_t hash = kind == MBEDTLS_MD_SHA256 ? PSA_ALG_SHA_256 : kind == MBEDTLS_MD_SHA384 ? PSA_ALG_SHA_384 : PSA_ALG_SHA_512;
	psa_key_derivation_operation_t extract = PSA_KEY_DERIVATION_OPERATION_INIT, expand = PSA_KEY_DERIVATION_OPERATION_INIT;
	static unsigned char output[OUTPUT_MAX];
	unsigned char pseudorandom[64];
	psa_status_t status = length > sizeof output ? PSA_ERROR_INVALID_ARGUMENT : psa_key_derivation_setup(&extract, PSA_ALG_HKDF_EXTRACT(hash));

	if (status == PSA_SUCCESS)
		status = psa_key_derivation_input_bytes(&extract, PSA_KEY_DERIVATION_INPUT_SALT, salt.at, salt.length);
	if (status == PSA_SUCCESS)
		status = psa_key_derivation_input_bytes(&extract, PSA_KEY_DERIVATION_INPUT_SECRET, input.at, input.length);
	if (status == PSA_SUCCESS)
		status = psa_key_derivation_output_bytes(&extract, pseudorandom, PSA_HASH_LENGTH(hash));
	if (status == PSA_SUCCESS)
		status = psa_key_derivation_setup(&expand, PSA_ALG_HKDF_EXPAND(hash));
	if (status == PSA_SUCCESS)
		status = psa_key_derivation_input_bytes(&expand, PSA_KEY_DERIVATION_INPUT_SECRET, pseudorandom, PSA_HASH_LENGTH(hash));
	if (status == PSA_SUCCESS)
		status = psa_key_derivation_input_bytes(&expand, PSA_KEY_DERIVATION_INPUT_INFO, info.at, info.length);
	if (status == PSA_SUCCESS)
		status = psa_key_derivation_output_bytes(&expand, output, length);
	psa_key_derivation_abort(&extract);
	psa_key_derivation_abort(&expand);
	return status != PSA_SUCCESS ? "refused" : is_same(output, length, wanted) ? "ok" : "other";
}

const char *vector_judge(char *line)
{
	const char *kind, *verdict;
	char *field[FIELDS_MAX];
	bytes of[FIELDS_MAX] = {0};
	unsigned count = 0, first;
	bool is_aead;

	for (char *word = strtok(line, " \n"); word && count < FIELDS_MAX; word = strtok(NULL, " \n"))
		field[count++] = word;
	kind = field[0];
	is_aead = strcmp(kind, "aes-gcm") == 0 || strcmp(kind, "chacha20-poly1305") == 0;
	first = is_aead ? 1 : 2;
	for (unsigned i = first; i < count; i++)
		of[i - first] = from_hex(field[i]);
	if (strcmp(kind, "ecdh") == 0)
		verdict = agree(field[1], of[0], of[1], of[2]);
	else if (strcmp(kind, "hmac") == 0)
		verdict = authenticate(hash_named(field[1]), of[0], of[1], of[2]);
	else if (strcmp(kind, "hkdf") == 0)
		verdict = derive(hash_named(field[1]), of[0], of[1], of[2], strtoul(field[5], NULL, 10), of[4]);
	else if (is_aead)
		verdict = open_and_seal(kind[0] == 'c' ? MBEDTLS_CIPHER_CHACHA20_POLY1305 : of[0].length == 16 ? MBEDTLS_CIPHER_AES_128_GCM : MBEDTLS_CIPHER_AES_256_GCM,
			of[0], of[1], of[2], of[3], of[4], of[5]);
	else
		verdict = verify(kind, hash_named(field[1]), of[0], of[1], of[2]);
	for (unsigned i = 0; i < FIELDS_MAX; i++)
		free(of[i].at);
	return verdict;
}
