/* Binding of platform/board/random.h for crypto.ts. */
#include "engine.h"
#include "random.h"

/* (bytes): fills them; false when the random source is stuck. */
void xs_crypto_fill(xsMachine *the)
{
	void *to;
	xsUnsignedValue length;

	xsmcGetBufferWritable(xsArg(0), &to, &length);
	xsmcSetBoolean(xsResult, random_fill(to, length) == 0);
}
