// See mdns_responder.h.

#include "mdns_responder.h"

#include <string.h>

#include "dns_message.h"

#define TYPE_PTR 12
#define TYPE_TXT 16
#define TYPE_SRV 33
#define TYPE_NSEC 47
#define TYPE_ANY 255
// Of a question: an answer to the asker alone will do. Of a record: it is all that there is of its name and type (RFC 6762 sections 5.4, 10.2).
#define TOP_BIT 0x8000
#define FLAGS_RESPONSE 0x8400 // an authoritative answer (section 18)

// Of records with a host's name in them, and of others (section 10); of answers to who knows DNS alone, at most (section 6.7).
#define HOST_TTL_SECONDS 120
#define OTHER_TTL_SECONDS 4500
#define LEGACY_TTL_SECONDS 10

#define MS_US 1000u
#define PROBES 3 // section 8.1
#define PROBE_PAUSE_US (250 * MS_US)
#define ANNOUNCEMENTS 2 // section 8.3
#define ANNOUNCEMENT_PAUSE_US (1000 * MS_US)
#define DEFER_US (1000 * MS_US) // section 8.2
#define CONFLICTS_MAX 15 // section 8.1
#define CONFLICTS_PAUSE_US (5000 * MS_US)
#define AGAIN_US (1000 * MS_US) // section 6
#define SHARED_PAUSE_US (20 * MS_US)
#define SHARED_SPREAD_US (100 * MS_US)
#define CUT_OFF_PAUSE_US (400 * MS_US) // section 7.2
#define CUT_OFF_SPREAD_US (100 * MS_US)

#define TAKEN_MAX 98 // numbers have two digits
#define GROWTH_BYTES_MAX 112 // of a message by such numbers: 3 bytes for the host's, 5 for a service's
#define HOST_CHARACTERS_MAX 60
#define NAME_CHARACTERS_MAX 58
#define TYPE_CHARACTERS_MAX 15 // RFC 6335 section 5.1
#define TEXT_BYTES_MAX 255
#define SRV_NUMBERS_BYTES 6 // priority, weight and port in front of the name (RFC 2782)

// Records by number, four for each subject: of the host its address and that there is no other, of a service these, the last of a kind once.
enum { HOST_A, HOST_NSEC };
enum { SRV, TXT, PTR, KIND, RECORDS_OF_SUBJECT };
// Sets of them. Nobody else has records of these names and types; of the others, everybody may.
#define UNIQUE 0x33333333u
#define HOSTS (1u << HOST_A | 1u << HOST_NSEC)
#define PROBED (UNIQUE & ~(1u << HOST_NSEC))

static const char domain[] = "\5local"; // and the empty label
static const char kinds[] = "\x09_services\7_dns-sd\4_udp\5local"; // RFC 6763 section 9

static const uint8_t *name_of(const mdns_responder *own, unsigned record)
{
	return own->book + own->records[record].at;
}

// Type, class, time to live and length.
static const uint8_t *fixed_of(const mdns_responder *own, unsigned record)
{
	return own->book + own->records[record].fixed_at;
}

static bool is_named(const mdns_responder *own, unsigned record, const dns_name *name)
{
	return own->records[record].end != own->records[record].at && dns_is_name(name_of(own, record), name);
}

static bool is_unique(unsigned record)
{
	return UNIQUE & 1u << record;
}

static unsigned subject_of(unsigned record)
{
	return record / RECORDS_OF_SUBJECT;
}

static uint32_t ttl_of(unsigned record)
{
	return record <= HOST_NSEC || record % RECORDS_OF_SUBJECT == SRV ? HOST_TTL_SECONDS : OTHER_TTL_SECONDS;
}

// ---- what is named

static bool is_printable(const char *text, const char *without)
{
	for (; *text != 0; text++) {
		if (*text < ' ' || *text > '~' || strchr(without, *text) != NULL)
			return false;
	}
	return true;
}

static bool is_same_text(const char *one, const char *other)
{
	while (*one != 0 && dns_lower((uint8_t)*one) == dns_lower((uint8_t)*other)) {
		one++;
		other++;
	}
	return *one == *other;
}

void responder_clear(mdns_responder *own)
{
	memset(own, 0, sizeof *own);
	own->step_at_us = own->answer_at_us = MDNS_NEVER;
}

bool responder_keep(mdns_responder *own, const char *word)
{
	size_t size = strlen(word) + 1;
	if (size > sizeof own->kept - own->kept_length)
		return false;
	memcpy(own->kept + own->kept_length, word, size);
	own->kept_length += size;
	return true;
}

static char *next_word(char *word)
{
	return word + strlen(word) + 1;
}

// 0: no number below 65536.
static unsigned number_of(const char *word)
{
	unsigned number = 0;
	for (; *word >= '0' && *word <= '9' && number < 6554; word++)
		number = number * 10 + (unsigned)(*word - '0');
	return *word == 0 && number <= UINT16_MAX ? number : 0;
}

static responder_fault check_type(const char *type)
{
	size_t length = strcspn(type, ".");
	const char *protocol = type + length;
	return type[0] == '_' && dns_is_label(type + 1, length - 1, TYPE_CHARACTERS_MAX) && (is_same_text(protocol, "._tcp") || is_same_text(protocol, "._udp"))
		? 0 : RESPONDER_TYPE;
}

static responder_fault check_name(const mdns_responder *own, const mdns_service *service)
{
	if (service->name[0] == 0 || strlen(service->name) > NAME_CHARACTERS_MAX || !is_printable(service->name, ".\\"))
		return RESPONDER_NAME;
	for (const mdns_service *other = own->services; other < service; other++) {
		if (is_same_text(other->type, service->type) && is_same_text(other->name, service->name))
			return RESPONDER_SAME;
	}
	return 0;
}

// Makes a text of a key and its value, in their place: the end of the word before becomes its length, the end of the key "=".
static responder_fault join_text(char *key, char *value)
{
	size_t length = (size_t)(value - key) + strlen(value);
	if (key[0] == 0 || length > TEXT_BYTES_MAX || !is_printable(key, "=") || !is_printable(value, ""))
		return RESPONDER_TEXT;
	key[-1] = (char)length;
	value[-1] = '=';
	return 0;
}

static responder_fault read_services(mdns_responder *own, char **word)
{
	const char *end = own->kept + own->kept_length;
	for (*word = next_word(*word); *word < end;) {
		if (own->services_count == MDNS_SERVICES_MAX)
			return RESPONDER_SERVICES;
		mdns_service *service = &own->services[own->services_count];
		responder_fault fault = check_type(*word);
		if (fault != 0)
			return fault;
		service->type = *word;
		service->name = *word = next_word(*word);
		if ((fault = check_name(own, service)) != 0)
			return fault;
		*word = next_word(*word);
		if ((service->port = (uint16_t)number_of(*word)) == 0)
			return RESPONDER_PORT;
		*word = next_word(*word);
		unsigned words = number_of(*word);
		char *at = next_word(*word);
		service->texts = at - 1;
		for (; words >= 2; words -= 2) {
			char *value = next_word(at), *behind = next_word(value);
			*word = at;
			if ((fault = join_text(at, value)) != 0)
				return fault;
			at = behind;
		}
		service->texts_length = (size_t)(at - 1 - service->texts);
		own->services_count++;
		*word = at;
	}
	return 0;
}

// ---- the book

// What does not fit is left out, and counted.
static void put(mdns_responder *own, const void *bytes, size_t length)
{
	if (own->book_length + length <= sizeof own->book)
		memcpy(own->book + own->book_length, bytes, length);
	own->book_length += length;
}

static void put_number(mdns_responder *own, uint32_t number, unsigned length)
{
	for (unsigned i = length; i-- > 0;)
		put(own, &(uint8_t){(uint8_t)(number >> 8 * i)}, 1);
}

static void put_label(mdns_responder *own, const char *text, size_t length)
{
	put_number(own, length, 1);
	put(own, text, length);
}

// Labels with dots between them.
static void put_labels(mdns_responder *own, const char *text)
{
	for (;;) {
		size_t length = strcspn(text, ".");
		put_label(own, text, length);
		if (text[length] == 0)
			return;
		text += length + 1;
	}
}

// A name with a number behind it where somebody has had it: "pico-2", "My Pico (2)".
static void put_numbered(mdns_responder *own, const char *text, unsigned taken, bool is_host)
{
	char label[MDNS_LABEL_BYTES_MAX + 1];
	size_t length = strlen(text);
	memcpy(label, text, length);
	if (taken > 0) {
		unsigned number = taken + 1;
		if (!is_host)
			label[length++] = ' ';
		label[length++] = is_host ? '-' : '(';
		if (number > 9)
			label[length++] = (char)('0' + number / 10);
		label[length++] = (char)('0' + number % 10);
		if (!is_host)
			label[length++] = ')';
	}
	put_label(own, label, length);
}

static void put_host(mdns_responder *own)
{
	put_numbered(own, own->host, own->taken[0], true);
	put(own, domain, sizeof domain);
}

static void put_type(mdns_responder *own, const char *type)
{
	put_labels(own, type);
	put(own, domain, sizeof domain);
}

static void put_instance(mdns_responder *own, unsigned service)
{
	put_numbered(own, own->services[service].name, own->taken[1 + service], false);
	put_type(own, own->services[service].type);
}

static void begin_record(mdns_responder *own, unsigned record)
{
	own->records[record].at = (uint16_t)own->book_length;
}

// What stands between a name and its data.
static void put_fixed(mdns_responder *own, unsigned record, uint16_t type)
{
	own->records[record].fixed_at = (uint16_t)own->book_length;
	put_number(own, type, 2);
	put_number(own, DNS_CLASS_IN | (is_unique(record) ? TOP_BIT : 0), 2);
	put_number(own, ttl_of(record), 4);
	put_number(own, 0, 2);
}

static void end_record(mdns_responder *own, unsigned record)
{
	size_t data_at = own->records[record].fixed_at + DNS_RECORD_FIXED_BYTES, length = own->book_length - data_at;
	if (own->book_length <= sizeof own->book) {
		own->book[data_at - 2] = (uint8_t)(length >> 8);
		own->book[data_at - 1] = (uint8_t)length;
	}
	own->records[record].end = (uint16_t)own->book_length;
}

static bool is_first_of_type(const mdns_responder *own, unsigned service)
{
	for (unsigned i = 0; i < service; i++) {
		if (is_same_text(own->services[i].type, own->services[service].type))
			return false;
	}
	return true;
}

static void build(mdns_responder *own)
{
	own->book_length = 0;
	memset(own->records, 0, sizeof own->records);
	put_host(own);
	put_fixed(own, HOST_A, DNS_TYPE_A);
	put_number(own, own->address, 4);
	end_record(own, HOST_A);

	begin_record(own, HOST_NSEC);
	put_host(own);
	put_fixed(own, HOST_NSEC, TYPE_NSEC);
	put_host(own);
	put_number(own, 0x000140, 3); // no address of another kind (section 6.1): window 0, one byte, the bit of A
	end_record(own, HOST_NSEC);

	for (unsigned i = 0; i < own->services_count; i++) {
		const mdns_service *service = &own->services[i];
		unsigned first = (1 + i) * RECORDS_OF_SUBJECT;
		begin_record(own, first + SRV);
		put_instance(own, i);
		put_fixed(own, first + SRV, TYPE_SRV);
		put_number(own, 0, 4);
		put_number(own, service->port, 2);
		put_host(own);
		end_record(own, first + SRV);

		begin_record(own, first + TXT);
		put_instance(own, i);
		put_fixed(own, first + TXT, TYPE_TXT);
		if (service->texts_length == 0)
			put_number(own, 0, 1); // one empty text (RFC 6763 section 6.1)
		put(own, service->texts, service->texts_length);
		end_record(own, first + TXT);

		begin_record(own, first + PTR);
		put_type(own, service->type);
		put_fixed(own, first + PTR, TYPE_PTR);
		put_instance(own, i);
		end_record(own, first + PTR);

		if (!is_first_of_type(own, i))
			continue;
		begin_record(own, first + KIND);
		put(own, kinds, sizeof kinds);
		put_fixed(own, first + KIND, TYPE_PTR);
		put_type(own, service->type);
		end_record(own, first + KIND);
	}
}

responder_fault responder_check(mdns_responder *own, const char **word)
{
	char *at = own->kept;
	*word = own->host = at;
	if (!dns_is_label(at, strlen(at), HOST_CHARACTERS_MAX))
		return RESPONDER_HOST;
	responder_fault fault = read_services(own, &at);
	if (fault != 0) {
		*word = at;
		return fault;
	}
	build(own);
	return DNS_HEADER_BYTES + own->book_length + GROWTH_BYTES_MAX > MDNS_MESSAGE_BYTES_MAX ? RESPONDER_LENGTH : 0;
}

void responder_host_name(const mdns_responder *own, char name[MDNS_LABEL_BYTES_MAX + 1])
{
	memcpy(name, own->book + 1, own->book[0]);
	name[own->book[0]] = 0;
}

// ---- messages to others

typedef struct mdns_outgoing {
	uint8_t *message;
	size_t length;
	uint32_t ttl_seconds_max;
	bool is_plain;	// without the top bit
} mdns_outgoing;

static void count_one(uint8_t *message, unsigned section)
{
	message[4 + 2 * section + 1]++; // there are not 256 of anything
}

static void begin_message(mdns_outgoing *out, uint16_t flags)
{
	memset(out->message, 0, DNS_HEADER_BYTES);
	out->message[2] = (uint8_t)(flags >> 8);
	out->length = DNS_HEADER_BYTES;
}

// Appends records in a section: 1 answers, 2 authorities, 3 additionals. What does not fit is left out.
static void append_records(mdns_outgoing *out, const mdns_responder *own, uint32_t set, unsigned section)
{
	for (unsigned record = 0; record < MDNS_RECORDS_MAX; record++) {
		const mdns_record *place = &own->records[record];
		size_t length = place->end - place->at;
		if (!(set & 1u << record) || length == 0 || length > MDNS_MESSAGE_BYTES_MAX - out->length)
			continue;
		uint8_t *fixed = out->message + out->length + (place->fixed_at - place->at);
		memcpy(out->message + out->length, own->book + place->at, length);
		if (out->is_plain)
			fixed[2] &= (uint8_t)~(TOP_BIT >> 8);
		if (ttl_of(record) > out->ttl_seconds_max) {
			fixed[6] = 0; // below 256
			fixed[7] = (uint8_t)out->ttl_seconds_max;
		}
		out->length += length;
		count_one(out->message, section);
	}
}

// All that is unique, but not that there is nothing else.
static size_t emit_probe(const mdns_responder *own, uint8_t *message)
{
	mdns_outgoing out = {.message = message, .ttl_seconds_max = UINT32_MAX, .is_plain = true}; // in a probe the bit has no meaning (section 10.2)
	begin_message(&out, 0);
	for (unsigned subject = 0; subject <= own->services_count; subject++) {
		const mdns_record *first = &own->records[subject * RECORDS_OF_SUBJECT];
		size_t length = first->fixed_at - first->at;
		static const uint8_t any_to_us[] = {0, TYPE_ANY, TOP_BIT >> 8, DNS_CLASS_IN};
		memcpy(message + out.length, own->book + first->at, length);
		memcpy(message + out.length + length, any_to_us, sizeof any_to_us);
		out.length += length + sizeof any_to_us;
		count_one(message, 0);
	}
	append_records(&out, own, PROBED, 2);
	return out.length;
}

// And what who asked for them will ask for next (RFC 6763 section 12).
static size_t emit_answers(const mdns_responder *own, uint32_t answers, uint8_t *message)
{
	mdns_outgoing out = {.message = message, .ttl_seconds_max = UINT32_MAX};
	begin_message(&out, FLAGS_RESPONSE);
	append_records(&out, own, answers, 1);
	append_records(&out, own, (answers & ~UNIQUE ? UNIQUE : HOSTS) & ~answers, 3);
	return out.length;
}

// To who knows DNS alone: with his number and his questions, and nothing that he would not understand (section 6.7).
static size_t emit_legacy_answers(const mdns_responder *own, uint32_t answers, const mdns_heard *heard, size_t questions_end, uint8_t *message)
{
	mdns_outgoing out = {.message = message, .ttl_seconds_max = LEGACY_TTL_SECONDS, .is_plain = true};
	begin_message(&out, FLAGS_RESPONSE);
	memcpy(message, heard->message, 2);
	memcpy(message + 4, heard->message + 4, 2);
	memcpy(message + DNS_HEADER_BYTES, heard->message + DNS_HEADER_BYTES, questions_end - DNS_HEADER_BYTES);
	out.length = questions_end;
	append_records(&out, own, answers, 1);
	return out.length;
}

// ---- in time

static void begin(mdns_responder *own, uint64_t at_us)
{
	build(own);
	own->state = own->address == 0 ? RESPONDER_WAITING : RESPONDER_PROBING;
	own->step = 0;
	own->step_at_us = own->address == 0 ? MDNS_NEVER : at_us;
	own->answer_at_us = MDNS_NEVER;
	own->due = 0;
	memset(own->said_at_us, 0, sizeof own->said_at_us);
}

void responder_set_address(mdns_responder *own, uint32_t address, uint64_t now_us, uint32_t chance)
{
	if (address == own->address)
		return;
	own->address = address;
	begin(own, now_us + chance % PROBE_PAUSE_US);
}

static uint64_t sooner(uint64_t one_us, uint64_t other_us)
{
	return one_us < other_us ? one_us : other_us;
}

uint64_t responder_next_at_us(const mdns_responder *own)
{
	return sooner(own->step_at_us, own->answer_at_us);
}

static size_t say(mdns_responder *own, uint32_t records, uint64_t now_us, uint8_t *message)
{
	for (unsigned record = 0; record < MDNS_RECORDS_MAX; record++) {
		if (records & 1u << record)
			own->said_at_us[record] = now_us;
	}
	return emit_answers(own, records, message);
}

size_t responder_say(mdns_responder *own, uint64_t now_us, uint8_t message[MDNS_MESSAGE_BYTES_MAX])
{
	if (own->answer_at_us <= now_us) {
		uint32_t due = own->due;
		own->due = 0;
		own->answer_at_us = MDNS_NEVER;
		if (due != 0) // else others have said it meanwhile
			return say(own, due, now_us, message);
	}
	if (own->step_at_us > now_us)
		return 0;
	if (own->state == RESPONDER_PROBING) {
		if (own->step++ < PROBES) {
			own->step_at_us = now_us + PROBE_PAUSE_US;
			return emit_probe(own, message);
		}
		own->state = RESPONDER_ANNOUNCED;
		own->step = own->conflicts = 0;
		own->namings++;
	}
	own->step_at_us = ++own->step < ANNOUNCEMENTS ? now_us + ANNOUNCEMENT_PAUSE_US : MDNS_NEVER;
	return say(own, UINT32_MAX, now_us, message);
}

size_t responder_end(mdns_responder *own, uint8_t message[MDNS_MESSAGE_BYTES_MAX])
{
	if (own->state != RESPONDER_ANNOUNCED)
		return 0;
	own->state = RESPONDER_WAITING;
	own->step_at_us = own->answer_at_us = MDNS_NEVER;
	mdns_outgoing out = {.message = message, .ttl_seconds_max = 0};
	begin_message(&out, FLAGS_RESPONSE);
	append_records(&out, own, ~(1u << HOST_NSEC), 1);
	return out.length;
}

// ---- messages of others

// What a message says, collected until its end is known to be right.
typedef struct mdns_message {
	bool is_broken;
	uint32_t asked, asked_alone;	// of us
	uint32_t known;	// of our records, as we say them
	int conflict;	// a subject of which another says what we do not; -1: none
	// Of a probe, for each subject: how many of our records, in order, come before the least that we have not; and those that it has too.
	uint8_t place[MDNS_SUBJECTS_MAX], shared[MDNS_SUBJECTS_MAX];
} mdns_message;

#define NO_PLACE 0xFF

static int compare_bytes(const uint8_t *one, size_t one_length, const uint8_t *other, size_t other_length)
{
	int difference = memcmp(one, other, one_length < other_length ? one_length : other_length);
	return difference != 0 ? difference : (int)one_length - (int)other_length;
}

// The order of section 8.2: below 0 when our record is before theirs, 0 when it says the same. Their names are made whole first.
static int compare(const mdns_responder *own, unsigned record, const dns_reader *from, const dns_record *theirs, bool *is_broken)
{
	const uint8_t *fixed = fixed_of(own, record);
	uint16_t type = dns_u16(fixed);
	const uint8_t *data = fixed + DNS_RECORD_FIXED_BYTES;
	size_t length = dns_u16(data - 2);
	if (type != theirs->type)
		return type < theirs->type ? -1 : 1;
	const uint8_t *their_data = from->message + theirs->data_at;
	if (type == DNS_TYPE_A || type == TYPE_TXT)
		return compare_bytes(data, length, their_data, theirs->data_length);
	size_t numbers = type == TYPE_SRV ? SRV_NUMBERS_BYTES : 0;
	size_t their_end = theirs->data_at + theirs->data_length;
	dns_reader at = {from->message, from->length, theirs->data_at + numbers};
	dns_name name;
	if (at.at > their_end || !dns_read_name(&at, &name) || at.at > their_end || (type != TYPE_NSEC && at.at != their_end)) {
		*is_broken = true;
		return 1;
	}
	int difference = memcmp(data, their_data, numbers);
	for (size_t i = 0; difference == 0 && i < name.length; i++)
		difference = dns_lower(data[numbers + i]) - name.bytes[i];
	if (difference != 0)
		return difference;
	size_t ours = numbers + name.length;
	return compare_bytes(data + ours, length - ours, from->message + at.at, their_end - at.at);
}

static void read_question(const mdns_responder *own, mdns_message *read, const dns_name *name, uint16_t type, bool alone)
{
	uint32_t asked = 0, named = 0;
	for (unsigned record = 0; record < MDNS_RECORDS_MAX; record++) {
		if (!is_named(own, record, name))
			continue;
		named |= 1u << record;
		if (type == TYPE_ANY || type == dns_u16(fixed_of(own, record)))
			asked |= 1u << record;
	}
	if (asked == 0 && (named & 1u << HOST_NSEC))
		asked = 1u << HOST_NSEC; // that there is none
	if (alone)
		read->asked_alone |= asked;
	else
		read->asked |= asked;
}

// One of our records that a probe is about, against one of the probe.
static void weigh(const mdns_responder *own, mdns_message *read, unsigned subject, const dns_reader *from, const dns_record *theirs)
{
	// In the order of section 8.2: TXT (16) before SRV (33).
	unsigned first = subject * RECORDS_OF_SUBJECT;
	const unsigned ours[] = {subject == 0 ? HOST_A : first + TXT, first + SRV};
	unsigned place = 0;
	for (unsigned i = 0; i < (subject == 0 ? 1 : 2); i++) {
		int difference = compare(own, ours[i], from, theirs, &read->is_broken);
		if (difference == 0) {
			read->shared[subject] |= 1u << i;
			return;
		}
		place += difference < 0;
	}
	if (place < read->place[subject])
		read->place[subject] = (uint8_t)place;
}

// Two probe for one name at once: the later of what they say in order wins (section 8.2). Where the first difference is, decides.
static bool loses(const mdns_responder *own, const mdns_message *read)
{
	for (unsigned subject = 0; subject <= own->services_count; subject++) {
		unsigned count = subject == 0 ? 1 : 2, place = read->place[subject], i = 0;
		while (i < count && place != i && (read->shared[subject] & 1u << i))
			i++;
		if (i == count ? place == count : place != i && (place != NO_PLACE || read->shared[subject] >> i != 0))
			return true;
	}
	return false;
}

static void read_said(const mdns_responder *own, mdns_message *read, bool is_response, unsigned section, const dns_name *owner, const dns_reader *from, const dns_record *theirs)
{
	bool is_ours = false, is_same = false;
	unsigned subject = 0;
	bool is_probe = !is_response && section == 2;
	for (unsigned record = 0; record < MDNS_RECORDS_MAX; record++) {
		if (!is_named(own, record, owner))
			continue;
		if (is_probe) {
			if (is_unique(record)) {
				weigh(own, read, subject_of(record), from, theirs);
				return;
			}
			continue;
		}
		int difference = compare(own, record, from, theirs, &read->is_broken);
		if (difference == 0 && theirs->ttl_seconds * 2 >= ttl_of(record))
			read->known |= 1u << record;
		if (is_unique(record) && (own->state == RESPONDER_PROBING || dns_u16(fixed_of(own, record)) == theirs->type)) {
			is_ours = true;
			is_same |= difference == 0;
			subject = subject_of(record);
		}
	}
	if (is_response && is_ours && !is_same && theirs->ttl_seconds > 0 && read->conflict < 0)
		read->conflict = (int)subject;
}

// Answers where the questions end, 0 for what is no message: nobody believes the first half of it.
static size_t read_message(const mdns_responder *own, mdns_message *read, const mdns_heard *heard)
{
	const uint8_t *message = heard->message;
	dns_reader from = {message, heard->length, DNS_HEADER_BYTES};
	dns_name name;
	if (heard->length < DNS_HEADER_BYTES || (dns_u16(message + 2) & DNS_FLAGS_OPCODE))
		return 0;
	bool is_response = dns_u16(message + 2) & DNS_FLAGS_ANSWER;
	for (unsigned count = dns_u16(message + 4); count > 0; count--) {
		if (!dns_read_name(&from, &name) || !dns_has(&from, 4))
			return 0;
		uint16_t type = dns_u16(message + from.at), class = dns_u16(message + from.at + 2);
		from.at += 4;
		uint16_t plain_class = class & ~TOP_BIT;
		if (plain_class == DNS_CLASS_IN || plain_class == TYPE_ANY)
			read_question(own, read, &name, type, heard->alone || (class & TOP_BIT));
	}
	size_t questions_end = from.at;
	for (unsigned section = 1; section <= 3; section++) {
		for (unsigned count = dns_u16(message + 4 + 2 * section); count > 0; count--) {
			dns_record record;
			if (!dns_read_record(&from, &name, &record))
				return 0;
			bool counts = is_response ? section != 2 : section != 3;
			if (counts && (record.class & ~TOP_BIT) == DNS_CLASS_IN)
				read_said(own, read, is_response, section, &name, &from, &record);
		}
	}
	return read->is_broken ? 0 : questions_end;
}

static void conflicted(mdns_responder *own, unsigned subject, uint64_t now_us, uint32_t chance)
{
	uint64_t pause_us = ++own->conflicts > CONFLICTS_MAX ? CONFLICTS_PAUSE_US : chance % PROBE_PAUSE_US;
	// Who was announced asks first whether the other means it.
	if (own->state == RESPONDER_PROBING)
		own->taken[subject] = own->taken[subject] < TAKEN_MAX ? own->taken[subject] + 1 : 1;
	begin(own, now_us + pause_us);
}

static bool was_said_within(const mdns_responder *own, unsigned record, uint64_t now_us, uint64_t limit_us)
{
	return own->said_at_us[record] != 0 && now_us - own->said_at_us[record] < limit_us;
}

// Answers to the group in time. Answers the length of what the asker alone is told now.
static size_t answer(mdns_responder *own, const mdns_heard *heard, const mdns_message *read, size_t questions_end, uint64_t now_us, uint32_t chance, uint8_t *reply)
{
	bool is_cut_off = dns_u16(heard->message + 2) & DNS_FLAGS_CUT_OFF;
	bool is_defence = dns_u16(heard->message + 8) > 0;
	uint32_t wanted = read->asked & ~read->known, alone = read->asked_alone & ~read->known;
	if (heard->port != MDNS_PORT)
		return (wanted | alone) != 0 ? emit_legacy_answers(own, wanted | alone, heard, questions_end, reply) : 0;
	if (is_cut_off)
		own->cut_off_from = heard->from;
	else if (questions_end == DNS_HEADER_BYTES && heard->from == own->cut_off_from)
		own->due &= ~read->known; // the rest of what he knows (section 7.2)
	bool is_shared = false;
	for (unsigned record = 0; record < MDNS_RECORDS_MAX; record++) {
		uint32_t bit = 1u << record;
		// What the group has not heard for a quarter of its time is told to all (section 5.4).
		if ((alone & bit) && !was_said_within(own, record, now_us, (uint64_t)ttl_of(record) * (1000 * MS_US / 4))) {
			alone &= ~bit;
			wanted |= bit;
		}
		if ((wanted & bit) && !is_defence && was_said_within(own, record, now_us, AGAIN_US))
			wanted &= ~bit;
		is_shared |= (wanted & bit) && !is_unique(record);
	}
	if (wanted != 0) {
		uint64_t pause_us = is_defence ? 0 : is_cut_off ? CUT_OFF_PAUSE_US + chance % CUT_OFF_SPREAD_US
			: is_shared ? SHARED_PAUSE_US + chance % SHARED_SPREAD_US : 0;
		own->due |= wanted;
		own->answer_at_us = sooner(own->answer_at_us, now_us + pause_us);
	}
	return alone != 0 ? emit_answers(own, alone, reply) : 0;
}

size_t responder_hear(mdns_responder *own, const mdns_heard *heard, uint64_t now_us, uint32_t chance, uint8_t reply[MDNS_MESSAGE_BYTES_MAX])
{
	if (own->state == RESPONDER_WAITING || heard->length > MDNS_MESSAGE_BYTES_MAX)
		return 0;
	mdns_message read = {.conflict = -1};
	memset(read.place, NO_PLACE, sizeof read.place);
	size_t questions_end = read_message(own, &read, heard);
	if (questions_end == 0)
		return 0;
	if (dns_u16(heard->message + 2) & DNS_FLAGS_ANSWER) {
		if (heard->port != MDNS_PORT)
			return 0; // section 6
		own->due &= ~read.known; // somebody else has said it (section 7.4)
		if (read.conflict >= 0)
			conflicted(own, (unsigned)read.conflict, now_us, chance);
		return 0;
	}
	if (own->state == RESPONDER_ANNOUNCED)
		return answer(own, heard, &read, questions_end, now_us, chance, reply);
	if (loses(own, &read))
		begin(own, now_us + DEFER_US);
	return 0;
}
