/*
 * The validator as a filter for tools/conformance: one case a line in, one
 * verdict a line out.
 *
 * A case is fields parted by blanks: seconds since 1970, the most intermediates
 * (-1: any), the host as "dns:NAME" or "ip:HEX" or the word "client", "own" or
 * "web" for whose the roots are, or "store" when they are one root store, how
 * many of the certificates are roots, then the certificates in hexadecimal,
 * roots first, leaf next.
 * A verdict is "ok" or a code, the number of the certificate at fault (-1:
 * none), and how many signatures were checked.
 *
 * With the word "both" behind the program's name Mbed TLS judges too, as on the
 * board: "library" in place of a code is a refusal of its alone, and "parse" one
 * before there is anything to judge.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <time.h>

#include "judgement.h"
#include "mbedtls/md.h"
#include "mbedtls/pk.h"
#include "mbedtls/platform_time.h"
#include "mbedtls/rsa.h"
#include "mbedtls/sha256.h"
#include "verify.h"

#define CERTIFICATES_MAX 4096

typedef struct suite_case {
	der certificates[CERTIFICATES_MAX];
	unsigned count, roots;
	bool is_own, has_store;
} suite_case;

static time_t time_of_case;

/* What the library's configuration asks for; the device has its own. */
void *arena_calloc(size_t count, size_t size_bytes)
{
	return calloc(count, size_bytes);
}

void arena_free(void *block)
{
	free(block);
}

time_t tls_platform_time(time_t *to)
{
	if (to)
		*to = time_of_case;
	return time_of_case;
}

struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *from, struct tm *to)
{
	return gmtime_r(from, to);
}

static bool give_root(void *context, const der *issuer, unsigned index, trust_anchor *root)
{
	const suite_case *of = context;
	const der *first = &of->certificates[0];

	if (of->has_store) {
		unsigned char digest[32];
		bool is_sound = root_store_is_sound(first->at, first->length);
		const uint8_t *found = is_sound && mbedtls_sha256(issuer->at, issuer->length, digest, 0) == 0 ? root_store_find(first->at, digest, index) : NULL;

		if (found)
			*root = (trust_anchor){.certificate = {found, ROOT_STORE_ROOT_BYTES}, .store = first->at};
		return found != NULL;
	}
	if (index >= of->roots)
		return false;
	*root = (trust_anchor){.certificate = of->certificates[index], .is_own = of->is_own};
	return true;
}

static bool check_signature(void *context, const certificate *child, const certificate *issuer)
{
	mbedtls_md_type_t kind = child->hash_bytes == 32 ? MBEDTLS_MD_SHA256 : child->hash_bytes == 48 ? MBEDTLS_MD_SHA384 : MBEDTLS_MD_SHA512;
	mbedtls_pk_rsassa_pss_options pss = {.mgf1_hash_id = kind, .expected_salt_len = child->hash_bytes};
	unsigned char hash[64], *at = (unsigned char *)issuer->key_info.at;
	mbedtls_pk_context key;
	int error;

	(void)context;
	if (mbedtls_md(mbedtls_md_info_from_type(kind), child->signed_part.at, child->signed_part.length, hash) != 0)
		return false;
	mbedtls_pk_init(&key);
	error = mbedtls_pk_parse_subpubkey(&at, at + issuer->key_info.length, &key);
	if (error == 0) {
		bool is_pss = child->scheme == CERTIFICATE_RSA_PSS;
		mbedtls_pk_type_t type = is_pss ? MBEDTLS_PK_RSASSA_PSS : child->scheme == CERTIFICATE_ECDSA ? MBEDTLS_PK_ECDSA : MBEDTLS_PK_RSA;
		error = mbedtls_pk_verify_ext(type, is_pss ? &pss : NULL, &key, kind, hash, child->hash_bytes,
			child->signature.at, child->signature.length);
	}
	mbedtls_pk_free(&key);
	return error == 0;
}

static unsigned nibble(char digit)
{
	return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

static der from_hex(const char *text)
{
	size_t length = strlen(text) / 2;
	uint8_t *bytes = malloc(length + !length);

	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(nibble(text[i * 2]) << 4 | nibble(text[i * 2 + 1]));
	return (der){bytes, length};
}

static void judge_both(suite_case *of, const trust_question *question)
{
	judgement both = {.host = question->host, .now = question->now, .root = give_root, .roots = of,
		.intermediates_max = question->intermediates_max};
	mbedtls_x509_crt chain;
	verify library = {0};
	uint32_t flags = 0;
	int error = 0;

	mbedtls_x509_crt_init(&chain);
	for (unsigned i = 0; i < question->sent_count && error == 0; i++)
		error = judgement_parse(&chain, question->sent[i].at, question->sent[i].length);
	if (error != 0) {
		mbedtls_x509_crt_free(&chain);
		printf("parse -1 0\n");
		return;
	}
	judgement_start(&both);
	time_of_case = (time_t)question->now;
	error = mbedtls_x509_crt_verify_with_ca_cb(&chain, judgement_candidates, &both, &verify_profile, NULL, &flags, verify_take, &library);
	judgement_end(&both);
	mbedtls_x509_crt_free(&chain);
	printf("%s -1 %u\n", both.code != TRUST_OK ? trust_code_name(both.code)
		: error != 0 || flags != 0 || library.code ? "library" : "ok", both.signatures);
}

static void judge(char *line, bool by_both)
{
	static suite_case of;
	trust_question question = {.root = give_root, .check = check_signature, .context = &of};
	static trust_room room;
	trust_answer answer;
	char *field = strtok(line, " \n");
	int at_fault = -1;

	memset(&of, 0, sizeof of);
	question.now = strtoll(field, NULL, 10);
	question.intermediates_max = atoi(strtok(NULL, " \n"));
	field = strtok(NULL, " \n");
	if (strncmp(field, "ip:", 3) == 0)
		question.host.address = from_hex(field + 3);
	else if (strcmp(field, "client") == 0)
		question.for_client = true;
	else
		question.host.text = (der){(const uint8_t *)field + 4, strlen(field + 4)};
	field = strtok(NULL, " \n");
	of.is_own = strcmp(field, "own") == 0;
	of.has_store = strcmp(field, "store") == 0;
	of.roots = (unsigned)atoi(strtok(NULL, " \n"));
	while ((field = strtok(NULL, " \n")) && of.count < CERTIFICATES_MAX)
		of.certificates[of.count++] = from_hex(field);
	question.sent = of.certificates + of.roots;
	question.sent_count = of.count - of.roots;
	if (by_both) {
		judge_both(&of, &question);
	} else {
		trust_judge(&question, &room, &answer);
		for (unsigned i = 0; i < of.count; i++) {
			if (answer.at_fault.at == of.certificates[i].at)
				at_fault = (int)i;
		}
		printf("%s %d %u\n", answer.code == TRUST_OK ? "ok" : trust_code_name(answer.code), at_fault, answer.signatures);
	}
	fflush(stdout);
	for (unsigned i = 0; i < of.count; i++)
		free((void *)of.certificates[i].at);
	free((void *)question.host.address.at);
}

int main(int count, char **words)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) > 0)
		judge(line, count > 1 && strcmp(words[1], "both") == 0);
	free(line);
	return 0;
}
