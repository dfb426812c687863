// Natives of multicast.ts: membership of IPv4 groups by IGMP (RFC 2236), which the library "network-multicast" switches on in lwIP.
//
// lwIP counts members of a group for each interface, not for each socket: what comes for a group reaches every socket of its port.

#include "engine.h"

#include <string.h>

#include "address_text.h"
#include "lwip/igmp.h"

#define MEMBERSHIPS_MAX 4

typedef struct xs_membership {
	ip4_addr_t group; // zeros: free
} xs_membership;

static xs_membership memberships[MEMBERSHIPS_MAX];

// The one release; safe twice.
static void release(xs_membership *membership)
{
	if (!ip4_addr_isany_val(membership->group))
		igmp_leavegroup(IP4_ADDR_ANY4, &membership->group); // fails where the interface has gone, and its groups with it
	ip4_addr_set_zero(&membership->group);
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

// (group) -> handle
void xs_multicast_join(xsMachine *the)
{
	char text[16];
	uint8_t address[ADDRESS_BYTES_MAX];
	ip4_addr_t group = {0};
	xsmcToStringBuffer(xsArg(0), text, sizeof text);
	if (address_of_text(text, address) == sizeof group)
		memcpy(&group, address, sizeof group);
	if (!ip4_addr_ismulticast(&group))
		engine_throw(the, "EINVAL", "udp: multicast \"%s\" is no group, expected 224.0.0.1 to 239.255.255.255", text);
	xsResult = xsNewHostObject(destroy);
	xs_membership *membership = NULL;
	for (int i = 0; i < MEMBERSHIPS_MAX && !membership; i++) {
		if (ip4_addr_isany_val(memberships[i].group))
			membership = &memberships[i];
	}
	if (!membership)
		engine_throw(the, "ENOMEM", "udp: %d groups are joined, which is the most. Leave one first.", MEMBERSHIPS_MAX);
	err_t error = igmp_joingroup(IP4_ADDR_ANY4, &group);
	if (error != ERR_OK)
		engine_throw(the, error == ERR_MEM ? "ENOMEM" : "ENETUNREACH", "udp: group %s cannot be joined: %s", text,
			error == ERR_MEM ? "no memory for it" : "there is no network. Join one first.");
	membership->group = group;
	xsmcSetHostData(xsResult, membership);
}

// (handle)
void xs_multicast_leave(xsMachine *the)
{
	xs_membership *membership = xsmcGetHostData(xsArg(0));
	if (!membership)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	release(membership);
}
