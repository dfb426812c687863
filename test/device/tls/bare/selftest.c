/*
 * The self tests of Mbed TLS for what the firmware relies on, one line each:
 * "name=0" when it holds. On the processor they find a compiler that builds the
 * library wrongly (AES-GCM at -O3 with gcc 12, TF-PSA-Crypto issue 665).
 */
#include <stdio.h>

#include "mbedtls/aes.h"
#include "mbedtls/bignum.h"
#include "mbedtls/chacha20.h"
#include "mbedtls/chachapoly.h"
#include "mbedtls/ctr_drbg.h"
#include "mbedtls/ecp.h"
#include "mbedtls/gcm.h"
#include "mbedtls/poly1305.h"
#include "mbedtls/rsa.h"
#include "mbedtls/sha256.h"
#include "mbedtls/sha512.h"
#include "arena.h"
#include "peer.h"
