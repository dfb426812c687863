// Debug builds only: what XS's own xsDebug.c, which speaks the xsbug protocol, asks of its platform, over the debugger's
// serial port. A debugger may come and go at any time; without one, or with one that says nothing, script goes on.
//
// While script stands at a break point, or a message waits for room, the rest of the firmware goes on from here: USB, radio,
// lwIP, TLS keep what happens, and tell script when it goes on.

#include "debugger.h"

#include "xsAll.h"

#include "debugger_port.h"
#include "engine_internal.h"
#include "hardware/timer.h"
#include "loop.h"
#include "pico/stdio.h"
#include "pico/stdio/driver.h"

// At boot: how long a debugger may take to come, so that it can stop script at its first line. A host enumerates a board within a second.
#define WAIT_AT_BOOT_US 3000000
// How long a debugger that has come may take to say what it wants, while script does not stand at a break point.
#define COMMAND_US 500000
// A host that takes nothing for so long is gone.
#define SEND_US 5000000

#define LOG_BYTES 512	// a power of two

// XS's own, renamed by CMakeLists.txt: takes commands until one says "go on".
void xs_debug_command(txMachine *the);

static txMachine *machine;	// NULL while the heap is frozen, and after the script has ended
static uint32_t opening;	// of the port, that XS is connected to; 0 none
static uint32_t given_up;	// the opening whose host takes nothing
static bool taking_commands;	// while script runs, or before it does; else it stands at a break point
static bool waiting;	// turns of the loop come from here
static uint64_t deadline_us = LOOP_NEVER;

static char log_ring[LOG_BYTES];	// what was printed; holds [log_taken, log_put)
static uint32_t log_put, log_taken;

/* Waiting */

static void turn(void)
{
	waiting = true;
	engine_turn_others();
	waiting = false;
}

static bool is_there(void)
{
	uint32_t now = debugger_port_opening();
	return now && now != given_up;
}

// Breakpoints, steps and what was unfolded belong to the debugger that is gone.
static void forget(txMachine *the)
{
	opening = 0;
	the->debugState = 0;
	the->debugOffset = 0;
	the->breakOnExceptionsFlag = the->breakOnStartFlag = 0;
	mxBreakpoints.value.list.first = NULL;
	mxInstanceInspectors.value.list.first = NULL;
	for (txSlot *frame = the->frame; frame; frame = frame->next)
		frame->flag &= ~(XS_STEP_INTO_FLAG | XS_STEP_OVER_FLAG);
}

/* Messages of our own: they may go out where XS's state is not at hand */

static void send(const char *bytes, size_t length)
{
	deadline_us = time_us_64() + SEND_US;
	while (length && opening && debugger_port_opening() == opening) {
		size_t written = debugger_port_write(bytes, length);
		bytes += written;
		length -= written;
		if (written)
			deadline_us = time_us_64() + SEND_US;
		else if (time_us_64() >= deadline_us)
			given_up = opening;
		if (given_up == opening)
			break;
		if (length)
			turn();
	}
	deadline_us = LOOP_NEVER;
}

// Standard output, for the debugger's console.
static void log_bytes(const char *bytes, int length)
{
	if (!opening)
		return;
	for (int i = 0; i < length; i++) {
		if (log_put - log_taken == LOG_BYTES)
			log_taken++;
		log_ring[log_put++ % LOG_BYTES] = bytes[i];
	}
}

static stdio_driver_t log_driver = { .out_chars = log_bytes };

static void send_log(void)
{
	static const char begin[] = "\r\n<xsbug><log>", end[] = "</log></xsbug>\r\n";
	char message[96];
	size_t length = sizeof begin - 1;
	if (log_put == log_taken)
		return;
	memcpy(message, begin, length);
	while (log_put != log_taken) {
		char c = log_ring[log_taken++ % LOG_BYTES];
		if ((unsigned char)c < ' ' || strchr("\"&<>", c))
			length += (size_t)snprintf(message + length, sizeof message - length, "&#%d;", c);
		else
			message[length++] = c;
		if (length > sizeof message - sizeof "&#255;") {
			send(message, length);
			length = 0;
		}
	}
	send(message, length);
	send(end, sizeof end - 1);
}

/* What XS asks for */

void fxConnect(txMachine *the)
{
	if (!machine)
		return;
	printf("picofetch: debug build, waits up to %d s for a debugger\n", WAIT_AT_BOOT_US / 1000000);
	deadline_us = time_us_64() + WAIT_AT_BOOT_US;
	while (!is_there() && time_us_64() < deadline_us)
		turn();
	deadline_us = LOOP_NEVER;
	if (is_there())
		opening = debugger_port_opening();
}

void fxDisconnect(txMachine *the)
{
	given_up = opening;
	forget(the);
}

// A debugger that comes later than at boot is greeted here, and its answer is read when it comes.
txBoolean fxIsConnected(txMachine *the)
{
	if (!machine)
		return 0;
	if (opening && (opening != debugger_port_opening() || opening == given_up))
		forget(the);
	return opening != 0;
}

txBoolean fxIsReadable(txMachine *the)
{
	(void)the;
	if (!machine)
		return 0;
	debugger_port_attend();
	if (!opening)
		return is_there();
	return opening != debugger_port_opening() || opening == given_up || debugger_port_readable() || log_put != log_taken;
}

// The engine asks at each line, and the loop below in between.
void fxDebugCommand(txMachine *the)
{
	static const char greeting[] = "\r\n<xsbug><login name=\"picofetch\" value=\"XS\"/></xsbug>\r\n";
	if (!fxIsConnected(the) && is_there()) {
		opening = debugger_port_opening();
		log_taken = log_put;
		send(greeting, sizeof greeting - 1);
	}
	send_log();
	if (!fxIsConnected(the) || !debugger_port_readable())
		return;
	taking_commands = true;
	xs_debug_command(the);
	taking_commands = false;
}

static void pretend(txMachine *the, const char *command)
{
	the->debugState = 0;
	the->debugOffset = (txSize)strlen(command);
	memcpy(the->debugBuffer, command, (size_t)the->debugOffset);
}

void fxReceive(txMachine *the)
{
	// At boot (fxLogin) and between the script's turns there is no frame, and nothing to stand at.
	uint64_t until_us = taking_commands || !the->frame ? time_us_64() + COMMAND_US : LOOP_NEVER;
	the->debugOffset = 0;
	if (!the->frame && !taking_commands)
		mxInstanceInspectors.value.list.first = NULL;	// fxLogin unfolds the global objects: four kilobytes at each stop
	for (;;) {
		debugger_port_attend();
		send_log();
		if (!fxIsConnected(the))
			return;
		// Not read in vain: TinyUSB's mutex would end the sleep below.
		if (debugger_port_readable()) {
			the->debugOffset = (txSize)debugger_port_read(the->debugBuffer, sizeof the->debugBuffer);
			return;
		}
		if (time_us_64() >= until_us) {
			pretend(the, "\r\n<go/>\r\n");
			return;
		}
		deadline_us = until_us;
		turn();
		deadline_us = LOOP_NEVER;
	}
}

void fxSend(txMachine *the, txBoolean more)
{
	(void)more;
	send(the->echoBuffer, (size_t)the->echoOffset);
}

/* The loop */

static void debugger_poll(void)
{
	if (!machine || waiting || !fxIsReadable(machine))
		return;
	txMachine *the = machine;
	mxTry(the) {
		fxDebugCommand(the);
	}
	mxCatch(the) {
	}
}

static uint64_t debugger_next_at_us(void)
{
	return waiting ? deadline_us : LOOP_NEVER;
}

static loop_poller debugger_poller = { .poll = debugger_poll, .next_at_us = debugger_next_at_us };

void debugger_begin(txMachine *the)
{
	machine = the;
	opening = 0;
	loop_add(&debugger_poller);
	stdio_set_driver_enabled(&log_driver, true);
}

void debugger_end(void)
{
	machine = NULL;
	opening = 0;
}
