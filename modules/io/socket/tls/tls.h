/* What listener.c needs of tls.c: connections that came in become script's. */
#ifndef XS_TLS_H
#define XS_TLS_H

#include "engine.h"
#include "tls_client.h"

/**
 * Makes xsResult the handle of a connection that script has not had; from now
 * on its destructor closes. False when all places are taken: never while each
 * arena has one.
 */
bool xs_tls_hand_over(xsMachine *the, tls_client *client);

/** Certificates or a key as tls.ts packs them, each a length of 4 bytes, little endian, and DER; answers how many. */
unsigned xs_tls_unpack(const uint8_t *from, size_t length_bytes, identity_der *to, unsigned most);

#endif
