// The engine host: the one script machine of the firmware, what C may post to it, and what natives are made of.
//
// Used by main.c, by every module's C and by the libraries' glue. All of it runs in the loop's thread, except
// engine_post, which any context may call. Script runs only inside engine_start, a native, or an event's deliver.
#ifndef ENGINE_H
#define ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xsmc.h"

// A native as the build lists it: the name it has in TypeScript and its C function.
typedef struct engine_native {
	const char *name;
	void (*function)(xsMachine *the);
} engine_native;

// The app's natives, in the overlay that is never flashed: only the freeze reads them.
extern const engine_native engine_natives[];
extern const unsigned engine_natives_count;

// Checks the image, wakes the frozen heap, runs the app's main module, and adds the engine to the loop. Once.
// An image that does not belong to this firmware is said on the console and nothing runs.
void engine_start(void);

// Says through `say`, printf's kind, which lines of script are being executed, the innermost first: " at (main.ts:12)\n" for each of
// twelve at most. Nothing when none is. Any context, a fault's too: what it reads is checked to be the engine's own.
void engine_tell_place(void (*say)(const char *format, ...));

// False while the image is made: a native that needs the hardware or the loop throws then.
bool engine_is_running(void);

// Something that C has to tell script. Storage of the owner; its memory must stay until delivered or cancelled.
typedef struct engine_event {
	struct engine_event *next;
	// Called from the loop with a host frame open: xsVars, xsCallFunction and so on may be used. What it throws is
	// reported as uncaught. The event may be posted again, or its memory released, from within.
	void (*deliver)(xsMachine *the, struct engine_event *event);
	volatile uint8_t queued;
} engine_event;

// Queues an event behind those posted before. Posting one that waits already changes nothing. Any context.
void engine_post(engine_event *event);

// Takes an event out of the queue, if it is there. From the loop's thread.
void engine_cancel(engine_event *event);

// Events that wait now. Any context.
unsigned engine_count_events(void);

// Leaves a new CodedError (modules/base/error.ts) in *result: a stable code and a sentence (at most 255 bytes) in printf's form.
void engine_make_error(xsMachine *the, xsSlot *result, const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

// Throws a new CodedError. The caller owns nothing at this point: script's exceptions are longjmp.
_Noreturn void engine_throw(xsMachine *the, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

// Something of C's that goes with the script. Storage of the owner, static.
typedef struct engine_ender {
	struct engine_ender *next;
	// The script has ended and its memory is about to go: lets go of what was kept for it. Handles have their destructors instead.
	void (*end)(void);
} engine_ender;

// Calls ender->end once, when the script ends to begin anew; one that waits already is not added again.
void engine_on_end(engine_ender *ender);

// Keeps a script value alive from C: *holder is C memory that stays where it is until engine_forget.
void engine_remember(xsMachine *the, xsSlot *holder, xsSlot *value);

// Lets go of what engine_remember kept. Safe to call twice, and on a holder of zeros.
void engine_forget(xsMachine *the, xsSlot *holder);

#endif
