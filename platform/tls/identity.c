/* A certificate chain and its private key. See identity.h. */
#include "identity.h"

#include <string.h>

#include "der.h"
#include "mbedtls/ecp.h"
#include "random.h"

#define DER_INTEGER 0x02

/* RFC 5480 2.1.1, as DER has the content of an OBJECT IDENTIFIER. */
static const uint8_t ec_public_key[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
static const uint8_t secp256r1[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
static const uint8_t secp384r1[] = {0x2B, 0x81, 0x04, 0x00, 0x22};

/* What a key's encoding says. */
typedef struct encoded_key {
	der curve, secret;
	der point; /* the public part, or without a place */
} encoded_key;

static bool is(const der *found, const uint8_t *bytes, size_t length_bytes)
{
	return found->length == length_bytes && memcmp(found->at, bytes, length_bytes) == 0;
}

/* ECPrivateKey, RFC 5915 3. In PKCS #8 the curve stands outside. */
static bool read_sec1(der from, encoded_key *to)
{
	der version, curve = {0}, point = {0};
	uint8_t tag;

	if (!der_enter(&from, DER_SEQUENCE) || !der_take(&from, DER_INTEGER, &version) || !is(&version, (const uint8_t[]){1}, 1)
		|| !der_take(&from, DER_OCTET_STRING, &to->secret))
		return false;
	while (from.length > 0) {
		der content;
		if (!der_next(&from, &tag, &content))
			return false;
		if (tag == DER_CONTEXT_CONSTRUCTED(0))
			curve = content;
		else if (tag == DER_CONTEXT_CONSTRUCTED(1))
			point = content;
	}
	if (curve.at && (!der_take(&curve, DER_OID, &to->curve) || curve.length != 0))
		return false;
	to->point = (der){0};
	return !point.at || (der_take(&point, DER_BIT_STRING, &to->point) && der_whole_bits(&to->point));
}

/* OneAsymmetricKey, RFC 5958 2: version, algorithm, key, and what may follow. */
static bool read_pkcs8(der from, encoded_key *to)
{
	der version, algorithm, kind, key;

	if (!der_enter(&from, DER_SEQUENCE) || !der_take(&from, DER_INTEGER, &version)
		|| !der_take(&from, DER_SEQUENCE, &algorithm) || !der_take(&from, DER_OCTET_STRING, &key)
		|| !der_take(&algorithm, DER_OID, &kind) || !is(&kind, ec_public_key, sizeof ec_public_key)
		|| !der_take(&algorithm, DER_OID, &to->curve))
		return false;
	return read_sec1(key, to);
}

static mbedtls_ecp_group_id group_of(const der *curve)
{
	if (is(curve, secp256r1, sizeof secp256r1))
		return MBEDTLS_ECP_DP_SECP256R1;
	return is(curve, secp384r1, sizeof secp384r1) ? MBEDTLS_ECP_DP_SECP384R1 : MBEDTLS_ECP_DP_NONE;
}

static int draw(void *context, unsigned char *to, size_t length_bytes)
{
	(void)context;
	return random_fill(to, length_bytes) == 0 ? 0 : MBEDTLS_ERR_ECP_RANDOM_FAILED;
}

static const char *read_key(mbedtls_pk_context *to, const identity_der *from)
{
	const der whole = {from->bytes, from->length_bytes};
	encoded_key key = {0};
	mbedtls_ecp_group_id group;
	mbedtls_ecp_keypair *pair;

	if (!read_pkcs8(whole, &key)) {
		key = (encoded_key){0};
		if (!read_sec1(whole, &key))
			return "ERR_TLS_KEY";
	}
	group = key.curve.at ? group_of(&key.curve) : MBEDTLS_ECP_DP_NONE;
	if (group == MBEDTLS_ECP_DP_NONE || mbedtls_pk_setup(to, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) != 0)
		return "ERR_TLS_KEY";
	pair = mbedtls_pk_ec(*to);
	if (mbedtls_ecp_read_key(group, pair, key.secret.at, key.secret.length) != 0)
		return "ERR_TLS_KEY";
	/* A multiplication takes 55 ms; most encodings have its result with them. */
	if (key.point.at ? mbedtls_ecp_point_read_binary(&pair->MBEDTLS_PRIVATE(grp), &pair->MBEDTLS_PRIVATE(Q), key.point.at, key.point.length) != 0
		: mbedtls_ecp_keypair_calc_public(pair, draw, NULL) != 0)
		return "ERR_TLS_KEY";
	return NULL;
}

static bool belong_together(const identity *of)
{
	const mbedtls_ecp_keypair *one, *other;

	if (!mbedtls_pk_can_do(&of->chain.pk, MBEDTLS_PK_ECKEY))
		return false;
	one = mbedtls_pk_ec(of->key);
	other = mbedtls_pk_ec(of->chain.pk);
	return one->MBEDTLS_PRIVATE(grp).id == other->MBEDTLS_PRIVATE(grp).id
		&& mbedtls_ecp_point_cmp(&one->MBEDTLS_PRIVATE(Q), &other->MBEDTLS_PRIVATE(Q)) == 0;
}

const char *identity_read(identity *to, const identity_options *from)
{
	const char *code;

	mbedtls_x509_crt_init(&to->chain);
	mbedtls_pk_init(&to->key);
	for (unsigned i = 0; i < from->chain_count; i++) {
		if (mbedtls_x509_crt_parse_der(&to->chain, from->chain[i].bytes, from->chain[i].length_bytes) != 0)
			return "ERR_TLS_CERTIFICATE";
	}
	code = read_key(&to->key, &from->key);
	return code ? code : belong_together(to) ? NULL : "ERR_TLS_KEY_MISMATCH";
}

void identity_end(identity *of)
{
	mbedtls_x509_crt_free(&of->chain);
	mbedtls_pk_free(&of->key);
}
