/* Two judgements on one chain. See judgement.h. */
#include "judgement.h"

#include <string.h>

#include "anchor.h"
#include "mbedtls/pk.h"
#include "mbedtls/platform.h"
#include "mbedtls/sha256.h"

/* The judgement whose proofs count: the last one that began, until it ends. The library has no context for the question. */
static judgement *current;

static mbedtls_x509_crt *in_chain(const judgement *of, const uint8_t *at)
{
	mbedtls_x509_crt *one = of->chain;

	while (one && one->raw.p != at)
		one = one->next;
	return one;
}

static void drop_anchor(judgement *of)
{
	if (of->anchor)
		mbedtls_x509_crt_free(of->anchor);
	mbedtls_free(of->anchor);
	of->anchor = NULL;
}

/* What the library cannot read it leaves to platform/trust, which holds a path to name constraints and refuses one with
 * another critical extension. A certificate that no path needs is no fault. */
static int take_extension(void *context, const mbedtls_x509_crt *of, const mbedtls_x509_buf *oid, int critical,
	const unsigned char *at, const unsigned char *end)
{
	(void)context;
	(void)of;
	(void)oid;
	(void)critical;
	(void)at;
	(void)end;
	return 0;
}

/* What is signed in a way, or has a key of a kind, that the library was built without; a low-level reason may be added. */
static bool is_of_another_kind(int error)
{
	int high = -(-error & 0x7F80);

	return high == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG || high == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG || high == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE;
}

int judgement_parse(mbedtls_x509_crt *chain, const unsigned char *bytes, size_t length_bytes)
{
	der whole = {bytes, length_bytes};
	int error;

	/* The library would pass over what stands behind the certificate, and nobody else would see it. */
	if (!der_enter(&whole, DER_SEQUENCE))
		return MBEDTLS_ERR_X509_INVALID_FORMAT;
	error = mbedtls_x509_crt_parse_der_with_ext_cb(chain, bytes, length_bytes, 1, take_extension, NULL);
	/* Behind the leaf it is surplus: a path that needs it is not found. */
	return chain->raw.p && is_of_another_kind(error) ? 0 : error;
}

/* A root as the library reads it; the last one is kept, because it is the one that is asked for again. */
static mbedtls_x509_crt *anchor(judgement *of, const certificate *root)
{
	int error;

	if (of->anchor && of->anchor_of == root->whole.at)
		return of->anchor;
	drop_anchor(of);
	of->anchor = mbedtls_calloc(1, sizeof *of->anchor);
	if (!of->anchor)
		return NULL;
	mbedtls_x509_crt_init(of->anchor);
	of->anchor_of = root->whole.at;
	error = root->says & CERTIFICATE_IS_ANCHOR ? anchor_parse(root, of->anchor)
		: mbedtls_x509_crt_parse_der_with_ext_cb(of->anchor, root->whole.at, root->whole.length, 0, take_extension, NULL);
	if (error != 0)
		drop_anchor(of);
	return of->anchor;
}

static bool same_place(const mbedtls_x509_buf *a, der b)
{
	return a->p == b.at && a->len == b.length;
}

static bool same_bytes(const mbedtls_x509_buf *a, const der *b)
{
	der bytes = {a->p, a->len};

	return der_same(&bytes, b);
}

/* The library has a root of the store in memory of its own: there the bytes must be the same. */
static bool same_key(const mbedtls_x509_crt *signer, const certificate *issuer)
{
	return issuer->says & CERTIFICATE_IS_ANCHOR ? same_bytes(&signer->pk_raw, &issuer->key_info) : same_place(&signer->pk_raw, issuer->key_info);
}

/* As x509_crt.c checks a signature, with the same bytes: both readers must have found them at the same place. */
static bool check(void *context, const certificate *child, const certificate *issuer)
{
	judgement *of = context;
	mbedtls_x509_crt *signed_one = in_chain(of, child->whole.at), *signer = in_chain(of, issuer->whole.at);
	const mbedtls_md_info_t *hash_kind;
	unsigned char hash[MBEDTLS_MD_MAX_SIZE];

	if (!signer)
		signer = anchor(of, issuer);
	if (!signed_one || !signer || !same_place(&signed_one->tbs, child->signed_part)
		|| !same_place(&signed_one->MBEDTLS_PRIVATE(sig), child->signature)
		|| !same_key(signer, issuer))
		return false;
	hash_kind = mbedtls_md_info_from_type(signed_one->MBEDTLS_PRIVATE(sig_md));
	if (!hash_kind || mbedtls_md(hash_kind, signed_one->tbs.p, signed_one->tbs.len, hash) != 0
		|| !mbedtls_pk_can_do(&signer->pk, signed_one->MBEDTLS_PRIVATE(sig_pk)))
		return false;
	of->signatures++;
	if (mbedtls_pk_verify_ext(signed_one->MBEDTLS_PRIVATE(sig_pk), signed_one->MBEDTLS_PRIVATE(sig_opts), &signer->pk,
		signed_one->MBEDTLS_PRIVATE(sig_md), hash, mbedtls_md_get_size(hash_kind), child->signature.at, child->signature.length) != 0)
		return false;
	of->proofs[of->proof_count++] = (struct judgement_proof){child->signature.at, issuer->key_info};
	return true;
}

static bool give_root(void *context, const der *issuer, unsigned index, trust_anchor *root)
{
	const judgement *of = context;

	return of->root(of->roots, issuer, index, root);
}

/* Brings the chain into the order of the path: the library looks for an issuer behind its child only. */
static void put_in_order(judgement *of, const der *sent, const trust_answer *answer)
{
	mbedtls_x509_crt *last = of->chain;

	for (unsigned depth = 1; depth + 1 < answer->depth; depth++) {
		mbedtls_x509_crt *one = in_chain(of, sent[answer->place[depth]].at), *before = of->chain;

		while (before->next != one)
			before = before->next;
		before->next = one->next;
		one->next = last->next;
		last->next = one;
		last = one;
	}
	of->depth = answer->depth;
}

/* From when and until when every certificate of the path is valid, the root too. */
static void take_dates(judgement *of, const certificate *path)
{
	of->valid_from = path->not_before;
	of->valid_until = path->not_after;
	for (unsigned depth = 1; depth < of->depth; depth++) {
		if (path[depth].not_before > of->valid_from)
			of->valid_from = path[depth].not_before;
		if (path[depth].not_after < of->valid_until)
			of->valid_until = path[depth].not_after;
	}
}

/* One of the path's keys (subjectPublicKeyInfo), the leaf's to the root's, is one that was named: RFC 7469 2.6. */
static bool is_pinned(const judgement *of, const certificate *path)
{
	uint8_t digest[PIN_BYTES];

	for (unsigned depth = 0; of->pin_count > 0 && depth < of->depth; depth++) {
		if (mbedtls_sha256(path[depth].key_info.at, path[depth].key_info.length, digest, 0) != 0)
			return false;
		for (unsigned i = 0; i < of->pin_count; i++) {
			if (!memcmp(digest, of->pins + i * PIN_BYTES, PIN_BYTES))
				return true;
		}
	}
	return of->pin_count == 0;
}

/* What one judgement needs of the heap for its time. */
typedef struct desk {
	trust_room room;
	trust_answer answer;
	der sent[];
} desk;

static int judge(judgement *of, mbedtls_x509_crt *chain)
{
	trust_question question = {.root = give_root, .check = check, .context = of, .host = of->host, .now = of->now,
		.intermediates_max = of->intermediates_max};
	const mbedtls_x509_crt *one;
	desk *on;

	of->is_over = true;
	of->chain = chain;
	for (one = chain; one; one = one->next)
		question.sent_count++;
	on = mbedtls_calloc(1, sizeof *on + question.sent_count * sizeof on->sent[0]);
	if (!on)
		return MBEDTLS_ERR_X509_ALLOC_FAILED;
	question.sent = on->sent;
	question.sent_count = 0;
	for (one = chain; one; one = one->next)
		on->sent[question.sent_count++] = (der){one->raw.p, one->raw.len};
	trust_judge(&question, &on->room, &on->answer);
	of->code = on->answer.code;
	of->at_fault = in_chain(of, on->answer.at_fault.at);
	of->under_root = of->at_fault ? NULL : in_chain(of, on->answer.under.at);
	of->valid_from = on->answer.not_before;
	of->valid_until = on->answer.not_after;
	of->depth = on->answer.depth;
	if (of->code == TRUST_OK && !is_pinned(of, on->room.path))
		of->code = TRUST_NOT_PINNED;
	if (of->code == TRUST_OK) {
		put_in_order(of, on->sent, &on->answer);
		take_dates(of, on->room.path);
		anchor(of, &on->room.path[of->depth - 1]);
	}
	mbedtls_free(on);
	return 0;
}

void judgement_start(judgement *of)
{
	of->code = TRUST_OK;
	of->at_fault = of->under_root = NULL;
	of->signatures = of->depth = of->proof_count = 0;
	of->is_over = false;
	of->chain = of->anchor = NULL;
}

int judgement_candidates(void *context, const mbedtls_x509_crt *child, mbedtls_x509_crt **candidates)
{
	judgement *of = context;
	mbedtls_x509_crt *top;
	int error;

	*candidates = NULL;
	current = of;
	/* The library's chain is its own and not constant: only this callback says so. */
	error = of->is_over ? 0 : judge(of, (mbedtls_x509_crt *)child);
	if (error != 0)
		return error;
	if (of->code != TRUST_OK)
		return 0;
	top = of->chain;
	for (unsigned depth = 2; depth < of->depth; depth++)
		top = top->next;
	if (child == top) {
		*candidates = of->anchor; /* the library frees it */
		of->anchor = NULL;
	}
	return 0;
}

int judgement_signature(mbedtls_pk_type_t kind, const void *options, mbedtls_pk_context *key, mbedtls_md_type_t hash_kind,
	const unsigned char *hash, size_t hash_bytes, const unsigned char *signature, size_t signature_bytes)
{
	/* The key is always the one of a certificate: x509_crt.c asks for nothing else. */
	const mbedtls_x509_crt *issuer = (const mbedtls_x509_crt *)((const char *)key - offsetof(mbedtls_x509_crt, pk));

	for (unsigned i = 0; current && i < current->proof_count; i++) {
		if (current->proofs[i].signature == signature && same_bytes(&issuer->pk_raw, &current->proofs[i].key))
			return 0;
	}
	if (current)
		current->signatures++;
	return mbedtls_pk_verify_ext(kind, options, key, hash_kind, hash, hash_bytes, signature, signature_bytes);
}

void judgement_end(judgement *of)
{
	if (current == of)
		current = NULL;
	of->proof_count = 0;
	drop_anchor(of);
}
