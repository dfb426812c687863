// Compiles one JavaScript module to XS bytecode, by the parser and coder of the XS engine itself.
//
//   xs-compiler [--no-debug] SPECIFIER MODULE.js PACK
//
// SPECIFIER is the module's name among modules; what is unique to a module is named after it, so that packs are reproducible.
// A source map named by the module ("//# sourceMappingURL=", beside it) gives the lines and the file name of its source.
// PACK, little endian:
//   "XSP1"
//   u32 length, bytecode: names are indexes into the symbols below; code and strings in their "archive" forms, which the
//       engine runs and reads in place
//   u32 length, symbols: u16 count, then that many NUL-terminated names
//   u32 length, hosts: empty, or u16 count, then that many of u8 parameter count, u16 symbol index (0xFFFF none),
//       NUL-terminated name of the C function
// Exit status: 0 done; 1 the module is at fault, said on standard error as FILE:LINE: sentence; 2 anything else.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xsScript.h"

static const char *specifier;
static const char *module_path;

static void report_error(void *console, txString path, txInteger line, txString format, va_list arguments)
{
	(void)console;
	fprintf(stderr, "%s:%d: ", path ? path : module_path, (int)line);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

static void report_warning(void *console, txString path, txInteger line, txString format, va_list arguments)
{
	(void)console, (void)path, (void)line, (void)format, (void)arguments;	// the type checker has had its say
}

// What the coder and the parser expect of their host.

void fxVReportError(void *console, txString path, txInteger line, txString format, va_list arguments)
{
	report_error(console, path, line, format, arguments);
}

void fxVReportWarning(void *console, txString path, txInteger line, txString format, va_list arguments)
{
	report_warning(console, path, line, format, arguments);
}

// Names the cache of a tagged template.
void fxGenerateTag(void *console, txString buffer, txInteger buffer_size, txString path)
{
	static int tag;
	(void)console, (void)path;
	snprintf(buffer, buffer_size, "#%s:%d", specifier, tag++);
}

txID fxGenerateProfileID(void *console)
{
	(void)console;
	return XS_NO_ID;	// no profiler in the firmware
}

static void fail(const char *path)
{
	fprintf(stderr, "xs-compiler: %s: %s\n", path, strerror(errno));
	exit(2);
}

// Code and strings are run and read in place, from flash: XS has an opcode of its own for that.
static txU1 archive_form(txU1 code)
{
	switch (code) {
	case XS_CODE_CODE_1: return XS_CODE_CODE_ARCHIVE_1;
	case XS_CODE_CODE_2: return XS_CODE_CODE_ARCHIVE_2;
	case XS_CODE_CODE_4: return XS_CODE_CODE_ARCHIVE_4;
	case XS_CODE_STRING_1: return XS_CODE_STRING_ARCHIVE_1;
	case XS_CODE_STRING_2: return XS_CODE_STRING_ARCHIVE_2;
	case XS_CODE_STRING_4: return XS_CODE_STRING_ARCHIVE_4;
	default: return code;
	}
}

// gxCodeSizes: above 0 the size of the instruction, 0 an opcode and a name, below 0 an opcode, a length of that many bytes, and data.
static void to_archive_forms(txU1 *code, txSize size)
{
	txU1 *end = code + size;
	while (code < end) {
		txS1 form = gxCodeSizes[*code];
		*code = archive_form(*code);
		if (form > 0)
			code += form;
		else if (form == 0)
			code += 1 + sizeof(txID);
		else if (form == -1)
			code += 2 + code[1];
		else if (form == -2)
			code += 3 + (code[1] | code[2] << 8);
		else
			code += 5 + (code[1] | code[2] << 8 | code[3] << 16 | (txU4)code[4] << 24);
	}
}

static void write_block(FILE *pack, const void *bytes, txSize length)
{
	txU1 header[4] = { length & 255, length >> 8 & 255, length >> 16 & 255, length >> 24 & 255 };
	fwrite(header, 1, sizeof header, pack);
	fwrite(bytes, 1, length, pack);
}

static txScript *compile(txParser *parser, FILE *module, txBoolean debug)
{
	txParserJump jump;
	parser->firstJump = &jump;
	if (setjmp(jump.jmp_buf))
		return NULL;
	txUnsigned flags = mxCFlag | (debug ? mxDebugFlag : 0);	// mxCFlag: host functions (@ "name") may be written
	parser->path = fxNewParserSymbol(parser, (txString)module_path);
	fxParserTree(parser, module, (txGetter)fgetc, flags, NULL);
	if (parser->errorCount)
		return NULL;
	if (parser->name && debug) {	// the lexer leaves what "sourceMappingURL=" names there
		txString map_path = fxCombinePath(parser, (txString)module_path, parser->name);
		txString source = NULL;
		FILE *map = fopen(map_path, "r");
		if (!map)
			fail(map_path);
		fxParserSourceMap(parser, map, (txGetter)fgetc, flags, &source);
		fclose(map);
		if (parser->errorCount)
			return NULL;
		parser->path = fxNewParserSymbol(parser, source);	// lines of nodes with another path are mapped (fxCoderAddLine)
	}
	else
		parser->source = parser->path;
	parser->flags |= flags;
	fxParserHoist(parser);
	fxParserBind(parser);
	return fxParserCode(parser);
}

int main(int count, char **arguments)
{
	txBoolean debug = 1;
	if (count > 1 && !strcmp(arguments[1], "--no-debug")) {
		debug = 0;
		count--;
		arguments++;
	}
	if (count != 4) {
		fprintf(stderr, "usage: xs-compiler [--no-debug] SPECIFIER MODULE.js PACK\n");
		return 2;
	}
	specifier = arguments[1];
	module_path = arguments[2];
	FILE *module = fopen(module_path, "r");
	if (!module)
		fail(module_path);

	txParser parser;
	fxInitializeParser(&parser, NULL, 128 * 1024, 1993);
	parser.reportError = report_error;
	parser.reportWarning = report_warning;
	txScript *script = compile(&parser, module, debug);
	if (!script)
		return 1;
	to_archive_forms((txU1 *)script->codeBuffer, script->codeSize);

	FILE *pack = fopen(arguments[3], "wb");
	if (!pack)
		fail(arguments[3]);
	fwrite("XSP1", 1, 4, pack);
	write_block(pack, script->codeBuffer, script->codeSize);
	write_block(pack, script->symbolsBuffer, script->symbolsSize);
	write_block(pack, script->hostsBuffer, script->hostsSize);
	if (fclose(pack))
		fail(arguments[3]);
	fxDeleteScript(script);
	fxTerminateParser(&parser);
	return 0;
}
