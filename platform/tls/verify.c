/* The judgement on a chain, and its code. See verify.h. */
#include "verify.h"

#include <stdio.h>
#include <string.h>

#include "mbedtls/asn1.h"
#include "mbedtls/oid.h"

const mbedtls_x509_crt_profile verify_profile = {
	.allowed_mds = MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384)
		| MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
	.allowed_pks = 0xFFFFFFF, /* what the library was built with: RSA and EC */
	.allowed_curves = MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) | MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1),
	.rsa_min_bitlen = 2048,
};

static const char altname_code[] = "ERR_TLS_CERT_ALTNAME_INVALID";

/* Weight decides which of several faults is told: trust before purpose before
 * dates before the name, the order in which OpenSSL and Node look. */
static const struct {
	uint32_t flag;
	uint8_t weight;
	const char *code;
} faults[] = {
	{MBEDTLS_X509_BADCERT_BAD_MD, 5, "CA_MD_TOO_WEAK"},
	{MBEDTLS_X509_BADCERT_BAD_PK, 5, "INVALID_PURPOSE"},
	{MBEDTLS_X509_BADCERT_KEY_USAGE, 4, "INVALID_PURPOSE"},
	{MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, 4, "INVALID_PURPOSE"},
	{MBEDTLS_X509_BADCERT_NS_CERT_TYPE, 4, "INVALID_PURPOSE"},
	{MBEDTLS_X509_BADCERT_EXPIRED, 3, "CERT_HAS_EXPIRED"},
	{MBEDTLS_X509_BADCERT_FUTURE, 3, "CERT_NOT_YET_VALID"},
	{MBEDTLS_X509_BADCERT_CN_MISMATCH, 2, altname_code},
	{0xFFFFFFFF, 1, "CERT_REJECTED"}, /* a fault that no row above names */
};
#define WEIGHT_TRUST 6

static int decimal(const char **text)
{
	int value = 0;
	const char *at = *text;

	for (; *at >= '0' && *at <= '9' && at - *text < 3; at++)
		value = value * 10 + (*at - '0');
	if (at == *text || value > 255)
		return -1;
	*text = at;
	return value;
}

static bool parse_address(const char *text, uint8_t to[4])
{
	for (int i = 0; i < 4; i++) {
		int part = decimal(&text);
		if (part < 0 || *text != (i < 3 ? '.' : '\0'))
			return false;
		text++;
		to[i] = (uint8_t)part;
	}
	return true;
}

void verify_start(verify *of, const char *host)
{
	memset(of, 0, sizeof *of);
	of->host = host;
	of->host_is_address = parse_address(host, of->address);
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

static bool same_letter(char a, char b)
{
	if (a >= 'A' && a <= 'Z')
		a = (char)(a + 32);
	if (b >= 'A' && b <= 'Z')
		b = (char)(b + 32);
	return a == b;
}

static bool same_text(const char *a, const char *b, size_t length)
{
	while (length > 0 && same_letter(*a, *b)) {
		a++;
		b++;
		length--;
	}
	return length == 0;
}

/* RFC 9525 6.3: a wildcard is the whole left-most label and stands for one
 * label; at least two labels follow it. */
static bool name_matches(const char *pattern, size_t length, const char *host)
{
	size_t host_length = strlen(host);
	const char *rest;

	if (length == host_length && same_text(pattern, host, length))
		return true;
	rest = strchr(host, '.');
	if (length < 4 || pattern[0] != '*' || pattern[1] != '.' || !memchr(pattern + 2, '.', length - 2))
		return false;
	return rest && rest != host && strlen(rest) == length - 1 && same_text(pattern + 1, rest, length - 1);
}

static unsigned kind_of(const mbedtls_x509_sequence *name)
{
	return (unsigned)name->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
}

static bool host_is_named(const verify *of, const mbedtls_x509_crt *leaf)
{
	const mbedtls_x509_sequence *name = &leaf->subject_alt_names;

	if (!mbedtls_x509_crt_has_ext_type(leaf, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME))
		return false;
	for (; name; name = name->next) {
		if (!name->buf.p)
			continue;
		if (of->host_is_address) {
			if (kind_of(name) == MBEDTLS_X509_SAN_IP_ADDRESS && name->buf.len == sizeof of->address
				&& memcmp(name->buf.p, of->address, sizeof of->address) == 0)
				return true;
		} else if (kind_of(name) == MBEDTLS_X509_SAN_DNS_NAME
			&& name_matches((const char *)name->buf.p, name->buf.len, of->host)) {
			return true;
		}
	}
	return false;
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
		int count = 0;

		if (bytes && kind_of(name) == MBEDTLS_X509_SAN_DNS_NAME)
			count = snprintf(to + used, VERIFY_NAME_BYTES - used, "%s%.*s", separator, (int)name->buf.len, (const char *)bytes);
		else if (bytes && kind_of(name) == MBEDTLS_X509_SAN_IP_ADDRESS && name->buf.len == 4)
			count = snprintf(to + used, VERIFY_NAME_BYTES - used, "%s%u.%u.%u.%u", separator, bytes[0], bytes[1], bytes[2], bytes[3]);
		if (count > 0)
			used += (size_t)count;
	}
	if (used >= VERIFY_NAME_BYTES)
		strcpy(to + VERIFY_NAME_BYTES - 4, "...");
}

static bool same_bytes(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
	return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

/* Its own issuer by name, and by key identifier where both are given (RFC 5280 4.2.1.1). */
static bool is_self_issued(const mbedtls_x509_crt *certificate)
{
	const mbedtls_x509_buf *own_key = &certificate->subject_key_id;
	const mbedtls_x509_buf *issuing_key = &certificate->authority_key_id.keyIdentifier;

	if (!same_bytes(&certificate->subject_raw, &certificate->issuer_raw))
		return false;
	return own_key->len == 0 || issuing_key->len == 0 || same_bytes(own_key, issuing_key);
}

/* The library says one thing (NOT_TRUSTED) for what Node tells apart. */
static const char *trust_code(const verify *of, const mbedtls_x509_crt *certificate, int depth)
{
	if (depth != of->top)
		return "CERT_SIGNATURE_FAILURE"; /* its issuer was found, and did not sign it */
	if (is_self_issued(certificate))
		return depth == 0 ? "DEPTH_ZERO_SELF_SIGNED_CERT" : "SELF_SIGNED_CERT_IN_CHAIN";
	return depth == 0 ? "UNABLE_TO_VERIFY_LEAF_SIGNATURE" : "UNABLE_TO_GET_ISSUER_CERT_LOCALLY";
}

static const char *key_code(const mbedtls_x509_crt *certificate, int depth)
{
	bool own_key_is_weak = mbedtls_pk_get_type(&certificate->pk) == MBEDTLS_PK_RSA
		&& mbedtls_pk_get_bitlen(&certificate->pk) < verify_profile.rsa_min_bitlen;

	/* The flag stands at the child whose issuer's key is weak, and at a weak leaf. */
	return depth == 0 && own_key_is_weak ? "EE_KEY_TOO_SMALL" : "CA_KEY_TOO_SMALL";
}

static bool refuse(verify *of, const char *code, uint8_t weight)
{
	if (weight <= of->weight)
		return false;
	of->code = code;
	of->weight = weight;
	return true;
}

int verify_take(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
	verify *of = context;
	bool told = false;

	if (!of->top_seen) {
		of->top_seen = true;
		of->top = (uint8_t)depth;
	}
	if (depth == 0 && !host_is_named(of, certificate))
		*flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;

	if (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
		told |= refuse(of, trust_code(of, certificate, depth), WEIGHT_TRUST);
	if (*flags & MBEDTLS_X509_BADCERT_BAD_KEY)
		told |= refuse(of, key_code(certificate, depth), 5);
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		if (*flags & faults[i].flag)
			told |= refuse(of, faults[i].code, faults[i].weight);
	}
	if (told || (depth == 0 && !of->code))
		verify_describe(certificate, &of->certificate);
	if (depth == 0 && of->code == altname_code)
		write_names(certificate, of->names);
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
