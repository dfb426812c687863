// Figures of the memory of a TLS connection, for instrumentation.ts.

#include "engine.h"

#include "tls_client.h"

// (row of instrumentation.ts) → number
void xs_tls_arena_figure(xsMachine *the)
{
	arena_figures figures;
	tls_client_measure_last(&figures);
	const size_t rows[] = { figures.size_bytes, figures.used_bytes, figures.peak_bytes, figures.largest_free_bytes, figures.refusals };
	xsmcSetInteger(xsResult, (xsIntegerValue)rows[xsmcToInteger(xsArg(0))]);
}
