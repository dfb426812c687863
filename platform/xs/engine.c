// The engine host. See engine.h.

#include "xsAll.h"
#include "engine.h"

#if ENGINE_DEBUGGER
#include "debugger.h"
#endif
#include "engine_image.h"
#include "engine_internal.h"
#include "failure.h"
#include "hardware/sync.h"
#include "hardware/timer.h"
#include "image.h"
#include "loop.h"
#include "memory.h"
#include "modules.h"
#include "utf8.h"
#include "wall_clock.h"

static txMachine *machine;	// NULL before engine_start, while freezing, and after the script has ended for good
static bool jobs_waiting;
static failure_policy policy;
static txMachine *ended;	// of a script that is to begin anew: deleted by the loop, when nothing of it is being executed
static void *arena;
static uint64_t began_us;
static unsigned quick_failures;
static const txSlot *reported;	// on the stack, the uncaught value that is being printed
static engine_ender *enders;
static engine_event *first_event;
static engine_event **last_link = &first_event;

void (*engine_abort_hook)(txMachine *the, int status);

bool engine_is_running(void)
{
	return machine != NULL;
}

/* Events */

void engine_post(engine_event *event)
{
	uint32_t state = save_and_disable_interrupts();
	if (!event->queued) {
		event->queued = 1;
		event->next = NULL;
		*last_link = event;
		last_link = &event->next;
		loop_wake();
	}
	restore_interrupts(state);
}

void engine_cancel(engine_event *event)
{
	uint32_t state = save_and_disable_interrupts();
	if (event->queued) {
		engine_event **link = &first_event;
		while (*link && *link != event)
			link = &(*link)->next;
		if (*link) {
			*link = event->next;
			if (last_link == &event->next)
				last_link = link;
		}
		event->queued = 0;
	}
	restore_interrupts(state);
}

unsigned engine_count_events(void)
{
	uint32_t state = save_and_disable_interrupts();
	unsigned count = 0;
	for (engine_event *event = first_event; event; event = event->next)
		count++;
	restore_interrupts(state);
	return count;
}

static engine_event *take_event(void)
{
	uint32_t state = save_and_disable_interrupts();
	engine_event *event = first_event;
	if (event) {
		first_event = event->next;
		if (!first_event)
			last_link = &first_event;
		event->queued = 0;
	}
	restore_interrupts(state);
	return event;
}

/* Promise jobs */

void fxQueuePromiseJobs(txMachine *the)
{
	(void)the;
	jobs_waiting = true;
	loop_wake();
}

static bool rejections_waiting(txMachine *the)
{
	return mxUnhandledPromises.value.reference->next != NULL;
}

// A rejection that nobody handles by the end of the jobs is an uncaught error, also where there are no jobs.
static void run_jobs(void)
{
	while (machine && (jobs_waiting || rejections_waiting(machine))) {
		jobs_waiting = false;
		xsBeginHost(machine);
		while (((txMachine *)the)->stackTop[-1 - mxPendingJobsStackIndex].value.reference->next)
			fxRunPromiseJobs(the);
		fxCheckUnhandledRejections(the, 1);
		xsEndHost(machine);
	}
}

/* A new beginning of the script alone */

void engine_on_end(engine_ender *ender)
{
	for (engine_ender *at = enders; at; at = at->next)
		if (at == ender)
			return;
	ender->next = enders;
	enders = ender;
}

static void run_script(void);

// Counts the failure, and says whether the script begins anew for it.
static bool wants_new_script(void)
{
#if ENGINE_DEBUGGER
	return false;	// the debugger is of the script that has ended
#else
	if (policy != FAILURE_RESTART)
		return false;
	quick_failures = time_us_64() - began_us < FAILURE_QUICK_US ? quick_failures + 1 : 1;
	if (quick_failures < FAILURE_MOST_QUICK)
		return true;
	printf("picofetch: the script failed %d times in a row within a minute, so it does not begin anew\n", FAILURE_MOST_QUICK);
	return false;
#endif
}

static void end_script(txMachine *the)
{
	machine = NULL;
	ended = the;
	loop_wake();
}

// What C keeps for the script goes first, then the script's memory with the handles' destructors, then what these posted.
static void begin_anew(void)
{
	while (enders) {
		engine_ender *ender = enders;
		enders = ender->next;
		ender->end();
	}
	fxDeleteMachine(ended);
	ended = NULL;
	while (take_event())
		;
	jobs_waiting = false;
	printf("picofetch: the script begins anew\n");
	run_script();
}

/* The loop */

static void deliver(engine_event *event)
{
	xsBeginHost(machine);
	event->deliver(the, event);
	xsEndHost(machine);
}

// What is posted during a turn waits for the next, so that other pollers have theirs.
static void engine_poll(void)
{
	if (ended)
		begin_anew();
	run_jobs();
	for (unsigned count = engine_count_events(); machine && count; count--) {
		engine_event *event = take_event();
		if (!event)
			break;
		deliver(event);
		run_jobs();
	}
}

static uint64_t engine_next_at_us(void)
{
	return ended || (machine && (first_event || jobs_waiting)) ? 0 : LOOP_NEVER;
}

static loop_poller engine_poller = { .poll = engine_poll, .next_at_us = engine_next_at_us };

void engine_turn_others(void)
{
	loop_turn_without(&engine_poller);
}

/* Errors */

const char *engine_abort_reason(int status)
{
	switch (status) {
	case XS_NOT_ENOUGH_MEMORY_EXIT:
		return "memory exhausted: the script needs more slots or chunks than its arena has (\"creation\" in manifest.json)";
	case XS_STACK_OVERFLOW_EXIT:
		return "stack overflow: calls are nested too deeply (\"stack\" of \"creation\" in manifest.json)";
	case XS_NO_MORE_KEYS_EXIT:
		return "too many property names (\"keys\" of \"creation\" in manifest.json)";
	case XS_DEAD_STRIP_EXIT:
		return "a built-in function was called that this firmware leaves out";
	case XS_TOO_MUCH_COMPUTATION_EXIT:
		return "too much computation";
	case XS_DEBUGGER_EXIT:
		return "ended by the debugger";
	case XS_FATAL_CHECK_EXIT:
		return "an assertion of the engine failed";
	default:
		return "the engine gave up";
	}
}

static bool is_on_stack(const txMachine *the, const txSlot *slot)
{
	return slot >= the->stackBottom && slot < the->stackTop && (uintptr_t)slot % sizeof(uint32_t) == 0;
}

void engine_tell_place(void (*say)(const char *format, ...))
{
	txMachine *the = machine;
	int left = 12;
	for (txSlot *frame = the ? the->frame : NULL; is_on_stack(the, frame) && left; frame = frame->next) {
		txSlot *environment = mxFrameToEnvironment(frame);
		if (!is_on_stack(the, environment) || environment->ID == XS_NO_ID)
			continue;
		txString file = fxGetKeyName(the, environment->ID);
		if (file)
			say(" at (%s:%d)\n", file, (int)environment->value.environment.line);
		left--;
	}
}

static crash_kind crash_kind_of(int status)
{
	return status == XS_NOT_ENOUGH_MEMORY_EXIT ? CRASH_MEMORY : status == XS_STACK_OVERFLOW_EXIT ? CRASH_STACK : CRASH_ENGINE;
}

// The message of the error that is being printed, without script or memory: for when these are what fails.
static void tell_reported(txMachine *the)
{
	if (!is_on_stack(the, reported) || reported->kind != XS_REFERENCE_KIND)
		return;
	for (txSlot *property = reported->value.reference->next; property; property = property->next)
		if (property->ID == mxID(_message) && (property->kind == XS_STRING_KIND || property->kind == XS_STRING_X_KIND))
			failure_say("while this uncaught error was printed: %s\n", property->value.string);
}

// "Uncaught" and the value as the console would show it: stack, code and cause of an error among it.
static void report_uncaught(txMachine *the)
{
	if (reported) {
		failure_say("Uncaught error while an uncaught error was printed\n");
		return;
	}
	failure_begin(CRASH_UNCAUGHT);
	txSlot exception = mxException;
	mxException.kind = XS_UNDEFINED_KIND;
	mxTry(the) {
		mxOverflow(-1);
		(--the->stack)->next = NULL;
		mxInitSlotKind(the->stack, exception.kind);
		the->stack->value = exception.value;
		txSlot *value = reported = the->stack;
		mxTry(the) {
			mxPushStringX("base/inspect");
			fxAwaitImport(the, XS_IMPORT_NAMESPACE);
			mxDub();
			fxGetID(the, fxID(the, "inspect"));
			mxCall();
			mxPushSlot(value);
			mxRunCount(1);
		}
		mxCatch(the) {
			mxPushSlot(value);
			if (value->kind == XS_REFERENCE_KIND && value->value.reference->next && value->value.reference->next->kind == XS_ERROR_KIND)
				fxGetID(the, mxID(_stack));
		}
		fxToString(the, the->stack);
		failure_say("Uncaught %s\n", the->stack->value.string);
		the->stack = value + 1;
	}
	mxCatch(the) {
		failure_say("Uncaught error that cannot be printed\n");
	}
	failure_end();
	reported = NULL;
	if (policy == FAILURE_REBOOT)
		failure_reset();
	if (wants_new_script())
		end_script(the);
}

// XS calls this where it cannot go on, and where an error or a rejection found no handler; from the latter two it returns.
void fxAbort(txMachine *the, int status)
{
	if (engine_abort_hook)
		(*engine_abort_hook)(the, status);
	if (!machine)
		return;
	if (status == XS_UNHANDLED_EXCEPTION_EXIT) {
		// xsEndHost calls while the frame is still the one that threw: script called from there would return into it.
		the->stack = the->firstJump->stack;
		the->scope = the->firstJump->scope;
		the->frame = the->firstJump->frame;
		the->code = the->firstJump->code;
		fxBeginHost(the);
		report_uncaught(the);
		fxEndHost(the);
		return;
	}
	if (status == XS_UNHANDLED_REJECTION_EXIT) {
		report_uncaught(the);
		return;
	}
	failure_begin(crash_kind_of(status));
	failure_say("picofetch: %s\n", engine_abort_reason(status));
	tell_reported(the);
	engine_tell_place(failure_say);
	failure_end();
	if (policy == FAILURE_REBOOT)
		failure_reset();
	if (wants_new_script())
		end_script(the);
	else {
		machine = NULL;
#if ENGINE_DEBUGGER
		debugger_end();
#endif
		printf("picofetch: the script has ended\n");
	}
	fxExitToHost(the);
}

static bool find_coded_error(txMachine *the)
{
	bool found = false;
	mxTry(the) {
		mxPushStringX("base/error");
		fxAwaitImport(the, XS_IMPORT_NAMESPACE);
		fxGetID(the, fxID(the, "CodedError"));
		found = true;
	}
	mxCatch(the) {
	}
	return found;
}

static void make_error(xsMachine *the, const char *code, const char *format, va_list arguments)
{
	char sentence[256];
	vsnprintf(sentence, sizeof sentence, format, arguments);
	sentence[utf8_whole_length(sentence, strlen(sentence))] = 0;
	mxOverflow(-8);
	if (find_coded_error(the)) {
		mxNew();
		fxString(the, (--the->stack, the->stack->next = NULL, the->stack), (txString)code);
		fxString(the, (--the->stack, the->stack->next = NULL, the->stack), sentence);
		mxRunCount(2);
	}
	else {
		mxPush(mxErrorConstructor);
		mxNew();
		fxString(the, (--the->stack, the->stack->next = NULL, the->stack), sentence);
		mxRunCount(1);
		fxString(the, (--the->stack, the->stack->next = NULL, the->stack), (txString)code);
		mxPushSlot(the->stack + 1);
		fxSetID(the, fxID(the, "code"));
		mxPop();
	}
}

void engine_make_error(xsMachine *the, xsSlot *result, const char *code, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	make_error(the, code, format, arguments);
	va_end(arguments);
	mxPullSlot(result);
}

_Noreturn void engine_throw(xsMachine *the, const char *code, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	make_error(the, code, format, arguments);
	va_end(arguments);
	mxPull(mxException);
	fxThrow(the, NULL, 0);
}

void engine_remember(xsMachine *the, xsSlot *holder, xsSlot *value)
{
	engine_forget(the, holder);
	mxInitSlotKind(holder, value->kind);
	holder->value = value->value;
	fxRemember(the, holder);
}

void engine_forget(xsMachine *the, xsSlot *holder)
{
	fxForget(the, holder);
	memset(holder, 0, sizeof *holder);
}

/* Start */

void fxCreateMachinePlatform(txMachine *the)
{
	(void)the;
#if ENGINE_DEBUGGER
	if (!engine_abort_hook)
		debugger_begin(the);
#endif
}

void fxDeleteMachinePlatform(txMachine *the)
{
	(void)the;
}

// An image without a record leaves the clock's own bounds.
static void bound_clock(void)
{
	size_t length;
	int64_t unix_ms;
	const void *earliest = image_find(IMAGE_TIME, 0, &length);
	if (!earliest || length != sizeof unix_ms)
		return;
	memcpy(&unix_ms, earliest, sizeof unix_ms);
	wall_clock_begin_at_ms(unix_ms);
}

void engine_start(void)
{
	const char *fault = image_check();
	if (fault) {
		printf("picofetch: %s\n", fault);
		return;
	}
	bound_clock();
	const engine_image *image = (const engine_image *)image_get()->engine;
	if (!image->preparation.stack) {
		printf("picofetch: the image holds no script\n");
		return;
	}
	policy = (failure_policy)image->after_failure;
	if (!failure_lets_start(policy))
		return;
	arena = malloc((size_t)image->arena_bytes);
	if (!arena) {
		printf("picofetch: no room for the script's arena of %d bytes: make \"static\" of \"creation\" in manifest.json smaller\n",
			(int)image->arena_bytes);
		return;
	}
	modules_begin(image->modules, image->module_count);
	loop_add(&engine_poller);
	run_script();
}

static void run_script(void)
{
	const engine_image *image = (const engine_image *)image_get()->engine;
	arena_begin(arena, (size_t)image->arena_bytes);
	began_us = time_us_64();
	reported = NULL;
	machine = fxPrepareMachine(NULL, (txPreparation *)&image->preparation, "picofetch", NULL, NULL);
	if (!machine) {
		printf("picofetch: the frozen heap was made by another version of the engine: build and flash again\n");
		return;
	}
	stress_begin();
	// A debugger's wish to stop at the first line is for the frame that runs the module, not for this one.
	txFlag break_on_start = machine->breakOnStartFlag;
	machine->breakOnStartFlag = 0;
	xsBeginHost(machine);
	machine->breakOnStartFlag = break_on_start;
	mxPushStringX(image->preparation.main);
	fxAwaitImport(the, XS_IMPORT_ASYNC);
	xsEndHost(machine);
	jobs_waiting = true;
}
