/* Names in certificates. See names.h. */
#include "names.h"

#include <string.h>

/* GeneralName (RFC 5280 4.2.1.6). */
#define EMAIL DER_CONTEXT(1)
#define DNS DER_CONTEXT(2)
#define DIRECTORY DER_CONTEXT_CONSTRUCTED(4)
#define ADDRESS DER_CONTEXT(7)

#define ADDRESS_TEXT_BYTES 40 /* eight groups of four, the colons, one spare */

static bool same_letters(const der *a, const der *b)
{
	if (a->length != b->length)
		return false;
	for (size_t i = 0; i < a->length; i++) {
		if (certificate_folded(a->at[i]) != certificate_folded(b->at[i]))
			return false;
	}
	return true;
}

static bool ends_with(const der *name, const der *end)
{
	der last = {name->at + name->length - end->length, end->length};

	return name->length >= end->length && same_letters(&last, end);
}

/* What stands behind the first such letter; false when there is none. */
static bool behind(const der *text, char letter, der *rest)
{
	for (*rest = *text; rest->length > 0;) {
		rest->length--;
		if (*rest->at++ == (uint8_t)letter)
			return true;
	}
	return false;
}

/* True when the name has the form of a wildcard; `rest` is what stands behind "*.". */
static bool is_wildcard(const der *name, der *rest)
{
	return name->length > 2 && name->at[0] == '*' && behind(name, '.', rest) && rest->at == name->at + 2;
}

/* Labels of letters, digits and hyphens (RFC 5890 2.3.1); the last one is no number, so an address is no name. */
static bool is_dns_name(const der *name)
{
	size_t label = 0;
	bool digits = true;
	uint8_t last = 0;

	if (name->length > 253)
		return false;
	for (size_t i = 0; i < name->length; i++) {
		uint8_t letter = certificate_folded(name->at[i]);
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

static bool is_email(const der *text)
{
	der host;

	return behind(text, '@', &host) && text->at[0] != '@' && is_dns_name(&host);
}

static bool is_sound(uint8_t kind, const der *name)
{
	der rest, parent;

	switch (kind) {
	case DNS:
		if (is_wildcard(name, &rest))
			return is_dns_name(&rest) && behind(&rest, '.', &parent); /* a wildcard has at least two labels behind it */
		return is_dns_name(name);
	case ADDRESS:
		return name->length == 4 || name->length == 16;
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
		if (!der_next(&list, &kind, &name) || !is_sound(kind, &name))
			return TRUST_PROFILE;
	}
	return TRUST_OK;
}

/* Where a registry sells names, as far as no list is needed to know: a common word in front of a country, as in "co.uk". */
static bool is_registry(const der *name)
{
	static const char words[] = ".ac.co.com.edu.gob.gouv.gov.govt.mil.ne.net.nom.or.org.sch.";
	size_t length = name->length - 2; /* of the word and its dot */
	der first = {name->at, length};

	if (name->length < 4 || name->at[length - 1] != '.')
		return false;
	for (const char *at = words; at < words + sizeof words - 1 - length; at++) {
		der word = {(const uint8_t *)at + 1, length};
		if (*at == '.' && same_letters(&word, &first))
			return true;
	}
	return false;
}

bool names_match(const certificate *leaf, const names_host *host)
{
	der list = leaf->names, name, rest, text = host->text, parent;
	uint8_t kind;
	bool has_parent;

	if (text.length > 0 && text.at[text.length - 1] == '.')
		text.length--; /* a name written to the root */
	if (host->address.length == 0 && !is_dns_name(&text))
		return false;
	has_parent = behind(&text, '.', &parent) && !is_registry(&parent);
	while (list.length > 0) {
		if (!der_next(&list, &kind, &name))
			return false;
		if (host->address.length > 0 ? kind == ADDRESS && der_same(&name, &host->address)
			: kind == DNS && (same_letters(&name, &text) || (has_parent && is_wildcard(&name, &rest) && same_letters(&rest, &parent))))
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
static void write_address(der *address, uint8_t *text)
{
	const uint8_t *at = address->at;
	unsigned step = address->length == 4 ? 1 : 2, longest = 1, gap = 16, run = 0;
	uint8_t *to = text;

	for (unsigned i = 0; step == 2 && i < 16; i += 2) {
		run = at[i] | at[i + 1] ? 0 : run + 1;
		if (run > longest) {
			longest = run;
			gap = i + 2 - run * 2;
		}
	}
	for (unsigned i = 0; i < address->length; i += step) {
		if (i > 0 || i == gap)
			*to++ = step == 1 ? '.' : ':';
		if (i == gap) {
			i += longest * 2 - 2;
			if (i == 14)
				*to++ = ':';
		} else {
			to = step == 1 ? write_number(to, at[i], 10) : write_number(to, (unsigned)(at[i] << 8 | at[i + 1]), 16);
		}
	}
	address->at = text;
	address->length = (size_t)(to - text);
}

static bool is_listed(der list, const der *common)
{
	uint8_t text[ADDRESS_TEXT_BYTES], kind;
	der name;

	while (list.length > 0 && der_next(&list, &kind, &name) && is_sound(kind, &name)) {
		if (kind == ADDRESS)
			write_address(&name, text);
		if ((kind == ADDRESS || kind == DNS) && der_same(&name, common))
			return true;
	}
	return false;
}

bool names_common_is_listed(const certificate *leaf)
{
	der subject = leaf->subject, part;
	bool is_common = false;
	unsigned count = 0;
	uint8_t tag;

	/* An attribute is a header, its kind, its value. */
	while (certificate_next_header(&subject, &tag, &part)) {
		if (is_common && (count++ > 0 || !is_listed(leaf->names, &part)))
			return false;
		is_common = tag == DER_OID && part.length == 3 && memcmp(part.at, "\x55\x04\x03", 3) == 0;
	}
	return true;
}

/* --- Constraints. */

static bool is_within(const der *name, const der *domain)
{
	return domain->length == 0
		|| (ends_with(name, domain) && (name->length == domain->length || name->at[name->length - domain->length - 1] == '.'));
}

/* `could` asks whether any host that a wildcard stands for is within. */
static bool dns_within(const der *name, const der *domain, bool could)
{
	der rest, parent;

	if (!is_wildcard(name, &rest))
		return is_within(name, domain);
	/* One label stands before the rest: the wildcard can become the domain itself. */
	return is_within(&rest, domain) || (could && behind(domain, '.', &parent) && same_letters(&parent, &rest));
}

static bool email_within(const der *mailbox, const der *domain)
{
	der host, wanted;

	behind(mailbox, '@', &host);
	if (behind(domain, '@', &wanted))
		return same_letters(&host, &wanted) && mailbox->length == domain->length
			&& memcmp(mailbox->at, domain->at, mailbox->length - host.length) == 0;
	if (domain->length > 0 && domain->at[0] == '.')
		return host.length > domain->length && ends_with(&host, domain);
	return same_letters(&host, domain);
}

static bool address_within(const der *address, const der *range)
{
	size_t half = range->length / 2;

	if (address->length != half)
		return false;
	for (size_t i = 0; i < half; i++) {
		if ((address->at[i] ^ range->at[i]) & range->at[half + i])
			return false;
	}
	return true;
}

/* An address and a mask of ones, then zeros. */
static bool is_range(const der *range)
{
	unsigned bits = 0xFF;

	if (range->length != 8 && range->length != 32)
		return false;
	for (size_t i = range->length / 2; i < range->length; i++) {
		unsigned zeros = ~range->at[i] & 0xFFu;
		if (zeros & (zeros + 1) || (bits < 0xFF && zeros < 0xFF))
			return false;
		bits = range->at[i];
	}
	return true;
}

/* Takes one GeneralSubtree; minimum and maximum are never there (RFC 5280 4.2.1.10). */
static bool take_subtree(der *list, uint8_t *kind, der *base)
{
	der one;

	return der_take(list, DER_SEQUENCE, &one) && der_next(&one, kind, base) && one.length == 0;
}

static bool subtree_is_sound(uint8_t kind, der *base)
{
	switch (kind) {
	case DNS:
		return base->length == 0 || is_dns_name(base);
	case ADDRESS:
		return is_range(base);
	case EMAIL:
		if (is_email(base))
			return true;
		if (base->length > 0 && base->at[0] == '.')
			behind(base, '.', base);
		return is_dns_name(base);
	}
	return is_sound(kind, base);
}

bool names_constraints_are_sound(const certificate *authority)
{
	der lists[2] = {authority->permitted, authority->excluded}, base;
	uint8_t kind;

	for (unsigned i = 0; i < 2; i++) {
		while (lists[i].length > 0) {
			if (!take_subtree(&lists[i], &kind, &base) || !subtree_is_sound(kind, &base))
				return false;
		}
	}
	return authority->permitted.at || authority->excluded.at || !(authority->says & CERTIFICATE_HAS_CONSTRAINTS);
}

static bool is_within_kind(uint8_t kind, const der *name, const der *base, bool could)
{
	switch (kind) {
	case DNS:
		return dns_within(name, base, could);
	case EMAIL:
		return email_within(name, base);
	case ADDRESS:
		return address_within(name, base);
	case DIRECTORY:
		return certificate_name_begins(name, base, false);
	}
	return could; /* a kind that is not understood: every exclusion holds, no permission does */
}

static trust_code name_allowed(uint8_t kind, const der *name, const certificate *authority, unsigned *comparisons)
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
			if (is_within_kind(kind, name, &base, excluding))
				return excluding ? TRUST_EXCLUDED : TRUST_OK;
		}
	}
	return asked ? TRUST_NOT_PERMITTED : TRUST_OK;
}

trust_code names_allowed(const certificate *named, const certificate *authority, unsigned *comparisons)
{
	der list = named->names, subject = named->subject, name;
	trust_code code = TRUST_OK;
	bool is_mailbox = false;
	uint8_t kind;

	if (!certificate_is_nameless(named))
		code = name_allowed(DIRECTORY, &named->subject, authority, comparisons);
	/* A mailbox may stand in the subject as an emailAddress (RFC 5280 4.2.1.10, PKCS #9). */
	while (code == TRUST_OK && certificate_next_header(&subject, &kind, &name)) {
		if (is_mailbox)
			code = name_allowed(EMAIL, &name, authority, comparisons);
		is_mailbox = kind == DER_OID && name.length == 9 && memcmp(name.at, "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x01", 9) == 0;
	}
	while (code == TRUST_OK && list.length > 0) {
		if (!der_next(&list, &kind, &name))
			return TRUST_MALFORMED;
		code = name_allowed(kind, &name, authority, comparisons);
	}
	return code;
}
