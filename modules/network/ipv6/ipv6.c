// Natives of ipv6.ts, over platform/lwip/station.h.

#include "engine.h"

#include "station.h"

// () -> text, empty when there is none
void xs_ipv6_address(xsMachine *the)
{
	char text[ADDRESS_TEXT_BYTES];
	station_address_ipv6(text);
	xsmcSetString(xsResult, text);
}
