/*
 * Sessions that can be resumed: what a proven server gave to go on with (a
 * ticket, RFC 8446 4.6.1 and RFC 5077, or a session ID of TLS 1.2), together
 * with what was proven then. In RAM, SESSIONS_BYTES of it, the oldest make room.
 *
 * A session is found by its key alone: a digest of everything that the proof
 * rested on (tls_client.c, session_key). It is given out once, by sessions_take,
 * which leaves no copy behind, and only while the proof would still be one: the
 * clock is inside the dates of every certificate of the path and was not set
 * since, and the proof is a day old at most however often it was resumed.
 *
 * Owner: platform/tls. One thread.
 */
#ifndef SESSIONS_H
#define SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "mbedtls/ssl.h"
#include "verify.h"

#ifndef SESSIONS_BYTES
#define SESSIONS_BYTES 3072 /* five of a usual size */
#endif
#define SESSIONS_KEY_BYTES 16
/* With one of these a ClientHello still fits into a record of ours (tls_config.h), whatever else is in it. */
#define SESSIONS_TICKET_BYTES_MAX 1280
/* RFC 5246 F.1.4 advises it for session IDs; RFC 8446 4.6.1 lets a ticket live seven. */
#define SESSIONS_LIFETIME_S (24 * 3600)

/** What was proven, and when: it goes on with each resumption, unchanged. */
typedef struct sessions_proof {
	uint8_t key[SESSIONS_KEY_BYTES];
	int64_t valid_from, valid_until; /* seconds since 1970: inside the dates of the whole path, root included */
	int64_t proved_at_ms; /* since boot */
	int64_t clock_ms; /* the wall clock's at boot, as it was set then */
} sessions_proof;

typedef struct sessions_record sessions_record;

/** Fills in all but the key: proven now, inside these dates. */
void sessions_prove(sessions_proof *proof, int64_t valid_from, int64_t valid_until);

/** Keeps what `from` can be resumed by, in place of what was kept under the same key. Without a ticket or ID, or when it is too large, nothing is kept. */
void sessions_keep(const sessions_proof *proof, const mbedtls_ssl_session *from, const verify_certificate *certificate);

/** Takes a session out, into the current arena; NULL when there is none that holds. sessions_free frees it. */
sessions_record *sessions_take(const uint8_t key[SESSIONS_KEY_BYTES]);

/** Lets `ssl` offer it in the handshake that has not begun; `host` as ssl has it. Answers an error of Mbed TLS or 0. */
int sessions_offer(const sessions_record *of, mbedtls_ssl_context *ssl, const char *host);

/** What was proven. */
void sessions_recall(const sessions_record *of, sessions_proof *proof, verify_certificate *certificate);

/** True for a session of TLS 1.2, false for one of 1.3. */
bool sessions_is_12(const sessions_record *of);

/** True when `session` still bears the ticket that was offered: after a full handshake it is of no use. */
bool sessions_is_same_ticket(const sessions_record *of, const mbedtls_ssl_session *session);

/** Zeroes and frees; NULL is allowed. */
void sessions_free(sessions_record *of);

/** Forgets what is kept under a key. */
void sessions_drop(const uint8_t key[SESSIONS_KEY_BYTES]);

#endif
