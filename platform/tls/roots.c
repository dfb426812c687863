/* Trusted roots, found by the name of an issuer and parsed in place. See roots.h. */
#include "roots.h"

#include <stdio.h>

#include "image.h"
#include "mbedtls/asn1.h"
#include "mbedtls/oid.h"
#include "mbedtls/sha256.h"

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)

typedef enum store_state { STORE_UNKNOWN, STORE_SOUND, STORE_DAMAGED } store_state;

/* The web's roots; NULL when they are damaged. They are checked when they are asked for first. */
static const uint8_t *web(void)
{
	static store_state state;
	size_t room_bytes;
	const uint8_t *store = image_roots(&room_bytes);

	if (state == STORE_UNKNOWN) {
		size_t length = root_store_length(store, room_bytes);
		bool is_whole = length > 0 && image_crc32(store + ROOT_STORE_CHECKED_OFFSET, length - ROOT_STORE_CHECKED_OFFSET) == root_store_crc32(store);
		state = is_whole && root_store_is_sound(store, room_bytes) ? STORE_SOUND : STORE_DAMAGED;
	}
	return state == STORE_SOUND ? store : NULL;
}

bool roots_are_damaged(void)
{
	return web() == NULL;
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

static bool write_subject(const uint8_t *der, size_t length_bytes, char *to, size_t to_bytes)
{
	const uint8_t *subject;
	size_t subject_bytes, used = 0;
	unsigned char *at, *end;

	if (!find_subject(der, length_bytes, &subject, &subject_bytes))
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

bool roots_name(unsigned index, char *to, size_t to_bytes)
{
	const uint8_t *store = web(), *root = store ? root_store_get(store, index) : NULL, *own;
	size_t length_bytes;

	if (root) {
		der label = root_store_label(store, root);
		snprintf(to, to_bytes, "%.*s", (int)label.length, (const char *)label.at);
		return true;
	}
	own = image_find(IMAGE_ROOT, store ? index - root_store_count(store) : index, &length_bytes);
	if (own && !write_subject(own, length_bytes, to, to_bytes))
		snprintf(to, to_bytes, "(not a certificate)");
	return own != NULL;
}

bool roots_anchor(void *context, const der *issuer, unsigned index, trust_anchor *root)
{
	const uint8_t *store, *found, *own;
	unsigned char digest[32];
	unsigned own_count = 0;
	size_t length_bytes;

	/* platform/trust compares the names of certificates in place. */
	for (const roots_extra *extra = context; extra; extra = extra->next) {
		if (index-- == 0) {
			*root = (trust_anchor){.certificate = {extra->der, extra->length_bytes}, .is_own = true};
			return true;
		}
	}
	for (; (own = image_find(IMAGE_ROOT, own_count, &length_bytes)) != NULL; own_count++) {
		if (own_count == index) {
			*root = (trust_anchor){.certificate = {own, length_bytes}, .is_own = true};
			return true;
		}
	}
	store = web();
	if (!store || mbedtls_sha256(issuer->at, issuer->length, digest, 0) != 0)
		return false;
	/* CA/B BR 7.1.4.1: an issuer's name is byte for byte its subject. */
	found = root_store_find(store, digest, index - own_count);
	if (found)
		*root = (trust_anchor){.certificate = {found, ROOT_STORE_ROOT_BYTES}, .store = store};
	return found != NULL;
}
