// platform/lwip/mdns_responder.c on the host, with the sanitizers of its compiler. Boards 0 and 1 do what the lines of standard input
// say, words behind tabs:
//   clear BOARD, word BOARD WORD, check BOARD      prints "fault N WORD" when it is refused
//   address BOARD NUMBER       as a number; 0: none
//   hear BOARD FROM PORT ALONE HEX      prints "reply BOARD HEX" when the sender alone is answered
//   link PERCENT SEED          from now on the boards hear each other, except for so many messages of a hundred
//   run MS                     prints "say BOARD MS HEX" for each message to the group
//   end BOARD                  prints what it takes back
//   name BOARD                 prints "name BOARD NAME"
// With parameters SEED and ROUNDS: messages of the lines, in hexadecimal, are changed at random and heard in all states.

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mdns_responder.h"

static mdns_responder boards[2];
static uint64_t now_us = 1000000, state = 1;
static int loss_percent = 100;

static uint32_t draw(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

static size_t from_hex(const char *hex, uint8_t *bytes)
{
	size_t length = 0;
	for (unsigned value; sscanf(hex + 2 * length, "%2x", &value) == 1; length++)
		bytes[length] = (uint8_t)value;
	return length;
}

static void print_message(const char *what, const uint8_t *message, size_t length)
{
	printf("%s\t", what);
	for (size_t i = 0; i < length; i++)
		printf("%02x", message[i]);
	printf("\n");
}

// Message and room for the reply end where their memory ends, so that a touch beyond is found.
static size_t hear_copy(mdns_responder *board, const uint8_t *message, size_t length, uint32_t from, uint16_t port, bool alone, uint8_t *reply)
{
	uint8_t *copy = malloc(length ? length : 1), *room = malloc(MDNS_MESSAGE_BYTES_MAX);
	memcpy(copy, message, length);
	mdns_heard heard = {.message = length ? copy : copy + 1, .length = length, .from = from, .port = port, .alone = alone};
	size_t reply_length = responder_hear(board, &heard, now_us, draw(), room);
	assert(reply_length <= MDNS_MESSAGE_BYTES_MAX);
	memcpy(reply, room, reply_length);
	free(copy);
	free(room);
	return reply_length;
}

static size_t say_copy(mdns_responder *board, uint8_t *message)
{
	uint8_t *room = malloc(MDNS_MESSAGE_BYTES_MAX);
	size_t length = responder_say(board, now_us, room);
	assert(length <= MDNS_MESSAGE_BYTES_MAX);
	memcpy(message, room, length);
	free(room);
	return length;
}

static bool arrives(void)
{
	return (int)(draw() % 100) >= loss_percent;
}

static void run(uint64_t until_us)
{
	uint8_t message[MDNS_MESSAGE_BYTES_MAX], reply[MDNS_MESSAGE_BYTES_MAX];
	char what[40];
	for (;;) {
		uint64_t next_us = MDNS_NEVER;
		for (int i = 0; i < 2; i++) {
			uint64_t board_us = responder_next_at_us(&boards[i]);
			next_us = board_us < next_us ? board_us : next_us;
		}
		if (next_us > until_us)
			break;
		now_us = next_us > now_us ? next_us : now_us;
		for (int i = 0; i < 2; i++) {
			size_t length = responder_next_at_us(&boards[i]) <= now_us ? say_copy(&boards[i], message) : 0;
			if (length == 0)
				continue;
			snprintf(what, sizeof what, "say\t%d\t%llu", i, (unsigned long long)(now_us / 1000));
			print_message(what, message, length);
			if (!arrives())
				continue;
			size_t reply_length = hear_copy(&boards[1 - i], message, length, (uint32_t)i + 1, MDNS_PORT, false, reply);
			if (reply_length > 0 && arrives())
				hear_copy(&boards[i], reply, reply_length, 2 - (uint32_t)i, MDNS_PORT, true, message);
		}
	}
	now_us = until_us;
}

static void obey(char *line)
{
	char *words[6] = {0};
	int count = 0;
	line[strcspn(line, "\n")] = 0;
	for (char *word = line; word && count < 6; count++) {
		words[count] = word;
		word = strchr(word, '\t');
		if (word)
			*word++ = 0;
	}
	const char *what = words[0];
	int number = words[1] ? atoi(words[1]) & 1 : 0;
	mdns_responder *board = &boards[number];
	uint8_t bytes[4096], reply[MDNS_MESSAGE_BYTES_MAX];
	char title[40];
	const char *word = "";
	responder_fault fault = 0;
	if (!strcmp(what, "clear"))
		responder_clear(board);
	else if (!strcmp(what, "word"))
		fault = responder_keep(board, words[2]) ? 0 : RESPONDER_LENGTH;
	else if (!strcmp(what, "check"))
		fault = responder_check(board, &word);
	else if (!strcmp(what, "address"))
		responder_set_address(board, (uint32_t)strtoul(words[2], NULL, 10), now_us, draw());
	else if (!strcmp(what, "hear")) {
		size_t length = hear_copy(board, bytes, from_hex(words[5], bytes), (uint32_t)atoi(words[2]), (uint16_t)atoi(words[3]), atoi(words[4]), reply);
		snprintf(title, sizeof title, "reply\t%d", number);
		if (length > 0)
			print_message(title, reply, length);
	} else if (!strcmp(what, "link")) {
		loss_percent = atoi(words[1]);
		state = (uint64_t)atoi(words[2]);
	} else if (!strcmp(what, "run"))
		run(now_us + (uint64_t)atoi(words[1]) * 1000);
	else if (!strcmp(what, "end")) {
		size_t length = responder_end(board, reply);
		snprintf(title, sizeof title, "say\t%d\t%llu", number, (unsigned long long)(now_us / 1000));
		print_message(title, reply, length);
	} else if (!strcmp(what, "name")) {
		char name[MDNS_LABEL_BYTES_MAX + 1];
		responder_host_name(board, name);
		printf("name\t%d\t%s\n", number, name);
	} else
		exit(2);
	if (fault) { // and nobody goes on with such a board
		printf("fault\t%d\t%s\n", fault, word);
		exit(0);
	}
}

#define MESSAGES_MAX 16

static void change(uint8_t *bytes, size_t *length)
{
	for (unsigned changes = draw() % 5; changes-- > 0;) {
		size_t at = draw() % *length;
		switch (draw() % 5) {
			case 0: bytes[at] = (uint8_t)draw(); break;
			case 1: bytes[at] ^= (uint8_t)(1u << draw() % 8); break;
			case 2: bytes[at] = 0xC0; if (at + 1 < *length) bytes[at + 1] = (uint8_t)(draw() % *length); break;
			case 3: bytes[at] = (uint8_t[]){0, 1, 63, 64, 127, 192, 255}[draw() % 7]; break;
			case 4: bytes[4 + draw() % 8] = (uint8_t)(draw() % 4); break;
		}
	}
	if (draw() % 4 == 0)
		*length = draw() % (*length + 1);
}

static void name_all(mdns_responder *board)
{
	static const char *const words[] = {"pico", "_http._tcp", "My Pico", "80", "2", "path", "/", "_ssh._tcp", "My Pico", "22", "0"};
	const char *word;
	responder_clear(board);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		responder_keep(board, words[i]);
	assert(responder_check(board, &word) == 0);
	responder_set_address(board, 0xC0A80402, now_us, draw());
}

static void fuzz(unsigned rounds)
{
	static uint8_t messages[MESSAGES_MAX][2048];
	size_t lengths[MESSAGES_MAX];
	unsigned count = 0, replies = 0, said = 0;
	static char line[8192];
	while (count < MESSAGES_MAX && fgets(line, sizeof line, stdin)) {
		lengths[count] = from_hex(line, messages[count]);
		count += lengths[count] > 0;
	}
	for (unsigned round = 0; round < rounds; round++) {
		mdns_responder *board = &boards[round & 1];
		uint8_t bytes[2048], out[MDNS_MESSAGE_BYTES_MAX];
		if (round % 500 < 2)
			name_all(board);
		unsigned which = draw() % count;
		size_t length = lengths[which];
		memcpy(bytes, messages[which], length);
		change(bytes, &length);
		replies += hear_copy(board, bytes, length, draw() % 3, draw() % 4 ? MDNS_PORT : (uint16_t)draw(), draw() % 4 == 0, out) > 0;
		now_us += draw() % 200000;
		while (responder_next_at_us(board) <= now_us)
			said += say_copy(board, out) > 0;
		char name[MDNS_LABEL_BYTES_MAX + 1];
		responder_host_name(board, name);
		assert(!strncmp(name, "pico", 4));
	}
	printf("%u %u\n", replies, said);
}

int main(int count, char **arguments)
{
	static char line[8192];
	responder_clear(&boards[0]);
	responder_clear(&boards[1]);
	if (count == 3) {
		state = (uint64_t)atoi(arguments[1]);
		fuzz((unsigned)atoi(arguments[2]));
		return 0;
	}
	while (fgets(line, sizeof line, stdin))
		obey(line);
	return 0;
}
