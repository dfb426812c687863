/*
 * What a handshake knows while it is under way, and Mbed TLS tells nobody. Reads
 * the library's own structures, so it is compiled with the library.
 */
#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include <stdbool.h>

#include "mbedtls/ssl.h"

/** True when the handshake, which is not over, has agreed on the extended master secret (RFC 7627). */
bool handshake_has_extended_master_secret(const mbedtls_ssl_context *ssl);

/** True when the server of this handshake, which is not over, has asked for a client's certificate. */
bool handshake_asks_for_certificate(const mbedtls_ssl_context *ssl);

/** True when the keys of the handshake, which is not over, come from the session that was offered. */
bool handshake_has_resumed(const mbedtls_ssl_context *ssl);

#endif
