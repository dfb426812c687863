/* Knobs of lwip_fake.c for the programs that use it. */
#ifndef LWIP_FAKE_H
#define LWIP_FAKE_H
#include <stdbool.h>
/** One turn: connects, hands up one segment or its end, tells what was sent. */
void lwip_fake_poll(void);
/** Segment size in bytes (0 keeps it), and how many next writes answer ERR_MEM. */
void lwip_fake_set(unsigned segment, unsigned refusals);
/** How many next tcp_close answer ERR_MEM, as lwIP does when it has no memory for a FIN. */
void lwip_fake_refuse_close(unsigned times);
/** Somebody connects to who listens; false when that was refused. */
bool lwip_fake_accept(void);
/** Bytes given to TCP since the start. */
extern unsigned lwip_fake_sent_bytes;
#endif
