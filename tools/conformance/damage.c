/*
 * Damaged certificates for the validator: the DER files named on the command
 * line (leaf first, root last) are judged again and again with bytes changed,
 * cut and moved, for as many seconds and with the seed that are given first.
 * Every signature counts as right, so that all of the judgement is reached. The
 * sanitizers are the judge; each changed certificate lies in a block of exactly
 * its length.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trust.h"

#define FILES_MAX 8

static uint64_t state;

static unsigned chance(unsigned below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % below;
}

static bool give_root(void *context, const der *issuer, unsigned index, trust_anchor *root)
{
	(void)issuer;
	*root = (trust_anchor){*(der *)context, false};
	return index == 0;
}

static bool say_right(void *context, const certificate *child, const certificate *issuer)
{
	(void)context;
	return child->signature.length > 0 && issuer->key_info.length > 0;
}

static der damaged(der from)
{
	size_t length = chance(8) == 0 && from.length > 1 ? chance((unsigned)from.length) + 1 : from.length;
	uint8_t *to = malloc(length);

	memcpy(to, from.at, length);
	for (unsigned count = chance(4); count > 0; count--) {
		size_t at = chance((unsigned)length);
		switch (chance(3)) {
		case 0:
			to[at] = (uint8_t)chance(256);
			break;
		case 1:
			to[at] ^= (uint8_t)(1u << chance(8));
			break;
		default:
			to[at] = (uint8_t)(to[at] + (chance(2) ? 1 : 255));
		}
	}
	return (der){to, length};
}

int main(int count, char **words)
{
	der files[FILES_MAX], sent[FILES_MAX], root;
	unsigned total = 0, rounds = 0, trusted = 0;
	time_t end = time(NULL) + atoi(words[1]);

	state = strtoull(words[2], NULL, 10) | 1;
	for (int i = 3; i < count && total < FILES_MAX; i++) {
		uint8_t *bytes = malloc(65536);
		FILE *file = fopen(words[i], "rb");
		if (!file)
			return 2;
		files[total].length = fread(bytes, 1, 65536, file);
		files[total++].at = bytes;
		fclose(file);
	}
	for (; (rounds & 255) != 0 || time(NULL) < end; rounds++) {
		trust_question question = {.sent = sent, .sent_count = total - 1, .root = give_root, .check = say_right, .context = &root,
			.host = {.text = {(const uint8_t *)"site.example", 12}}, .now = 1780272000, .intermediates_max = -1};
		static trust_room room;
		trust_answer answer;
		unsigned victim = rounds == 0 ? total : chance(total);

		for (unsigned i = 0; i < total; i++) {
			der one = i == victim ? damaged(files[i]) : files[i];
			if (i + 1 < total)
				sent[i] = one;
			else
				root = one;
		}
		trust_judge(&question, &room, &answer);
		trusted += answer.code == TRUST_OK;
		if (rounds == 0 && answer.code != TRUST_OK)
			return fprintf(stderr, "undamaged: %s\n", trust_code_name(answer.code)), 3;
		if (victim < total)
			free((void *)(victim + 1 < total ? sent[victim].at : root.at));
	}
	printf("%u rounds, %u trusted\n", rounds, trusted);
	for (unsigned i = 0; i < total; i++)
		free((void *)files[i].at);
	return 0;
}
