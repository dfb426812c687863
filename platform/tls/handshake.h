/*
 * What a handshake knows while it is under way, and Mbed TLS tells nobody; and
 * KeyUpdate, which it does not do. Touches the library's own structures, so it is
 * compiled with the library.
 */
#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include <stdbool.h>

#include "mbedtls/ssl.h"

/** True when the handshake, which is not over, has agreed on the extended master secret (RFC 7627). */
bool handshake_has_extended_master_secret(const mbedtls_ssl_context *ssl);

/** True when the server has asked for another ClientHello which would be the same (RFC 8446 4.1.4). */
bool handshake_retries_in_vain(const mbedtls_ssl_context *ssl);

/** True when the server of this handshake, which is not over, has asked for a client's certificate. */
bool handshake_asks_for_certificate(const mbedtls_ssl_context *ssl);

/** True when the keys of the handshake, which is not over, come from the session that was offered. */
bool handshake_has_resumed(const mbedtls_ssl_context *ssl);

/**
 * Of the record whose header has come, and of what came before it, whose header had the type `before` (0: nothing): 0, or an error of the
 * library, whose alert then waits for handshake_send_pending_alert.
 */
int handshake_record_fault(mbedtls_ssl_context *ssl, unsigned char before, const unsigned char *header);

/** mbedtls_ssl_handshake_step, whose second ClientHello keeps what the first one had (RFC 8446 4.1.2). */
int handshake_step(mbedtls_ssl_context *ssl);

/** mbedtls_ssl_read of nothing: the next record is decrypted. A message may be cut over records anywhere (RFC 8446 5.1). */
int handshake_receive(mbedtls_ssl_context *ssl);

/** True when a part of a message has come, of which the rest is to come. */
bool handshake_is_amid_message(const mbedtls_ssl_context *ssl);

/** Sends the alert that waits, if one does, under the keys that are known. Answers an error of the library. */
int handshake_send_pending_alert(mbedtls_ssl_context *ssl);

/** Sends an alert under the keys that are known. Answers an error of the library. */
int handshake_send_alert(mbedtls_ssl_context *ssl, unsigned char level, unsigned char alert);

/**
 * After mbedtls_ssl_read has answered MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE: when the
 * message is a KeyUpdate (RFC 8446 4.6.3), takes the peer's new keys, and tells
 * whether it asks for ours: then *is_asked is set, and else left. Answers 0, or the
 * error when it is something else.
 */
int handshake_take_key_update(mbedtls_ssl_context *ssl, bool *is_asked);

/** Sends a KeyUpdate and changes our keys. Nothing may wait to be flushed before; the record may afterwards (WANT_WRITE). */
int handshake_send_key_update(mbedtls_ssl_context *ssl);

#endif
