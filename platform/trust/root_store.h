/*
 * The web's roots as one table, read in place: whose each is by a digest of its
 * name, its key, and until when it counts (RFC 5280 6.1.1 (d): a trust anchor
 * is a name and a key). tools/certificates/root-store.ts makes it, and looks
 * that nothing which a root's certificate forbids gets lost.
 *
 * Little endian, at a multiple of 4. A header of 32 bytes: magic, version, length
 * of the whole, CRC-32 (zlib's) of what follows it, number of roots, zeros. Then
 * the roots in the order of their digests, 32 bytes each, see root_store.c. Then
 * keys, constraints and labels.
 */
#ifndef ROOT_STORE_H
#define ROOT_STORE_H

#include "certificate.h"

#define ROOT_STORE_MAGIC 0x53524650u /* "PFRS" */
#define ROOT_STORE_VERSION 1u
#define ROOT_STORE_CHECKED_OFFSET 16u /* what the CRC covers begins here */
#define ROOT_STORE_DIGEST_BYTES 12 /* the first of SHA-256 */
#define ROOT_STORE_ROOT_BYTES 32u

/** True when every length and place in it is inside `room` bytes, and the digests are in order. The checksum is the caller's. */
bool root_store_is_sound(const uint8_t *store, size_t room);

/** The length of the whole, when its header is right and inside `room`; else 0. */
size_t root_store_length(const uint8_t *store, size_t room);

/** The checksum that a store of some length names. */
uint32_t root_store_crc32(const uint8_t *store);

/** How many roots a store that is sound has. */
unsigned root_store_count(const uint8_t *store);

/** Root number `index` of a store that is sound, or NULL behind the last one. */
const uint8_t *root_store_get(const uint8_t *store, unsigned index);

/** Root number `index` among those whose name has this digest, or NULL. */
const uint8_t *root_store_find(const uint8_t *store, const uint8_t digest[ROOT_STORE_DIGEST_BYTES], unsigned index);

/** Reads a root as the certificate of an authority of this name. False when its key is malformed. */
bool root_store_read(const uint8_t *store, const uint8_t *root, const der *name, certificate *to);

/** What people call a root: UTF-8, not ended by a zero. */
der root_store_label(const uint8_t *store, const uint8_t *root);

#endif
