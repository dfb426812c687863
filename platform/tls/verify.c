/* The judgement on a chain, and its code. See verify.h. */
#include "verify.h"

#include <stdio.h>
#include <string.h>

#include "address_text.h"
#include "mbedtls/asn1.h"
#include "mbedtls/oid.h"
#include "mbedtls/platform_util.h"

const mbedtls_x509_crt_profile verify_profile = {
	.allowed_mds = MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384)
		| MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
	.allowed_pks = 0xFFFFFFF, /* what the library was built with: RSA and EC */
	.allowed_curves = MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) | MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1),
	.rsa_min_bitlen = 2048,
};

/* The library's refusals of a path that platform/trust accepts. Weight decides
 * which of several is told: trust before purpose before dates before the name,
 * the order in which OpenSSL and Node look. */
static const struct {
	uint32_t flag;
	uint8_t weight;
	const char *code;
} faults[] = {
	{MBEDTLS_X509_BADCERT_NOT_TRUSTED, 6, "CERT_UNTRUSTED"},
	{MBEDTLS_X509_BADCERT_BAD_KEY, 5, "CA_KEY_TOO_SMALL"},
	{MBEDTLS_X509_BADCERT_BAD_MD, 5, "CA_MD_TOO_WEAK"},
	{MBEDTLS_X509_BADCERT_BAD_PK, 5, "INVALID_PURPOSE"},
	{MBEDTLS_X509_BADCERT_KEY_USAGE, 4, "INVALID_PURPOSE"},
	{MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, 4, "INVALID_PURPOSE"},
	{MBEDTLS_X509_BADCERT_NS_CERT_TYPE, 4, "INVALID_PURPOSE"},
	{MBEDTLS_X509_BADCERT_EXPIRED, 3, "CERT_HAS_EXPIRED"},
	{MBEDTLS_X509_BADCERT_FUTURE, 3, "CERT_NOT_YET_VALID"},
	{MBEDTLS_X509_BADCERT_CN_MISMATCH, 2, "ERR_TLS_CERT_ALTNAME_INVALID"},
	{0xFFFFFFFF, 1, "CERT_REJECTED"}, /* a fault that no row above names */
};
#define WEIGHT_PATH 7

void verify_start(verify *of, const char *host, int64_t now, roots_extra *roots)
{
	memset(of, 0, sizeof *of);
	size_t address_bytes = address_of_text(host, of->address);
	of->host_is_address = address_bytes > 0;
	of->both = (judgement){
		.host = of->host_is_address ? (names_host){.address = {of->address, address_bytes}}
									: (names_host){.text = {(const uint8_t *)host, strlen(host)}},
		.now = now, .root = roots_anchor, .roots = roots, .intermediates_max = -1,
	};
	judgement_start(&of->both);
}

void verify_end(verify *of)
{
	judgement_end(&of->both);
}

static void write_name(const mbedtls_x509_name *name, char *to)
{
	int count = mbedtls_x509_dn_gets(to, VERIFY_NAME_BYTES, name);

	if (count < 0)
		strcpy(to + VERIFY_NAME_BYTES - 4, "...");
	else if (count == 0)
		strcpy(to, "(no name)");
}

static void write_date(const mbedtls_x509_time *time, char *to)
{
	snprintf(to, VERIFY_DATE_BYTES, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)time->year % 10000,
		(unsigned)time->mon % 100, (unsigned)time->day % 100, (unsigned)time->hour % 100,
		(unsigned)time->min % 100, (unsigned)time->sec % 100);
}

void verify_describe(const mbedtls_x509_crt *from, verify_certificate *to)
{
	memset(to, ' ', sizeof *to);
	write_name(&from->subject, to->subject);
	write_name(&from->issuer, to->issuer);
	write_date(&from->valid_from, to->not_before);
	write_date(&from->valid_to, to->not_after);
}

static void write_seconds(int64_t seconds, char *to)
{
	mbedtls_time_t from = (mbedtls_time_t)seconds;
	struct tm parts = {0};

	mbedtls_platform_gmtime_r(&from, &parts);
	write_date(&(mbedtls_x509_time){parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec}, to);
}

/* A root of the image's table is no certificate that could be read. */
static void describe_root(const judgement *by, verify_certificate *to)
{
	memset(to, ' ', sizeof *to);
	write_name(&by->under_root->issuer, to->subject);
	memcpy(to->issuer, to->subject, sizeof to->issuer);
	write_seconds(by->valid_from, to->not_before);
	write_seconds(by->valid_until, to->not_after);
}

static unsigned kind_of(const mbedtls_x509_sequence *name)
{
	return (unsigned)name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
}

static void write_names(const mbedtls_x509_crt *leaf, char *to)
{
	const mbedtls_x509_sequence *name = &leaf->subject_alt_names;
	size_t used = 0;

	to[0] = '\0';
	if (!mbedtls_x509_crt_has_ext_type(leaf, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME))
		return;
	for (; name && used < VERIFY_NAME_BYTES; name = name->next) {
		const char *separator = used ? ", " : "";
		const unsigned char *bytes = name->buf.p;
		char address[ADDRESS_TEXT_BYTES];
		int count = 0;

		if (bytes && kind_of(name) == MBEDTLS_X509_SAN_DNS_NAME)
			count = snprintf(to + used, VERIFY_NAME_BYTES - used, "%s%.*s", separator, (int)name->buf.len, (const char *)bytes);
		else if (bytes && kind_of(name) == MBEDTLS_X509_SAN_IP_ADDRESS && (name->buf.len == 4 || name->buf.len == 16)) {
			address_text(address, bytes, name->buf.len);
			count = snprintf(to + used, VERIFY_NAME_BYTES - used, "%s%s", separator, address);
		}
		if (count > 0)
			used += (size_t)count;
	}
	if (used >= VERIFY_NAME_BYTES)
		strcpy(to + VERIFY_NAME_BYTES - 4, "...");
}

static bool refuse(verify *of, const char *code, uint8_t weight)
{
	if (weight <= of->weight)
		return false;
	of->code = code;
	of->weight = weight;
	return true;
}

/* The first word is platform/trust's: no refusal of the library's weighs more. */
int verify_candidates(void *context, const mbedtls_x509_crt *child, mbedtls_x509_crt **candidates)
{
	verify *of = context;
	int error = judgement_candidates(&of->both, child, candidates);
	trust_code code = of->both.code;
	bool is_unknown = code == TRUST_LEAF_SELF_SIGNED || code == TRUST_ROOT_UNKNOWN || code == TRUST_LEAF_ISSUER_UNKNOWN || code == TRUST_ISSUER_UNKNOWN;

	if (code == TRUST_OK || !refuse(of, is_unknown && roots_are_damaged() ? "ERR_TLS_ROOTS_DAMAGED" : trust_code_name(code), WEIGHT_PATH))
		return error;
	if (of->both.under_root)
		describe_root(&of->both, &of->certificate);
	else
		verify_describe(of->both.at_fault ? of->both.at_fault : child, &of->certificate);
	if (code == TRUST_WRONG_NAME)
		write_names(child, of->names);
	return error;
}

int verify_take(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
	verify *of = context;
	bool told = false;

	of->judged = true;
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		if (*flags & faults[i].flag)
			told |= refuse(of, faults[i].code, faults[i].weight);
	}
	if (told || (depth == 0 && !of->code))
		verify_describe(certificate, &of->certificate);
	return 0;
}

void verify_take_rest(verify *of, uint32_t flags)
{
	if (of->code || flags == 0 || flags == UINT32_MAX)
		return;
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		if (flags & faults[i].flag)
			refuse(of, faults[i].code, faults[i].weight);
	}
}
