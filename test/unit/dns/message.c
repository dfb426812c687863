// platform/lwip/dns_message.c on the host, with the sanitizers of its compiler. Messages come on standard input.
//   name TEXT              the bytes of a name in hexadecimal, or "refused"
//   query ID TYPE NAME     the bytes of a question
//   read ID TYPE NAME      the verdict on a message; for an address its bytes; its TTL
//   fuzz ID TYPE NAME SEED ROUNDS    the verdicts on a message that is changed at random, counted

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns_message.h"

static const char *const verdicts[] = {"address", "no name", "no address", "cut off", "failed", "malformed", "foreign"};

static void print_hex(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		printf("%02x", bytes[i]);
}

static uint64_t state;
static uint32_t draw(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

// A copy that ends where its memory ends, so that a read beyond it is found.
static dns_verdict read_copy(const uint8_t *message, size_t length, const dns_question *question, dns_answer *answer)
{
	uint8_t *copy = malloc(length ? length : 1);
	memcpy(copy, message, length);
	dns_verdict verdict = dns_read_answer(length ? copy : copy + 1, length, question, answer);
	free(copy);
	return verdict;
}

static void fuzz(const uint8_t *message, size_t length, const dns_question *question, unsigned rounds)
{
	unsigned counts[7] = {0};
	uint8_t changed[4096 + 64];
	while (rounds-- > 0) {
		size_t changed_length = length;
		memcpy(changed, message, length);
		for (unsigned changes = draw() % 4; changes-- > 0;) {
			size_t at = draw() % 4 ? 12 + draw() % (length - 12) : draw() % 12;
			switch (draw() % 4) {
				case 0: changed[at] = (uint8_t)draw(); break;
				case 1: changed[at] ^= (uint8_t)(1u << draw() % 8); break;
				case 2: changed[at] = 0xC0; if (at + 1 < length) changed[at + 1] = (uint8_t)(draw() % length); break;
				case 3: changed[at] = (uint8_t[]){0, 1, 63, 64, 127, 192, 255}[draw() % 7]; break;
			}
		}
		if (draw() % 4 == 0)
			changed_length = draw() % (length + 1);
		else if (draw() % 8 == 0)
			for (unsigned more = draw() % 64; more-- > 0;)
				changed[changed_length++] = (uint8_t)draw();
		dns_answer answer;
		dns_verdict verdict = read_copy(changed, changed_length, question, &answer);
		counts[verdict]++;
		// A right question is not changed by a right answer to it.
		if (verdict != DNS_FOREIGN && (changed_length < 12 || changed[0] != (question->id >> 8) || changed[1] != (question->id & 0xFF)))
			abort();
	}
	for (int i = 0; i < 7; i++)
		printf("%s %u\n", verdicts[i], counts[i]);
}

int main(int count, char **arguments)
{
	dns_name name;
	if (count == 3 && strcmp(arguments[1], "name") == 0) {
		if (dns_name_of(arguments[2], &name) == 0)
			print_hex(name.bytes, name.length);
		else
			printf("refused");
		return 0;
	}
	if (count < 5 || dns_name_of(arguments[4], &name) != 0)
		return 2;
	dns_question question = {(uint16_t)atoi(arguments[2]), (uint16_t)atoi(arguments[3]), &name};
	if (strcmp(arguments[1], "query") == 0) {
		uint8_t query[DNS_QUERY_BYTES_MAX];
		print_hex(query, dns_emit_query(query, &question));
		return 0;
	}
	static uint8_t message[4096];
	size_t length = fread(message, 1, sizeof message, stdin);
	if (strcmp(arguments[1], "fuzz") == 0 && count == 7) {
		state = (uint64_t)atoi(arguments[5]);
		fuzz(message, length, &question, (unsigned)atoi(arguments[6]));
		return 0;
	}
	dns_answer answer = {{0}, 0};
	dns_verdict verdict = read_copy(message, length, &question, &answer);
	printf("%s", verdicts[verdict]);
	if (verdict == DNS_ADDRESS) {
		printf(" ");
		print_hex(answer.address, question.type == DNS_TYPE_A ? 4 : 16);
	}
	if (verdict <= DNS_NO_ADDRESS)
		printf(" %u", answer.ttl_seconds);
	return 0;
}
