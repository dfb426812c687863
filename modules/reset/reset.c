// Reset reasons and crash records for reset.ts.

#include "engine.h"

#include <string.h>

#include "failure.h"

// () → place in reset.ts's list
void xs_reset_reason(xsMachine *the)
{
	xsmcSetInteger(xsResult, reset_reason_get());
}

// (newest: boolean) → object or undefined
void xs_reset_failure(xsMachine *the)
{
	const crash_record *record = xsmcToBoolean(xsArg(0)) ? crash_record_last() : failure_of_last_run();
	if (!record)
		return;
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	xsmcSetInteger(xsVar(0), record->kind);
	xsmcSet(xsResult, xsID("kind"), xsVar(0));
	xsmcSetStringBuffer(xsVar(0), record->text, record->text_length);
	xsmcSet(xsResult, xsID("text"), xsVar(0));
	xsmcSetNumber(xsVar(0), record->uptime_ms);
	xsmcSet(xsResult, xsID("uptimeMs"), xsVar(0));
	xsmcSetNumber(xsVar(0), record->program_counter);
	xsmcSet(xsResult, xsID("programCounter"), xsVar(0));
	xsmcSetNumber(xsVar(0), record->link);
	xsmcSet(xsResult, xsID("link"), xsVar(0));
	xsmcSetBoolean(xsVar(0), crash_record_is_ours(record));
	xsmcSet(xsResult, xsID("sameFirmware"), xsVar(0));
}

// () never returns. The console's last bytes leave first.
void xs_reset_restart(xsMachine *the)
{
	(void)the;
	failure_restart();
}
