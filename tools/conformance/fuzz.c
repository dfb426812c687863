/*
 * A fuzzer for platform/trust: chains of a corpus, changed element by element
 * and byte by byte, are judged over and over. What reaches new code is kept and
 * changed further. The sanitizers are the judge, and what a judgement promises:
 * a bound on signatures, the same answer twice, and a path of certificates that
 * were sent. Each certificate lies in a block of exactly its length.
 *
 *   fuzz ROUNDS SEED FOLDER [keep]
 *
 * A file of the folder is a chain, leaf first and root last, each certificate
 * behind its length in two bytes. With "keep" the folder gets what was found,
 * the few chains that together reach the most.
 */
#include <assert.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trust.h"

#define FUZZ_EDGES 8192
#define FUZZ_ORIGIN trust_judge
#include "fuzzing.h"

#define CHAIN_MAX 12 /* certificates */
#define CHAIN_BYTES_MAX 24000
#define POOL_MAX 4096
#define KEEP_MAX 48 /* chains; what they leave out is found again in seconds */
#define LEVELS_MAX 16

typedef struct chain {
	der one[CHAIN_MAX];
	unsigned count;
} chain;

static chain pool[POOL_MAX];
static unsigned pool_count;

/* --- Memory. */

static der copied(const uint8_t *from, size_t length)
{
	uint8_t *to = malloc(length ? length : 1);

	assert(to);
	memcpy(to, from, length);
	return (der){to, length};
}

static void drop(chain *of)
{
	for (unsigned i = 0; i < of->count; i++)
		free((void *)of->one[i].at);
	of->count = 0;
}

static chain copy_of(const chain *from)
{
	chain to = {.count = from->count};

	for (unsigned i = 0; i < from->count; i++)
		to.one[i] = copied(from->one[i].at, from->one[i].length);
	return to;
}

static size_t bytes_of(const chain *of)
{
	size_t sum = 0;

	for (unsigned i = 0; i < of->count; i++)
		sum += of->one[i].length + 2;
	return sum;
}

/* --- Changes. */

/* An element and those around it, the outermost first: where each begins, where its content does, where it ends. */
typedef struct place {
	size_t start[LEVELS_MAX], content[LEVELS_MAX], end[LEVELS_MAX];
	unsigned depth;
} place;

static bool read_header(der whole, size_t at, size_t end, size_t *content, size_t *behind)
{
	der from = {whole.at + at, end - at}, inner;
	uint8_t tag;

	if (!der_next(&from, &tag, &inner))
		return false;
	*content = (size_t)(inner.at - whole.at);
	*behind = *content + inner.length;
	return true;
}

/* Walks down from the outermost element by chance. */
static place pick(der whole)
{
	place of = {.depth = 0};
	size_t at = 0, end = whole.length;

	while (of.depth < LEVELS_MAX) {
		size_t starts[64], content, behind;
		unsigned count = 0;

		for (size_t next = at; next < end && count < 64 && read_header(whole, next, end, &content, &behind); next = behind)
			starts[count++] = next;
		if (count == 0)
			break;
		at = starts[chance(count)];
		read_header(whole, at, end, &content, &behind);
		of.start[of.depth] = at;
		of.content[of.depth] = content;
		of.end[of.depth++] = behind;
		/* Constructed elements have others inside, and so has what holds an extension. */
		if (!(whole.at[at] & DER_CONSTRUCTED) && whole.at[at] != DER_OCTET_STRING)
			break;
		if (chance(6) == 0)
			break;
		at = content;
		end = behind;
	}
	return of;
}

static size_t write_header(uint8_t *to, uint8_t tag, size_t length)
{
	size_t count = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;

	to[0] = tag;
	to[1] = (uint8_t)(count ? 0x80 | count : length);
	for (size_t i = 0; i < count; i++)
		to[2 + i] = (uint8_t)(length >> 8 * (count - 1 - i));
	return 2 + count;
}

/* The certificate with the innermost element replaced, and the lengths around it set right. */
static der replaced(der whole, const place *of, const uint8_t *with, size_t length)
{
	static uint8_t built[2][CHAIN_BYTES_MAX * 3];
	unsigned side = 0;

	memcpy(built[side], with, length);
	for (unsigned level = of->depth - 1; level-- > 0;) {
		size_t before = of->start[level + 1] - of->content[level], behind = of->end[level] - of->end[level + 1];
		uint8_t *to = built[!side];
		size_t at = write_header(to, whole.at[of->start[level]], before + length + behind);

		memcpy(to + at, whole.at + of->content[level], before);
		memcpy(to + at + before, built[side], length);
		memcpy(to + at + before + length, whole.at + of->end[level + 1], behind);
		length += at + before + behind;
		side = !side;
	}
	return copied(built[side], length);
}

static der change_element(der whole, der donor)
{
	static uint8_t with[CHAIN_BYTES_MAX * 2];
	static const uint8_t tags[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13, 0x16, 0x17, 0x18, 0x30, 0x31, 0x80, 0x81, 0x82, 0x86, 0x87, 0xA0, 0xA1, 0xA3, 0xA4};
	place of = pick(whole), from = pick(donor);
	const uint8_t *at;
	size_t size, length;

	if (of.depth < 2 || from.depth == 0)
		return copied(whole.at, whole.length);
	at = whole.at + of.start[of.depth - 1];
	size = of.end[of.depth - 1] - of.start[of.depth - 1];
	length = from.end[from.depth - 1] - from.start[from.depth - 1];
	switch (chance(6)) {
	case 0:
		size = 0;
		break;
	case 1:
		memcpy(with, at, size);
		memcpy(with + size, at, size);
		size *= 2;
		break;
	case 2:
		memcpy(with, at, size);
		with[0] = tags[chance(sizeof tags)];
		break;
	case 3:
		size = length;
		memcpy(with, donor.at + from.start[from.depth - 1], size);
		break;
	case 4:
		memcpy(with, at, size);
		memcpy(with + size, donor.at + from.start[from.depth - 1], length);
		size += length;
		break;
	default: /* the content longer or shorter */
		length = of.end[of.depth - 1] - of.content[of.depth - 1];
		length = chance(2) || length == 0 ? length + chance(4) : length - chance((unsigned)length < 8 ? (unsigned)length + 1 : 8);
		memset(with, "\0*.a\xFF"[chance(5)], length + 5);
		size = write_header(with, at[0], length);
		if (length > 0)
			memcpy(with + size, whole.at + of.content[of.depth - 1], length < of.end[of.depth - 1] - of.content[of.depth - 1] ? length
				: of.end[of.depth - 1] - of.content[of.depth - 1]);
		size += length;
	}
	return replaced(whole, &of, with, size);
}

static der change_bytes(der whole)
{
	size_t length = chance(16) == 0 && whole.length > 1 ? chance((unsigned)whole.length) + 1 : whole.length;
	der to = copied(whole.at, length);
	uint8_t *at = (uint8_t *)to.at;

	for (unsigned count = chance(4) + 1; count > 0; count--) {
		uint8_t *one = at + chance((unsigned)length);
		*one = (uint8_t)(chance(2) ? *one ^ 1u << chance(8) : chance(2) ? chance(256) : *one + (chance(2) ? 1u : 255u));
	}
	return to;
}

static void change(chain *of)
{
	const chain *other = &pool[chance(pool_count)];
	unsigned i = chance(of->count);
	der *one = &of->one[i], donor = other->one[chance(other->count)], before = *one;

	switch (chance(12)) {
	case 0:
		if (of->count < CHAIN_MAX)
			of->one[of->count++] = copied(donor.at, donor.length);
		break;
	case 1:
		if (of->count > 2) {
			free((void *)before.at);
			*one = of->one[--of->count];
		}
		break;
	case 2:
		*one = of->one[of->count - 1];
		of->one[of->count - 1] = before;
		break;
	case 3:
	case 4:
	case 5:
		*one = change_bytes(before);
		free((void *)before.at);
		break;
	default:
		*one = change_element(before, donor);
		free((void *)before.at);
	}
}

/* --- The question. */

typedef struct asked {
	const chain *of;
	bool is_own, doubts;
	unsigned signatures;
} asked;

static bool give_root(void *context, const der *issuer, unsigned index, trust_anchor *root)
{
	const asked *by = context;

	(void)issuer;
	*root = (trust_anchor){.certificate = by->of->one[by->of->count - 1], .is_own = by->is_own};
	return index == 0;
}

/* Right, so that all of the judgement is reached, or by the bytes of both where there are doubts. */
static bool check(void *context, const certificate *child, const certificate *issuer)
{
	asked *by = context;
	unsigned sum = 0;

	by->signatures++;
	for (size_t i = 0; i < child->signature.length; i++)
		sum = sum * 31 + child->signature.at[i];
	for (size_t i = 0; i < issuer->key_info.length; i++)
		sum = sum * 31 + issuer->key_info.at[i];
	return !by->doubts || sum & 4;
}

static bool judge(const chain *of, unsigned kind)
{
	static trust_room room;
	asked by = {.of = of, .is_own = kind & 1, .doubts = (kind & 6) == 6};
	trust_question question = {.sent = of->one, .sent_count = of->count - 1, .root = give_root, .check = check, .context = &by,
		.host = {.text = {(const uint8_t *)"site.example", 12}}, .now = 1780272000, .for_client = kind % 8 == 7, .intermediates_max = -1};
	trust_answer answer, again;

	if (kind % 16 == 15)
		question.host = (names_host){.address = {(const uint8_t *)"\xC0\xA8\x04\x02", 4}};
	alarm(20);
	trust_judge(&question, &room, &answer);
	assert(by.signatures == answer.signatures && answer.signatures <= TRUST_SIGNATURES_MAX && answer.code < TRUST_CODES);
	assert((trust_code_name(answer.code) == NULL) == (answer.code == TRUST_OK));
	if (answer.code == TRUST_OK) {
		assert(answer.depth >= 2 && answer.depth <= TRUST_DEPTH_MAX && answer.signatures >= answer.depth - 1);
		for (unsigned i = 1; i + 1 < answer.depth; i++)
			assert(answer.place[i] > 0 && answer.place[i] < question.sent_count);
	}
	trust_judge(&question, &room, &again);
	assert(again.code == answer.code && again.signatures == answer.signatures && again.at_fault.at == answer.at_fault.at);
	return answer.code == TRUST_OK;
}

/* --- The corpus. */

static bool add(chain of)
{
	if (pool_count == POOL_MAX)
		return false;
	pool[pool_count++] = of;
	return true;
}

static void load(const char *path)
{
	static uint8_t bytes[65536];
	FILE *file = fopen(path, "rb");
	chain of = {.count = 0};
	size_t total, at = 0;

	if (!file)
		return;
	total = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	while (at + 2 <= total && of.count < CHAIN_MAX) {
		size_t length = (size_t)bytes[at] << 8 | bytes[at + 1];
		if (length == 0 || length > total - at - 2)
			break;
		of.one[of.count++] = copied(bytes + at + 2, length);
		at += length + 2;
	}
	if (of.count < 2 || !add(of))
		drop(&of);
}

static void keep(const chain *of, const char *folder, unsigned number)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof path, "%s/%03u.chain", folder, number);
	file = fopen(path, "wb");
	assert(file);
	for (unsigned i = 0; i < of->count; i++) {
		fputc((int)(of->one[i].length >> 8), file);
		fputc((int)(of->one[i].length & 0xFF), file);
		fwrite(of->one[i].at, 1, of->one[i].length, file);
	}
	fclose(file);
}

static const char *kept_in;

static void run_kinds(unsigned index)
{
	for (unsigned kind = 0; kind < 16; kind++)
		judge(&pool[index], kind);
}

static size_t size_of(unsigned index)
{
	return bytes_of(&pool[index]);
}

static void keep_chain(unsigned index, unsigned number)
{
	keep(&pool[index], kept_in, number);
}

static void too_slow(int signal)
{
	(void)signal;
	abort();
}

int main(int count, char **words)
{
	unsigned rounds, trusted = 0, given;
	struct dirent **names;
	int files;

	if (count < 4 || (files = scandir(words[3], &names, NULL, alphasort)) < 0)
		return 2;
	rounds = (unsigned)atoi(words[1]);
	chance_state = strtoull(words[2], NULL, 10) * 2 + 1;
	signal(SIGALRM, too_slow);
	for (int i = 0; i < files; i++) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", words[3], names[i]->d_name);
		load(path);
		free(names[i]);
	}
	free(names);
	given = pool_count;
	if (given == 0)
		return 2;
	for (unsigned i = 0; i < given; i++) {
		for (unsigned kind = 0; kind < 16; kind++)
			judge(&pool[i], kind);
	}
	take_new_edges();
	for (unsigned round = 0; round < rounds; round++) {
		chain of = copy_of(&pool[chance(pool_count)]);

		for (unsigned times = 1 + chance(4); times > 0; times--) {
			change(&of);
			if (bytes_of(&of) > CHAIN_BYTES_MAX)
				break;
		}
		if (bytes_of(&of) > CHAIN_BYTES_MAX) {
			drop(&of);
			continue;
		}
		memset(edges_now, 0, sizeof edges_now);
		trusted += judge(&of, chance(16));
		if (take_new_edges() == 0 || !add(of))
			drop(&of);
	}
	printf("%u rounds, %u trusted, %u chains given, %u found\n", rounds, trusted, given, pool_count - given);
	if (count > 4 && strcmp(words[4], "keep") == 0) {
		kept_in = words[3];
		printf("%u chains kept\n", keep_the_best(pool_count, KEEP_MAX, run_kinds, size_of, keep_chain));
	}
	for (unsigned i = 0; i < pool_count; i++)
		drop(&pool[i]);
	return 0;
}
