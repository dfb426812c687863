// Natives of hosted.ts.

#include "engine.h"

#include <stdio.h>
#include <string.h>

#include "lwip/netif.h"
#include "pico/cyw43_arch.h"
#include "station.h"

#define GUESTS_MAX 10

static unsigned frames;
static netif_input_fn input;

static err_t count(struct pbuf *p, struct netif *netif)
{
	frames++;
	return input(p, netif);
}

// (name, key, security, channel) -> boolean
void xs_hosted_open(xsMachine *the)
{
	static const uint32_t kinds[] = {CYW43_AUTH_OPEN, CYW43_AUTH_WPA2_AES_PSK, CYW43_AUTH_WPA3_WPA2_AES_PSK, CYW43_AUTH_WPA3_SAE_AES_PSK};
	char name[33], key[65];
	xsmcToStringBuffer(xsArg(0), name, sizeof name);
	xsmcToStringBuffer(xsArg(1), key, sizeof key);
	if (station_on() != 0)
		xsRangeError("the radio does not start");
	cyw43_wifi_ap_set_channel(&cyw43_state, (uint32_t)xsmcToInteger(xsArg(3)));
	cyw43_arch_enable_ap_mode(name, key[0] ? key : NULL, kinds[xsmcToInteger(xsArg(2))]);
	bool open = (cyw43_state.itf_state & 1 << CYW43_ITF_AP) != 0;
	if (open) {
		input = cyw43_state.netif[CYW43_ITF_AP].input;
		cyw43_state.netif[CYW43_ITF_AP].input = count;
	}
	xsmcSetBoolean(xsResult, open);
}

void xs_hosted_close(xsMachine *the)
{
	(void)the;
	cyw43_arch_disable_ap_mode();
}

// () -> CYW43_LINK_
void xs_hosted_link(xsMachine *the)
{
	xsmcSetInteger(xsResult, cyw43_tcpip_link_status(&cyw43_state, CYW43_ITF_AP));
}

// () -> string
void xs_hosted_guests(xsMachine *the)
{
	uint8_t macs[GUESTS_MAX][6];
	char text[GUESTS_MAX * 18 + 1] = "";
	int number = GUESTS_MAX, used = 0;
	cyw43_wifi_ap_get_stas(&cyw43_state, &number, macs[0]);
	for (int i = 0; i < number; i++)
		used += snprintf(text + used, sizeof text - (size_t)used, "%s%02x:%02x:%02x:%02x:%02x:%02x", i ? " " : "", macs[i][0], macs[i][1], macs[i][2], macs[i][3], macs[i][4], macs[i][5]);
	xsmcSetString(xsResult, text);
}

// () -> frames
void xs_hosted_frames(xsMachine *the)
{
	xsmcSetInteger(xsResult, (int)frames);
}
