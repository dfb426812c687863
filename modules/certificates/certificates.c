/* Binding of platform/tls/roots.h for certificates.ts. */
#include "engine.h"
#include "roots.h"

/* (index): the name of that root, or undefined behind the last one. */
void xs_certificates_name(xsMachine *the)
{
	char name[200];

	if (roots_name((unsigned)xsmcToInteger(xsArg(0)), name, sizeof name))
		xsmcSetString(xsResult, name);
}
