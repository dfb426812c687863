/* Names in certificates. See names.h. */
#include "names.h"

#include <string.h>

/* GeneralName (RFC 5280 4.2.1.6). */
#define EMAIL DER_CONTEXT(1)
#define DNS DER_CONTEXT(2)
#define DIRECTORY DER_CONTEXT_CONSTRUCTED(4)
#define ADDRESS DER_CONTEXT(7)

#define ADDRESS_TEXT_BYTES 40 /* eight groups of four, the colons, one spare */

static bool same_letters(der a, der b)
{
	if (a.length != b.length)
		return false;
	for (size_t i = 0; i < a.length; i++) {
		if (certificate_folded(a.at[i]) != certificate_folded(b.at[i]))
			return false;
	}
	return true;
}

static bool ends_with(der name, der end)
{
	return name.length >= end.length && same_letters((der){name.at + name.length - end.length, end.length}, end);
}

/* What stands behind the first such letter; without a place (`at` is NULL) when there is none. */
static der behind(der text, char letter)
{
	const uint8_t *found = text.length ? memchr(text.at, letter, text.length) : NULL;

	return found ? (der){found + 1, (size_t)(text.at + text.length - found) - 1} : (der){0};
}

static bool is_wildcard(der name)
{
	return name.length > 2 && name.at[0] == '*' && name.at[1] == '.';
}

/* Labels of letters, digits and hyphens (RFC 5890 2.3.1); the last one is no number, so an address is no name. */
static bool is_dns_name(der name)
{
	size_t label = 0;
	bool digits = true;
	uint8_t last = 0;

	if (name.length > 253)
		return false;
	for (size_t i = 0; i < name.length; i++) {
		uint8_t letter = certificate_folded(name.at[i]);
		bool digit = letter >= '0' && letter <= '9';

		if (letter == '.') {
			if (label == 0 || last == '-')
				return false;
			label = 0;
			digits = true;
		} else {
			if (!digit && !(letter >= 'a' && letter <= 'z') && (letter != '-' || label == 0))
				return false;
			digits &= digit;
			if (++label > 63)
				return false;
		}
		last = letter;
	}
	return label > 0 && !digits && last != '-';
}

static bool is_email(der text)
{
	der host = behind(text, '@');

	return host.at && text.at[0] != '@' && is_dns_name(host);
}

static bool is_sound(uint8_t kind, der name)
{
	switch (kind) {
	case DNS:
		if (!is_wildcard(name))
			return is_dns_name(name);
		name = behind(name, '.');
		return is_dns_name(name) && behind(name, '.').at; /* a wildcard has at least two labels behind it */
	case ADDRESS:
		return name.length == 4 || name.length == 16;
	case EMAIL:
		return is_email(name);
	case DIRECTORY:
		return certificate_name_is_sound(name);
	}
	return (kind & 0xC0) == 0x80;
}

trust_code names_fault(const certificate *of)
{
	der list = of->names, name;
	unsigned count = 0;
	uint8_t kind;

	while (list.length > 0) {
		if (++count > NAMES_MAX)
			return TRUST_TOO_COMPLEX;
		if (!der_next(&list, &kind, &name) || !is_sound(kind, name))
			return TRUST_PROFILE;
	}
	return TRUST_OK;
}

/* Where a registry sells names, as far as no list is needed to know: a common word in front of a country, as in "co.uk". */
static bool is_registry(der name)
{
	static const char words[] = "ac.co.com.edu.gob.gouv.gov.govt.mil.ne.net.nom.or.org.sch.";
	der country = behind(name, '.');

	if ( country.length != 2)
		return false;
	name.length -= country.length; /* with its dot */
	for (const char *at = words; *at; at = strchr(at, '.') + 1) {
		if (same_letters((der){(const uint8_t *)at, (size_t)(strchr(at, '.') + 1 - at)}, name))
			return true;
	}
	return false;
}

bool names_match(const certificate *leaf, const names_host *host)
{
	der list = leaf->names, name, text = host->text, parent;
	uint8_t kind;

	if (text.length > 0 && text.at[text.length - 1] == '.')
		text.length--; /* a name written to the root */
	if (host->address.length == 0 && !is_dns_name(text))
		return false;
	parent = behind(text, '.');
	while (list.length > 0) {
		if (!der_next(&list, &kind, &name))
			return false;
		if (kind == ADDRESS && host->address.length > 0 && der_same(name, host->address))
			return true;
		if (kind != DNS || host->address.length > 0)
			continue;
		if (same_letters(name, text))
			return true;
		if (is_wildcard(name) && parent.at && same_letters(behind(name, '.'), parent) && !is_registry(parent))
			return true;
	}
	return false;
}

/* --- The common name. */

static uint8_t *write_number(uint8_t *to, unsigned number, unsigned base)
{
	if (number >= base)
		to = write_number(to, number / base, base);
	number %= base;
	*to++ = (uint8_t)(number < 10 ? '0' + number : 'a' - 10 + number);
	return to;
}

/* RFC 3986 3.2.2 for 4 bytes, RFC 5952 4 for 16: the first of the longest runs of zero groups is "::". */
static der write_address(der address, uint8_t *text)
{
	unsigned step = address.length == 4 ? 1 : 2, longest = 1, gap = 16, run = 0;
	uint8_t *to = text;

	for (unsigned i = 0; step == 2 && i < 16; i += 2) {
		run = address.at[i] | address.at[i + 1] ? 0 : run + 1;
		if (run > longest) {
			longest = run;
			gap = i + 2 - run * 2;
		}
	}
	for (unsigned i = 0; i < address.length; i += step) {
		if (i > 0 || i == gap)
			*to++ = step == 1 ? '.' : ':';
		if (i == gap) {
			i += longest * 2 - 2;
			if (i == 14)
				*to++ = ':';
		} else {
			to = step == 1 ? write_number(to, address.at[i], 10) : write_number(to, (unsigned)(address.at[i] << 8 | address.at[i + 1]), 16);
		}
	}
	return (der){text, (size_t)(to - text)};
}

static bool is_listed(der list, der common)
{
	uint8_t text[ADDRESS_TEXT_BYTES], kind;
	der name;

	while (list.length > 0 && der_next(&list, &kind, &name) && is_sound(kind, name)) {
		if (kind == ADDRESS)
			name = write_address(name, text);
		if ((kind == ADDRESS || kind == DNS) && der_same(name, common))
			return true;
	}
	return false;
}

bool names_common_is_listed(const certificate *leaf)
{
	der subject, set, attribute, oid, value;
	unsigned count = 0;
	uint8_t tag;

	der_only(leaf->subject, DER_SEQUENCE, &subject);
	while (subject.length > 0) {
		der_take(&subject, DER_SET, &set);
		while (set.length > 0) {
			der_take(&set, DER_SEQUENCE, &attribute);
			der_take(&attribute, DER_OID, &oid);
			der_next(&attribute, &tag, &value);
			if (oid.length == 3 && memcmp(oid.at, "\x55\x04\x03", 3) == 0 && (count++ > 0 || !is_listed(leaf->names, value)))
				return false;
		}
	}
	return true;
}

/* --- Constraints. */

static bool is_within(der name, der domain)
{
	return domain.length == 0
		|| (ends_with(name, domain) && (name.length == domain.length || name.at[name.length - domain.length - 1] == '.'));
}

/* `could` asks whether any host that a wildcard stands for is within. */
static bool dns_within(der name, der domain, bool could)
{
	if (is_wildcard(name)) {
		name = behind(name, '.');
		/* One label stands before the rest: the wildcard can become the domain itself. */
		if (could && same_letters(behind(domain, '.'), name))
			return true;
	}
	return is_within(name, domain);
}

static bool email_within(der mailbox, der domain)
{
	der host = behind(mailbox, '@'), wanted = behind(domain, '@');

	if (wanted.at)
		return same_letters(host, wanted) && mailbox.length == domain.length
			&& memcmp(mailbox.at, domain.at, mailbox.length - host.length) == 0;
	if (domain.length > 0 && domain.at[0] == '.')
		return host.length > domain.length && ends_with(host, domain);
	return same_letters(host, domain);
}

static bool address_within(der address, der range)
{
	size_t half = range.length / 2;

	if (address.length != half)
		return false;
	for (size_t i = 0; i < half; i++) {
		if ((address.at[i] ^ range.at[i]) & range.at[half + i])
			return false;
	}
	return true;
}

/* An address and a mask of ones, then zeros. */
static bool is_range(der range)
{
	unsigned before = 0xFF;

	if (range.length != 8 && range.length != 32)
		return false;
	for (size_t i = range.length / 2; i < range.length; i++) {
		unsigned zeros = range.at[i] ^ 0xFFu;
		if (zeros & (zeros + 1) || (before != 0xFF && zeros != 0xFF))
			return false;
		before = 0xFF ^ zeros;
	}
	return true;
}

/* Takes one GeneralSubtree; minimum and maximum are never there (RFC 5280 4.2.1.10). */
static bool take_subtree(der *list, uint8_t *kind, der *base)
{
	der one;

	return der_take(list, DER_SEQUENCE, &one) && der_next(&one, kind, base) && one.length == 0;
}

static bool subtree_is_sound(uint8_t kind, der base)
{
	switch (kind) {
	case DNS:
		return base.length == 0 || is_dns_name(base);
	case ADDRESS:
		return is_range(base);
	case EMAIL:
		if (base.length > 0 && base.at[0] == '.')
			base = behind(base, '.');
		return is_email(base) || is_dns_name(base);
	}
	return is_sound(kind, base);
}

bool names_constraints_are_sound(const certificate *authority)
{
	der lists[2] = {authority->permitted, authority->excluded}, base;
	uint8_t kind;

	for (unsigned i = 0; i < 2; i++) {
		while (lists[i].length > 0) {
			if (!take_subtree(&lists[i], &kind, &base) || !subtree_is_sound(kind, base))
				return false;
		}
	}
	return authority->permitted.at || authority->excluded.at || !(authority->says & CERTIFICATE_HAS_CONSTRAINTS);
}

static bool is_within_kind(uint8_t kind, der name, der base, bool could)
{
	switch (kind) {
	case DNS:
		return dns_within(name, base, could);
	case EMAIL:
		return email_within(name, base);
	case ADDRESS:
		return address_within(name, base);
	case DIRECTORY:
		return certificate_name_begins(name, base);
	}
	return could; /* a kind that is not understood: every exclusion holds, no permission does */
}

static trust_code name_allowed(uint8_t kind, der name, const certificate *authority, unsigned *comparisons)
{
	der list, base;
	uint8_t of;
	bool asked = false;

	for (unsigned excluding = 2; excluding-- > 0;) {
		for (list = excluding ? authority->excluded : authority->permitted; list.length > 0;) {
			if (*comparisons == 0)
				return TRUST_TOO_COMPLEX;
			--*comparisons;
			if (!take_subtree(&list, &of, &base))
				return TRUST_MALFORMED;
			if (of != kind)
				continue;
			asked |= !excluding;
			if (is_within_kind(kind, name, base, excluding))
				return excluding ? TRUST_EXCLUDED : TRUST_OK;
		}
	}
	return asked ? TRUST_NOT_PERMITTED : TRUST_OK;
}

trust_code names_allowed(const certificate *named, const certificate *authority, unsigned *comparisons)
{
	der list = named->names, name;
	trust_code code = TRUST_OK;
	uint8_t kind;

	if (!certificate_is_nameless(named))
		code = name_allowed(DIRECTORY, named->subject, authority, comparisons);
	while (code == TRUST_OK && list.length > 0) {
		if (!der_next(&list, &kind, &name))
			return TRUST_MALFORMED;
		code = name_allowed(kind, name, authority, comparisons);
	}
	return code;
}
