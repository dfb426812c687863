/* Looks into a handshake of Mbed TLS, what it lacks, and KeyUpdate. See handshake.h. */
#include "common.h" /* first: of the library, whose structures are then open */

#include "mbedtls/platform.h"
#include "ssl_misc.h"
#include "ssl_tls13_keys.h"

#include "handshake.h"

bool handshake_has_extended_master_secret(const mbedtls_ssl_context *ssl)
{
	return ssl->handshake && ssl->handshake->extended_ms == MBEDTLS_SSL_EXTENDED_MS_ENABLED;
}

/* Stands in for the library's (mbedtls.cmake), which asks for what its buffer holds. RFC 8449 4; the type's byte counts. */
int mbedtls_ssl_tls13_write_record_size_limit_ext(mbedtls_ssl_context *ssl, unsigned char *to, const unsigned char *end, size_t *length)
{
	unsigned code = ssl->conf->mfl_code, limit = code == MBEDTLS_SSL_MAX_FRAG_LEN_NONE ? MBEDTLS_SSL_IN_CONTENT_LEN : (256u << code) + 1; /* RFC 6066 4 */

	*length = 0;
	MBEDTLS_SSL_CHK_BUF_PTR(to, end, 6);
	MBEDTLS_PUT_UINT16_BE(MBEDTLS_TLS_EXT_RECORD_SIZE_LIMIT, to, 0);
	MBEDTLS_PUT_UINT16_BE(2, to, 2);
	MBEDTLS_PUT_UINT16_BE(limit, to, 4);
	*length = 6;
	mbedtls_ssl_tls13_set_hs_sent_ext_mask(ssl, MBEDTLS_TLS_EXT_RECORD_SIZE_LIMIT);
	return 0;
}

/* Stands in for the library's (mbedtls.cmake), which takes an extension that comes twice, and no cookie of a HelloRetryRequest: nobody
 * offers one (RFC 8446 4.2). */
int handshake_check_received_extension(mbedtls_ssl_context *ssl, int message, unsigned type, uint32_t allowed)
{
	uint32_t mask = mbedtls_ssl_get_extension_mask(type);

	if (mask != MBEDTLS_SSL_EXT_MASK(UNRECOGNIZED) && ssl->handshake->received_extensions & mask) {
		MBEDTLS_SSL_PEND_FATAL_ALERT(MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER, MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER);
		return MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER;
	}
	if (message == MBEDTLS_SSL_TLS1_3_HS_HELLO_RETRY_REQUEST && type == MBEDTLS_TLS_EXT_COOKIE)
		mbedtls_ssl_tls13_set_hs_sent_ext_mask(ssl, type);
	return mbedtls_ssl_tls13_check_received_extension(ssl, message, type, allowed);
}

/* Likewise: the library reads points that are compressed, which are not offered (RFC 8422 5.1.2). */
int handshake_read_parameters(mbedtls_ecdh_context *to, const unsigned char **from, const unsigned char *end)
{
	const unsigned char *at = *from; /* named_curve, the curve, the point behind its length (5.4) */

	if (end - at > 4 && MBEDTLS_GET_UINT16_BE(at, 1) != MBEDTLS_SSL_IANA_TLS_GROUP_X25519 && at[4] != 4)
		return MBEDTLS_ERR_ECP_FEATURE_UNAVAILABLE;
	return mbedtls_ecdh_read_params(to, from, end);
}

/* --- Alerts of ours. Once a client knows the keys of the handshake it speaks under them (RFC 8446 2), behind a ChangeCipherSpec (D.4),
 * also when it has only a refusal to tell: the library sends that in the clear, and a server reads a bad record instead of the reason. */

static void speak_under_keys(mbedtls_ssl_context *ssl)
{
	if (ssl->conf->endpoint != MBEDTLS_SSL_IS_CLIENT || ssl->transform_out || !ssl->handshake || !ssl->handshake->transform_handshake)
		return;
	/* The library sends no alert while something waits to be written: one that TCP has no room for stays unsent. */
	if (mbedtls_ssl_tls13_write_change_cipher_spec(ssl) == 0 && mbedtls_ssl_flush_output(ssl) == 0)
		mbedtls_ssl_set_outbound_transform(ssl, ssl->handshake->transform_handshake);
}

int handshake_send_alert(mbedtls_ssl_context *ssl, unsigned char level, unsigned char alert)
{
	speak_under_keys(ssl);
	return mbedtls_ssl_send_alert_message(ssl, level, alert);
}

int handshake_send_pending_alert(mbedtls_ssl_context *ssl)
{
	if (ssl->send_alert)
		speak_under_keys(ssl);
	return mbedtls_ssl_handle_pending_alert(ssl);
}

static int refuse(mbedtls_ssl_context *ssl, unsigned char alert)
{
	MBEDTLS_SSL_PEND_FATAL_ALERT(alert, MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER);
	handshake_send_pending_alert(ssl);
	return MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER;
}

/* --- What a ClientHello offers. */

/* Stands in for the library's where it begins a ClientHello: it would offer the version of a session that is kept and no other, and a server
 * that has changed its mind would be met with a failure, or for a day at 1.2. */
int handshake_begin_hello(mbedtls_ssl_context *ssl, unsigned char type, unsigned char **body, size_t *room)
{
	ssl->handshake->min_tls_version = ssl->conf->min_tls_version;
	ssl->tls_version = ssl->conf->max_tls_version;
	return mbedtls_ssl_start_handshake_msg(ssl, type, body, room);
}

/* Likewise for the extensions of TLS 1.2, among which it would put a ticket of 1.3. */
int handshake_write_12_extensions(mbedtls_ssl_context *ssl, unsigned char *to, const unsigned char *end, int uses_ec, size_t *length)
{
	mbedtls_ssl_session *session = ssl->session_negotiate;
	unsigned char *ticket = session->ticket;
	size_t ticket_bytes = session->ticket_len;
	int error;

	if (session->resumption_key_len > 0) {
		session->ticket = NULL;
		session->ticket_len = 0;
	}
	error = mbedtls_ssl_tls12_write_client_hello_exts(ssl, to, end, uses_ec, length);
	session->ticket = ticket;
	session->ticket_len = ticket_bytes;
	return error;
}

static mbedtls_md_type_t hash_of(int suite)
{
	const mbedtls_ssl_ciphersuite_t *info = mbedtls_ssl_ciphersuite_from_id(suite);

	return info ? (mbedtls_md_type_t)info->mac : MBEDTLS_MD_NONE;
}

/* From where a HelloRetryRequest is taken to the end of that step: the share that stays. */
static mbedtls_svc_key_id_t kept_share;

/* Stands in for the library's where a HelloRetryRequest has come, which would make a new share even when none was asked for, and would offer
 * a session of another hash than that of the suite which was chosen (RFC 8446 4.1.2, 4.1.4). */
void handshake_take_retry(mbedtls_ssl_context *ssl, int partial)
{
	mbedtls_ssl_session *session = ssl->session_negotiate;

	mbedtls_ssl_session_reset_msg_layer(ssl, partial);
	if (!(ssl->handshake->received_extensions & MBEDTLS_SSL_EXT_MASK(KEY_SHARE))) {
		kept_share = ssl->handshake->xxdh_psa_privkey;
		ssl->handshake->xxdh_psa_privkey = MBEDTLS_SVC_KEY_ID_INIT;
	}
	if (hash_of(session->ciphersuite) != (mbedtls_md_type_t)ssl->handshake->ciphersuite_info->mac)
		mbedtls_ssl_tls13_session_clear_ticket_flags(session, MBEDTLS_SSL_TLS1_3_TICKET_FLAGS_MASK);
}

int handshake_step(mbedtls_ssl_context *ssl)
{
	int error = mbedtls_ssl_handshake_step(ssl);

	if (!mbedtls_svc_key_id_is_null(kept_share)) {
		ssl->handshake->xxdh_psa_privkey = kept_share;
		kept_share = MBEDTLS_SVC_KEY_ID_INIT;
	}
	return error;
}

/* Likewise: the share that is there, or a new one. */
int handshake_write_share(mbedtls_ssl_context *ssl, uint16_t group, unsigned char *to, unsigned char *end, size_t *length)
{
	if (mbedtls_svc_key_id_is_null(ssl->handshake->xxdh_psa_privkey))
		return mbedtls_ssl_tls13_generate_and_write_xxdh_key_exchange(ssl, group, to, end, length);
	return psa_export_public_key(ssl->handshake->xxdh_psa_privkey, to, (size_t)(end - to), length) == PSA_SUCCESS ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

/* --- Messages. */

/* Goes on as with a message of which a part has come (mbedtls_ssl_prepare_handshake_record). */
static void await_rest(mbedtls_ssl_context *ssl, size_t message_bytes)
{
	unsigned char *start = ssl->in_buf + MBEDTLS_SSL_SEQUENCE_NUMBER_LEN + mbedtls_ssl_in_hdr_len(ssl);

	memmove(start, ssl->in_msg, ssl->in_msglen);
	ssl->in_hslen = message_bytes;
	ssl->badmac_seen_or_in_hsfraglen = (unsigned)ssl->in_msglen; /* of TLS: how much of the message is there */
	ssl->in_hdr = start + ssl->in_msglen;
	ssl->in_msglen = 0;
	mbedtls_ssl_update_in_pointers(ssl);
}

#define MESSAGE_HEADER_BYTES 4 /* RFC 8446 4: type and length */

/* Of a message only a part of its header has come, which the library takes for a fault; records may be cut anywhere (RFC 8446 5.1). Then it
 * waits for the rest: the header passes for a message of its own, which turns out to be longer. */
static bool awaits_header(mbedtls_ssl_context *ssl, int error)
{
	if (error != MBEDTLS_ERR_SSL_INVALID_RECORD || ssl->in_msgtype != MBEDTLS_SSL_MSG_HANDSHAKE || ssl->in_msglen == 0
		|| ssl->in_msglen >= MESSAGE_HEADER_BYTES || mbedtls_ssl_get_in_hsfraglen(ssl) > 0)
		return false;
	await_rest(ssl, MESSAGE_HEADER_BYTES);
	return true;
}

static int read_message(mbedtls_ssl_context *ssl, unsigned with_digest)
{
	for (;;) {
		bool in_header = mbedtls_ssl_get_in_hsfraglen(ssl) > 0 && ssl->in_hslen == MESSAGE_HEADER_BYTES;
		int error = mbedtls_ssl_read_record(ssl, in_header ? 0 : with_digest);

		if (awaits_header(ssl, error))
			continue;
		if (error != 0 || !in_header)
			return error;
		ssl->in_hslen = MESSAGE_HEADER_BYTES + MBEDTLS_GET_UINT24_BE(ssl->in_msg, 1);
		if (ssl->in_msglen >= ssl->in_hslen)
			return with_digest ? mbedtls_ssl_update_handshake_status(ssl) : 0;
		await_rest(ssl, ssl->in_hslen);
	}
}

bool handshake_is_amid_message(const mbedtls_ssl_context *ssl)
{
	return mbedtls_ssl_get_in_hsfraglen(ssl) > 0;
}

int handshake_receive(mbedtls_ssl_context *ssl)
{
	for (;;) {
		int error = mbedtls_ssl_read(ssl, NULL, 0);

		/* What may come behind the handshake in TLS 1.2 is no more than a header. */
		if (ssl->tls_version != MBEDTLS_SSL_VERSION_TLS1_3)
			return error;
		if (awaits_header(ssl, error))
			continue;
		if (error != MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE || ssl->in_msgtype != MBEDTLS_SSL_MSG_HANDSHAKE || ssl->in_hslen != MESSAGE_HEADER_BYTES
			|| MBEDTLS_GET_UINT24_BE(ssl->in_msg, 1) == 0)
			return error;
		await_rest(ssl, MESSAGE_HEADER_BYTES + MBEDTLS_GET_UINT24_BE(ssl->in_msg, 1));
	}
}

/* What the library offers in TLS 1.2 without noting it; renegotiation_info stands for its cipher suite value (RFC 5746 3.4). */
#define ALWAYS_OFFERED (MBEDTLS_SSL_EXT_MASK(SUPPORTED_POINT_FORMATS) | MBEDTLS_SSL_EXT_MASK(EXTENDED_MASTER_SECRET) | MBEDTLS_SSL_EXT_MASK(SESSION_TICKET))

static bool has_uncompressed(const unsigned char *formats, size_t length)
{
	return length > 1 && formats[0] == length - 1 && memchr(formats + 1, MBEDTLS_ECP_PF_UNCOMPRESSED, length - 1);
}

/* The extensions of TLS 1.2's ServerHello: each was offered (RFC 5246 7.4.1.4) and comes once. The lengths are the library's to judge. */
static int check_server_hello(mbedtls_ssl_context *ssl)
{
	const unsigned char *at = ssl->in_msg + MESSAGE_HEADER_BYTES + 34, *end = ssl->in_msg + ssl->in_hslen; /* behind version, random */
	const mbedtls_ssl_session *session = ssl->session_negotiate;
	uint32_t offered = ssl->handshake->sent_extensions | ALWAYS_OFFERED, seen = 0;

	if (ssl->handshake->hello_retry_request_flag)
		return refuse(ssl, MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER); /* which has said 1.3 (RFC 8446 4.2.1) */
	/* What was kept is of TLS 1.3, and has no secret for 1.2. */
	if (session->tls_version != MBEDTLS_SSL_VERSION_TLS1_2)
		ssl->handshake->resume = 0;
	if (end - at < 1 || end - at < 1 + at[0] + 3 + 2)
		return 0;
	/* The name of a session that there is none of: what TLS 1.3 sends for the sake of middleboxes (RFC 8446 D.4). */
	if (!ssl->handshake->resume && at[0] > 0 && at[0] == session->id_len && memcmp(at + 1, session->id, at[0]) == 0)
		return refuse(ssl, MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER);
	for (at += 1 + at[0] + 3 + 2; end - at >= 4;) {
		unsigned type = MBEDTLS_GET_UINT16_BE(at, 0), length = MBEDTLS_GET_UINT16_BE(at, 2);
		uint32_t mask = mbedtls_ssl_get_extension_mask(type);

		at += 4;
		if (length > (size_t)(end - at))
			return 0;
		if (type == MBEDTLS_TLS_EXT_MAX_FRAGMENT_LENGTH && ssl->conf->mfl_code != MBEDTLS_SSL_MAX_FRAG_LEN_NONE)
			ssl->session_negotiate->record_size_limit = (uint16_t)(256u << ssl->conf->mfl_code); /* the library does not keep that it was agreed */
		else if (type != MBEDTLS_TLS_EXT_RENEGOTIATION_INFO && (mask == MBEDTLS_SSL_EXT_MASK(UNRECOGNIZED) || !(mask & offered)))
			return refuse(ssl, MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_EXT);
		if (seen & mask || (type == MBEDTLS_TLS_EXT_SUPPORTED_POINT_FORMATS && !has_uncompressed(at, length)))
			return refuse(ssl, MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER);
		seen |= mask; /* renegotiation_info alone has that of the unrecognized */
		at += length;
	}
	return 0;
}

/* The suite says of which kind the server's key is (RFC 5246 7.4.2). */
static int check_key_kind(mbedtls_ssl_context *ssl)
{
	mbedtls_x509_crt *leaf = ssl->session_negotiate->peer_cert;

	if (leaf && !mbedtls_pk_can_do(&leaf->pk, mbedtls_ssl_get_ciphersuite_sig_pk_alg(ssl->handshake->ciphersuite_info)))
		return refuse(ssl, MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER);
	return 0;
}

/* A ticket of TLS 1.3 is not empty (RFC 8446 4.6.1). The other lengths are the library's to judge. */
static int check_ticket(mbedtls_ssl_context *ssl)
{
	const size_t nonce_at = MESSAGE_HEADER_BYTES + 4 + 4; /* behind lifetime and age_add */
	size_t at = nonce_at < ssl->in_hslen ? nonce_at + 1 + ssl->in_msg[nonce_at] : ssl->in_hslen;

	if (at + 2 <= ssl->in_hslen && MBEDTLS_GET_UINT16_BE(ssl->in_msg, at) == 0)
		return refuse(ssl, MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR);
	return 0;
}

int handshake_read_message(mbedtls_ssl_context *ssl, unsigned with_digest)
{
	int error = read_message(ssl, with_digest);

	if (error != 0 || ssl->conf->endpoint != MBEDTLS_SSL_IS_CLIENT || ssl->in_msgtype != MBEDTLS_SSL_MSG_HANDSHAKE)
		return error;
	if (ssl->state == MBEDTLS_SSL_TLS1_3_NEW_SESSION_TICKET)
		return check_ticket(ssl);
	if (ssl->tls_version != MBEDTLS_SSL_VERSION_TLS1_2)
		return 0;
	if (ssl->state == MBEDTLS_SSL_SERVER_HELLO && ssl->in_msg[0] == MBEDTLS_SSL_HS_SERVER_HELLO)
		return check_server_hello(ssl);
	return ssl->state == MBEDTLS_SSL_SERVER_KEY_EXCHANGE ? check_key_kind(ssl) : 0;
}

/* The signature of a CertificateVerify. The library takes PKCS #1 v1.5, which is for certificates alone, and any curve with any hash
 * (RFC 8446 4.2.3). */
int handshake_verify(mbedtls_pk_type_t scheme, const void *options, mbedtls_pk_context *key, mbedtls_md_type_t hash,
	const unsigned char *digest, size_t digest_bytes, const unsigned char *signature, size_t signature_bytes)
{
	bool is_ec = scheme == MBEDTLS_PK_ECDSA;

	if (is_ec ? mbedtls_pk_get_bitlen(key) != (hash == MBEDTLS_MD_SHA256 ? 256u : 384u) : scheme != MBEDTLS_PK_RSASSA_PSS)
		return MBEDTLS_ERR_PK_TYPE_MISMATCH;
	return mbedtls_pk_verify_ext(scheme, options, key, hash, digest, digest_bytes, signature, signature_bytes);
}

/* --- Records. */

#define INNER_BYTES_MAX (MBEDTLS_SSL_IN_CONTENT_LEN + 1) /* RFC 8446 5.4: with padding and the type */
#define TAG_BYTES 16 /* of all three suites */

static int drop(mbedtls_ssl_context *ssl, unsigned char alert, int error)
{
	MBEDTLS_SSL_PEND_FATAL_ALERT(alert, error);
	return error;
}

int handshake_record_fault(mbedtls_ssl_context *ssl, unsigned char before, const unsigned char *header)
{
	bool is_13 = ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_3 && ssl->transform_in;

	/* An alert before it, which the library has passed over: of no level that there is, or one that ends in TLS 1.3 (RFC 8446 6). */
	if (ssl->in_msgtype == MBEDTLS_SSL_MSG_ALERT) {
		if (ssl->in_msg[0] != MBEDTLS_SSL_ALERT_LEVEL_WARNING)
			return drop(ssl, MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER, MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER);
		if (is_13 && ssl->in_msg[1] != MBEDTLS_SSL_ALERT_MSG_USER_CANCELED)
			return drop(ssl, MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
	}
	if (!is_13)
		return 0;
	/* A ChangeCipherSpec under keys, which the library has passed over as one in the open (5). */
	if (ssl->in_msgtype == MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC && before == MBEDTLS_SSL_MSG_APPLICATION_DATA)
		return drop(ssl, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE, MBEDTLS_ERR_SSL_UNEXPECTED_RECORD);
	/* Under keys all is application data to look at (5.2), but ChangeCipherSpec, which is of the handshake alone (5). */
	if (header[0] != MBEDTLS_SSL_MSG_APPLICATION_DATA && (header[0] != MBEDTLS_SSL_MSG_CHANGE_CIPHER_SPEC || mbedtls_ssl_is_handshake_over(ssl)))
		return drop(ssl, MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE, MBEDTLS_ERR_SSL_UNEXPECTED_RECORD);
	if (MBEDTLS_GET_UINT16_BE(header, 3) > INNER_BYTES_MAX + TAG_BYTES)
		return drop(ssl, MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW, MBEDTLS_ERR_SSL_INVALID_RECORD);
	return 0;
}

bool handshake_retries_in_vain(const mbedtls_ssl_context *ssl)
{
	return (ssl->state == MBEDTLS_SSL_CLIENT_CCS_BEFORE_2ND_CLIENT_HELLO || ssl->state == MBEDTLS_SSL_CLIENT_HELLO)
		&& ssl->handshake && ssl->handshake->hello_retry_request_flag
		&& !(ssl->handshake->received_extensions & (MBEDTLS_SSL_EXT_MASK(KEY_SHARE) | MBEDTLS_SSL_EXT_MASK(COOKIE)));
}

bool handshake_asks_for_certificate(const mbedtls_ssl_context *ssl)
{
	return ssl->handshake && ssl->handshake->client_auth;
}

bool handshake_has_resumed(const mbedtls_ssl_context *ssl)
{
	if (!ssl->handshake || !ssl->handshake->resume)
		return false;
	return ssl->tls_version != MBEDTLS_SSL_VERSION_TLS1_3 || ssl->handshake->key_exchange_mode == MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL;
}

#define KEY_UPDATE 24 /* RFC 8446 4: HandshakeType */
#define KEY_UPDATE_BYTES 5 /* header and request_update */
#define IV_BYTES 12 /* of all three suites */

/* The next generation of one side's secret, and keys of both sides in a transform of their own (RFC 8446 7.2). The other side's stay
 * what they are, and so does its count of records. */
static int renew(mbedtls_ssl_context *ssl, bool is_ours)
{
	mbedtls_ssl_tls13_application_secrets *secrets = &ssl->session->app_secrets;
	unsigned char *secret = is_ours ? secrets->client_application_traffic_secret_N : secrets->server_application_traffic_secret_N;
	const mbedtls_ssl_ciphersuite_t *suite = mbedtls_ssl_ciphersuite_from_id(ssl->session->ciphersuite);
	psa_algorithm_t hash = mbedtls_md_psa_alg_from_type((mbedtls_md_type_t)suite->mac);
	size_t secret_bytes = PSA_HASH_LENGTH(hash), key_bytes = suite->id == MBEDTLS_TLS1_3_AES_128_GCM_SHA256 ? 16 : 32;
	mbedtls_ssl_transform *before = ssl->transform_application, *made = mbedtls_calloc(1, sizeof *made);
	mbedtls_ssl_key_set keys;
	int error;

	if (!made)
		return MBEDTLS_ERR_SSL_ALLOC_FAILED;
	mbedtls_ssl_transform_init(made);
	error = mbedtls_ssl_tls13_hkdf_expand_label(hash, secret, secret_bytes, MBEDTLS_SSL_TLS1_3_LBL_WITH_LEN(traffic_upd), NULL, 0, secret, secret_bytes);
	if (error == 0)
		error = mbedtls_ssl_tls13_make_traffic_keys(hash, secrets->client_application_traffic_secret_N, secrets->server_application_traffic_secret_N,
			secret_bytes, key_bytes, IV_BYTES, &keys);
	if (error == 0)
		error = mbedtls_ssl_tls13_populate_transform(made, ssl->conf->endpoint, suite->id, &keys, ssl);
	mbedtls_platform_zeroize(&keys, sizeof keys);
	if (error != 0) {
		mbedtls_ssl_transform_free(made);
		mbedtls_free(made);
		return error;
	}
	ssl->transform_application = ssl->transform_in = ssl->transform_out = made;
	if (is_ours)
		memset(ssl->cur_out_ctr, 0, sizeof ssl->cur_out_ctr);
	else
		memset(ssl->in_ctr, 0, MBEDTLS_SSL_SEQUENCE_NUMBER_LEN);
	mbedtls_ssl_transform_free(before);
	mbedtls_free(before);
	return 0;
}

int handshake_take_key_update(mbedtls_ssl_context *ssl, bool *is_asked)
{
	/* Alone in its record, because what is behind it comes under other keys (RFC 8446 5.1). */
	if (ssl->tls_version != MBEDTLS_SSL_VERSION_TLS1_3 || ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER || ssl->in_msgtype != MBEDTLS_SSL_MSG_HANDSHAKE
		|| ssl->in_msg[0] != KEY_UPDATE || ssl->in_hslen != KEY_UPDATE_BYTES || ssl->in_msglen != KEY_UPDATE_BYTES || ssl->in_msg[4] > 1)
		return MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE;
	if (ssl->in_msg[4] == 1)
		*is_asked = true;
	return renew(ssl, false);
}

int handshake_send_key_update(mbedtls_ssl_context *ssl)
{
	static const unsigned char message[KEY_UPDATE_BYTES] = {KEY_UPDATE, 0, 0, 1, 0};
	int written, error;

	ssl->out_msgtype = MBEDTLS_SSL_MSG_HANDSHAKE;
	ssl->out_msglen = sizeof message;
	memcpy(ssl->out_msg, message, sizeof message);
	written = mbedtls_ssl_write_record(ssl, 1);
	if (written != 0 && written != MBEDTLS_ERR_SSL_WANT_WRITE)
		return written;
	error = renew(ssl, true);
	return error ? error : written;
}
