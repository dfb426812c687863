// What the DHCP server of the board's own network answers (RFC 2131). Plain C without I/O: messages go in and come out as bytes.
#ifndef DHCP_ANSWERS_H
#define DHCP_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DHCP_LEASES 10			// as many guests as the radio takes
#define DHCP_FIRST_HOST 16		// the first address to lease is network | 16
#define DHCP_LEASE_SECONDS 3600u
#define DHCP_REPLY_BYTES 300		// the least that a BOOTP client takes (RFC 1542 section 2.1)

typedef enum dhcp_lease_state {
	DHCP_FREE,	// mac: who had it last, and gets it again
	DHCP_OFFERED,
	DHCP_LEASED,
	DHCP_DECLINED,	// somebody else uses it
} dhcp_lease_state;

typedef struct dhcp_lease {
	uint8_t mac[6];
	uint8_t state;
	uint32_t until_seconds;
} dhcp_lease;

typedef struct dhcp_answers {
	uint32_t address, mask;	// of the board; host order
	uint32_t changes;	// counts leases given and ended
	dhcp_lease leases[DHCP_LEASES];
} dhcp_answers;

uint32_t dhcp_lease_address(const dhcp_answers *server, unsigned index);

// True while the lease counts.
bool dhcp_is_leased(const dhcp_lease *lease, uint32_t now_seconds);

// The answer to a message, whose length it answers: 0 or DHCP_REPLY_BYTES. *to is where it goes, host order.
size_t dhcp_answer(dhcp_answers *server, uint32_t now_seconds, const uint8_t *message, size_t length, uint8_t reply[DHCP_REPLY_BYTES], uint32_t *to);

#endif
