/* Looks into a handshake of Mbed TLS. See handshake.h. */
#include "common.h" /* first: of the library, whose structures are then open */

#include "ssl_misc.h"

#include "handshake.h"

bool handshake_has_extended_master_secret(const mbedtls_ssl_context *ssl)
{
	return ssl->handshake && ssl->handshake->extended_ms == MBEDTLS_SSL_EXTENDED_MS_ENABLED;
}

bool handshake_has_resumed(const mbedtls_ssl_context *ssl)
{
	if (!ssl->handshake || !ssl->handshake->resume)
		return false;
	return ssl->tls_version != MBEDTLS_SSL_VERSION_TLS1_3 || ssl->handshake->key_exchange_mode == MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL;
}
