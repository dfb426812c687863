/* Binding of platform/tls/roots.h for certificates.ts. */
#include "engine.h"
#include "roots.h"

/* (index): the subject of that root, or undefined behind the last one. */
void xs_certificates_subject(xsMachine *the)
{
	char subject[200];
	size_t length_bytes;
	const uint8_t *der = roots_get((unsigned)xsmcToInteger(xsArg(0)), &length_bytes);

	if (!der)
		return;
	if (roots_subject(der, length_bytes, subject, sizeof subject))
		xsmcSetString(xsResult, subject);
	else
		xsmcSetString(xsResult, "(not a certificate)");
}
