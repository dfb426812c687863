/* TLS connections that come in. See tls_server.h. */
#include "tls_server.h"

#include <string.h>

#include "lwip/tcp.h"
#include "tls_connection.h"

/* Certificates as Mbed TLS reads them, and the key: a chain of three P-256 certificates takes 4 KB. */
#define MEMORY_BYTES (6 * 1024)
#define BACKLOG 4

struct tls_server {
	arena *memory; /* NULL while nobody listens and no connection is left */
	struct tcp_pcb *pcb; /* that listens; NULL once closed */
	unsigned connections;
	mbedtls_ssl_config config;
	identity identity;
	char protocols[TLS_PROTOCOLS_BYTES];
	const char *protocol_list[TLS_PROTOCOLS + 1];
	uint32_t handshake_timeout_ms;
	tls_failure failure; /* no code: none */
	ip_addr_t failed;
	void (*changed)(void *context);
	void *context;
};

static tls_server the_server;
static uint64_t block[MEMORY_BYTES / sizeof(uint64_t)] __attribute__((section(".uninitialized_data.tls_server")));

static void forget(tls_server *server)
{
	arena *before = arena_enter(server->memory);

	mbedtls_ssl_config_free(&server->config);
	identity_end(&server->identity);
	arena_leave(before);
	arena_close(server->memory);
	memset(server, 0, sizeof *server);
}

/* A connection of ours has gone. */
static void on_released(tls_server *server)
{
	if (--server->connections == 0 && !server->pcb)
		forget(server);
}

static void tell(tls_server *server)
{
	if (server->pcb)
		server->changed(server->context);
}

/* Of a connection that nobody has taken: it can be, or it is over. */
static void on_connection_changed(void *context)
{
	tls_client *client = context;
	tls_server *server = client->server;
	unsigned events = tls_client_events(client);

	if (events & TLS_EVENT_FAILED) {
		server->failure = *tls_client_failure(client);
		server->failed = client->remote;
		tls_client_close(client);
		tell(server);
	} else if (events & TLS_EVENT_OPEN) {
		tell(server);
	}
}

static void refuse(tls_server *server, const char *code, const struct tcp_pcb *pcb)
{
	server->failure = (tls_failure){.code = code, .phase = "open", .alert = -1};
	server->failed = pcb->remote_ip;
	tell(server);
}

static err_t on_accept(void *context, struct tcp_pcb *pcb, err_t error)
{
	tls_server *server = context;
	const char *code;
	tls_client *client;
	arena *before;
	bool bound;

	if (error != ERR_OK || !pcb)
		return ERR_MEM;
	client = tls_connection_new(server->handshake_timeout_ms, &code);
	if (!client) {
		refuse(server, code, pcb);
		return ERR_MEM; /* lwIP resets it */
	}
	server->connections++;
	client->server = server;
	client->released = on_released;
	client->changed = on_connection_changed;
	client->context = client;
	client->state = STATE_HANDSHAKE;
	client->remote = pcb->remote_ip;
	client->work = true;
	before = arena_enter(client->memory);
	bound = tls_connection_bind(client, &server->config);
	arena_leave(before);
	if (!bound) {
		tls_connection_release(client);
		refuse(server, "ERR_TLS_MEMORY", pcb);
		return ERR_MEM;
	}
	tls_connection_attach(client, pcb);
	tls_connection_start(client);
	return ERR_OK;
}

static bool is_waiting(const tls_client *client, const tls_server *server)
{
	return client->server == server && client->changed == on_connection_changed && tls_client_session(client) && !tls_client_failure(client);
}

unsigned tls_server_waiting(const tls_server *server)
{
	unsigned count = 0;

	for (tls_client *client = tls_connection_first(); client; client = client->next)
		count += is_waiting(client, server);
	return count;
}

tls_client *tls_server_take(tls_server *server)
{
	tls_client *oldest = NULL;

	for (tls_client *client = tls_connection_first(); client; client = client->next) {
		if (is_waiting(client, server))
			oldest = client; /* new ones are put in front */
	}
	return oldest;
}

bool tls_server_take_failure(tls_server *server, tls_failure *failure, ip_addr_t *from)
{
	if (!server->failure.code)
		return false;
	*failure = server->failure;
	*from = server->failed;
	server->failure.code = NULL;
	return true;
}

uint16_t tls_server_port(const tls_server *server)
{
	return server->pcb->local_port;
}

static const char *prepare(tls_server *server, const tls_server_options *options)
{
	mbedtls_ssl_config *config = &server->config;
	const char *code;

	mbedtls_ssl_config_init(config);
	code = identity_read(&server->identity, &options->identity);
	if (code)
		return code;
	if (tls_connection_configure(config, MBEDTLS_SSL_IS_SERVER) != 0
		|| mbedtls_ssl_conf_own_cert(config, &server->identity.chain, &server->identity.key) != 0
		|| !tls_connection_protocols(config, options->protocols, server->protocols, server->protocol_list))
		return "ERR_TLS_MEMORY";
	mbedtls_ssl_conf_min_tls_version(config,
		options->minimum_version == TLS_VERSION_1_3 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2);
	return NULL;
}

static const char *listen(tls_server *server, const tls_server_options *options)
{
	struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(&options->address)), *listening;
	err_t error;

	if (!pcb)
		return "ENOMEM";
	error = tcp_bind(pcb, &options->address, options->port);
	if (error != ERR_OK) {
		tcp_abort(pcb);
		return error == ERR_USE ? "EADDRINUSE" : "EADDRNOTAVAIL";
	}
	listening = tcp_listen_with_backlog(pcb, BACKLOG);
	if (!listening) {
		tcp_abort(pcb);
		return "ENOMEM";
	}
	server->pcb = listening;
	tcp_arg(listening, server);
	tcp_accept(listening, on_accept);
	return NULL;
}

tls_server *tls_server_open(const tls_server_options *options, const char **code)
{
	tls_server *server = &the_server;
	arena *before;

	*code = server->memory ? "ENOMEM" : tls_connection_begin();
	if (*code)
		return NULL;
	server->memory = arena_open(block, sizeof block);
	server->handshake_timeout_ms = options->handshake_timeout_ms ? options->handshake_timeout_ms : TLS_SERVER_HANDSHAKE_TIMEOUT_MS;
	server->changed = options->changed;
	server->context = options->context;
	before = arena_enter(server->memory);
	*code = prepare(server, options);
	arena_leave(before);
	*code = *code ? tls_connection_want(server->memory, *code) : listen(server, options);
	if (*code) {
		forget(server);
		return NULL;
	}
	return server;
}

void tls_server_close(tls_server *server)
{
	tls_client *next;

	if (!server->pcb)
		return;
	tcp_arg(server->pcb, NULL);
	tcp_accept(server->pcb, NULL);
	tcp_close(server->pcb); /* of a listening pcb it cannot fail */
	server->pcb = NULL;
	server->connections++; /* so that the last of them does not forget it meanwhile */
	for (tls_client *client = tls_connection_first(); client; client = next) {
		next = client->next;
		if (client->server == server && client->changed == on_connection_changed)
			tls_client_close(client);
	}
	on_released(server);
}
