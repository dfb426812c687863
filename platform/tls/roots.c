/* Trusted roots, found by the name of an issuer and parsed in place. See roots.h. */
#include "roots.h"

#include <string.h>

#include "image.h"
#include "mbedtls/asn1.h"
#include "mbedtls/oid.h"

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)

static const uint8_t *find(unsigned index, size_t *length_bytes, bool *is_own)
{
	const uint8_t *at = image_find(IMAGE_ROOT, index, length_bytes);
	unsigned of_the_web = 0;

	*is_own = !at;
	if (at)
		return at;
	while (image_find(IMAGE_ROOT, of_the_web, length_bytes))
		of_the_web++;
	return image_find(IMAGE_ROOT_OWN, index - of_the_web, length_bytes);
}

const uint8_t *roots_get(unsigned index, size_t *length_bytes)
{
	bool is_own;

	return find(index, length_bytes, &is_own);
}

static bool enter(unsigned char **at, unsigned char **end)
{
	size_t length;

	if (mbedtls_asn1_get_tag(at, *end, &length, SEQUENCE) != 0)
		return false;
	*end = *at + length;
	return true;
}

static bool skip(unsigned char **at, const unsigned char *end, int tag)
{
	size_t length;

	if (mbedtls_asn1_get_tag(at, end, &length, tag) != 0)
		return false;
	*at += length;
	return true;
}

/* RFC 5280 4.1: TBSCertificate is version [0], serialNumber, signature, issuer,
 * validity, subject, ... */
static bool find_subject(const uint8_t *der, size_t length_bytes, const uint8_t **subject, size_t *subject_bytes)
{
	unsigned char *at = (unsigned char *)der;
	unsigned char *end = at + length_bytes;
	unsigned char *start;

	if (!enter(&at, &end) || !enter(&at, &end))
		return false;
	skip(&at, end, MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | 0);
	if (!skip(&at, end, MBEDTLS_ASN1_INTEGER) || !skip(&at, end, SEQUENCE) || !skip(&at, end, SEQUENCE)
		|| !skip(&at, end, SEQUENCE))
		return false;
	start = at;
	if (!skip(&at, end, SEQUENCE))
		return false;
	*subject = start;
	*subject_bytes = (size_t)(at - start);
	return true;
}

/* One "CN=x" into `to`; the type's short name where the library knows one. */
static size_t write_attribute(unsigned char *at, unsigned char *end, char *to, size_t room, bool first)
{
	mbedtls_asn1_buf type = {0};
	const char *short_name = "?";
	size_t length, used = 0;
	const char *separator = first ? "" : ", ";

	if (!enter(&at, &end) || mbedtls_asn1_get_tag(&at, end, &type.len, MBEDTLS_ASN1_OID) != 0)
		return 0;
	type.tag = MBEDTLS_ASN1_OID;
	type.p = at;
	at += type.len;
	if (end - at < 2)
		return 0;
	at++; /* the string's kind does not matter for reading */
	if (mbedtls_asn1_get_len(&at, end, &length) != 0)
		return 0;
	mbedtls_oid_get_attr_short_name(&type, &short_name);
	for (const char *from = separator; *from && used < room; from++)
		to[used++] = *from;
	for (const char *from = short_name; *from && used < room; from++)
		to[used++] = *from;
	if (used < room)
		to[used++] = '=';
	for (; length > 0 && used < room; length--, at++)
		to[used++] = *at < ' ' || *at == 0x7F ? '?' : (char)*at;
	return used;
}

bool roots_subject(const uint8_t *der, size_t length_bytes, char *to, size_t to_bytes)
{
	const uint8_t *subject;
	size_t subject_bytes, used = 0;
	unsigned char *at, *end;

	if (to_bytes == 0 || !find_subject(der, length_bytes, &subject, &subject_bytes))
		return false;
	at = (unsigned char *)subject;
	end = at + subject_bytes;
	if (!enter(&at, &end))
		return false;
	while (at < end) {
		size_t length;
		if (mbedtls_asn1_get_tag(&at, end, &length, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SET) != 0)
			return false;
		used += write_attribute(at, at + length, to + used, to_bytes - 1 - used, used == 0);
		at += length;
	}
	to[used] = '\0';
	return true;
}

bool roots_anchor(void *context, const der *issuer, unsigned index, trust_anchor *root)
{
	(void)issuer; /* platform/trust compares the names in place */
	for (const roots_extra *extra = context; extra; extra = extra->next) {
		if (index-- == 0) {
			*root = (trust_anchor){{extra->der, extra->length_bytes}, true};
			return true;
		}
	}
	root->certificate.at = find(index, &root->certificate.length, &root->is_own);
	return root->certificate.at != NULL;
}
