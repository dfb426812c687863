// DHCP and DNS of the board's own network on the host. Usage: answers, or answers SEED ROUNDS for messages with damage.

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dhcp_answers.h"
#include "name_answers.h"

#define BOARD 0xC0A84901u // 192.168.73.1
#define MASK 0xFFFFFF00u

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM };

static dhcp_answers server;
static uint8_t message[400], reply[DHCP_REPLY_BYTES];
static uint32_t to;

static void set32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

// Composes a message of the guest-th guest; 0: without that option.
static size_t compose(unsigned guest, uint8_t type, uint32_t has, uint32_t requested, uint32_t chosen)
{
	memset(message, 0, sizeof message);
	message[0] = message[1] = 1;
	message[2] = 6;
	set32(message + 4, 0x12345600 + guest);
	set32(message + 12, has);
	memcpy(message + 28, (uint8_t[]){ 2, 0, 0, 0, 0, (uint8_t)guest }, 6);
	memcpy(message + 236, (uint8_t[]){ 99, 130, 83, 99, 53, 1, type, 0 }, 8);
	uint8_t *at = message + 244;
	if (requested) {
		*at++ = 50, *at++ = 4;
		set32(at, requested), at += 4;
	}
	if (chosen) {
		*at++ = 54, *at++ = 4;
		set32(at, chosen), at += 4;
	}
	*at++ = 255;
	return (size_t)(at - message);
}

// The answer's type, 0 for none; *address is what it gives.
static uint8_t ask(unsigned guest, uint32_t now, uint8_t type, uint32_t has, uint32_t requested, uint32_t chosen, uint32_t *address)
{
	size_t length = compose(guest, type, has, requested, chosen);
	if (!dhcp_answer(&server, now, message, length, reply, &to))
		return 0;
	assert(reply[0] == 2 && get32(reply + 4) == 0x12345600 + guest && reply[33] == guest && reply[240] == 53);
	if (address)
		*address = get32(reply + 16);
	return reply[242];
}

static void leases(void)
{
	uint32_t address, again;
	server = (dhcp_answers){ .address = BOARD, .mask = MASK };
	// The usual way, and renewing by what it has.
	assert(ask(1, 0, DISCOVER, 0, 0, 0, &address) == OFFER && address == BOARD + 15 && to == UINT32_MAX && server.changes == 0);
	assert(ask(1, 0, REQUEST, 0, address, BOARD, &again) == ACK && again == address && to == UINT32_MAX && server.changes == 1);
	assert(get32(reply + 245) == BOARD && reply[243] == 54);
	assert(ask(1, 1000, REQUEST, address, 0, 0, &again) == ACK && again == address && to == address && server.changes == 1);
	assert(ask(1, 1000, DISCOVER, 0, 0, 0, &again) == OFFER && again == address);
	// Another guest asks for the same, and gets another.
	assert(ask(2, 1000, DISCOVER, 0, address, 0, &again) == OFFER && again == address + 1);
	assert(ask(2, 1000, REQUEST, 0, address, BOARD, NULL) == NAK && to == UINT32_MAX);
	assert(ask(2, 1000, REQUEST, 0, 0x0A000005, 0, NULL) == NAK);
	// It chooses another server: its offer is free at once.
	assert(ask(2, 1000, REQUEST, 0, 0x0A000005, 0x0A000001, NULL) == 0);
	assert(ask(3, 1000, DISCOVER, 0, address + 1, 0, &again) == OFFER && again == address + 1);
	assert(ask(3, 1000, REQUEST, 0, again, BOARD, NULL) == ACK);
	// Given back, it stays its own while nobody needs it.
	assert(ask(3, 1001, RELEASE, again, 0, BOARD, NULL) == 0);
	assert(ask(4, 1002, DISCOVER, 0, 0, 0, &again) == OFFER && again == address + 2);
	assert(ask(3, 1003, DISCOVER, 0, 0, 0, &again) == OFFER && again == address + 1);
	// Somebody else uses it: nobody gets it for a while.
	assert(ask(3, 1003, REQUEST, 0, again, BOARD, NULL) == ACK && ask(3, 1004, DECLINE, 0, again, BOARD, NULL) == 0);
	assert(ask(3, 1004, DISCOVER, 0, again, 0, &again) == OFFER && again != address + 1);
	assert(ask(5, 1004, REQUEST, 0, address + 1, BOARD, NULL) == NAK);
	// A second address frees the first.
	assert(ask(3, 1005, REQUEST, 0, again, BOARD, NULL) == ACK && ask(3, 1006, REQUEST, 0, address + 7, BOARD, NULL) == ACK);
	assert(ask(6, 1006, REQUEST, 0, again, BOARD, NULL) == ACK);
	assert(ask(7, 1006, INFORM, 0x0A000005, 0, 0, &again) == ACK && again == 0 && to == 0x0A000005);
	// All taken, and free again when leases end.
	server = (dhcp_answers){ .address = BOARD, .mask = MASK };
	uint32_t first = UINT32_MAX - 10; // the clock turns over meanwhile
	for (unsigned guest = 0; guest < DHCP_LEASES; guest++) {
		assert(ask(guest + 1, first, DISCOVER, 0, 0, 0, &address) == OFFER && address == BOARD + 15 + guest);
		assert(ask(guest + 1, first, REQUEST, 0, address, BOARD, NULL) == ACK);
	}
	assert(ask(99, first + 20, DISCOVER, 0, 0, 0, NULL) == 0);
	assert(ask(1, first + 1800, REQUEST, BOARD + 15, 0, 0, NULL) == ACK);
	assert(ask(99, first + DHCP_LEASE_SECONDS, DISCOVER, 0, 0, 0, &address) == OFFER && address == BOARD + 16);
	assert(dhcp_is_leased(&server.leases[0], first + DHCP_LEASE_SECONDS) && !dhcp_is_leased(&server.leases[2], first + DHCP_LEASE_SECONDS));
	// What is no message of a guest.
	size_t length = compose(1, DISCOVER, 0, 0, 0);
	for (unsigned i = 0; i < 240; i++) { // too short
		assert(dhcp_answer(&server, 0, message, i, reply, &to) == 0);
	}
	message[26] = 1; // relayed
	assert(dhcp_answer(&server, 0, message, length, reply, &to) == 0);
}

static size_t query(const char *name, unsigned type, uint8_t to_bytes[300])
{
	memcpy(to_bytes, (uint8_t[]){ 7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1 }, 12);
	size_t at = 12;
	for (const char *label = name; *label;) {
		size_t length = strcspn(label, ".");
		to_bytes[at++] = (uint8_t)length;
		memcpy(to_bytes + at, label, length);
		at += length;
		label += length + (label[length] == '.');
	}
	memcpy(to_bytes + at, (uint8_t[]){ 0, 0, (uint8_t)type, 0, 1 }, 5);
	return at + 5;
}

static void names(void)
{
	uint8_t bytes[300], answer[NAME_REPLY_BYTES];
	size_t length = query("captive.apple.com", 1, bytes);
	assert(name_answer(BOARD, bytes, length, answer) == length + 16);
	assert(answer[0] == 7 && answer[2] == 0x85 && answer[3] == 0 && answer[7] == 1 && answer[11] == 0 && get32(answer + length + 12) == BOARD);
	length = query("captive.apple.com", 28, bytes); // AAAA: the name exists, without one
	assert(name_answer(BOARD, bytes, length, answer) == length && answer[3] == 0 && answer[7] == 0);
	bytes[2] |= 0x28; // an update
	assert(name_answer(BOARD, bytes, length, answer) == length && answer[3] == 4);
	length = query("", 1, bytes);
	assert(name_answer(BOARD, bytes, length, answer) == length + 16);
	for (size_t i = 0; i < length; i++)
		assert(name_answer(BOARD, bytes, i, answer) == 0);
	bytes[2] |= 0x80; // an answer: two servers would talk for ever
	assert(name_answer(BOARD, bytes, length, answer) == 0);
	char longest[256];
	for (int i = 0; i < 253; i++)
		longest[i] = i % 64 == 63 ? '.' : 'a';
	longest[253] = 0;
	length = query(longest, 1, bytes);
	assert(length == 12 + 255 + 4 && name_answer(BOARD, bytes, length, answer) == NAME_REPLY_BYTES);
}

static uint64_t state;
static uint32_t draw(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

// Each message is a block of its own: the sanitizer sees a byte that is read behind it.
static void damage(unsigned rounds)
{
	unsigned answered = 0;
	server = (dhcp_answers){ .address = BOARD, .mask = MASK };
	for (unsigned round = 0; round < rounds; round++) {
		uint8_t bytes[300], answer[NAME_REPLY_BYTES];
		bool is_name = draw() % 2;
		size_t length = is_name ? query("a.example.com", draw() % 40, bytes)
			: compose(draw() % 14, (uint8_t)(draw() % 9), draw() % 2 ? 0 : BOARD + draw() % 40, draw() % 2 ? 0 : BOARD + draw() % 40, draw() % 3 ? BOARD : 0);
		uint8_t *block = malloc(length);
		memcpy(block, is_name ? bytes : message, length);
		for (unsigned times = draw() % 4; times > 0; times--)
			block[is_name || draw() % 2 ? draw() % length : 236 + draw() % (length - 236)] = (uint8_t)draw();
		size_t cut = draw() % 4 ? length : draw() % (length + 1);
		uint8_t *copy = malloc(cut ? cut : 1);
		memcpy(copy, block, cut);
		size_t got = is_name ? name_answer(BOARD, copy, cut, answer) : dhcp_answer(&server, round / 3, copy, cut, reply, &to);
		answered += got > 0;
		free(copy);
		free(block);
		// Nobody shares an address.
		for (unsigned i = 0; i < DHCP_LEASES; i++)
			for (unsigned j = 0; j < i; j++)
				assert(!dhcp_is_leased(&server.leases[i], round / 3) || !dhcp_is_leased(&server.leases[j], round / 3)
					|| memcmp(server.leases[i].mac, server.leases[j].mac, 6));
	}
	assert(answered > rounds / 10);
}

int main(int argc, char **argv)
{
	if (argc == 3) {
		state = strtoull(argv[1], NULL, 10);
		damage((unsigned)atoi(argv[2]));
	} else {
		leases();
		names();
	}
	return 0;
}
