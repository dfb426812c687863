// The firmware's beginning: what the last run left, then the console, so that what follows can speak; then the engine; then the loop
// for ever.

#include "console.h"
#include "engine.h"
#include "failure.h"
#include "loop.h"

int main(void)
{
	failure_start();
	console_start();
	failure_tell_last();
	failure_watch_loop();
	engine_start();
	loop_run();
}
