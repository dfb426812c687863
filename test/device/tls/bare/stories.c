/*
 * A fuzzer for platform/tls: stories of a corpus (story.h), changed in what
 * their owner does, in their segments, records and messages, are told over and
 * over. What reaches new code is kept and changed further. The sanitizers are
 * the judge, and what story.c asserts of each.
 *
 *   stories ROUNDS SEED FOLDER [keep]
 *   stories FILE
 *   stories faults FILE
 *
 * A file is the seven things of its owner in eight bytes, and then parts: kind,
 * length in two bytes, content. gives-13.story and gives-12.story bring what
 * others go on with. With "keep" the folder gets what was found, the few stories
 * that together reach the most. The second form tells one, and says how it ended. The
 * third tells it again and again, with each allocation refused in turn.
 */
#include <assert.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "story.h"

#define FUZZ_EDGES 65536
#define FUZZ_ORIGIN story_tell
#include "fuzzing.h"

#define POOL_MAX 4096
#define KEEP_MAX 64
#define KEEP_BYTES_MAX 6000
#define WHOLE_EVERY 64 /* rounds, behind which a story must still go well */

/* Of a record (RFC 8446 5.1) and of a handshake message in it (4). */
#define RECORD_HEADER 5
#define RECORD_MAX (RECORD_HEADER + 16384 + 256)
#define MESSAGE_HEADER 4

static story *pool[POOL_MAX];
static unsigned pool_count, given;
static story *gives_13, *gives_12;

/* --- Memory. */

static uint8_t *copied(const uint8_t *from, size_t length)
{
	uint8_t *to = malloc(length ? length : 1);

	assert(to);
	if (length > 0)
		memcpy(to, from, length);
	return to;
}

/* How many bytes lie behind `bytes`: a fill has one for all. */
static size_t held(const story_part *of)
{
	return of->kind == STORY_SEGMENT ? of->length_bytes : of->kind == STORY_FILL ? 1 : 0;
}

static story_part part_of(story_kind kind, const uint8_t *bytes, size_t length)
{
	story_part made = {.kind = kind, .length_bytes = (uint16_t)length};

	made.bytes = copied(bytes, held(&made));
	return made;
}

static void drop(story *of)
{
	for (unsigned i = 0; i < of->count; i++)
		free(of->parts[i].bytes);
	free(of);
}

static story *copy_of(const story *from)
{
	story *to = malloc(sizeof *to);

	assert(to);
	*to = *from;
	for (unsigned i = 0; i < to->count; i++)
		to->parts[i].bytes = copied(from->parts[i].bytes, held(&from->parts[i]));
	return to;
}

static size_t bytes_of(const story *of)
{
	size_t sum = 8;

	for (unsigned i = 0; i < of->count; i++)
		sum += 3 + held(&of->parts[i]);
	return sum;
}

/* --- Changes. */

static void insert(story *in, unsigned at, story_part what)
{
	if (in->count == STORY_PARTS_MAX) {
		free(what.bytes);
		return;
	}
	memmove(&in->parts[at + 1], &in->parts[at], (in->count - at) * sizeof in->parts[0]);
	in->parts[at] = what;
	in->count++;
}

static void take_out(story *in, unsigned at)
{
	free(in->parts[at].bytes);
	in->count--;
	memmove(&in->parts[at], &in->parts[at + 1], (in->count - at) * sizeof in->parts[0]);
}

static bool is_record(const story_part *of)
{
	return of->kind == STORY_SEGMENT && of->length_bytes > RECORD_HEADER;
}

/* The bytes from..to of the content replaced, and, mostly, the lengths around them set right: of the record, of its message, and whatever
 * else in front of them reaches exactly to the message's end. */
static void replace(story_part *of, size_t from, size_t to, const uint8_t *with, size_t length)
{
	size_t total = of->length_bytes - (to - from) + length;
	long by = (long)length - (long)(to - from);
	size_t end = RECORD_HEADER + MESSAGE_HEADER;
	uint8_t *made;

	if (total > STORY_BYTES_MAX)
		return;
	made = malloc(total ? total : 1);
	assert(made);
	memcpy(made, of->bytes, from);
	if (length > 0)
		memcpy(made + from, with, length);
	memcpy(made + from + length, of->bytes + to, of->length_bytes - to);
	if (chance(8) != 0 && from >= RECORD_HEADER) {
		size_t record = total - RECORD_HEADER;
		made[3] = (uint8_t)(record >> 8);
		made[4] = (uint8_t)record;
		if (from >= end && of->length_bytes > end) {
			end += (size_t)of->bytes[6] << 16 | (size_t)of->bytes[7] << 8 | of->bytes[8];
			for (size_t at = 6; chance(8) != 0 && at + 3 <= from; at++) {
				size_t three = (size_t)of->bytes[at] << 16 | (size_t)of->bytes[at + 1] << 8 | of->bytes[at + 2], two = three >> 8, changed;
				if (at + 3 + three == end) {
					changed = three + (size_t)by;
					made[at] = (uint8_t)(changed >> 16);
					made[at + 1] = (uint8_t)(changed >> 8);
					made[at + 2] = (uint8_t)changed;
				} else if (at + 2 + two == end) {
					changed = two + (size_t)by;
					made[at] = (uint8_t)(changed >> 8);
					made[at + 1] = (uint8_t)changed;
				}
			}
		}
	}
	free(of->bytes);
	of->bytes = made;
	of->length_bytes = (uint16_t)total;
}

static void change_content(story_part *of, const story_part *donor)
{
	size_t length = of->length_bytes, from = RECORD_HEADER + chance((unsigned)length - RECORD_HEADER), to = from + chance(12), at, count;
	uint8_t junk[16];

	if (to > length)
		to = length;
	for (size_t i = 0; i < sizeof junk; i++)
		junk[i] = (uint8_t)(chance(3) ? chance(256) : 255 * chance(2));
	switch (chance(4)) {
	case 0:
		replace(of, from, to, NULL, 0);
		break;
	case 1:
		replace(of, from, from, junk, 1 + chance(sizeof junk));
		break;
	case 2: { /* a piece twice */
		uint8_t *piece = copied(of->bytes + from, to - from);
		replace(of, from, from, piece, to - from);
		free(piece);
		break;
	}
	default: /* a piece of another's */
		at = chance(donor->length_bytes);
		count = 1 + chance(40);
		if (count > donor->length_bytes - at)
			count = donor->length_bytes - at;
		replace(of, from, chance(2) ? to : from, donor->bytes + at, count);
	}
}

static void change_bytes(story_part *of)
{
	for (unsigned count = 1 + chance(3); count > 0; count--) {
		uint8_t *one = of->bytes + chance(of->length_bytes);
		*one = (uint8_t)(chance(2) ? *one ^ 1u << chance(8) : chance(2) ? chance(256) : *one + (chance(2) ? 1u : 255u));
	}
}

/* One record as two, or two of a kind as one. */
static void divide(story *in, unsigned at)
{
	story_part *of = &in->parts[at], *next = of + 1;
	size_t content = of->length_bytes - RECORD_HEADER, first = chance((unsigned)content + 1);
	uint8_t *made;

	if (chance(2) && at + 1 < in->count && is_record(next) && of->length_bytes + next->length_bytes < RECORD_MAX) {
		replace(of, of->length_bytes, of->length_bytes, next->bytes + RECORD_HEADER, next->length_bytes - RECORD_HEADER);
		take_out(in, at + 1);
		return;
	}
	made = malloc(RECORD_HEADER + content - first);
	assert(made);
	memcpy(made, of->bytes, RECORD_HEADER);
	memcpy(made + RECORD_HEADER, of->bytes + RECORD_HEADER + first, content - first);
	made[3] = (uint8_t)((content - first) >> 8);
	made[4] = (uint8_t)(content - first);
	of->bytes[3] = (uint8_t)(first >> 8);
	of->bytes[4] = (uint8_t)first;
	of->length_bytes = (uint16_t)(RECORD_HEADER + first);
	insert(in, at + 1, (story_part){STORY_SEGMENT, (uint16_t)(RECORD_HEADER + content - first), made});
}

/* TCP's segments are not TLS's records. */
static void cut(story *in, unsigned at)
{
	story_part *of = &in->parts[at];
	size_t first = 1 + chance(of->length_bytes > 1 ? of->length_bytes - 1u : 1);

	insert(in, at + 1, part_of(STORY_SEGMENT, of->bytes + first, of->length_bytes - first));
	if (in->parts[at].length_bytes > first)
		in->parts[at].length_bytes = (uint16_t)first;
}

/* What any peer may say at any time. In plain, and as it lies under the protection of TLS 1.3, whose tag is 16 bytes. */
static story_part known(void)
{
	static const struct {
		uint8_t length, bytes[31];
	} records[] = {
		{7, {21, 3, 3, 0, 2, 1, 0}}, /* close_notify */
		{7, {21, 3, 3, 0, 2, 2, 40}},
		{7, {21, 3, 3, 0, 2, 1, 90}}, /* a warning */
		{6, {20, 3, 3, 0, 1, 1}},
		{9, {22, 3, 3, 0, 4, 0, 0, 0, 0}}, /* HelloRequest */
		{5, {23, 3, 3, 0, 0}},
		{24, {23, 3, 3, 0, 19, 1, 0, 21}},
		{24, {23, 3, 3, 0, 19, 1, 90, 21}},
		{22, {23, 3, 3, 0, 17, 23}},
		{27, {23, 3, 3, 0, 22, 24, 0, 0, 1, 0, 22}}, /* KeyUpdate */
		{27, {23, 3, 3, 0, 22, 24, 0, 0, 1, 1, 22}},
		{26, {23, 3, 3, 0, 21, 'd', 'a', 't', 'a', 23}},
		{31, {21, 3, 3, 0, 26, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0}}, /* the same in TLS 1.2, behind a nonce of 8 bytes */
		{5, {22, 3, 3, 64, 0}}, /* of 16 KB, which must follow */
		{5, {23, 3, 3, 65, 0}},
		{5, {23, 3, 3, 72, 0}},
		{9, {22, 3, 3, 64, 0, 11, 0, 255, 255}},
	};
	unsigned which = chance(sizeof records / sizeof records[0]);

	return part_of(STORY_SEGMENT, records[which].bytes, records[which].length);
}

static void change_owner(story_owner *of)
{
	switch (chance(10)) {
	case 0:
	case 1:
		of->fault_in = (uint16_t)(chance(2) ? 1 + chance(1500) : 1 + chance(120));
		break;
	case 2:
		of->write_refusals = (uint8_t)chance(6);
		break;
	case 3:
		of->close_at = (uint8_t)chance(60);
		break;
	case 4:
		of->read_bytes = (uint8_t)(1 + chance(90));
		break;
	case 5:
		of->writes = (uint8_t)chance(256);
		break;
	case 6:
		of->kind ^= (uint8_t)(2u << chance(6));
		break;
	case 7:
		of->fault_in = 0;
		of->troubles = 0;
		break;
	default:
		of->troubles ^= (uint8_t)(1u << chance(5));
	}
}

static void change(story *of)
{
	const story *other = pool[chance(pool_count)];
	unsigned at = chance(of->count), from = chance(other->count);
	story_part *one = &of->parts[at];
	const story_part *donor = &other->parts[from];

	switch (chance(16)) {
	case 0:
		change_owner(&of->owner);
		break;
	case 1:
		if (of->count > 1)
			take_out(of, at);
		break;
	case 2:
		insert(of, at + chance(2), part_of(donor->kind, donor->bytes, donor->length_bytes));
		break;
	case 3: {
		story_part before = *one;
		unsigned to = chance(of->count);
		*one = of->parts[to];
		of->parts[to] = before;
		break;
	}
	case 4:
		insert(of, at + chance(2), part_of(STORY_PAUSE + chance(STORY_KINDS - STORY_PAUSE), NULL, 0));
		break;
	case 5:
		insert(of, at + chance(2), part_of(STORY_FILL, (const uint8_t[]){(uint8_t)(chance(2) ? 0 : chance(256))}, 1 + chance(chance(4) ? 40 : 20000)));
		break;
	case 6:
	case 7:
		insert(of, at + chance(2), known());
		break;
	case 8:
		if (is_record(one))
			divide(of, at);
		break;
	case 9:
		if (one->kind == STORY_SEGMENT && one->length_bytes > 1)
			cut(of, at);
		break;
	case 10:
	case 11:
		if (one->kind == STORY_SEGMENT && one->length_bytes > 0)
			change_bytes(one);
		break;
	default:
		if (is_record(one) && donor->kind == STORY_SEGMENT && donor->length_bytes > 0)
			change_content(one, donor);
	}
}

/* --- The corpus. */

static story *load(const char *path)
{
	static uint8_t bytes[STORY_BYTES_MAX];
	FILE *file = fopen(path, "rb");
	story *of = calloc(1, sizeof *of);
	size_t total, at = 8;

	assert(file && of);
	total = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	of->owner = (story_owner){bytes[0], (uint16_t)(bytes[1] << 8 | bytes[2]), bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]};
	while (at + 3 <= total && of->count < STORY_PARTS_MAX) {
		story_part here = {bytes[at] % STORY_KINDS, (uint16_t)(bytes[at + 1] << 8 | bytes[at + 2]), NULL};
		at += 3;
		if (held(&here) > total - at)
			break;
		of->parts[of->count++] = part_of(here.kind, bytes + at, here.length_bytes);
		at += held(&here);
	}
	assert(of->count > 0);
	return of;
}

static void keep(const story *of, const char *path)
{
	FILE *file = fopen(path, "wb");
	const story_owner *owner = &of->owner;

	assert(file);
	fwrite((const uint8_t[]){owner->kind, (uint8_t)(owner->fault_in >> 8), (uint8_t)owner->fault_in, owner->write_refusals, owner->close_at,
		owner->read_bytes, owner->writes, owner->troubles}, 1, 8, file);
	for (unsigned i = 0; i < of->count; i++) {
		const story_part *one = &of->parts[i];
		fwrite((const uint8_t[]){(uint8_t)one->kind, (uint8_t)(one->length_bytes >> 8), (uint8_t)one->length_bytes}, 1, 3, file);
		fwrite(one->bytes, 1, held(one), file);
	}
	fclose(file);
}

static const char *kept_in;

static void run_story(unsigned index)
{
	story_tell(pool[index]);
}

static size_t size_of(unsigned index)
{
	return bytes_of(pool[index]) <= KEEP_BYTES_MAX ? bytes_of(pool[index]) : 0;
}

static void keep_story(unsigned index, unsigned number)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/%03u.story", kept_in, number);
	keep(pool[index], path);
}

/* What the fuzzer dies of is left behind. */
static const story *under_way;

static void leave_behind(int signal)
{
	const char *path = getenv("STORY_LEFT");

	(void)signal;
	if (path && under_way)
		keep(under_way, path);
	_exit(1);
}

static void say(const story_end *of)
{
	printf("%s%s%s (-0x%x), %zu bytes\n", of->was_open ? "open, " : "", of->resumed ? "resumed, " : "", of->code ? of->code : "closed",
		(unsigned)-of->library_error, of->received_bytes);
}

static void load_all(const char *folder)
{
	struct dirent **names;
	int files = scandir(folder, &names, NULL, alphasort);

	assert(files >= 0);
	for (int i = 0; i < files; i++) {
		const char *name = names[i]->d_name;
		char path[4096];
		story *read;

		if (strlen(name) > 6 && strcmp(name + strlen(name) - 6, ".story") == 0 && pool_count < POOL_MAX) {
			snprintf(path, sizeof path, "%s/%s", folder, name);
			read = pool[pool_count++] = load(path);
			if (strcmp(name, "gives-13.story") == 0)
				gives_13 = read;
			else if (strcmp(name, "gives-12.story") == 0)
				gives_12 = read;
		}
		free(names[i]);
	}
	free(names);
	given = pool_count;
	assert(gives_13 && gives_12);
	story_prepare(folder, gives_13, gives_12);
}

/* The corpus is the folder that the story lies in. */
static story *load_one(const char *path)
{
	char folder[4096];
	char *slash;

	snprintf(folder, sizeof folder, "%s", path);
	slash = strrchr(folder, '/');
	assert(slash);
	*slash = '\0';
	load_all(folder);
	return load(path);
}

static void tell_one(const char *path)
{
	story *of = load_one(path);
	story_end end = story_tell(of);

	say(&end);
	drop(of);
}

static void tell_with_faults(const char *path)
{
	story *of = load_one(path);
	unsigned refused = 0, unseen = 0;
	story_end whole = story_tell(of), end;

	assert(strcmp(whole.code, "ECLOSED") == 0);
	do {
		of->owner.fault_in = (uint16_t)++refused;
		end = story_tell(of);
		assert(end.code);
		unseen += strcmp(end.code, "ECLOSED") == 0;
		if (strcmp(end.code, "ECLOSED") != 0 && strcmp(end.code, "ERR_TLS_MEMORY") != 0)
			printf("%u: %s\n", refused, end.code);
		assert(strcmp(story_tell(gives_13).code, "ECLOSED") == 0);
	} while (!end.was_spared);
	printf("%u refused, %u unseen\n", refused - 1, unseen - 1);
	drop(of);
}

int main(int count, char **words)
{
	unsigned rounds, opened = 0, resumed = 0;

	setvbuf(stdout, NULL, _IONBF, 0); /* a buffer of its would be taken for memory that a story keeps */
	signal(SIGALRM, leave_behind);
	signal(SIGABRT, leave_behind);
	if (count == 2) {
		tell_one(words[1]);
		return 0;
	}
	if (count == 3 && strcmp(words[1], "faults") == 0) {
		tell_with_faults(words[2]);
		return 0;
	}
	if (count < 4)
		return 2;
	rounds = (unsigned)atoi(words[1]);
	chance_state = strtoull(words[2], NULL, 10) * 2 + 1;
	load_all(words[3]);
	for (unsigned i = 0; i < given; i++) {
		alarm(20);
		under_way = pool[i];
		story_tell(pool[i]);
	}
	take_new_edges();
	for (unsigned round = 0; round < rounds; round++) {
		story *of = copy_of(pool[chance(chance(2) ? given : pool_count)]);
		story_end end;

		for (unsigned times = 1 + chance(chance(2) ? 4 : 1); times > 0; times--)
			change(of);
		if (bytes_of(of) > STORY_BYTES_MAX) {
			drop(of);
			continue;
		}
		memset(edges_now, 0, sizeof edges_now);
		alarm(20);
		under_way = of;
		end = story_tell(of);
		opened += end.was_open;
		resumed += end.resumed;
		under_way = NULL;
		if (take_new_edges() > 0 && pool_count < POOL_MAX)
			pool[pool_count++] = of;
		else
			drop(of);
		if (round % WHOLE_EVERY == 0) {
			end = story_tell(gives_13);
			assert(end.was_open && strcmp(end.code, "ECLOSED") == 0);
		}
	}
	alarm(0);
	under_way = NULL;
	printf("%u rounds, %u open, %u resumed, %u stories given, %u found\n", rounds, opened, resumed, given, pool_count - given);
	if (count > 4 && strcmp(words[4], "keep") == 0) {
		kept_in = words[3];
		printf("%u stories kept\n", keep_the_best(pool_count, KEEP_MAX, run_story, size_of, keep_story));
	}
	for (unsigned i = 0; i < pool_count; i++)
		drop(pool[i]);
	return 0;
}
