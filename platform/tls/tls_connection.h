/*
 * A TLS connection as tls_client.c steps it, whichever end we are: what
 * tls_server.c needs of it to make one from a TCP connection that came in. For
 * these two alone.
 */
#ifndef TLS_CONNECTION_H
#define TLS_CONNECTION_H

#include "lwip/tcp.h"
#include "mbedtls/ssl.h"
#include "sessions.h"
#include "tls_client.h"

#define TLS_HOST_BYTES 256 /* RFC 1035 2.3.4, and a zero */
#define TLS_PROTOCOLS 4
#define TLS_PROTOCOLS_BYTES 64

/** Where a connection stands; tls_failure's phases follow it. */
typedef enum state {
	STATE_CONNECTING,
	STATE_HANDSHAKE,
	STATE_OPEN,
	STATE_ENDED,
} state;

typedef struct tls_server tls_server;

struct tls_client {
	arena *memory;
	tls_client *next;
	state state;
	bool work; /* something came that a step must look at */
	uint8_t events;
	void (*changed)(void *context);
	void *context;
	tls_server *server; /* whose client the other side is; NULL for a connection of ours */
	void (*released)(tls_server *server); /* the last that is called */

	struct tcp_pcb *pcb; /* NULL once it is lwIP's alone */
	ip_addr_t remote; /* of a server's client: who it is, or was */
	struct pbuf *received; /* not yet taken by the library */
	uint16_t received_offset; /* into the first of them */
	err_t reset; /* the err callback's reason, ERR_OK while none */
	bool connected;
	bool finished; /* the peer's FIN came */
	bool flushing; /* a record of ours waits inside the library */
	bool was_writable;
	bool extended_master_secret; /* of a TLS 1.2 handshake */
	bool owes_key_update; /* the peer has asked for new keys of ours */
	bool took; /* bytes since the library's last call */
	bool has_resumed; /* the handshake's keys are those of the session that was offered */
	uint16_t record_limit_bytes; /* what the server has agreed to keep to */
	uint8_t record_type; /* in the newest record's header; 0 before the first */
	uint8_t idle_records; /* since the last that brought data */
	uint64_t deadline_us;
	uint64_t retry_us; /* when to offer TCP again what it had no memory for */

	mbedtls_ssl_context ssl;
	mbedtls_ssl_config config; /* a client's; a server's is its listener's */
	verify verify;
	roots_extra *roots;
	identity *identity; /* NULL for none */
	sessions_proof proof;
	sessions_record *offered; /* while the handshake that may resume it is under way */
	tls_session session;
	tls_failure failure;
	char host[TLS_HOST_BYTES];
	char protocols[TLS_PROTOCOLS_BYTES];
	const char *protocol_list[TLS_PROTOCOLS + 1];
};

/** Starts the library and the loop's part, once. NULL, or the code of a refusal. */
const char *tls_connection_begin(void);

/** Why what was prepared in an arena cannot start: want of memory tells nothing of what it was asked for. `code` may be NULL. */
const char *tls_connection_want(const arena *memory, const char *code);

/** Suites, groups, signatures and random numbers, for either end. Needs a current arena. Answers 0 or an error of Mbed TLS. */
int tls_connection_configure(mbedtls_ssl_config *config, int endpoint);

/** Sets ALPN's names, comma separated, from a copy in `text`; false when they are too many or too long. */
bool tls_connection_protocols(mbedtls_ssl_config *config, const char *names, char text[TLS_PROTOCOLS_BYTES], const char *list[TLS_PROTOCOLS + 1]);

/** An arena and a connection in it, which is not stepped yet; NULL, and the code of a refusal, when all are taken. */
tls_client *tls_connection_new(uint32_t handshake_timeout_ms, const char **code);

/** Binds the library's part to a configuration, and to TCP through `client`. Needs the client's arena. False: no memory. */
bool tls_connection_bind(tls_client *client, const mbedtls_ssl_config *config);

/** Takes a TCP connection over: from here on lwIP tells `client`. */
void tls_connection_attach(tls_client *client, struct tcp_pcb *pcb);

/** From here on the loop steps it. */
void tls_connection_start(tls_client *client);

/** Frees one that was not started, or that is out of the loop. */
void tls_connection_release(tls_client *client);

/** The first of those that are stepped; `next` is behind it. */
tls_client *tls_connection_first(void);

#endif
