// The firmware's beginning: the console first, so that what follows can speak; then the engine; then the loop for ever.

#include "console.h"
#include "engine.h"
#include "loop.h"

int main(void)
{
	console_start();
	engine_start();
	loop_run();
}
