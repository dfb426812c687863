/*
 * A port on which others connect to us over TLS. Each connection that comes in
 * has an arena of its own from the first byte on (tls_client.h); when all are
 * taken it is reset, and the owner is told. Handshakes go on in slices beside
 * whatever else the loop has to do, and only those that end well are handed out.
 *
 * One at a time: certificate and key lie in memory of the listener's own, which
 * is zeroed when its last connection has gone. Clients are not asked for
 * certificates, and sessions are not resumed. Linked into apps whose manifest
 * names the library tls-server.
 *
 * Owner: whoever opened it, until tls_server_close. One thread: the loop's.
 */
#ifndef TLS_SERVER_H
#define TLS_SERVER_H

#include "tls_client.h"

#define TLS_SERVER_HANDSHAKE_TIMEOUT_MS 10000

typedef struct tls_server tls_server;

typedef struct tls_server_options {
	ip_addr_t address; /* ours, or any */
	uint16_t port; /* 0: a free one */
	identity_options identity; /* copied */
	const char *protocols; /* ALPN names, comma separated; copied; NULL for none */
	tls_version minimum_version; /* ANY is 1.2 */
	uint32_t handshake_timeout_ms; /* 0 is TLS_SERVER_HANDSHAKE_TIMEOUT_MS */
	void (*changed)(void *context); /* a connection can be taken, or one has failed; called from the loop */
	void *context;
} tls_server_options;

/**
 * Listens. Answers NULL and the code of a refusal: identity_read's, ENOMEM (a
 * listener is open, or one that was closed still has connections), EADDRINUSE,
 * EADDRNOTAVAIL, ERR_ENTROPY_STUCK, ERR_TLS_MEMORY.
 */
tls_server *tls_server_open(const tls_server_options *options, const char **code);

uint16_t tls_server_port(const tls_server *server);

/** How many connections can be taken. */
unsigned tls_server_waiting(const tls_server *server);

/** Takes one whose handshake is over; NULL when there is none. tls_client_adopt makes it tell its new owner. */
tls_client *tls_server_take(tls_server *server);

/** The newest connection that was refused or failed before it could be taken, once; false when there is none. */
bool tls_server_take_failure(tls_server *server, tls_failure *failure, ip_addr_t *from);

/** Stops listening; connections that were not taken are closed, those that were taken live on. */
void tls_server_close(tls_server *server);

#endif
