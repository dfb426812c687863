// What the engine keeps in the image record: the frozen heap's preparation, and the modules. Absolute addresses.
// Written by freeze.c, read by engine.c and modules.c.
#ifndef ENGINE_IMAGE_H
#define ENGINE_IMAGE_H

#include "xsAll.h"
#include "image_record.h"

// A module of the app; its bytecode and natives lie in the image. A preloaded one has run already and is in the heap.
typedef struct engine_module {
	txString name;
	txByte *code;
	txSize code_length;
	const txHostFunctionBuilder *natives;
	txSize native_count;
} engine_module;

typedef struct engine_image {
	txPreparation preparation;
	const engine_module *modules;
	txSize module_count;
	txSize arena_bytes;	// slots and chunks at run time, stack included
	uint32_t after_failure;	// failure_policy (platform/failure.h)
} engine_image;

_Static_assert(sizeof(engine_image) <= sizeof(((image_record *)0)->engine), "the engine's part fits the image record");

#endif
