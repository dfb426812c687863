// Natives of resolver.ts: one request each, over platform/lwip/resolver.h. Requests are a fixed few.

#include "engine.h"

#include <string.h>

#include "resolver.h"

#define REQUESTS_MAX 16
#define TIMEOUT_MAX_MS 600000
#define TEXT_BYTES 40 // the longest IPv6 address, RFC 5952

typedef struct xs_resolver {
	engine_event event; // first: deliver gets its address
	resolver_request request;
	bool held; // script has the handle
	bool ipv6;
	resolver_result result;
	uint8_t address[RESOLVER_ADDRESS_BYTES_MAX];
	xsSlot told;
} xs_resolver;

static xs_resolver requests[REQUESTS_MAX];

static void on_found(resolver_request *request, resolver_result result, const uint8_t *address)
{
	xs_resolver *resolver = (xs_resolver *)((uint8_t *)request - offsetof(xs_resolver, request));
	resolver->result = result;
	memcpy(resolver->address, address, sizeof resolver->address);
	engine_post(&resolver->event);
}

// The one release; safe twice.
static void release(xs_resolver *resolver)
{
	engine_cancel(&resolver->event);
	resolver_cancel(&resolver->request);
	resolver->held = false;
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

static char *put_number(char *to, unsigned value, unsigned base)
{
	if (value >= base)
		to = put_number(to, value / base, base);
	*to = "0123456789abcdef"[value % base];
	return to + 1;
}

// The longest run of two zero groups or more, the first of equals, is "::" (RFC 5952 section 4.2).
static char *put_ipv6(char *to, const uint8_t *address)
{
	int run_at = 8, run_length = 1;
	for (int at = 0; at < 8; at++) {
		int length = 0;
		while (at + length < 8 && !address[2 * (at + length)] && !address[2 * (at + length) + 1])
			length++;
		if (length > run_length) {
			run_at = at;
			run_length = length;
		}
	}
	for (int at = 0; at < 8; at++) {
		if (at == run_at) {
			*to++ = ':';
			at += run_length - 1;
			if (at == 7)
				*to++ = ':';
			continue;
		}
		if (at > 0)
			*to++ = ':';
		to = put_number(to, (unsigned)(address[2 * at] << 8 | address[2 * at + 1]), 16);
	}
	return to;
}

static char *put_ipv4(char *to, const uint8_t *address)
{
	for (int at = 0; at < 4; at++) {
		if (at > 0)
			*to++ = '.';
		to = put_number(to, address[at], 10);
	}
	return to;
}

static void deliver(xsMachine *the, engine_event *event)
{
	xs_resolver *resolver = (xs_resolver *)event;
	xsmcVars(3);
	xsVar(0) = xsAccess(resolver->told);
	xsmcSetInteger(xsVar(1), resolver->result);
	if (resolver->result == RESOLVER_FOUND) {
		char text[TEXT_BYTES];
		const char *end = resolver->ipv6 ? put_ipv6(text, resolver->address) : put_ipv4(text, resolver->address);
		xsmcSetStringBuffer(xsVar(2), text, (int)(end - text));
	}
	xsCallFunction2(xsVar(0), xsUndefined, xsVar(1), xsVar(2));
}

// A server of the array's, in network order; 0 when there is none of this number.
static uint32_t server_of(xsMachine *the, xsSlot *servers, int number)
{
	char text[16];
	ip4_addr_t address;
	xsmcGetIndex(xsVar(0), *servers, number);
	if (!xsmcTest(xsVar(0)))
		return 0;
	xsmcToStringBuffer(xsVar(0), text, sizeof text);
	if (!ip4addr_aton(text, &address) || ip4_addr_isany_val(address))
		engine_throw(the, "EINVAL", "dns: server \"%s\" is not IPv4 in dotted form", text);
	return ip4_addr_get_u32(&address);
}

// (host, family, timeoutMs, servers, told) -> handle
void xs_resolver_resolve(xsMachine *the)
{
	xsmcVars(1);
	double timeout_ms = xsmcToNumber(xsArg(2));
	if (!(timeout_ms >= 1 && timeout_ms <= TIMEOUT_MAX_MS))
		engine_throw(the, "EINVAL", "dns: a time limit of %d ms, expected 1 to %d", (int)timeout_ms, TIMEOUT_MAX_MS);
	resolver_question question = {.family = xsmcToInteger(xsArg(1)) == 6 ? RESOLVER_IPV6 : RESOLVER_IPV4, .timeout_ms = (uint32_t)timeout_ms};
	for (int i = 0; i < RESOLVER_SERVERS_MAX; i++)
		question.servers[i] = server_of(the, &xsArg(3), i);
	xsmcToString(xsArg(0));
	xsResult = xsNewHostObject(destroy);
	xs_resolver *resolver = NULL;
	for (int i = 0; i < REQUESTS_MAX && !resolver; i++) {
		if (!requests[i].held)
			resolver = &requests[i];
	}
	if (!resolver)
		engine_throw(the, "ENOMEM", "dns: %d names are being resolved, which is the most. Wait for one.", REQUESTS_MAX);
	memset(resolver, 0, sizeof *resolver);
	resolver->event.deliver = deliver;
	resolver->request.found = on_found;
	resolver->ipv6 = question.family == RESOLVER_IPV6;
	resolver->held = true;
	xsmcSetHostData(xsResult, resolver);
	engine_remember(the, &resolver->told, &xsArg(4));
	question.name = xsmcToString(xsArg(0));
	resolver->result = resolver_ask(&resolver->request, &question, resolver->address);
	if (resolver->result != RESOLVER_LATER)
		engine_post(&resolver->event);
}

// (handle)
void xs_resolver_cancel(xsMachine *the)
{
	xs_resolver *resolver = xsmcGetHostData(xsArg(0));
	if (!resolver)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &resolver->told);
	release(resolver);
}
