/* Looks into a handshake of Mbed TLS. See handshake.h. */
#include "common.h" /* first: of the library, whose structures are then open */

#include "ssl_misc.h"

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
