/* Sessions that can be resumed. See sessions.h. */
#include "sessions.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "hardware/timer.h"
#include "mbedtls/platform_util.h"
#include "wall_clock.h"

/* The server's words, and then four texts with their zeros: subject, issuer, notBefore, notAfter. */
struct sessions_record {
	uint16_t length_bytes; /* of the whole record, a multiple of 8 */
	uint16_t ticket_bytes;
	sessions_proof proof;
	int64_t received_at_ms; /* since boot */
	uint32_t lifetime_s, age_add;
	uint16_t version, cipher;
	uint8_t fragment_code, flags, id_bytes, secret_bytes;
	uint8_t id[32];
	uint8_t secret[48]; /* TLS 1.2: the master secret; 1.3: the ticket's key */
	uint8_t rest[];
};

/* The oldest first, without gaps. Of no meaning behind used_bytes: clearing it at the reset, at 6.5 MHz, took 0.9 ms of each boot. */
static uint64_t pool[SESSIONS_BYTES / sizeof(uint64_t)] __attribute__((section(".uninitialized_data.tls_sessions")));
static size_t used_bytes;

static int64_t since_boot_ms(void)
{
	return (int64_t)(time_us_64() / 1000);
}

static int64_t clock_at_boot_ms(void)
{
	return wall_clock_now_ms() - since_boot_ms();
}

static sessions_record *at(size_t offset)
{
	return (sessions_record *)((uint8_t *)pool + offset);
}

static void remove_at(size_t offset)
{
	size_t length_bytes = at(offset)->length_bytes;
	uint8_t *start = (uint8_t *)at(offset);

	memmove(start, start + length_bytes, used_bytes - offset - length_bytes);
	used_bytes -= length_bytes;
	mbedtls_platform_zeroize((uint8_t *)pool + used_bytes, length_bytes);
}

static bool find(const uint8_t key[SESSIONS_KEY_BYTES], size_t *offset)
{
	for (*offset = 0; *offset < used_bytes; *offset += at(*offset)->length_bytes) {
		if (memcmp(at(*offset)->proof.key, key, SESSIONS_KEY_BYTES) == 0)
			return true;
	}
	return false;
}

void sessions_drop(const uint8_t key[SESSIONS_KEY_BYTES])
{
	size_t offset;

	if (find(key, &offset))
		remove_at(offset);
}

void sessions_prove(sessions_proof *proof, int64_t valid_from, int64_t valid_until)
{
	proof->valid_from = valid_from;
	proof->valid_until = valid_until;
	proof->proved_at_ms = since_boot_ms();
	proof->clock_ms = clock_at_boot_ms();
}

static size_t texts_length(const verify_certificate *of)
{
	return strlen(of->subject) + strlen(of->issuer) + strlen(of->not_before) + strlen(of->not_after) + 4;
}

static void write_texts(uint8_t *to, const verify_certificate *from)
{
	const char *const texts[] = {from->subject, from->issuer, from->not_before, from->not_after};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		size_t count = strlen(texts[i]) + 1;
		memcpy(to, texts[i], count);
		to += count;
	}
}

void sessions_keep(const sessions_proof *proof, const mbedtls_ssl_session *from, const verify_certificate *certificate)
{
	bool is_13 = from->MBEDTLS_PRIVATE(tls_version) == MBEDTLS_SSL_VERSION_TLS1_3;
	size_t ticket_bytes = from->MBEDTLS_PRIVATE(ticket) ? from->MBEDTLS_PRIVATE(ticket_len) : 0;
	size_t id_bytes = is_13 ? 0 : from->MBEDTLS_PRIVATE(id_len), secret_bytes = is_13 ? from->MBEDTLS_PRIVATE(resumption_key_len) : sizeof at(0)->secret;
	size_t length_bytes = (sizeof(sessions_record) + ticket_bytes + texts_length(certificate) + 7) & ~(size_t)7;
	sessions_record *to;

	sessions_drop(proof->key);
	if ((ticket_bytes == 0 && id_bytes == 0) || ticket_bytes > SESSIONS_TICKET_BYTES_MAX || length_bytes > SESSIONS_BYTES
		|| id_bytes > sizeof to->id || secret_bytes > sizeof to->secret)
		return;
	while (SESSIONS_BYTES - used_bytes < length_bytes)
		remove_at(0);
	to = at(used_bytes);
	used_bytes += length_bytes;
	*to = (sessions_record){
		.length_bytes = (uint16_t)length_bytes,
		.ticket_bytes = (uint16_t)ticket_bytes,
		.proof = *proof,
		.received_at_ms = is_13 ? from->MBEDTLS_PRIVATE(ticket_reception_time) : since_boot_ms(),
		.lifetime_s = from->MBEDTLS_PRIVATE(ticket_lifetime),
		.age_add = from->MBEDTLS_PRIVATE(ticket_age_add),
		.version = (uint16_t)from->MBEDTLS_PRIVATE(tls_version),
		.cipher = (uint16_t)from->MBEDTLS_PRIVATE(ciphersuite),
		.fragment_code = from->MBEDTLS_PRIVATE(mfl_code),
		.flags = from->MBEDTLS_PRIVATE(ticket_flags),
		.id_bytes = (uint8_t)id_bytes,
		.secret_bytes = (uint8_t)secret_bytes,
	};
	/* A hint of 0 tells nothing (RFC 5077 3.3); of a session ID there is none. */
	if (!is_13 && to->lifetime_s == 0)
		to->lifetime_s = SESSIONS_LIFETIME_S;
	memcpy(to->id, from->MBEDTLS_PRIVATE(id), id_bytes);
	memcpy(to->secret, is_13 ? from->MBEDTLS_PRIVATE(resumption_key) : from->MBEDTLS_PRIVATE(master), secret_bytes);
	if (ticket_bytes > 0)
		memcpy(to->rest, from->MBEDTLS_PRIVATE(ticket), ticket_bytes);
	write_texts(to->rest + ticket_bytes, certificate);
}

/* Would the chain be judged again as it was, and does the server still take its ticket? */
static bool holds(const sessions_record *of)
{
	const sessions_proof *proof = &of->proof;
	int64_t now = wall_clock_now_ms() / 1000, moved_ms = clock_at_boot_ms() - proof->clock_ms;
	int64_t age_ms = since_boot_ms() - of->received_at_ms, proof_age_ms = since_boot_ms() - proof->proved_at_ms;

	/* A second is what two readings and a correction of the same time may differ by. */
	return wall_clock_is_set() && moved_ms > -1000 && moved_ms < 1000
		&& now >= proof->valid_from && now <= proof->valid_until
		&& age_ms >= 0 && age_ms < 1000 * (int64_t)of->lifetime_s
		&& proof_age_ms >= 0 && proof_age_ms < 1000 * (int64_t)SESSIONS_LIFETIME_S;
}

sessions_record *sessions_take(const uint8_t key[SESSIONS_KEY_BYTES])
{
	sessions_record *taken = NULL;
	size_t offset;

	if (!find(key, &offset))
		return NULL;
	if (holds(at(offset)))
		taken = arena_calloc(1, at(offset)->length_bytes);
	if (taken)
		memcpy(taken, at(offset), at(offset)->length_bytes);
	remove_at(offset);
	return taken;
}

int sessions_offer(const sessions_record *of, mbedtls_ssl_context *ssl, const char *host)
{
	mbedtls_ssl_session session;
	bool is_13 = !sessions_is_12(of);
	int error;

	mbedtls_ssl_session_init(&session);
	session.MBEDTLS_PRIVATE(endpoint) = MBEDTLS_SSL_IS_CLIENT;
	session.MBEDTLS_PRIVATE(tls_version) = (mbedtls_ssl_protocol_version)of->version;
	session.MBEDTLS_PRIVATE(ciphersuite) = of->cipher;
	session.MBEDTLS_PRIVATE(verify_result) = 0; /* that it was proven is said by the record */
	session.MBEDTLS_PRIVATE(mfl_code) = of->fragment_code;
	session.MBEDTLS_PRIVATE(ticket_lifetime) = of->lifetime_s;
	session.MBEDTLS_PRIVATE(ticket_age_add) = of->age_add;
	session.MBEDTLS_PRIVATE(ticket_flags) = is_13 ? of->flags : 0; /* of TLS 1.3 alone: it is what makes a ticket a pre-shared key */
	session.MBEDTLS_PRIVATE(ticket_reception_time) = of->received_at_ms;
	session.MBEDTLS_PRIVATE(id_len) = of->id_bytes;
	memcpy(session.MBEDTLS_PRIVATE(id), of->id, of->id_bytes);
	session.MBEDTLS_PRIVATE(resumption_key_len) = is_13 ? of->secret_bytes : 0;
	memcpy(is_13 ? session.MBEDTLS_PRIVATE(resumption_key) : session.MBEDTLS_PRIVATE(master), of->secret, of->secret_bytes);
	/* Both are copied, and not changed. */
	session.MBEDTLS_PRIVATE(ticket) = of->ticket_bytes > 0 ? (unsigned char *)of->rest : NULL;
	session.MBEDTLS_PRIVATE(ticket_len) = of->ticket_bytes;
	session.MBEDTLS_PRIVATE(hostname) = (char *)host;
	error = mbedtls_ssl_set_session(ssl, &session);
	mbedtls_platform_zeroize(&session, sizeof session);
	return error;
}

static const char *read_text(const char *from, char *to, size_t room)
{
	snprintf(to, room, "%s", from);
	return from + strlen(from) + 1;
}

void sessions_recall(const sessions_record *of, sessions_proof *proof, verify_certificate *certificate)
{
	const char *text = (const char *)of->rest + of->ticket_bytes;

	*proof = of->proof;
	text = read_text(text, certificate->subject, sizeof certificate->subject);
	text = read_text(text, certificate->issuer, sizeof certificate->issuer);
	text = read_text(text, certificate->not_before, sizeof certificate->not_before);
	read_text(text, certificate->not_after, sizeof certificate->not_after);
}

bool sessions_is_12(const sessions_record *of)
{
	return of->version == MBEDTLS_SSL_VERSION_TLS1_2;
}

bool sessions_is_same_ticket(const sessions_record *of, const mbedtls_ssl_session *session)
{
	return session->MBEDTLS_PRIVATE(ticket) && of->ticket_bytes == session->MBEDTLS_PRIVATE(ticket_len)
		&& memcmp(session->MBEDTLS_PRIVATE(ticket), of->rest, of->ticket_bytes) == 0;
}

void sessions_free(sessions_record *of)
{
	if (!of)
		return;
	mbedtls_platform_zeroize(of, of->length_bytes);
	arena_free(of);
}
