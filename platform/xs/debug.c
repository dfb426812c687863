// In place of XS's xsDebug.c: no debugger is ever connected, but files and lines are kept for stacks (mxDebug).
// What the engine itself has to say goes to standard output.

#include "xsAll.h"

// The interpreter asks at each line whether a debugger has something to say.
txBoolean fxIsReadable(txMachine *the)
{
	(void)the;
	return 0;
}

txBoolean fxIsConnected(txMachine *the)
{
	(void)the;
	return 0;
}

void fxDebugCommand(txMachine *the)
{
	(void)the;
}

void fxDebugLine(txMachine *the, txID id, txInteger line)
{
	(void)the, (void)id, (void)line;
}

void fxDebugLoop(txMachine *the, txString path, txInteger line, txString message)
{
	(void)the, (void)path, (void)line, (void)message;
}

void fxDebugThrow(txMachine *the, txString path, txInteger line, txString message)
{
	(void)the, (void)path, (void)line, (void)message;
}

void fxLogin(txMachine *the)
{
	(void)the;
}

void fxLogout(txMachine *the)
{
	(void)the;
}

// An assertion of the engine's own did not hold.
void fxCheck(txMachine *the, txString path, txInteger line)
{
	printf("XS: assertion failed at %s:%d\n", path, (int)line);
	fxAbort(the, XS_FATAL_CHECK_EXIT);
}

void fxBubble(txMachine *the, txInteger flags, void *message, txInteger length, txString conversation)
{
	(void)the, (void)flags, (void)message, (void)length, (void)conversation;
}

void fxFileEvalString(txMachine *the, txString string, txString tag)
{
	(void)the, (void)string, (void)tag;
}

void fxVReport(void *console, txString format, c_va_list arguments)
{
	(void)console;
	vprintf(format, arguments);
}

void fxVReportError(void *console, txString path, txInteger line, txString format, c_va_list arguments)
{
	if (path && line)
		printf("%s:%d: ", path, (int)line);
	fxVReport(console, format, arguments);
	printf("\n");
}

void fxVReportException(void *console, txString path, txInteger line, txString format, c_va_list arguments)
{
	fxVReportError(console, path, line, format, arguments);
}

void fxVReportWarning(void *console, txString path, txInteger line, txString format, c_va_list arguments)
{
	fxVReportError(console, path, line, format, arguments);
}

// A number for each function and module, of use to a profiler only.
txID fxGenerateProfileID(void *console)
{
	txMachine *the = console;
	return the->profileID++;
}

// Names the cache of a tagged template that is compiled at run time.
void fxGenerateTag(void *console, txString buffer, txInteger buffer_size, txString path)
{
	txMachine *the = console;
	snprintf(buffer, (size_t)buffer_size, path ? "#%d@%s" : "#%d", (int)the->tag++, path);
}

// "# Slot allocation: failed ..." and its kin: fxAbort says the same in a sentence.
void fxReport(txMachine *the, txString format, ...)
{
	(void)the, (void)format;
}

void fxReportException(txMachine *the, txString path, txInteger line, txString format, ...)
{
	c_va_list arguments;
	c_va_start(arguments, format);
	fxVReportException(the, path, line, format, arguments);
	c_va_end(arguments);
}

void fxReportError(txMachine *the, txString path, txInteger line, txString format, ...)
{
	c_va_list arguments;
	c_va_start(arguments, format);
	fxVReportError(the, path, line, format, arguments);
	c_va_end(arguments);
}

void fxReportWarning(txMachine *the, txString path, txInteger line, txString format, ...)
{
	c_va_list arguments;
	c_va_start(arguments, format);
	fxVReportWarning(the, path, line, format, arguments);
	c_va_end(arguments);
}
