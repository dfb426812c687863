/* Looks into a handshake of Mbed TLS, and KeyUpdate. See handshake.h. */
#include "common.h" /* first: of the library, whose structures are then open */

#include "mbedtls/platform.h"
#include "ssl_misc.h"
#include "ssl_tls13_keys.h"

#include "handshake.h"

bool handshake_has_extended_master_secret(const mbedtls_ssl_context *ssl)
{
	return ssl->handshake && ssl->handshake->extended_ms == MBEDTLS_SSL_EXTENDED_MS_ENABLED;
}

/* Stands in for the library's (mbedtls.cmake), which asks for what its buffer holds. RFC 8449 4; the type's byte counts. */
int mbedtls_ssl_tls13_write_record_size_limit_ext(mbedtls_ssl_context *ssl, unsigned char *to, const unsigned char *end, size_t *length)
{
	unsigned code = ssl->conf->mfl_code, limit = code == MBEDTLS_SSL_MAX_FRAG_LEN_NONE ? MBEDTLS_SSL_IN_CONTENT_LEN : (256u << code) + 1; /* RFC 6066 4 */

	*length = 0;
	MBEDTLS_SSL_CHK_BUF_PTR(to, end, 6);
	MBEDTLS_PUT_UINT16_BE(MBEDTLS_TLS_EXT_RECORD_SIZE_LIMIT, to, 0);
	MBEDTLS_PUT_UINT16_BE(2, to, 2);
	MBEDTLS_PUT_UINT16_BE(limit, to, 4);
	*length = 6;
	mbedtls_ssl_tls13_set_hs_sent_ext_mask(ssl, MBEDTLS_TLS_EXT_RECORD_SIZE_LIMIT);
	return 0;
}

/* Stands in for the library's (mbedtls.cmake), which takes an extension that comes twice, and no cookie of a HelloRetryRequest: nobody
 * offers one (RFC 8446 4.2). */
int handshake_check_received_extension(mbedtls_ssl_context *ssl, int message, unsigned type, uint32_t allowed)
{
	uint32_t mask = mbedtls_ssl_get_extension_mask(type);

	if (mask != MBEDTLS_SSL_EXT_MASK(UNRECOGNIZED) && ssl->handshake->received_extensions & mask) {
		MBEDTLS_SSL_PEND_FATAL_ALERT(MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER, MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER);
		return MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER;
	}
	if (message == MBEDTLS_SSL_TLS1_3_HS_HELLO_RETRY_REQUEST && type == MBEDTLS_TLS_EXT_COOKIE)
		mbedtls_ssl_tls13_set_hs_sent_ext_mask(ssl, type);
	return mbedtls_ssl_tls13_check_received_extension(ssl, message, type, allowed);
}

/* Likewise: the library reads points that are compressed, which are not offered (RFC 8422 5.1.2). */
int handshake_read_parameters(mbedtls_ecdh_context *to, const unsigned char **from, const unsigned char *end)
{
	const unsigned char *at = *from; /* named_curve, the curve, the point behind its length (5.4) */

	if (end - at > 4 && MBEDTLS_GET_UINT16_BE(at, 1) != MBEDTLS_SSL_IANA_TLS_GROUP_X25519 && at[4] != 4)
		return MBEDTLS_ERR_ECP_FEATURE_UNAVAILABLE;
	return mbedtls_ecdh_read_params(to, from, end);
}

bool handshake_retries_in_vain(const mbedtls_ssl_context *ssl)
{
	return (ssl->state == MBEDTLS_SSL_CLIENT_CCS_BEFORE_2ND_CLIENT_HELLO || ssl->state == MBEDTLS_SSL_CLIENT_HELLO)
		&& ssl->handshake && ssl->handshake->hello_retry_request_flag
		&& !(ssl->handshake->received_extensions & (MBEDTLS_SSL_EXT_MASK(KEY_SHARE) | MBEDTLS_SSL_EXT_MASK(COOKIE)));
}

bool handshake_asks_for_certificate(const mbedtls_ssl_context *ssl)
{
	return ssl->handshake && ssl->handshake->client_auth;
}

bool handshake_has_resumed(const mbedtls_ssl_context *ssl)
{
	if (!ssl->handshake || !ssl->handshake->resume)
		return false;
	return ssl->tls_version != MBEDTLS_SSL_VERSION_TLS1_3 || ssl->handshake->key_exchange_mode == MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL;
}

#define KEY_UPDATE 24 /* RFC 8446 4: HandshakeType */
#define KEY_UPDATE_BYTES 5 /* header and request_update */
#define IV_BYTES 12 /* of all three suites */

/* The next generation of one side's secret, and keys of both sides in a transform of their own (RFC 8446 7.2). The other side's stay
 * what they are, and so does its count of records. */
static int renew(mbedtls_ssl_context *ssl, bool is_ours)
{
	mbedtls_ssl_tls13_application_secrets *secrets = &ssl->session->app_secrets;
	unsigned char *secret = is_ours ? secrets->client_application_traffic_secret_N : secrets->server_application_traffic_secret_N;
	const mbedtls_ssl_ciphersuite_t *suite = mbedtls_ssl_ciphersuite_from_id(ssl->session->ciphersuite);
	psa_algorithm_t hash = mbedtls_md_psa_alg_from_type((mbedtls_md_type_t)suite->mac);
	size_t secret_bytes = PSA_HASH_LENGTH(hash), key_bytes = suite->id == MBEDTLS_TLS1_3_AES_128_GCM_SHA256 ? 16 : 32;
	mbedtls_ssl_transform *before = ssl->transform_application, *made = mbedtls_calloc(1, sizeof *made);
	mbedtls_ssl_key_set keys;
	int error;

	if (!made)
		return MBEDTLS_ERR_SSL_ALLOC_FAILED;
	mbedtls_ssl_transform_init(made);
	error = mbedtls_ssl_tls13_hkdf_expand_label(hash, secret, secret_bytes, MBEDTLS_SSL_TLS1_3_LBL_WITH_LEN(traffic_upd), NULL, 0, secret, secret_bytes);
	if (error == 0)
		error = mbedtls_ssl_tls13_make_traffic_keys(hash, secrets->client_application_traffic_secret_N, secrets->server_application_traffic_secret_N,
			secret_bytes, key_bytes, IV_BYTES, &keys);
	if (error == 0)
		error = mbedtls_ssl_tls13_populate_transform(made, ssl->conf->endpoint, suite->id, &keys, ssl);
	mbedtls_platform_zeroize(&keys, sizeof keys);
	if (error != 0) {
		mbedtls_ssl_transform_free(made);
		mbedtls_free(made);
		return error;
	}
	ssl->transform_application = ssl->transform_in = ssl->transform_out = made;
	if (is_ours)
		memset(ssl->cur_out_ctr, 0, sizeof ssl->cur_out_ctr);
	else
		memset(ssl->in_ctr, 0, MBEDTLS_SSL_SEQUENCE_NUMBER_LEN);
	mbedtls_ssl_transform_free(before);
	mbedtls_free(before);
	return 0;
}

int handshake_take_key_update(mbedtls_ssl_context *ssl, bool *is_asked)
{
	/* Alone in its record, because what is behind it comes under other keys (RFC 8446 5.1). */
	if (ssl->tls_version != MBEDTLS_SSL_VERSION_TLS1_3 || ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER || ssl->in_msgtype != MBEDTLS_SSL_MSG_HANDSHAKE
		|| ssl->in_msg[0] != KEY_UPDATE || ssl->in_hslen != KEY_UPDATE_BYTES || ssl->in_msglen != KEY_UPDATE_BYTES || ssl->in_msg[4] > 1)
		return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
	*is_asked = ssl->in_msg[4] == 1;
	return renew(ssl, false);
}

int handshake_send_key_update(mbedtls_ssl_context *ssl)
{
	static const unsigned char message[KEY_UPDATE_BYTES] = {KEY_UPDATE, 0, 0, 1, 0};
	int written, error;

	ssl->out_msgtype = MBEDTLS_SSL_MSG_HANDSHAKE;
	ssl->out_msglen = sizeof message;
	memcpy(ssl->out_msg, message, sizeof message);
	written = mbedtls_ssl_write_record(ssl, 1);
	if (written != 0 && written != MBEDTLS_ERR_SSL_WANT_WRITE)
		return written;
	error = renew(ssl, true);
	return error ? error : written;
}
