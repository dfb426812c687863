/* One X.509 certificate, read in place. See certificate.h. */
#include "certificate.h"

#include <string.h>

#define SERIAL_BYTES_MAX 20 /* RFC 5280 4.1.2.2 */
#define EXTENSIONS_MAX 40

/* --- Object identifiers: a row of the table and the last byte behind it. */

#define OID(row, last) ((row) << 8 | (last))
enum { ROW_NONE, ROW_PKCS1, ROW_ECDSA, ROW_EC, ROW_PRIME, ROW_CERTICOM, ROW_ACCESS, ROW_PURPOSE, ROW_EXTENSION, ROW_ANY, ROW_QUALIFIER };
enum {
	OID_RSA = OID(ROW_PKCS1, 1),
	OID_RSA_PSS = OID(ROW_PKCS1, 10),
	OID_RSA_SHA256 = OID(ROW_PKCS1, 11),
	OID_RSA_SHA512 = OID(ROW_PKCS1, 13),
	OID_ECDSA_SHA256 = OID(ROW_ECDSA, 2),
	OID_ECDSA_SHA512 = OID(ROW_ECDSA, 4),
	OID_EC = OID(ROW_EC, 1),
	OID_P256 = OID(ROW_PRIME, 7),
	OID_P384 = OID(ROW_CERTICOM, 34),
	OID_AUTHORITY_ACCESS = OID(ROW_ACCESS, 1),
	OID_FOR_SERVERS = OID(ROW_PURPOSE, 1),
	OID_FOR_CLIENTS = OID(ROW_PURPOSE, 2),
	OID_FOR_ANY = OID(ROW_ANY, 0),
	OID_PRACTICES = OID(ROW_QUALIFIER, 1), /* id-qt-cps */
	OID_NOTICE = OID(ROW_QUALIFIER, 2), /* id-qt-unotice */
};

static unsigned oid_of(const der *oid)
{
	static const char rows[] = "\x08\x2A\x86\x48\x86\xF7\x0D\x01\x01" "\x07\x2A\x86\x48\xCE\x3D\x04\x03" "\x06\x2A\x86\x48\xCE\x3D\x02"
		"\x07\x2A\x86\x48\xCE\x3D\x03\x01" "\x04\x2B\x81\x04\x00" "\x07\x2B\x06\x01\x05\x05\x07\x01" "\x07\x2B\x06\x01\x05\x05\x07\x03"
		"\x02\x55\x1D" "\x03\x55\x1D\x25" "\x07\x2B\x06\x01\x05\x05\x07\x02";
	unsigned row = 1;

	for (const char *at = rows; *at; at += *at + 1, row++) {
		size_t length = (size_t)*at;
		if (oid->length == length + 1 && memcmp(oid->at, at + 1, length) == 0)
			return OID(row, oid->at[length]);
	}
	return ROW_NONE;
}

static bool is_null(const der *bytes)
{
	return bytes->length == 2 && bytes->at[0] == 5 && bytes->at[1] == 0;
}

static bool is_byte(const der *content, uint8_t byte)
{
	return content->length == 1 && content->at[0] == byte;
}

static bool is_true(const der *content)
{
	return is_byte(content, 0xFF); /* X.690 11.1 and 11.5: true is FF, and false is left out */
}

/* --- Times (RFC 5280 4.1.2.5). */

static bool read_time(der *from, int64_t *seconds)
{
	enum { CENTURY, YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, FIELDS };
	static const uint8_t most[] = {99, 99, 12, 31, 23, 59, 59};
	int field[FIELDS], first, year, month, days;
	uint8_t tag;
	der text;

	if (!der_next(from, &tag, &text) || (tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME))
		return false;
	first = tag == DER_UTC_TIME ? YEAR : CENTURY;
	if (text.length != (size_t)(FIELDS - first) * 2 + 1)
		return false;
	for (int i = first; i < FIELDS; i++) {
		unsigned tens = *text.at++ - (unsigned)'0', ones = *text.at++ - (unsigned)'0';
		if (tens > 9 || ones > 9)
			return false;
		field[i] = (int)(tens * 10 + ones);
		if (field[i] > most[i])
			return false;
	}
	if (first == YEAR)
		field[CENTURY] = field[YEAR] < 50 ? 20 : 19;
	year = field[CENTURY] * 100 + field[YEAR];
	month = field[MONTH];
	if (*text.at != 'Z' || (first == CENTURY && year < 2050) || month < 1 || field[DAY] < 1)
		return false; /* through 2049 it is UTCTime */
	days = month == 2 ? 28 + ((field[YEAR] ? field[YEAR] : field[CENTURY]) % 4 == 0) : 30 + ((month + (month >> 3)) & 1);
	if (field[DAY] > days)
		return false;
	/* Days since 1970, in years that begin with March. */
	if (month <= 2) {
		month += 12;
		year--;
	}
	days = year * 365 + year / 4 - year / 100 + year / 400 + ((month - 3) * 153 + 2) / 5 + field[DAY] - 1 - 719468;
	*seconds = (int64_t)days * 86400 + ((field[HOUR] * 60 + field[MINUTE]) * 60 + field[SECOND]);
	return true;
}

/* --- Algorithms. */

/*
 * The three encodings of RSASSA-PSS that CA/B BR 7.1.3.2.1 allows differ in the
 * hash, named twice, and in the salt's length. The rest of them needs no look:
 * a signature that was made otherwise is not right.
 */
static bool read_pss(const der *parameters, certificate *to)
{
	enum { BYTES = 54, HASH = 16, MASK_HASH = 46, SALT_BYTES = BYTES - 1 };
	const uint8_t *at = parameters->at;
	uint8_t hash;

	if (parameters->length != BYTES)
		return false;
	hash = at[HASH]; /* 1: SHA-256, 2: SHA-384, 3: SHA-512 */
	to->hash_bytes = (uint8_t)(16 + hash * 16);
	to->scheme = CERTIFICATE_RSA_PSS;
	return hash >= 1 && hash <= 3 && at[MASK_HASH] == hash && at[SALT_BYTES] == to->hash_bytes;
}

static bool read_algorithm(der *content, certificate *to)
{
	unsigned oid, first;
	der name;

	if (!der_take(content, DER_OID, &name))
		return false;
	oid = oid_of(&name);
	if (oid == OID_RSA_PSS && read_pss(content, to))
		return true;
	first = oid >> 8 == ROW_PKCS1 ? OID_RSA_SHA256 : OID_ECDSA_SHA256;
	if (oid - first > 2) {
		to->weakness = CERTIFICATE_WEAK_HASH;
		return true;
	}
	to->hash_bytes = (uint8_t)((oid - first) * 16 + 32);
	if (first == OID_RSA_SHA256) {
		to->scheme = CERTIFICATE_RSA_PKCS1;
		return is_null(content); /* RFC 4055 5: NULL stands there */
	}
	to->scheme = CERTIFICATE_ECDSA;
	return content->length == 0; /* RFC 5758 3.2: nothing stands there */
}

static bool is_odd(const der *number)
{
	return number->at[number->length - 1] & 1;
}

static bool read_rsa(der *key, certificate *to)
{
	der parts[2], *modulus = &parts[0], *exponent = &parts[1];

	if (!der_enter(key, DER_SEQUENCE) || !der_split(key, "\x02\x02", 0, parts) || !der_positive(modulus) || !der_positive(exponent))
		return false;
	/* CA/B BR 6.1.5: whole bytes, 2048 bits or more; 6.1.6: odd, and an exponent of 3 or more. */
	if (modulus->length < 256 || !(modulus->at[0] & 0x80) || !is_odd(modulus) || !is_odd(exponent) || is_byte(exponent, 1))
		to->weakness = CERTIFICATE_WEAK_KEY;
	else if (modulus->length > 1024 || exponent->length > 4)
		to->weakness = CERTIFICATE_KEY_TOO_LARGE; /* costs time, and none is in use */
	to->key = CERTIFICATE_KEY_RSA;
	return true;
}

static bool read_key(const der *info, certificate *to)
{
	der parts[2], *algorithm = &parts[0], *key = &parts[1], name;
	unsigned oid;

	if (!der_split(info, "\x30\x03", 0, parts) || !der_whole_bits(key) || !der_take(algorithm, DER_OID, &name))
		return false;
	oid = oid_of(&name);
	if (oid == OID_RSA)
		return is_null(algorithm) && read_rsa(key, to);
	if (oid == OID_EC) {
		if (!der_enter(algorithm, DER_OID))
			return false; /* RFC 5480 2.1.1: a named curve */
		oid = oid_of(algorithm);
		to->key = oid == OID_P256 ? CERTIFICATE_KEY_P256 : oid == OID_P384 ? CERTIFICATE_KEY_P384 : CERTIFICATE_KEY_OTHER;
		if (to->key != CERTIFICATE_KEY_OTHER)
			return key->length == (oid == OID_P256 ? 65u : 97u) && key->at[0] == 4;
	}
	to->weakness = CERTIFICATE_WEAK_KEY;
	return true;
}

bool certificate_read_key(const der *whole, certificate *to)
{
	der info = *whole;

	return der_enter(&info, DER_SEQUENCE) && read_key(&info, to);
}

/* --- Names of people and places (RFC 5280 4.1.2.4). */

bool certificate_name_is_sound(const der *of)
{
	der name = *of, set, attribute, part;
	uint8_t tag;

	if (!der_enter(&name, DER_SEQUENCE))
		return false;
	while (name.length > 0) {
		if (!der_take(&name, DER_SET, &set) || set.length == 0)
			return false;
		while (set.length > 0) {
			if (!der_take(&set, DER_SEQUENCE, &attribute) || !der_take(&attribute, DER_OID, &part)
				|| !der_next(&attribute, &tag, &part) || attribute.length != 0)
				return false;
		}
	}
	return true;
}

bool certificate_is_nameless(const certificate *of)
{
	return of->subject.length == 2;
}

uint8_t certificate_folded(uint8_t letter)
{
	return letter >= 'A' && letter <= 'Z' ? (uint8_t)(letter + 32) : letter;
}

/* The next letter of a text whose runs of blanks are one blank, and none at its ends; -1 behind the last. */
static int next_letter(der *text, bool *begun)
{
	int letter = -1;

	while (text->length > 0 && letter < 0) {
		bool blank = text->at[0] == ' ';
		if (!blank || (*begun && text->length > 1 && text->at[1] != ' '))
			letter = certificate_folded(text->at[0]);
		*begun |= !blank;
		text->at++;
		text->length--;
	}
	return letter;
}

static bool same_text(der *a, der *b)
{
	bool a_begun = false, b_begun = false;
	int letter;

	do {
		letter = next_letter(a, &a_begun);
		if (letter != next_letter(b, &b_begun))
			return false;
	} while (letter >= 0);
	return true;
}

static bool is_text(uint8_t tag)
{
	return tag == 0x0C || tag == 0x13 || tag == 0x16; /* UTF8String, PrintableString, IA5String */
}

bool certificate_next_header(der *from, uint8_t *tag, der *content)
{
	const uint8_t *end = from->at + from->length;

	if (!der_next(from, tag, content))
		return false;
	if (*tag & DER_CONSTRUCTED) {
		from->at = content->at;
		from->length = (size_t)(end - from->at);
		content->length = 0;
	}
	return true;
}

bool certificate_name_begins(const der *under, const der *prefix, bool whole)
{
	der name = *under, rest = *prefix, one, other;
	uint8_t tag, other_tag;

	if (!der_enter(&name, DER_SEQUENCE) || !der_enter(&rest, DER_SEQUENCE))
		return false;
	while (rest.length > 0) {
		if (!certificate_next_header(&name, &tag, &one) || !certificate_next_header(&rest, &other_tag, &other))
			return false;
		if (is_text(tag) && is_text(other_tag) ? !same_text(&one, &other) : tag != other_tag || !der_same(&one, &other))
			return false;
	}
	return name.length == 0 || (!whole && name.at[0] == DER_SET);
}

/* --- Extensions (RFC 5280 4.2). Each gets the content of its value. */

static bool read_basic(const der *content, certificate *to)
{
	der parts[2], *flag = &parts[0], *length = &parts[1];

	if (!der_split(content, "\x01\x02", 3, parts))
		return false;
	if (!flag->at)
		return !length->at;
	to->says |= CERTIFICATE_IS_CA;
	if (length->at) {
		if (!is_byte(length, 0) && !der_positive(length))
			return false;
		to->path_length = length->length > 1 ? 255 : length->at[0];
	}
	return is_true(flag);
}

static bool read_usage(const der *bits, certificate *to)
{
	uint8_t last, unused;

	if (bits->length < 2 || bits->length > 3 || bits->at[0] > 7)
		return false;
	unused = bits->at[0];
	last = bits->at[bits->length - 1];
	to->says |= CERTIFICATE_HAS_KEY_USAGE;
	to->key_usage = bits->at[1];
	/* X.690 11.2.2: no trailing zero bits, and RFC 5280: at least one is set. */
	return (last & ((2u << unused) - 1)) == 1u << unused;
}

static bool read_purposes(der *list, certificate *to)
{
	der name;

	to->says |= CERTIFICATE_HAS_PURPOSES;
	do {
		unsigned oid;
		if (!der_take(list, DER_OID, &name))
			return false;
		oid = oid_of(&name);
		to->says |= oid == OID_FOR_SERVERS ? CERTIFICATE_FOR_SERVERS : oid == OID_FOR_CLIENTS ? CERTIFICATE_FOR_CLIENTS
			: oid == OID_FOR_ANY ? CERTIFICATE_FOR_ANY : 0;
	} while (list->length > 0);
	return true;
}

static bool read_constraints(const der *content, certificate *to)
{
	der parts[2];

	if (content->length == 0 || !der_split(content, "\xA0\xA1", 3, parts))
		return false;
	to->says |= CERTIFICATE_HAS_CONSTRAINTS;
	to->permitted = parts[0];
	to->excluded = parts[1];
	return (!parts[0].at || parts[0].length > 0) && (!parts[1].at || parts[1].length > 0);
}

static bool read_authority(const der *content, certificate *to)
{
	der parts[3];

	to->says |= CERTIFICATE_HAS_AUTHORITY;
	if (!der_split(content, "\x80\xA1\x82", 7, parts))
		return false;
	if (parts[1].at || parts[2].at)
		to->says |= CERTIFICATE_HAS_AUTHORITY_ISSUER;
	to->authority_key = parts[0];
	return true;
}

/* One or more sequences that each begin with an OID: authorityInfoAccess and certificatePolicies. */
static bool list_is_sound(der *list, bool with_location)
{
	der one, part;
	uint8_t tag;

	do {
		if (!der_take(list, DER_SEQUENCE, &one) || !der_take(&one, DER_OID, &part))
			return false;
		if (with_location && (!der_next(&one, &tag, &part) || (tag & 0xC0) != 0x80 || one.length != 0))
			return false;
	} while (list->length > 0);
	return true;
}

/* What is said of policies is for people to read; who cannot tell what it is refuses it where it is critical (RFC 5280 4.2.1.4). */
static bool qualifiers_are_known(der policies)
{
	der policy, qualifier, name;

	while (policies.length > 0) {
		if (!der_take(&policies, DER_SEQUENCE, &policy) || !der_take(&policy, DER_OID, &name) || (policy.length > 0 && !der_enter(&policy, DER_SEQUENCE)))
			return false;
		while (policy.length > 0) {
			if (!der_take(&policy, DER_SEQUENCE, &qualifier) || !der_take(&qualifier, DER_OID, &name)
				|| (oid_of(&name) != OID_PRACTICES && oid_of(&name) != OID_NOTICE))
				return false;
		}
	}
	return true;
}

static bool read_extension(unsigned oid, bool critical, der *value, certificate *to)
{
	der content;
	uint8_t tag = 0, expected = DER_SEQUENCE;
	uint32_t when_critical = 0;
	bool sound = true;

	if (oid == OID_AUTHORITY_ACCESS || oid >> 8 == ROW_EXTENSION) {
		if (!der_next(value, &tag, &content) || value->length != 0)
			return false;
	}
	switch (oid) {
	case OID(ROW_EXTENSION, 14): /* subjectKeyIdentifier */
		expected = DER_OCTET_STRING;
		to->subject_key = content;
		sound = !critical && content.length > 0;
		break;
	case OID(ROW_EXTENSION, 15): /* keyUsage */
		expected = DER_BIT_STRING;
		sound = read_usage(&content, to);
		break;
	case OID(ROW_EXTENSION, 17): /* subjectAltName */
		when_critical = CERTIFICATE_NAMES_CRITICAL;
		to->names = content;
		sound = content.length > 0;
		break;
	case OID(ROW_EXTENSION, 19): /* basicConstraints */
		when_critical = CERTIFICATE_BASIC_CRITICAL;
		sound = read_basic(&content, to);
		break;
	case OID(ROW_EXTENSION, 30): /* nameConstraints */
		when_critical = CERTIFICATE_CONSTRAINTS_CRITICAL;
		sound = read_constraints(&content, to);
		break;
	case OID(ROW_EXTENSION, 32): /* certificatePolicies */
		if (critical && !qualifiers_are_known(content))
			when_critical = CERTIFICATE_UNKNOWN_CRITICAL;
		sound = list_is_sound(&content, false);
		break;
	case OID(ROW_EXTENSION, 35): /* authorityKeyIdentifier */
		sound = !critical && read_authority(&content, to);
		break;
	case OID(ROW_EXTENSION, 37): /* extKeyUsage */
		when_critical = CERTIFICATE_PURPOSES_CRITICAL;
		sound = read_purposes(&content, to);
		break;
	case OID_AUTHORITY_ACCESS:
		sound = !critical && list_is_sound(&content, true);
		break;
	default:
		/* policyConstraints and inhibitAnyPolicy are always critical (RFC 5280 4.2.1.11, 4.2.1.14). */
		critical |= oid == OID(ROW_EXTENSION, 36) || oid == OID(ROW_EXTENSION, 54);
		when_critical = CERTIFICATE_UNKNOWN_CRITICAL;
		expected = tag;
	}
	if (critical)
		to->says |= when_critical;
	return sound && tag == expected;
}

static bool is_repeated(const der *oid, der rest)
{
	der one, other;

	while (rest.length > 0) {
		if (!der_take(&rest, DER_SEQUENCE, &one) || !der_take(&one, DER_OID, &other) || der_same(oid, &other))
			return true;
	}
	return false;
}

static bool read_extensions(der *list, certificate *to)
{
	der one, parts[3];
	unsigned count = 0;

	if (!der_enter(list, DER_SEQUENCE))
		return false;
	do {
		if (++count > EXTENSIONS_MAX || !der_take(list, DER_SEQUENCE, &one) || !der_split(&one, "\x06\x01\x04", 2, parts)
			|| is_repeated(&parts[0], *list) || (parts[1].at && !is_true(&parts[1])))
			return false;
		if (!read_extension(oid_of(&parts[0]), parts[1].at, &parts[2], to))
			return false;
	} while (list->length > 0);
	return true;
}

static bool read_serial(der *serial, certificate *to)
{
	if (is_byte(serial, 0)) {
		to->says |= CERTIFICATE_SERIAL_IS_ZERO; /* some old roots have it */
		return true;
	}
	return serial->length <= SERIAL_BYTES_MAX && der_positive(serial);
}

enum { VERSION, SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, KEY, EXTENSIONS, PARTS };

/* The three parts of a certificate, and the parts of the first of them. */
static bool split(der whole, der *outer, der *parts)
{
	return der_enter(&whole, DER_SEQUENCE) && der_split(&whole, "\x30\x30\x03", 0, outer)
		&& der_split(&outer[0], "\xA0\x02\x30\x30\x30\x30\x30\xA3", 1u << EXTENSIONS, parts);
}

bool certificate_bears(const der *whole, const der *name)
{
	der outer[3], parts[PARTS], subject;

	if (!split(*whole, outer, parts))
		return false;
	der_behind(parts + VALIDITY, &subject);
	return certificate_name_begins(&subject, name, true);
}

bool certificate_read(const der *whole, certificate *to)
{
	der outer[4], parts[PARTS], *validity = &parts[VALIDITY];

	memset(to, 0, sizeof *to);
	to->whole = *whole;
	to->path_length = -1;
	if (!split(*whole, outer + 1, parts) || !der_whole_bits(&outer[3]))
		return false;
	to->signature = outer[3];
	/* What is signed begins behind the header of the whole, two to five bytes (X.690 8.1.3). */
	outer[0].at = whole->at;
	outer[0].length = whole->at[1] & 0x80 ? 2u + (whole->at[1] & 0x7F) : 2u;
	der_behind(outer, &to->signed_part);
	der_behind(parts + ALGORITHM, &to->issuer);
	der_behind(parts + VALIDITY, &to->subject);
	der_behind(parts + SUBJECT, &to->key_info);
	if (!der_enter(&parts[VERSION], 2) || !is_byte(&parts[VERSION], 2) /* version 3 only */
		|| !read_serial(&parts[SERIAL], to)
		|| !der_same(&parts[ALGORITHM], &outer[2]) || !read_algorithm(&outer[2], to)
		|| !certificate_name_is_sound(&to->issuer) || parts[ISSUER].length == 0 /* RFC 5280 4.1.2.4: the issuer has a name */
		|| !read_time(validity, &to->not_before) || !read_time(validity, &to->not_after) || validity->length != 0
		|| !certificate_name_is_sound(&to->subject) || !read_key(&parts[KEY], to)
		|| (parts[EXTENSIONS].at && !read_extensions(&parts[EXTENSIONS], to)))
		return false;
	if (certificate_name_begins(&to->issuer, &to->subject, true))
		to->says |= CERTIFICATE_SELF_ISSUED;
	return true;
}
