/*
 * See story.h. What must hold in each: it ends, and once; nobody is told
 * anything behind a close; a server that was not proven is sent nothing; the
 * one that was has shown the certificate that it should; each byte of memory and
 * each key slot comes back.
 */
#include "story.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hardware/timer.h"
#include "image.h"
#include "loop.h"
#include "lwip_fake.h"
#include "mbedtls/cipher.h"
#include "mbedtls/pk.h"
#include "peer.h"
#include "psa/crypto.h"
#include "random.h"
#include "tls_connection.h"
#include "tls_server.h"
#include "wall_clock.h"

#define TURNS_MAX 4000
#define TURN_US 1000
#define PAUSE_US 30000000
#define EPOCH_MS 1780272000000 /* 2026-06-01 */
#define FORGED 0xEE /* the byte by which a story says that a proof is none */

extern unsigned arena_fault_in; /* arena_malloc.c */
size_t __sanitizer_get_current_allocated_bytes(void);

static struct {
	uint8_t bytes[2048];
	size_t length_bytes;
} root, leaf, key;

static const story *gives_13, *gives_12, *told;
static unsigned part, part_at;
static uint64_t now_us, chance;
static loop_poller *poller;

static tls_client *client;
static tls_server *server;
static bool is_closed, is_open, is_pending, has_failed;
static story_end end;

/* ---- The seams: mbedtls.cmake's way, set in CMakeLists.txt. */

int story_open(mbedtls_cipher_context_t *context, const unsigned char *iv, size_t iv_bytes, const unsigned char *beside, size_t beside_bytes,
	const unsigned char *from, size_t from_bytes, unsigned char *to, size_t to_bytes, size_t *written, size_t tag_bytes)
{
	(void)context, (void)iv, (void)iv_bytes, (void)beside, (void)beside_bytes;
	assert(from_bytes >= tag_bytes && to_bytes >= from_bytes - tag_bytes);
	if (from[from_bytes - 1] == FORGED)
		return MBEDTLS_ERR_CIPHER_AUTH_FAILED;
	memmove(to, from, from_bytes - tag_bytes);
	*written = from_bytes - tag_bytes;
	return 0;
}

int story_compare(const void *one, const void *other, size_t length_bytes)
{
	unsigned sum = 0;

	/* Reads both to their ends, as the library's would. */
	for (size_t i = 0; i < length_bytes; i++)
		sum += ((const uint8_t *)one)[i] != ((const uint8_t *)other)[i];
	return sum > 0 && (((const uint8_t *)one)[0] == FORGED || ((const uint8_t *)other)[0] == FORGED);
}

int story_verify(mbedtls_pk_type_t type, const void *options, mbedtls_pk_context *with, mbedtls_md_type_t hash_kind,
	const unsigned char *hash, size_t hash_bytes, const unsigned char *signature, size_t signature_bytes)
{
	mbedtls_pk_verify_ext(type, options, with, hash_kind, hash, hash_bytes, signature, signature_bytes);
	return signature_bytes > 0 && signature[0] == FORGED ? MBEDTLS_ERR_ECP_VERIFY_FAILED : 0;
}

int story_verify_restartable(mbedtls_pk_context *with, mbedtls_md_type_t hash_kind, const unsigned char *hash, size_t hash_bytes,
	const unsigned char *signature, size_t signature_bytes, void *restart)
{
	mbedtls_pk_verify_restartable(with, hash_kind, hash, hash_bytes, signature, signature_bytes, restart);
	return signature_bytes > 0 && signature[0] == FORGED ? MBEDTLS_ERR_ECP_VERIFY_FAILED : 0;
}

/* ---- What lies around platform/tls. */

uint64_t time_us_64(void)
{
	return now_us;
}

void loop_add(loop_poller *added)
{
	poller = added;
}

void loop_wake(void)
{
}

const void *image_find(uint32_t type, unsigned index, size_t *length_bytes)
{
	*length_bytes = root.length_bytes;
	return type == IMAGE_ROOT && index == 0 ? root.bytes : NULL;
}

/* The same at each connection, so that a story can answer what was sent. */
int random_fill(void *to, size_t length_bytes)
{
	for (size_t i = 0; i < length_bytes; i++) {
		chance = chance * 6364136223846793005u + 1442695040888963407u;
		((uint8_t *)to)[i] = (uint8_t)(chance >> 56);
	}
	return 0;
}

bool peer_connect(void)
{
	return !(told->owner.troubles & STORY_UNREACHABLE);
}

int peer_receive(uint8_t *to, size_t room)
{
	const story_part *of = &told->parts[part];
	size_t count;

	if (part == told->count)
		return 0;
	switch (of->kind) {
	case STORY_PAUSE:
		now_us += PAUSE_US;
		part++;
		return 0;
	case STORY_FIN:
		part++;
		return -1;
	case STORY_RESET:
		part++;
		return -2;
	default:
		break;
	}
	count = of->length_bytes - part_at < room ? of->length_bytes - part_at : room;
	if (of->kind == STORY_FILL)
		memset(to, of->bytes[0], count);
	else if (count > 0)
		memcpy(to, of->bytes + part_at, count);
	part_at += (unsigned)count;
	if (part_at == of->length_bytes) {
		part++;
		part_at = 0;
	}
	return (int)count;
}

void peer_send(const uint8_t *from, size_t length_bytes)
{
	if (getenv("STORY_SENT")) {
		for (size_t i = 0; i < length_bytes; i++)
			printf("%02x", from[i]);
		printf("\n");
	}
}

void peer_finish(void)
{
}

void peer_print(const char *text)
{
	fputs(text, stderr);
}

void peer_exit(int status)
{
	(void)status;
	abort();
}

/* ---- The owner. */

static void close_it(void)
{
	is_closed = true;
	tls_client_close(client);
}

static void on_changed(void *context)
{
	(void)context;
	assert(client && !is_closed);
	is_pending = true;
	if (told->owner.troubles & STORY_CLOSES_IN_CALLBACK || (told->owner.troubles & STORY_CLOSES_AT_DATA && tls_client_readable(client) > 0))
		close_it();
}

static void on_server_changed(void *context)
{
	tls_failure failure;
	ip_addr_t from;

	(void)context;
	if (tls_server_take_failure(server, &failure, &from)) {
		assert(failure.code && !client);
		has_failed = true;
		end.code = failure.code;
		end.library_error = failure.library_error;
	} else if (tls_server_waiting(server) > 0) {
		client = tls_server_take(server);
		assert(client);
		is_open = true;
		tls_client_adopt(client, on_changed, NULL);
	}
}

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static void check_code(const char *code)
{
	static const char *const codes[] = {"ECLOSED", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "CERT_", "UNABLE_TO_", "SELF_SIGNED_", "DEPTH_ZERO_", "INVALID_"};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		if (starts(code, codes[i]))
			return;
	}
	assert(starts(code, "ERR_TLS_"));
}

/* Of the server: it is proven by its certificate, or by that of the session which goes on. */
static void check_proof(void)
{
	const tls_session *session = tls_client_session(client);
	const mbedtls_x509_crt *shown = mbedtls_ssl_get_peer_cert(&client->ssl);

	assert(session && session->protocol && session->certificate);
	end.resumed = session->resumed;
	if (session->resumed)
		assert(told->owner.kind & (STORY_GOES_ON_13 | STORY_GOES_ON_12));
	else
		assert(shown && shown->raw.len == leaf.length_bytes && memcmp(shown->raw.p, leaf.bytes, leaf.length_bytes) == 0);
}

static void read_some(void)
{
	static uint8_t room[20000];
	size_t most = told->owner.read_bytes ? told->owner.read_bytes : sizeof room, readable = tls_client_readable(client);

	end.received_bytes += tls_client_read(client, room, most);
	assert(tls_client_readable(client) <= readable);
}

static void take_events(unsigned *left_to_write)
{
	static const uint8_t request[100];
	unsigned events = tls_client_events(client);
	const tls_failure *failure;

	if (events & TLS_EVENT_OPEN) {
		assert(!is_open && !has_failed);
		is_open = true;
		check_proof();
		lwip_fake_set(0, told->owner.write_refusals);
	}
	if (!is_open)
		assert(tls_client_write(client, request, sizeof request) == 0);
	if (is_open && *left_to_write > 0) {
		size_t count = tls_client_write(client, request, *left_to_write < sizeof request ? *left_to_write : sizeof request);
		*left_to_write -= (unsigned)count;
	}
	if (events & TLS_EVENT_FAILED) {
		assert(!has_failed);
		has_failed = true;
		failure = tls_client_failure(client);
		assert(failure && failure->code && failure->phase);
		end.code = failure->code;
		end.library_error = failure->library_error;
	}
}

static bool open_client(uint16_t port)
{
	identity_der chain = {leaf.bytes, leaf.length_bytes};
	identity_options identity = {.key = {key.bytes, key.length_bytes}, .chain = &chain, .chain_count = 1};
	uint8_t kind = told->owner.kind;
	tls_failure refused;
	tls_options options = {
		.port = port,
		.host = "site.example",
		.maximum_version = kind & STORY_ONLY_12 ? TLS_VERSION_1_2 : TLS_VERSION_ANY,
		.protocols = kind & STORY_PROTOCOLS ? "h2,http/1.1" : NULL,
		.identity = kind & STORY_IDENTITY ? &identity : NULL,
		.maximum_fragment_bytes = kind & STORY_FRAGMENT ? 512 : 0,
		.changed = on_changed,
	};

	client = tls_client_open(&options, &refused);
	if (!client)
		end.code = refused.code;
	return client != NULL;
}

static bool open_server(void)
{
	identity_der chain = {leaf.bytes, leaf.length_bytes};
	tls_server_options options = {
		.port = 443,
		.identity = {.key = {key.bytes, key.length_bytes}, .chain = &chain, .chain_count = 1},
		.protocols = told->owner.kind & STORY_PROTOCOLS ? "h2,http/1.1" : NULL,
		.minimum_version = TLS_VERSION_ANY,
		.changed = on_server_changed,
	};

	server = tls_server_open(&options, &end.code);
	return server && lwip_fake_accept();
}

static void live(void)
{
	unsigned left_to_write = told->owner.writes ? told->owner.writes * 100u : 28, idle = 0;

	for (unsigned turn = 1; !is_closed && !(has_failed && !client); turn++) {
		assert(turn < TURNS_MAX);
		now_us += TURN_US;
		lwip_fake_poll();
		poller->poll();
		if (is_closed)
			return;
		if (client && is_pending) {
			is_pending = false;
			take_events(&left_to_write);
		}
		if (client && is_open && tls_client_readable(client) > 0)
			read_some();
		/* All is told: time goes by, and at last the owner loses patience. */
		if (part == told->count && ++idle > 40)
			now_us += PAUSE_US;
		if ((told->owner.close_at && turn == told->owner.close_at) || (has_failed && (!client || tls_client_readable(client) == 0)) || idle > 80) {
			if (client)
				close_it();
			return;
		}
	}
}

static void tell(const story *of, uint16_t port)
{
	told = of;
	part = part_at = 0;
	chance = 0x123456789ABCDEF;
	client = NULL;
	server = NULL;
	is_closed = is_open = is_pending = has_failed = false;
	end = (story_end){0};
	lwip_fake_set(of->owner.troubles & STORY_SMALL_SEGMENTS ? 7 : 1460, 0);
	lwip_fake_refuse_close(of->owner.troubles & STORY_CLOSE_REFUSED ? 1 : 0);
	arena_fault_in = of->owner.fault_in;
	if (of->owner.kind & STORY_LISTENS ? open_server() : open_client(port))
		live();
	if (server)
		tls_server_close(server);
	end.was_spared = arena_fault_in > 0;
	arena_fault_in = 0;
	lwip_fake_refuse_close(0);
	end.was_open = is_open;
	if (end.code)
		check_code(end.code);
}

story_end story_tell(const story *of)
{
	static uint16_t port; /* a session is found by it, so none goes from story to story */
	mbedtls_psa_stats_t slots;
	size_t before;

	port++;
	before = __sanitizer_get_current_allocated_bytes();
	wall_clock_set_ms(EPOCH_MS);
	if (of->owner.kind & STORY_GOES_ON_13)
		tell(gives_13, port);
	else if (of->owner.kind & STORY_GOES_ON_12)
		tell(gives_12, port);
	tell(of, port);
	assert(__sanitizer_get_current_allocated_bytes() == before);
	mbedtls_psa_get_stats(&slots);
	assert(slots.MBEDTLS_PRIVATE(volatile_slots) == 0 && slots.MBEDTLS_PRIVATE(half_filled_slots) == 0);
	return end;
}

static void read_file(const char *folder, const char *name, uint8_t *to, size_t room, size_t *length_bytes)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "rb");
	assert(file);
	*length_bytes = fread(to, 1, room, file);
	fclose(file);
}

void story_prepare(const char *folder, const story *first_13, const story *first_12)
{
	read_file(folder, "root.der", root.bytes, sizeof root.bytes, &root.length_bytes);
	read_file(folder, "leaf.der", leaf.bytes, sizeof leaf.bytes, &leaf.length_bytes);
	read_file(folder, "leaf.key", key.bytes, sizeof key.bytes, &key.length_bytes);
	gives_13 = first_13;
	gives_12 = first_12;
	tzset(); /* else the first date that is read has the C library keep memory */
}
