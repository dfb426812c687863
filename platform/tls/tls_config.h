/*
 * The configuration of Mbed TLS 3.6: a TLS 1.3 and 1.2 client, ECDHE with AEAD
 * only, X.509 verified in full. A reason stands at each choice; what is not
 * named is off. It is also the configuration of the few crypto files that an
 * app without TLS links (platform/board).
 */
#ifndef TLS_CONFIG_H
#define TLS_CONFIG_H

#include <stddef.h>
#include <time.h>

/* --- Platform: no files, no sockets, no clock of its own, no heap of its own. */

/* Halves RSA and cuts ECC by a quarter (Thumb-1 multiply kernel of bn_mul.h). */
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
/* Every block comes out of the arena of the connection that is being stepped. */
void *arena_calloc(size_t count, size_t size_bytes);
void arena_free(void *block);
#define MBEDTLS_PLATFORM_CALLOC_MACRO arena_calloc
#define MBEDTLS_PLATFORM_FREE_MACRO arena_free
/* Validity dates are checked, against the wall clock of platform/board. */
#define MBEDTLS_HAVE_TIME
#define MBEDTLS_HAVE_TIME_DATE
time_t tls_platform_time(time_t *to);
#define MBEDTLS_PLATFORM_TIME_MACRO tls_platform_time
#define MBEDTLS_PLATFORM_MS_TIME_ALT
#define MBEDTLS_PLATFORM_GMTIME_R_ALT

/* --- Random numbers: one generator for the firmware (platform/board/random.h). */

#define MBEDTLS_CTR_DRBG_C
/* PSA draws from the same one, so there is no second pool to seed. */
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG

/* --- Ciphers, fastest first on the M0+: ChaCha20-Poly1305 3.8 times AES-GCM. */

#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C
#define MBEDTLS_AES_C
#define MBEDTLS_GCM_C
#define MBEDTLS_CIPHER_C
/* Tables in flash, a quarter of their full size. */
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
/* GCM and CTR_DRBG only ever encrypt blocks. */
#define MBEDTLS_BLOCK_CIPHER_NO_DECRYPT

/* --- Hashes. SHA-1 and MD5 are off: no certificate of today needs them. */

#define MBEDTLS_MD_C
#define MBEDTLS_SHA224_C /* SHA256 asks for it in PSA's HMAC tables */
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
/* Rolled loops: 4 KB less flash for a tenth more time of a part that is small. */
#define MBEDTLS_SHA512_SMALLER
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_HKDF_C

/* --- Public keys. */

#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C /* ECDSA_C asks for it */
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED /* intermediates of many public authorities */
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED
/* Without it handshakes are 4 to 8 times slower. */
#define MBEDTLS_ECP_NIST_OPTIM
/* P-256 has arithmetic of its own (p256.c), so no tables of fixed points: 5 KB of flash. */
#define MBEDTLS_ECP_WINDOW_SIZE 4
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
/* RSA verifies only: signatures of certificates and of servers, no key exchange. */
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT
/* RSA 4096 fits; a longer key from outside is refused before it costs memory. */
#define MBEDTLS_MPI_MAX_SIZE 512
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_OID_C

/* --- PSA: TLS 1.3 asks for it (key shares, HKDF). */

#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_CONFIG_FILE "tls_psa_config.h"
/* A client holds the ephemeral key and a secret or two; the default 32 cost 2 KB. */
#define MBEDTLS_PSA_KEY_SLOT_COUNT 8

/* --- X.509: DER only (the build turns PEM into DER). */

#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
/* Only the root that a chain asks for is parsed, in place, out of flash. */
#define MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK
#define MBEDTLS_X509_MAX_INTERMEDIATE_CA 8

/* --- TLS. */

#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
/* The server's half is compiled for apps whose manifest names the library tls-server (mbedtls.cmake). */
#ifdef PICOFETCH_TLS_SERVER
#define MBEDTLS_SSL_SRV_C
#endif
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_EPHEMERAL_ENABLED
/* Middleboxes expect it (RFC 8446 D.4). */
#define MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_ALPN
#define MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
/* TLS 1.3's way to say it (RFC 8449): a server that keeps to it spares the arena nothing, but a small peer is understood. */
#define MBEDTLS_SSL_RECORD_SIZE_LIMIT
/* Resumption: tickets of both versions (sessions.h). With a new (EC)DHE secret each time; by the ticket alone it is not offered. */
#define MBEDTLS_SSL_SESSION_TICKETS
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE /* TLS 1.3 asks for it */
#define MBEDTLS_SSL_ALL_ALERT_MESSAGES
/* A server may send full records whatever was asked for. */
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
/* Requests are short; 2 KB a record saves 14 KB of the arena. */
#define MBEDTLS_SSL_OUT_CONTENT_LEN 2048

#endif
