/*
 * A verified TLS client connection: Mbed TLS over an own BIO on raw lwIP TCP,
 * stepped from the loop. Nothing runs inside a callback of lwIP: it keeps the
 * bytes, sets a bit and returns.
 *
 * Verification is always on and whole: chain to a root, host name, dates. Until
 * it has succeeded no byte of application data leaves, and afterwards the
 * session facts are those of the proven server.
 *
 * Owner: whoever opened it, until tls_client_close. Everything a connection
 * needs, this structure included, lies in one arena of TLS_ARENA_BYTES; there
 * are TLS_CONNECTIONS of them. One thread: the loop's.
 */
#ifndef TLS_CLIENT_H
#define TLS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "identity.h"
#include "network_address.h"
#include "verify.h"

/* The manifest's `"defines": {"tls": {"connections": 2}}`; each costs its arena of RAM. */
#ifdef MODDEF_TLS_CONNECTIONS
#define TLS_CONNECTIONS MODDEF_TLS_CONNECTIONS
#else
#define TLS_CONNECTIONS 1
#endif
/* A handshake with an RSA-2048 chain under an RSA-4096 root, the greatest measured. */
#ifndef TLS_ARENA_BYTES
#define TLS_ARENA_BYTES (46 * 1024)
#endif
#define TLS_HANDSHAKE_TIMEOUT_MS 20000

/* What happened since it was last asked (tls_client_events). */
#define TLS_EVENT_OPEN 1u /* the server is proven; session facts are there */
#define TLS_EVENT_READABLE 2u
#define TLS_EVENT_WRITABLE 4u
#define TLS_EVENT_FAILED 8u /* ended: tls_client_failure says how, a clean end too */

typedef struct tls_client tls_client;

typedef enum tls_version {
	TLS_VERSION_ANY = 0,
	TLS_VERSION_1_2 = 0x0303,
	TLS_VERSION_1_3 = 0x0304,
} tls_version;

typedef struct tls_options {
	ip_addr_t address;
	uint16_t port;
	const char *host; /* the name to prove and to send (SNI); copied, at most 255 bytes */
	bool no_delay; /* TCP_NODELAY */
	tls_version minimum_version; /* ANY is 1.2 */
	tls_version maximum_version; /* ANY is 1.3 */
	const char *protocols; /* ALPN names, comma separated; copied; NULL for none */
	const identity_der *roots; /* beside the image's; copied */
	unsigned root_count;
	const uint8_t *pins; /* SHA-256 of keys of which the server's path must have one, 32 bytes each; copied */
	unsigned pin_count; /* 0: a trusted path is enough */
	const identity_options *identity; /* for a server that asks for one; copied; NULL for none */
	uint16_t maximum_fragment_bytes; /* asked of the server: 512, 1024, 2048, 4096 (RFC 6066 4; RFC 8449 in TLS 1.3); 0 for the most */
	uint32_t keep_alive_ms; /* of silence before TCP asks whether the server lives; 0 is lwIP's two hours */
	uint32_t handshake_timeout_ms; /* TCP connect included; 0 is TLS_HANDSHAKE_TIMEOUT_MS */
	void (*changed)(void *context); /* events are waiting; called from the loop, never from inside a call */
	void *context;
} tls_options;

/** Why a connection ended. `code` is stable; the rest are facts. */
typedef struct tls_failure {
	const char *code;
	const char *phase; /* "open", "connect", "handshake", "data" */
	int library_error; /* of Mbed TLS (negative), or of lwIP for TCP codes; 0 for none */
	int alert; /* the peer's alert (RFC 8446 6), or -1 */
	const verify_certificate *certificate; /* at fault, or NULL */
	const char *names; /* the leaf's names for ERR_TLS_CERT_ALTNAME_INVALID, or NULL */
} tls_failure;

/** Facts of a proven session; texts live as long as the connection. */
typedef struct tls_session {
	const char *protocol; /* "TLSv1.3" or "TLSv1.2" */
	const char *cipher; /* IANA's name */
	const char *application_protocol; /* of ALPN, or NULL */
	const verify_certificate *certificate; /* the leaf, of now or of the session that was resumed; NULL where we are the server */
	bool resumed; /* by what an earlier connection had proved (sessions.h) */
} tls_session;

/**
 * Starts to connect. Answers NULL and fills `failure` when it cannot: the clock
 * is unset (ERR_TLS_CLOCK_UNSET), no random numbers (ERR_ENTROPY_STUCK), all
 * arenas in use (ERR_TLS_BUSY), no memory (ERR_TLS_MEMORY), a host name that is
 * none (ERR_TLS_HOST), an identity that cannot be read (identity_read). Then not
 * one packet has been sent.
 */
tls_client *tls_client_open(const tls_options *options, tls_failure *failure);

/** Tells somebody else from here on, and then what has come already; for a connection of a tls_server. */
void tls_client_adopt(tls_client *client, void (*changed)(void *context), void *context);

/** The events since the last call; they are then forgotten. */
unsigned tls_client_events(tls_client *client);

/** Decrypted bytes that can be read now. The next record comes when these are read. */
size_t tls_client_readable(const tls_client *client);

/** Reads at most `length_bytes`; answers how many. */
size_t tls_client_read(tls_client *client, void *to, size_t length_bytes);

/** The server's address and port, or NULL after the end. */
const ip_addr_t *tls_client_remote(const tls_client *client, uint16_t *port);

/** Bytes that tls_client_write takes now; 0 before TLS_EVENT_OPEN and after an end. */
size_t tls_client_writable(const tls_client *client);

/** Takes the bytes, at most tls_client_writable of them; answers how many. */
size_t tls_client_write(tls_client *client, const void *from, size_t length_bytes);

/** The session's facts, or NULL before TLS_EVENT_OPEN. */
const tls_session *tls_client_session(const tls_client *client);

/** The end's reason, or NULL while there is none. ECLOSED is a clean end. */
const tls_failure *tls_client_failure(const tls_client *client);

/** Figures of the arena. */
void tls_client_measure(const tls_client *client, arena_figures *to);

/** Figures of the arena of the connection that is open, or of the last one (nothing used, its peaks); zeros before the first. */
void tls_client_measure_last(arena_figures *to);

/**
 * Sends close_notify, closes TCP (reset after 5 s without an answer), zeroes and
 * frees the arena. `client` is gone afterwards, and `changed` is not called again.
 */
void tls_client_close(tls_client *client);

#endif
