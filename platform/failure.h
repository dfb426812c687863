// Failures that end the script or the firmware: said on the console, kept for the next start, and then what the manifest's
// "afterFailure" wants.
#ifndef FAILURE_H
#define FAILURE_H

#include <stdbool.h>

#include "crash_record.h"
#include "reset_reason.h"

// Of the manifest; the image holds it.
typedef enum failure_policy {
	FAILURE_STAY,	// what still works stays: the console, after an uncaught error the script too
	FAILURE_REBOOT,	// the board begins anew, until it has failed five times in a row within a minute of a start
	FAILURE_RESTART,	// script begins anew and the rest goes on; after what only a reset cures, as FAILURE_REBOOT
} failure_policy;

// So many failures in a row, each within a minute of a start, are the last.
#define FAILURE_MOST_QUICK 5
#define FAILURE_QUICK_US 60000000u

// First thing: takes over what the last run left. Before USB and interrupts.
void failure_start(void);

// The console says what the last run left, once the console is there.
void failure_tell_last(void);

// From here the loop must come round within eight seconds.
void failure_watch_loop(void);

// False when the last run failed and the script is not to be started again; the console says why.
bool failure_lets_start(failure_policy policy);

// The record of the last run's failure, in flash; NULL when it left none.
const crash_record *failure_of_last_run(void);

/* Telling a failure: begin, say as often as wanted, end. What is said goes to the console and into the record. */

void failure_begin(crash_kind kind);
void failure_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void failure_end(void);

// After failure_end: the console's last bytes leave, for three seconds at most, and the board begins anew. Any context.
_Noreturn void failure_reset(void);

// The same without a failure: script wants a new beginning.
_Noreturn void failure_restart(void);

#endif
