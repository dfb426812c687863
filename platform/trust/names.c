/* Names in certificates. See names.h. */
#include "names.h"

#include <string.h>

/* GeneralName (RFC 5280 4.2.1.6). */
#define EMAIL DER_CONTEXT(1)
#define DNS DER_CONTEXT(2)
#define DIRECTORY DER_CONTEXT_CONSTRUCTED(4)
#define ADDRESS DER_CONTEXT(7)

static uint8_t folded(uint8_t letter)
{
	return letter >= 'A' && letter <= 'Z' ? (uint8_t)(letter + 32) : letter;
}

static bool same_letters(der a, der b)
{
	if (a.length != b.length)
		return false;
	for (size_t i = 0; i < a.length; i++) {
		if (folded(a.at[i]) != folded(b.at[i]))
			return false;
	}
	return true;
}

static der last_of(der text, size_t length)
{
	return (der){text.at + text.length - length, length};
}

static bool is_wildcard(der name)
{
	return name.length > 2 && name.at[0] == '*' && name.at[1] == '.';
}

static der behind_wildcard(der name)
{
	return (der){name.at + 2, name.length - 2};
}

/* Labels of letters, digits and hyphens (RFC 5890 2.3.1); the last one is no number, so an address is no name. */
static bool is_dns_name(der name)
{
	size_t label = 0;
	bool digits = true;

	if (name.length == 0 || name.length > 253)
		return false;
	for (size_t i = 0; i < name.length; i++) {
		uint8_t letter = folded(name.at[i]);

		if (letter == '.') {
			if (label == 0 || name.at[i - 1] == '-')
				return false;
			label = 0;
			digits = true;
			continue;
		}
		bool digit = letter >= '0' && letter <= '9';
		if (!digit && !(letter >= 'a' && letter <= 'z') && (letter != '-' || label == 0))
			return false;
		digits &= digit;
		if (++label > 63)
			return false;
	}
	return label > 0 && !digits && name.at[name.length - 1] != '-';
}

/* A wildcard has at least two labels behind it. */
static bool is_presented_name(der name)
{
	if (!is_wildcard(name))
		return is_dns_name(name);
	name = behind_wildcard(name);
	return is_dns_name(name) && memchr(name.at, '.', name.length) != NULL;
}

static bool is_email(der text)
{
	const uint8_t *sign = text.length ? memchr(text.at, '@', text.length) : NULL;

	if (!sign || sign == text.at)
		return false;
	sign++;
	return is_dns_name((der){sign, (size_t)(text.at + text.length - sign)});
}

bool names_are_sound(const certificate *leaf)
{
	der list = leaf->names, name;
	uint8_t kind;

	while (list.length > 0) {
		if (!der_next(&list, &kind, &name) || (kind & 0xC0) != 0x80)
			return false;
		if (kind == DNS && !is_presented_name(name))
			return false;
		if (kind == ADDRESS && name.length != 4 && name.length != 16)
			return false;
		if (kind == EMAIL && !is_email(name))
			return false;
	}
	return true;
}

bool names_match(const certificate *leaf, const names_host *host)
{
	der list = leaf->names, name, text = host->text;
	const uint8_t *dot;
	uint8_t kind;

	if (text.length > 0 && text.at[text.length - 1] == '.')
		text.length--; /* a name written to the root */
	dot = text.length ? memchr(text.at, '.', text.length) : NULL;
	while (list.length > 0) {
		if (!der_next(&list, &kind, &name))
			return false;
		if (host->address.length > 0) {
			if (kind == ADDRESS && der_same(name, host->address))
				return true;
		} else if (kind == DNS) {
			if (same_letters(name, text))
				return is_dns_name(text);
			if (is_wildcard(name) && dot && dot != text.at
				&& same_letters(behind_wildcard(name), last_of(text, (size_t)(text.at + text.length - dot) - 1)))
				return is_dns_name(text);
		}
	}
	return false;
}

/* --- Constraints. */

static bool is_within(der name, der domain)
{
	if (domain.length == 0)
		return true;
	if (name.length < domain.length || !same_letters(last_of(name, domain.length), domain))
		return false;
	return name.length == domain.length || name.at[name.length - domain.length - 1] == '.';
}

/* `could` asks whether any host that a wildcard stands for is within. */
static bool dns_within(der name, der domain, bool could)
{
	if (!is_wildcard(name))
		return is_within(name, domain);
	name = behind_wildcard(name);
	if (is_within(name, domain))
		return true;
	if (!could || !is_within(domain, name))
		return false;
	/* One label stands before the rest: the wildcard can become the domain itself. */
	return memchr(domain.at, '.', domain.length - name.length - 1) == NULL;
}

static bool email_within(der mailbox, der domain)
{
	const uint8_t *sign = memchr(mailbox.at, '@', mailbox.length);
	der host;

	if (!sign)
		return false;
	host = (der){sign + 1, (size_t)(mailbox.at + mailbox.length - sign) - 1};
	if (domain.length > 0 && memchr(domain.at, '@', domain.length)) {
		size_t local = (size_t)(sign - mailbox.at) + 1;
		return domain.length == mailbox.length && memcmp(domain.at, mailbox.at, local) == 0
			&& same_letters(host, last_of(domain, host.length));
	}
	if (domain.length > 0 && domain.at[0] == '.')
		return host.length > domain.length && same_letters(last_of(host, domain.length), domain);
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

static bool is_range(der range)
{
	bool ended = false;

	if (range.length != 8 && range.length != 32)
		return false;
	for (size_t i = range.length / 2; i < range.length; i++) {
		for (int bit = 7; bit >= 0; bit--) {
			bool set = range.at[i] >> bit & 1;
			if (set && ended)
				return false;
			ended |= !set;
		}
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
		if (base.length > 0 && memchr(base.at, '@', base.length))
			return is_email(base);
		return base.length > 0 && is_dns_name(base.at[0] == '.' ? (der){base.at + 1, base.length - 1} : base);
	}
	return true;
}

static bool subtrees_are_sound(der list)
{
	uint8_t kind;
	der base;

	while (list.length > 0) {
		if (!take_subtree(&list, &kind, &base) || !subtree_is_sound(kind, base))
			return false;
	}
	return true;
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

static const char *name_allowed(uint8_t kind, der name, const certificate *authority, unsigned *comparisons)
{
	der list, base;
	uint8_t of;
	bool asked = false, permitted = false;

	for (list = authority->excluded; list.length > 0;) {
		if ((*comparisons)-- == 0)
			return *comparisons = 0, "ERR_TLS_CERT_TOO_COMPLEX";
		if (!take_subtree(&list, &of, &base))
			return "ERR_TLS_CERT_MALFORMED";
		if (of == kind && is_within_kind(kind, name, base, true))
			return "EXCLUDED_VIOLATION";
	}
	for (list = authority->permitted; list.length > 0 && !permitted;) {
		if ((*comparisons)-- == 0)
			return *comparisons = 0, "ERR_TLS_CERT_TOO_COMPLEX";
		if (!take_subtree(&list, &of, &base))
			return "ERR_TLS_CERT_MALFORMED";
		if (of != kind)
			continue;
		asked = true;
		permitted = is_within_kind(kind, name, base, false);
	}
	return asked && !permitted ? "PERMITTED_VIOLATION" : NULL;
}

const char *names_allowed(const certificate *named, const certificate *authority, unsigned *comparisons)
{
	der list = named->names, name;
	const char *code = NULL;
	uint8_t kind;

	if (!subtrees_are_sound(authority->permitted) || !subtrees_are_sound(authority->excluded))
		return "ERR_TLS_CERT_MALFORMED";
	if (named->subject.length > 2)
		code = name_allowed(DIRECTORY, named->subject, authority, comparisons);
	while (!code && list.length > 0) {
		if (!der_next(&list, &kind, &name))
			return "ERR_TLS_CERT_MALFORMED";
		if (kind == DIRECTORY && !der_is_next(&name, DER_SEQUENCE))
			return "ERR_TLS_CERT_MALFORMED";
		code = name_allowed(kind, name, authority, comparisons);
	}
	return code;
}
