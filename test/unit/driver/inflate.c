// The driver's unpacker on the host. Usage: inflate FILE [SEED ROUNDS]. Writes what FILE unpacks to on stdout, with status 0 when all
// is right and 3 when it is damaged. With SEED and ROUNDS it does so for that many damaged copies, prints nothing, and ends with
// status 4 when one of them passes for right with other bytes.

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cyw43_inflate.c"

static uint64_t state;
static uint32_t draw(void) {
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

struct bytes {
	uint8_t *at;
	size_t length;
};

// Every other piece is unpacked ahead, as while a transfer is under way. Each copy of the file is a block of its own, so that the
// sanitizer sees a byte that is read behind it.
static bool unpack(const struct bytes *file, struct bytes *to) {
	static uint16_t table[1 << CYW43_INFLATE_LITERAL_BITS];
	static struct cyw43_inflate inflate;
	static _Alignas(4) uint8_t piece[CYW43_INFLATE_PIECE_BYTES];
	uint8_t *packed = malloc(file->length);
	size_t room = 0;
	int length;
	memcpy(packed, file->at, file->length);
	cyw43_inflate_start(&inflate, table, packed, file->length);
	*to = (struct bytes){0};
	while ((length = cyw43_inflate_next(&inflate, piece)) > 0) {
		while (draw() % 2 && cyw43_inflate_ahead(&inflate)) {}
		if (to->length + sizeof piece > room)
			to->at = realloc(to->at, room = 2 * room + sizeof piece);
		memcpy(to->at + to->length, piece, sizeof piece);
		to->length += (size_t)length;
	}
	assert(length == CYW43_INFLATE_END || cyw43_inflate_next(&inflate, piece) == CYW43_INFLATE_DAMAGED);
	free(packed);
	return length == CYW43_INFLATE_END;
}

int main(int argc, char **argv) {
	static uint8_t whole[1 << 20];
	FILE *from = fopen(argv[1], "rb");
	struct bytes file = {whole, fread(whole, 1, sizeof whole, from)}, right, other;
	fclose(from);
	bool is_right = unpack(&file, &right);
	if (argc == 2) {
		if (right.length > 0)
			fwrite(right.at, 1, right.length, stdout);
		return is_right ? 0 : 3;
	}
	state = strtoull(argv[2], NULL, 10);
	for (int rounds = atoi(argv[3]); rounds > 0; rounds--) {
		struct bytes copy = {malloc(file.length), file.length};
		size_t stream_length = file.length - CYW43_INFLATE_HEADER_BYTES, near = stream_length < 100 ? stream_length : 100;
		memcpy(copy.at, file.at, file.length);
		for (uint32_t count = draw() % 4 + 1; count > 0; count--)
			copy.at[CYW43_INFLATE_HEADER_BYTES + draw() % (draw() % 2 ? near : stream_length)] ^= (uint8_t)(1u << draw() % 8);
		if (draw() % 4 == 0)
			copy.length -= draw() % (stream_length + 1);
		if (unpack(&copy, &other) && (other.length != right.length || memcmp(other.at, right.at, right.length) != 0))
			return 4;
		free(other.at);
		free(copy.at);
	}
	return 0;
}
