/* The web's roots as one table. See root_store.h. */
#include "root_store.h"

#include <string.h>

#define HEADER_BYTES 32u
#define ANY_PATH_LENGTH 255

/* A root. */
enum {
	AT_DIGEST = 0,
	AT_NOT_BEFORE = 12, /* seconds since 1970, 32 bits */
	AT_NOT_AFTER = 16,
	AT_DISTRUST_AFTER = 20, /* 0: never */
	AT_PLACE = 24, /* of key, constraints and label, from the store's start, in words of 4 bytes; 16 bits */
	AT_KEY_BYTES = 26,
	AT_CONSTRAINTS_BYTES = 28,
	AT_LABEL_BYTES = 30,
	AT_PATH_LENGTH = 31,
};

static uint32_t word(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t half(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8;
}

size_t root_store_length(const uint8_t *store, size_t room)
{
	if (room < HEADER_BYTES || word(store) != ROOT_STORE_MAGIC || word(store + 4) != ROOT_STORE_VERSION
		|| word(store + 8) < HEADER_BYTES || word(store + 8) > room || word(store + 8) % 4 != 0)
		return 0;
	return word(store + 8);
}

bool root_store_is_sound(const uint8_t *store, size_t room)
{
	size_t length = root_store_length(store, room), count;

	if (length == 0)
		return false;
	count = word(store + 16);
	if (count > (length - HEADER_BYTES) / ROOT_STORE_ROOT_BYTES)
		return false;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *root = store + HEADER_BYTES + i * ROOT_STORE_ROOT_BYTES;
		size_t place = half(root + AT_PLACE) * 4, bytes = half(root + AT_KEY_BYTES) + half(root + AT_CONSTRAINTS_BYTES) + root[AT_LABEL_BYTES];

		if (place < HEADER_BYTES + count * ROOT_STORE_ROOT_BYTES || place > length || bytes > length - place
			|| (i > 0 && memcmp(root - ROOT_STORE_ROOT_BYTES, root, ROOT_STORE_DIGEST_BYTES) > 0))
			return false;
	}
	return true;
}

uint32_t root_store_crc32(const uint8_t *store)
{
	return word(store + 12);
}

unsigned root_store_count(const uint8_t *store)
{
	return word(store + 16);
}

const uint8_t *root_store_get(const uint8_t *store, unsigned index)
{
	return index < root_store_count(store) ? store + HEADER_BYTES + index * ROOT_STORE_ROOT_BYTES : NULL;
}

const uint8_t *root_store_find(const uint8_t *store, const uint8_t digest[ROOT_STORE_DIGEST_BYTES], unsigned index)
{
	unsigned low = 0, high = root_store_count(store);
	const uint8_t *root;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (memcmp(root_store_get(store, middle), digest, ROOT_STORE_DIGEST_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	root = root_store_get(store, low + index);
	return root && memcmp(root, digest, ROOT_STORE_DIGEST_BYTES) == 0 ? root : NULL;
}

bool root_store_read(const uint8_t *store, const uint8_t *root, const der *name, certificate *to)
{
	const uint8_t *at = store + half(root + AT_PLACE) * 4;
	size_t key_bytes = half(root + AT_KEY_BYTES), constraints_bytes = half(root + AT_CONSTRAINTS_BYTES);

	memset(to, 0, sizeof *to);
	to->whole = (der){root, ROOT_STORE_ROOT_BYTES};
	to->says = CERTIFICATE_IS_ANCHOR | CERTIFICATE_IS_CA | CERTIFICATE_BASIC_CRITICAL | CERTIFICATE_SELF_ISSUED;
	to->path_length = root[AT_PATH_LENGTH] == ANY_PATH_LENGTH ? -1 : root[AT_PATH_LENGTH];
	to->issuer = to->subject = *name;
	to->key_info = (der){at, key_bytes};
	if (constraints_bytes > 0) {
		to->says |= CERTIFICATE_HAS_CONSTRAINTS | CERTIFICATE_CONSTRAINTS_CRITICAL;
		to->permitted = (der){at + key_bytes, constraints_bytes};
	}
	to->not_before = word(root + AT_NOT_BEFORE);
	to->not_after = word(root + AT_NOT_AFTER);
	to->distrust_after = word(root + AT_DISTRUST_AFTER);
	return certificate_read_key(&to->key_info, to);
}

der root_store_label(const uint8_t *store, const uint8_t *root)
{
	return (der){store + half(root + AT_PLACE) * 4 + half(root + AT_KEY_BYTES) + half(root + AT_CONSTRAINTS_BYTES), root[AT_LABEL_BYTES]};
}
