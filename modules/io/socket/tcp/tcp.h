// What listener.c needs of a connection: it takes those that come in, and script takes them from it.
#ifndef XS_TCP_H
#define XS_TCP_H

#include "engine.h"
#include "lwip/tcp.h"

typedef struct xs_tcp xs_tcp;

// An established connection that script does not have yet: what comes is kept, its end too. NULL when all places are taken; the pcb is
// still lwIP's then.
xs_tcp *xs_tcp_take(struct tcp_pcb *pcb);

// Ends a connection, script's or not: what was written is delivered, or, with bytes that nobody read, it is reset. Safe twice.
void xs_tcp_release(xs_tcp *tcp);

// Makes xsResult the handle of a connection that script has not had; from now on its destructor releases.
void xs_tcp_hand_over(xsMachine *the, xs_tcp *tcp);

#endif
