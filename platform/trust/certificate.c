/* One X.509 certificate, read in place. See certificate.h. */
#include "certificate.h"

#include <string.h>

static const char malformed[] = "ERR_TLS_CERT_MALFORMED";

#define SERIAL_BYTES_MAX 20 /* RFC 5280 4.1.2.2 */
#define EXTENSIONS_MAX 40

static bool is(der bytes, const char *text, size_t length)
{
	return bytes.length == length && memcmp(bytes.at, text, length) == 0;
}
#define IS(bytes, literal) is(bytes, literal, sizeof(literal) - 1)

/* --- Times (RFC 5280 4.1.2.5). */

static bool two_digits(const uint8_t *at, int *value)
{
	if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
		return false;
	*value = (at[0] - '0') * 10 + at[1] - '0';
	return true;
}

static int64_t days_from_civil(int year, int month, int day)
{
	int from_march = (month + 9) % 12;
	int64_t y = month <= 2 ? year - 1 : year;

	return y * 365 + y / 4 - y / 100 + y / 400 + (from_march * 153 + 2) / 5 + day - 1 - 719468;
}

static bool read_time(der *from, int64_t *seconds)
{
	static const uint8_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int century, year, month, day, hour, minute, second;
	uint8_t tag;
	der text;

	if (!der_next(from, &tag, &text))
		return false;
	if (tag == DER_UTC_TIME && text.length == 13) {
		if (!two_digits(text.at, &year))
			return false;
		year += year < 50 ? 2000 : 1900;
		text.at += 2;
	} else if (tag == DER_GENERALIZED_TIME && text.length == 15) {
		if (!two_digits(text.at, &century) || !two_digits(text.at + 2, &year))
			return false;
		year += century * 100;
		if (year < 2050)
			return false; /* through 2049 it is UTCTime */
		text.at += 4;
	} else {
		return false;
	}
	if (!two_digits(text.at, &month) || !two_digits(text.at + 2, &day) || !two_digits(text.at + 4, &hour)
		|| !two_digits(text.at + 6, &minute) || !two_digits(text.at + 8, &second) || text.at[10] != 'Z')
		return false;
	if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59)
		return false;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (day > month_days[month - 1] + (month == 2 && leap))
		return false;
	*seconds = ((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
	return true;
}

/* --- Algorithms. */

/* The three encodings of RSASSA-PSS that CA/B BR 7.1.3.2.1 allows; they differ in the hash and in the salt's length. */
static bool read_pss(der parameters, certificate *to)
{
	static const uint8_t form[] = {
		0x30, 0x34, 0xA0, 0x0F, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
		0xA1, 0x1C, 0x30, 0x1A, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x08, 0x30, 0x0D, 0x06, 0x09,
		0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0xA2, 0x03, 0x02, 0x01, 0x20,
	};
	uint8_t copy[sizeof form];
	uint8_t hash;

	if (parameters.length != sizeof form)
		return false;
	hash = parameters.at[16];
	if (hash < 1 || hash > 3)
		return false;
	memcpy(copy, form, sizeof form);
	copy[16] = copy[46] = hash;
	copy[sizeof form - 1] = (uint8_t)(hash == 1 ? 32 : hash == 2 ? 48 : 64);
	if (memcmp(copy, parameters.at, sizeof form) != 0)
		return false;
	to->hash_bits = (uint16_t)(hash == 1 ? 256 : hash == 2 ? 384 : 512);
	to->scheme = CERTIFICATE_RSA_PSS;
	return true;
}

static bool read_algorithm(der algorithm, certificate *to)
{
	der content, oid, parameters;

	if (!der_take(&algorithm, DER_SEQUENCE, &content) || algorithm.length != 0 || !der_take(&content, DER_OID, &oid))
		return false;
	parameters = content;
	if (IS(oid, "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A"))
		return read_pss(parameters, to) || (to->weak = "CA_MD_TOO_WEAK", true);
	if (oid.length == 9 && memcmp(oid.at, "\x2A\x86\x48\x86\xF7\x0D\x01\x01", 8) == 0 && oid.at[8] >= 11 && oid.at[8] <= 13) {
		to->scheme = CERTIFICATE_RSA_PKCS1;
		to->hash_bits = (uint16_t)(oid.at[8] == 11 ? 256 : oid.at[8] == 12 ? 384 : 512);
		return IS(parameters, "\x05\x00"); /* RFC 4055 5: NULL stands there */
	}
	if (oid.length == 8 && memcmp(oid.at, "\x2A\x86\x48\xCE\x3D\x04\x03", 7) == 0 && oid.at[7] >= 2 && oid.at[7] <= 4) {
		to->scheme = CERTIFICATE_ECDSA;
		to->hash_bits = (uint16_t)(oid.at[7] == 2 ? 256 : oid.at[7] == 3 ? 384 : 512);
		return parameters.length == 0; /* RFC 5758 3.2: nothing stands there */
	}
	to->weak = "CA_MD_TOO_WEAK";
	return true;
}

static bool read_rsa(der key, certificate *to)
{
	der content, modulus, exponent;
	size_t bits;

	if (!der_take(&key, DER_SEQUENCE, &content) || key.length != 0 || !der_positive(&content, &modulus)
		|| !der_positive(&content, &exponent) || content.length != 0)
		return false;
	bits = modulus.length * 8;
	for (uint8_t first = modulus.at[0]; !(first & 0x80); first = (uint8_t)(first << 1))
		bits--;
	if (bits < 2048 || bits % 8 != 0) /* CA/B BR 6.1.5 */
		to->weak = "KEY_TOO_SMALL";
	if (bits > 8192 || exponent.length > 4)
		to->weak = "KEY_TOO_LARGE"; /* costs time, and none is in use */
	if (!(modulus.at[modulus.length - 1] & 1) || !(exponent.at[exponent.length - 1] & 1)
		|| (exponent.length == 1 && exponent.at[0] < 3))
		to->weak = "KEY_TOO_SMALL"; /* CA/B BR 6.1.6 */
	to->key = CERTIFICATE_KEY_RSA;
	return true;
}

static bool read_key(certificate *to)
{
	der from = to->key_info, content, algorithm, oid, curve, key;

	if (!der_take(&from, DER_SEQUENCE, &content) || from.length != 0 || !der_take(&content, DER_SEQUENCE, &algorithm)
		|| !der_whole_bits(&content, &key) || content.length != 0 || !der_take(&algorithm, DER_OID, &oid))
		return false;
	if (IS(oid, "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01"))
		return IS(algorithm, "\x05\x00") && read_rsa(key, to);
	if (!IS(oid, "\x2A\x86\x48\xCE\x3D\x02\x01")) {
		to->weak = "KEY_TOO_SMALL";
		return true;
	}
	if (!der_take(&algorithm, DER_OID, &curve) || algorithm.length != 0)
		return false; /* RFC 5480 2.1.1: a named curve */
	if (IS(curve, "\x2A\x86\x48\xCE\x3D\x03\x01\x07"))
		to->key = CERTIFICATE_KEY_P256;
	else if (IS(curve, "\x2B\x81\x04\x00\x22"))
		to->key = CERTIFICATE_KEY_P384;
	else
		return to->weak = "KEY_TOO_SMALL", true;
	return key.length == (to->key == CERTIFICATE_KEY_P256 ? 65u : 97u) && key.at[0] == 4;
}

/* --- Names of people and places (RFC 5280 4.1.2.4). */

static bool name_is_sound(der name)
{
	der sequence, set, attribute, oid, value;
	uint8_t tag;

	if (!der_take(&name, DER_SEQUENCE, &sequence) || name.length != 0)
		return false;
	while (sequence.length > 0) {
		if (!der_take(&sequence, DER_SET, &set) || set.length == 0)
			return false;
		while (set.length > 0) {
			if (!der_take(&set, DER_SEQUENCE, &attribute) || !der_take(&attribute, DER_OID, &oid)
				|| !der_next(&attribute, &tag, &value) || attribute.length != 0)
				return false;
		}
	}
	return true;
}

static uint8_t folded(uint8_t letter)
{
	return letter >= 'A' && letter <= 'Z' ? (uint8_t)(letter + 32) : letter;
}

static void trim(der *text)
{
	while (text->length > 0 && text->at[0] == ' ') {
		text->at++;
		text->length--;
	}
	while (text->length > 0 && text->at[text->length - 1] == ' ')
		text->length--;
}

static bool is_text(uint8_t tag)
{
	return tag == 0x0C || tag == 0x13 || tag == 0x16; /* UTF8String, PrintableString, IA5String */
}

static bool same_text(der a, der b)
{
	trim(&a);
	trim(&b);
	while (a.length > 0 && b.length > 0) {
		if (folded(a.at[0]) != folded(b.at[0]))
			return false;
		bool blank = a.at[0] == ' ';
		do {
			a.at++;
			a.length--;
		} while (blank && a.length > 0 && a.at[0] == ' ');
		do {
			b.at++;
			b.length--;
		} while (blank && b.length > 0 && b.at[0] == ' ');
	}
	return a.length == 0 && b.length == 0;
}

static bool same_set(der a, der b)
{
	while (a.length > 0 && b.length > 0) {
		der one, other, one_oid, other_oid, one_value, other_value;
		uint8_t one_tag, other_tag;

		if (!der_take(&a, DER_SEQUENCE, &one) || !der_take(&b, DER_SEQUENCE, &other) || !der_take(&one, DER_OID, &one_oid)
			|| !der_take(&other, DER_OID, &other_oid) || !der_next(&one, &one_tag, &one_value)
			|| !der_next(&other, &other_tag, &other_value) || !der_same(one_oid, other_oid))
			return false;
		if (is_text(one_tag) && is_text(other_tag) ? !same_text(one_value, other_value)
			: one_tag != other_tag || !der_same(one_value, other_value))
			return false;
	}
	return a.length == 0 && b.length == 0;
}

static bool begins(der name, der prefix, bool whole)
{
	der a, b, one, other;

	if (!der_take(&name, DER_SEQUENCE, &a) || !der_take(&prefix, DER_SEQUENCE, &b))
		return false;
	while (b.length > 0) {
		if (!der_take(&a, DER_SET, &one) || !der_take(&b, DER_SET, &other) || !same_set(one, other))
			return false;
	}
	return !whole || a.length == 0;
}

bool certificate_same_name(der a, der b)
{
	return der_same(a, b) || begins(a, b, true);
}

bool certificate_name_begins(der under, der prefix)
{
	return begins(under, prefix, false);
}

/* --- Extensions (RFC 5280 4.2). */

static bool read_basic(der value, bool critical, certificate *to)
{
	der content, flag, length;

	to->has_basic = true;
	to->basic_critical = critical;
	if (!der_take(&value, DER_SEQUENCE, &content) || value.length != 0)
		return false;
	if (der_is_next(&content, DER_BOOLEAN)) {
		if (!der_take(&content, DER_BOOLEAN, &flag) || !IS(flag, "\xFF"))
			return false;
		to->is_ca = true;
	}
	if (content.length > 0) {
		if (!to->is_ca || !der_take(&content, DER_INTEGER, &length) || length.length < 1 || length.at[0] & 0x80
			|| (length.length > 1 && length.at[0] == 0 && !(length.at[1] & 0x80)))
			return false;
		to->path_length = length.length > 1 ? 255 : length.at[0];
	}
	return content.length == 0;
}

static bool read_usage(der value, certificate *to)
{
	der bits;
	uint8_t last;

	to->has_key_usage = true;
	if (!der_take(&value, DER_BIT_STRING, &bits) || value.length != 0 || bits.length < 2 || bits.length > 3 || bits.at[0] > 7)
		return false;
	last = bits.at[bits.length - 1];
	if (last == 0 || last & ((1u << bits.at[0]) - 1) || !(last & 1u << bits.at[0]))
		return false; /* X.690 11.2.2: no trailing zero bits, and RFC 5280: at least one is set */
	to->key_usage = bits.at[1];
	return true;
}

static bool read_purposes(der value, bool critical, certificate *to)
{
	der list, oid;

	to->has_purposes = true;
	to->purposes_critical = critical;
	if (!der_take(&value, DER_SEQUENCE, &list) || value.length != 0 || list.length == 0)
		return false;
	while (list.length > 0) {
		if (!der_take(&list, DER_OID, &oid) || oid.length == 0)
			return false;
		to->for_servers |= IS(oid, "\x2B\x06\x01\x05\x05\x07\x03\x01");
		to->for_clients |= IS(oid, "\x2B\x06\x01\x05\x05\x07\x03\x02");
		to->for_any |= IS(oid, "\x55\x1D\x25\x00");
	}
	return true;
}

static bool read_constraints(der value, certificate *to)
{
	der content;

	to->has_constraints = true;
	if (!der_take(&value, DER_SEQUENCE, &content) || value.length != 0 || content.length == 0)
		return false;
	if (der_is_next(&content, DER_CONTEXT_CONSTRUCTED(0)) && (!der_take(&content, DER_CONTEXT_CONSTRUCTED(0), &to->permitted) || to->permitted.length == 0))
		return false;
	if (der_is_next(&content, DER_CONTEXT_CONSTRUCTED(1)) && (!der_take(&content, DER_CONTEXT_CONSTRUCTED(1), &to->excluded) || to->excluded.length == 0))
		return false;
	return content.length == 0;
}

static bool read_authority(der value, certificate *to)
{
	der content, part;
	uint8_t tag;

	to->has_authority = true;
	if (!der_take(&value, DER_SEQUENCE, &content) || value.length != 0)
		return false;
	while (content.length > 0) {
		if (!der_next(&content, &tag, &part))
			return false;
		if (tag == DER_CONTEXT(0))
			to->authority_key = part;
		else if (tag == DER_CONTEXT_CONSTRUCTED(1) || tag == DER_CONTEXT(2))
			to->has_authority_issuer = true;
		else
			return false;
	}
	return true;
}

/* A sequence of one or more sequences that each begin with an OID: authorityInfoAccess and certificatePolicies. */
static bool list_is_sound(der value, bool with_location)
{
	der list, one, oid, place;
	uint8_t tag;

	if (!der_take(&value, DER_SEQUENCE, &list) || value.length != 0 || list.length == 0)
		return false;
	while (list.length > 0) {
		if (!der_take(&list, DER_SEQUENCE, &one) || !der_take(&one, DER_OID, &oid))
			return false;
		if (with_location && (!der_next(&one, &tag, &place) || (tag & 0xC0) != 0x80 || one.length != 0))
			return false;
	}
	return true;
}

static bool read_extension(der oid, bool critical, der value, certificate *to)
{
	der whole = value;

	if (IS(oid, "\x2B\x06\x01\x05\x05\x07\x01\x01"))
		return !critical && list_is_sound(value, true);
	if (oid.length == 3 && oid.at[0] == 0x55 && oid.at[1] == 0x1D) {
		switch (oid.at[2]) {
		case 14:
			to->has_subject_key = true;
			return !critical && der_take(&value, DER_OCTET_STRING, &to->subject_key) && value.length == 0 && to->subject_key.length > 0;
		case 15:
			return read_usage(value, to);
		case 17:
			to->has_names = true;
			to->names_critical = critical;
			return der_take(&value, DER_SEQUENCE, &to->names) && value.length == 0 && to->names.length > 0;
		case 19:
			return read_basic(value, critical, to);
		case 30:
			return read_constraints(value, to);
		case 32:
			return list_is_sound(whole, false);
		case 35:
			return !critical && read_authority(value, to);
		case 36:
			if (!critical)
				return false; /* RFC 5280 4.2.1.11: it must be */
			break;
		case 37:
			return read_purposes(value, critical, to);
		}
	}
	to->unknown_critical |= critical;
	return true;
}

static bool is_repeated(der oid, der rest)
{
	der one, other;

	while (rest.length > 0) {
		if (!der_take(&rest, DER_SEQUENCE, &one) || !der_take(&one, DER_OID, &other))
			return true;
		if (der_same(oid, other))
			return true;
	}
	return false;
}

static bool read_extensions(der from, certificate *to)
{
	der list, one, oid, flag, value;
	unsigned count = 0;

	if (!der_take(&from, DER_SEQUENCE, &list) || from.length != 0 || list.length == 0)
		return false;
	while (list.length > 0) {
		bool critical = false;

		if (++count > EXTENSIONS_MAX || !der_take(&list, DER_SEQUENCE, &one) || !der_take(&one, DER_OID, &oid) || is_repeated(oid, list))
			return false;
		if (der_is_next(&one, DER_BOOLEAN)) {
			if (!der_take(&one, DER_BOOLEAN, &flag) || !IS(flag, "\xFF"))
				return false; /* X.690 11.1 and 11.5: true is FF, and false is left out */
			critical = true;
		}
		if (!der_take(&one, DER_OCTET_STRING, &value) || one.length != 0 || !read_extension(oid, critical, value, to))
			return false;
	}
	return true;
}

const char *certificate_read(der whole, certificate *to)
{
	der from = whole, outer, tbs, version, number, serial, inner_algorithm, algorithm, validity, extensions;

	memset(to, 0, sizeof *to);
	to->whole = whole;
	to->path_length = -1;
	if (!der_take(&from, DER_SEQUENCE, &outer) || from.length != 0 || !der_take_whole(&outer, DER_SEQUENCE, &to->signed_part)
		|| !der_take_whole(&outer, DER_SEQUENCE, &algorithm) || !der_whole_bits(&outer, &to->signature) || outer.length != 0)
		return malformed;
	from = to->signed_part;
	der_take(&from, DER_SEQUENCE, &tbs);
	if (!der_take(&tbs, DER_CONTEXT_CONSTRUCTED(0), &version) || !der_take(&version, DER_INTEGER, &number) || version.length != 0
		|| !IS(number, "\x02"))
		return malformed; /* version 3 only */
	to->serial_is_zero = tbs.length > 3 && memcmp(tbs.at, "\x02\x01\x00", 3) == 0; /* some old roots have it */
	if (to->serial_is_zero)
		der_take(&tbs, DER_INTEGER, &serial);
	else if (!der_positive(&tbs, &serial) || serial.length + (serial.at[0] >> 7) > SERIAL_BYTES_MAX)
		return malformed;
	if (!der_take_whole(&tbs, DER_SEQUENCE, &inner_algorithm) || !der_same(inner_algorithm, algorithm) || !read_algorithm(algorithm, to))
		return malformed;
	if (!der_take_whole(&tbs, DER_SEQUENCE, &to->issuer) || !name_is_sound(to->issuer) || to->issuer.length == 2)
		return malformed; /* RFC 5280 4.1.2.4: the issuer has a name */
	if (!der_take(&tbs, DER_SEQUENCE, &validity) || !read_time(&validity, &to->not_before) || !read_time(&validity, &to->not_after)
		|| validity.length != 0)
		return malformed;
	if (!der_take_whole(&tbs, DER_SEQUENCE, &to->subject) || !name_is_sound(to->subject)
		|| !der_take_whole(&tbs, DER_SEQUENCE, &to->key_info) || !read_key(to))
		return malformed;
	if (tbs.length > 0 && (!der_take(&tbs, DER_CONTEXT_CONSTRUCTED(3), &extensions) || !read_extensions(extensions, to)))
		return malformed;
	if (tbs.length != 0)
		return malformed;
	to->self_issued = certificate_same_name(to->issuer, to->subject);
	return NULL;
}
