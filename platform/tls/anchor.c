/* A root of the store as a certificate. See anchor.h. */
#include "anchor.h"

#include <stdio.h>
#include <string.h>

#include "mbedtls/asn1write.h"
#include "mbedtls/platform.h"
#include "mbedtls/platform_util.h"

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)
#define OTHER_BYTES 200 /* more than all but names and key take */

/* Written from the end to the beginning, as asn1write.h does; the first error stays. */
typedef struct draft {
	unsigned char *start, *at;
	int error;
} draft;

static void keep(draft *of, int written)
{
	if (written < 0 && of->error == 0)
		of->error = written;
}

static void put(draft *of, const void *bytes, size_t length)
{
	keep(of, mbedtls_asn1_write_raw_buffer(&of->at, of->start, bytes, length));
}

/* Closes an element whose content ended at `end`. */
static void finish(draft *of, unsigned char tag, const unsigned char *end)
{
	keep(of, mbedtls_asn1_write_len(&of->at, of->start, (size_t)(end - of->at)));
	keep(of, mbedtls_asn1_write_tag(&of->at, of->start, tag));
}

static void put_time(draft *of, int64_t seconds)
{
	const unsigned char *end = of->at;
	mbedtls_time_t time = (mbedtls_time_t)seconds;
	struct tm on = {0};
	char text[40];

	mbedtls_platform_gmtime_r(&time, &on);
	put(of, text, (size_t)snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02dZ", on.tm_year + 1900, on.tm_mon + 1, on.tm_mday, on.tm_hour, on.tm_min, on.tm_sec));
	finish(of, MBEDTLS_ASN1_GENERALIZED_TIME, end);
}

/* basicConstraints and keyUsage, both critical (RFC 5280 4.2.1.9 and 4.2.1.3): keyCertSign. */
static void put_extensions(draft *of, int path_length)
{
	static const unsigned char usage[] = {0x30, 14, 6, 3, 0x55, 0x1D, 15, 1, 1, 0xFF, 4, 4, 3, 2, 2, 4};
	static const unsigned char basic[] = {6, 3, 0x55, 0x1D, 19, 1, 1, 0xFF};
	unsigned char *end = of->at, *middle;

	put(of, usage, sizeof usage);
	middle = of->at;
	if (path_length >= 0)
		keep(of, mbedtls_asn1_write_int(&of->at, of->start, path_length));
	keep(of, mbedtls_asn1_write_bool(&of->at, of->start, 1));
	finish(of, SEQUENCE, middle);
	finish(of, MBEDTLS_ASN1_OCTET_STRING, middle);
	put(of, basic, sizeof basic);
	finish(of, SEQUENCE, middle);
	finish(of, SEQUENCE, end);
	finish(of, MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | 3, end);
}

/* RFC 5280 4.1. */
static void put_certificate(draft *of, const certificate *root)
{
	static const unsigned char algorithm[] = {0x30, 10, 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2}; /* ecdsa-with-SHA256 */
	static const unsigned char signature[] = {3, 1, 0};
	static const unsigned char version_and_serial[] = {0xA0, 3, 2, 1, 2, 2, 1, 1};
	unsigned char *end = of->at, *signed_end, *dates_end;

	put(of, signature, sizeof signature);
	put(of, algorithm, sizeof algorithm);
	signed_end = of->at;
	put_extensions(of, root->path_length);
	put(of, root->key_info.at, root->key_info.length);
	put(of, root->subject.at, root->subject.length);
	dates_end = of->at;
	put_time(of, root->not_after);
	put_time(of, root->not_before);
	finish(of, SEQUENCE, dates_end);
	put(of, root->subject.at, root->subject.length);
	put(of, algorithm, sizeof algorithm);
	put(of, version_and_serial, sizeof version_and_serial);
	finish(of, SEQUENCE, signed_end);
	finish(of, SEQUENCE, end);
}

int anchor_parse(const certificate *root, mbedtls_x509_crt *to)
{
	size_t room = root->key_info.length + 2 * root->subject.length + OTHER_BYTES;
	unsigned char *start = mbedtls_calloc(1, room);
	draft of = {start, start + room, 0};

	if (!start)
		return MBEDTLS_ERR_X509_ALLOC_FAILED;
	put_certificate(&of, root);
	if (of.error == 0)
		of.error = mbedtls_x509_crt_parse_der(to, of.at, (size_t)(start + room - of.at));
	mbedtls_free(start);
	return of.error;
}
