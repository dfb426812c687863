// Makes the frozen heap: run by the simulator out of this very firmware, never flashed (freeze_sections.incl).
//
// The build (tools/freeze) lets the start-up code run to main, writes the modules to freeze_areas.input and enters
// freeze_run. XS makes its machine there, runs the preloaded modules, and what they leave is packed to
// freeze_areas.output as it will stand at __image_start: absolute addresses, nothing to fix up at boot. Ends in freeze_done.
//
// What XS wants of a prepared heap was read in its own sources: fxShareMachine and fxPrepareMachine (xsAPI.c), fxShare, fxMark
// and fxSweep (xsMemory.c). Differences from fxShare: aliases count from 1, for 0 is XS_NO_ID, "no alias"; kinds whose data the
// collector would mark become their X kinds; functions and collections are frozen, so that nothing writes to flash through them.

#include "xsAll.h"
#include "engine.h"

#include "engine_image.h"
#include "engine_internal.h"
#include "freeze_path.h"
#include "freeze_share.h"
#include "memory.h"
#include "modules.h"

extern const uint8_t __image_start[], __image_end[], __firmware_start[], __firmware_end[], __build_id_start[];
extern uint8_t __data_start__[], __data_end__[];

// Where the simulator's flash is free and writable while freezing; the real chip has nothing there.
typedef struct freeze_area {
	uint32_t address, length_bytes;
} freeze_area;

enum { FREEZE_FAILED = 1, FREEZE_DONE = 2 };

typedef struct freeze_result {
	uint32_t status;
	uint32_t image_bytes;
	uint32_t slot_count, chunk_bytes, alias_count, key_count, code_bytes;
	char message[1024];
} freeze_result;

const struct { freeze_area input, arena, work, output, result; } freeze_areas = {
	.input = { 0x10900000, 0x00100000 },
	.arena = { 0x10A00000, 0x00300000 },
	.work = { 0x10D00000, 0x000C0000 },
	.output = { 0x10DC0000, 0x000C0000 },
	.result = { 0x10E80000, 0x00001000 },
};
#define RESULT ((freeze_result *)freeze_areas.result.address)
#define OUTPUT ((uint8_t *)freeze_areas.output.address)

__attribute__((noinline, used)) _Noreturn void freeze_done(void)
{
	for (;;)
		__asm volatile("wfi");
}

_Noreturn static void fail(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(RESULT->message, sizeof RESULT->message, format, arguments);
	va_end(arguments);
	RESULT->status = FREEZE_FAILED;
	freeze_done();
}

static void on_abort(txMachine *the, int status)
{
	engine_abort_hook = NULL;
	if (status != XS_UNHANDLED_EXCEPTION_EXIT && status != XS_UNHANDLED_REJECTION_EXIT)
		fail("%s, while modules were preloaded", engine_abort_reason(status));
	txSlot exception = mxException;
	mxTry(the) {
		mxPushSlot(&exception);
		if (exception.kind == XS_REFERENCE_KIND && exception.value.reference->next && exception.value.reference->next->kind == XS_ERROR_KIND)
			fxGetID(the, mxID(_stack));
		fxToString(the, the->stack);
		fail("a preloaded module threw: %s", the->stack->value.string);
	}
	mxCatch(the) {
		fail("a preloaded module threw something that cannot be printed");
	}
}

/* Names: the built-in ones stay where they are in flash */

void fxBuildKeys(txMachine *the)
{
	for (int i = 0; i < XS_SYMBOL_ID_COUNT; i++) {
		txSlot *description = fxNewSlot(the);
		description->kind = XS_STRING_X_KIND;
		description->value.string = (txString)gxIDStrings[i];
		the->keyArray[the->keyIndex++] = description;
	}
	for (int i = XS_SYMBOL_ID_COUNT; i < XS_ID_COUNT; i++)
		fxNewNameX(the, (txString)gxIDStrings[i]);
}

/* Input: words, little endian; strings are a length with its NUL and bytes padded to words */

static const uint8_t *cursor;

static uint32_t take_word(void)
{
	uint32_t word;
	memcpy(&word, cursor, 4);
	cursor += 4;
	return word;
}

static const uint8_t *take_bytes(uint32_t *length)
{
	*length = take_word();
	const uint8_t *bytes = cursor;
	cursor += (*length + 3) & ~3u;
	return bytes;
}

static txString take_string(void)
{
	uint32_t length;
	return (txString)take_bytes(&length);
}

/* Output */

static uint32_t output_bytes;

static void *put(const void *bytes, uint32_t length, uint32_t alignment)
{
	output_bytes = (output_bytes + alignment - 1) & ~(alignment - 1);
	if (output_bytes + length > (uint32_t)(__image_end - __image_start))
		fail("the image does not fit: %lu bytes and more for %lu bytes of flash",
			(unsigned long)(output_bytes + length), (unsigned long)(__image_end - __image_start));
	uint8_t *at = OUTPUT + output_bytes;
	if (bytes)
		memcpy(at, bytes, length);
	else
		memset(at, 0, length);
	output_bytes += length;
	return at;
}

// The address that a byte of the output will have in flash.
static void *placed(const void *at)
{
	return (void *)((const uint8_t *)at - OUTPUT + __image_start);
}

/* Modules */

static engine_module *modules;
static txSize module_count;

static txCallback find_native(const char *name, const char *module)
{
	for (unsigned i = 0; i < engine_natives_count; i++)
		if (!strcmp(engine_natives[i].name, name))
			return (txCallback)engine_natives[i].function;
	fail("%s binds \"%s\", which no C file of the app defines", module, name);
}

extern void fxRemapIDs(txMachine *the, txByte *code, txSize code_length, txID *ids);

static void take_module(txMachine *the, engine_module *module)
{
	uint32_t code_length, symbol_count;
	txString name = take_string();
	module->name = put(name, strlen(name) + 1, 4);
	const uint8_t *code = take_bytes(&code_length);
	module->code = put(code, code_length, 4);
	module->code_length = (txSize)code_length;
	RESULT->code_bytes += code_length;
	symbol_count = take_word();
	txID *ids = (txID *)freeze_areas.work.address;
	ids[0] = XS_NO_ID;
	for (uint32_t i = 0; i < symbol_count; i++) {
		txString symbol = take_string();
		if (i > 0 || *symbol)
			ids[i] = fxNewNameC(the, symbol);
	}
	fxRemapIDs(the, module->code, module->code_length, ids);
	module->native_count = (txSize)take_word();
	txHostFunctionBuilder *natives = put(NULL, (uint32_t)module->native_count * sizeof(txHostFunctionBuilder), 4);
	module->natives = natives;
	for (txSize i = 0; i < module->native_count; i++) {
		txString c_name = take_string();
		natives[i].callback = find_native(c_name, name);
		natives[i].length = (txInteger)take_word();
		uint32_t symbol = take_word();
		natives[i].id = symbol < symbol_count ? ids[symbol] : XS_NO_ID;
	}
}

/* The heap after the last collection */

static txSlot *heap, *heap_end;
static txSlot **slot_forward;	// by index into the heap; the slot that stands for it, then where that lies in flash; NULL for a free slot
static uint32_t chunk_count;
static uint8_t **chunk_from, **chunk_to;	// data addresses, ascending; where they lie in flash, NULL before somebody refers to them

static bool is_live(const txSlot *slot)
{
	return slot_forward[slot - heap] != NULL;
}

// Others stand for the rest (freeze_share).
static bool is_kept(const txSlot *slot)
{
	return is_live(slot) && !(slot->flag & XS_MARK_FLAG);
}

static bool in_firmware(const void *at)
{
	return (const uint8_t *)at >= __firmware_start && (const uint8_t *)at < __firmware_end;
}

static bool in_output(const void *at)
{
	return (const uint8_t *)at >= OUTPUT && (const uint8_t *)at < OUTPUT + output_bytes;
}

_Noreturn static void refuse(txMachine *the, const txSlot *slot, const char *what)
{
	char path[512];
	freeze_path(the, heap, (size_t)(heap_end - heap), (const void **)(chunk_to + chunk_count), slot, path, sizeof path);
	fail("%s cannot be preloaded: %s", what, *path ? path : "script cannot reach it");
}

static void detach_realm(txMachine *the)
{
	txSlot *realm = mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm;
	txSlot *own_modules = mxOwnModules(realm)->value.reference;
	for (txSlot *module = own_modules->next; module; module = module->next) {
		txSlot *instance = module->value.reference;
		if (instance->next->next->ID != 6 /* XS_MODULE_STATUS_EXECUTED, xsModule.c */)
			fail("module \"%s\" waits at its top level for what does not come before the device starts",
				fxGetKeyName(the, mxModuleInstanceInternal(instance)->value.module.id));
		mxModuleInstanceInternal(instance)->value.module.realm = NULL;
		// XS has cut off what only loading needs, the loader too, from a module that was asked for by itself.
		if (mxModuleInstanceMeta(instance)->next)
			mxModuleInstanceLoader(instance)->value.module.realm = NULL;
	}
	mxModuleInstanceInternal(mxProgram.value.reference)->value.module.realm = NULL;
	mxException.kind = XS_REFERENCE_KIND;
	mxException.value.reference = mxRealmClosures(realm)->value.reference;
	mxProgram.value.reference = own_modules;
	// XS wants the list of modules' IDs in the place of mxHosts.
	txSlot *list = fxNewInstance(the);
	for (txSlot *module = own_modules->next; module; module = module->next) {
		list = list->next = fxNewSlot(the);
		list->kind = XS_SYMBOL_KIND;
		list->ID = list->value.symbol = mxModuleInstanceInternal(module->value.reference)->value.module.id;
	}
	mxPull(mxHosts);
	mxModuleQueue = mxUndefined;
	mxUnhandledPromises = mxUndefined;
	mxDuringJobs = mxUndefined;
	mxFinalizationRegistries = mxUndefined;
	mxPendingJobs = mxUndefined;
	mxRunningJobs = mxUndefined;
	mxBreakpoints = mxUndefined;
	mxHostInspectors = mxUndefined;
	mxInstanceInspectors = mxUndefined;
}

// A global object's cache of properties is written on reading, and a regular expression's data on matching: both go.
static void drop_caches(txMachine *the)
{
	for (txSlot *block = the->firstHeap; block; block = block->next)
		for (txSlot *slot = block + 1; slot < block->value.reference; slot++) {
			if (slot->kind == XS_INSTANCE_KIND && slot->next && slot->next->kind == XS_GLOBAL_KIND) {
				slot->next = slot->next->next;
				slot->flag &= ~XS_EXOTIC_FLAG;
			}
			else if (slot->kind == XS_REGEXP_KIND)
				slot->value.regexp.data = NULL;
		}
}

static void survey(txMachine *the)
{
	if (the->firstHeap->next || the->firstBlock->nextBlock)
		fail("the heap is not one block of slots and one of chunks");
	heap = the->firstHeap;
	heap_end = heap->value.reference;
	uint8_t *work = (uint8_t *)freeze_areas.work.address;
	slot_forward = (txSlot **)work;
	for (txSlot *slot = heap; slot < heap_end; slot++)
		slot_forward[slot - heap] = slot;
	slot_forward[0] = NULL;
	for (txSlot *slot = the->freeHeap; slot; slot = slot->next)
		slot_forward[slot - heap] = NULL;

	uint8_t *at = (uint8_t *)the->firstBlock + sizeof(txBlock), *end = (uint8_t *)the->firstBlock->current;
	for (uint8_t *chunk = at; chunk < end; chunk = (uint8_t *)((txChunk *)chunk)->temporary)
		chunk_count++;
	chunk_from = (uint8_t **)(work + (heap_end - heap) * sizeof(txSlot *));
	chunk_to = chunk_from + chunk_count;
	// Behind them, freeze_share's pointers, and freeze_path's in their place.
	if ((uint8_t *)(chunk_to + chunk_count + 2 * (heap_end - heap) + FREEZE_SHARE_BUCKETS) > work + freeze_areas.work.length_bytes)
		fail("too many objects are preloaded");
	uint32_t i = 0;
	for (uint8_t *chunk = at; chunk < end; chunk = (uint8_t *)((txChunk *)chunk)->temporary)
		chunk_from[i++] = chunk + sizeof(txChunk);
	memset(chunk_to, 0, chunk_count * sizeof *chunk_to);
}

static void freeze_instance(txSlot *instance)
{
	instance->flag |= XS_DONT_PATCH_FLAG;
	for (txSlot *property = instance->next; property; property = property->next) {
		if (property->kind != XS_ACCESSOR_KIND)
			property->flag |= XS_DONT_SET_FLAG;
		property->flag |= XS_DONT_DELETE_FLAG;
	}
}

// What has no copy on write, or is most of the heap and never written: functions that construct nothing, and what holds data
// of its own. Constructors, prototypes and plain objects may be written: the first write copies them to RAM.
static bool must_be_frozen(txMachine *the, const txSlot *instance)
{
	const txSlot *internal = instance->next;
	if (!internal || !(internal->flag & XS_INTERNAL_FLAG))
		return false;
	switch (internal->kind) {
	case XS_CALLBACK_KIND:
	case XS_CALLBACK_X_KIND:
	case XS_CODE_KIND:
	case XS_CODE_X_KIND:
		return !(instance->flag & XS_CAN_CONSTRUCT_FLAG);
	case XS_MAP_KIND:
	case XS_SET_KIND:
	case XS_WEAK_MAP_KIND:
	case XS_WEAK_SET_KIND:
	case XS_ARRAY_BUFFER_KIND:
	case XS_PROMISE_KIND:
		return instance != mxPromisePrototype.value.reference;
	default:
		return false;
	}
}

// As fxShare has it.
static bool is_frozen(const txSlot *instance)
{
	if (!(instance->flag & XS_DONT_PATCH_FLAG))
		return false;
	for (const txSlot *property = instance->next; property; property = property->next) {
		if (property->kind == XS_ARRAY_KIND) {
			const txSlot *item = property->value.array.address;
			txSize count = item ? ((const txChunk *)((const uint8_t *)item - sizeof(txChunk)))->size / (txSize)sizeof(txSlot) : 0;
			for (; count > 0; count--, item++)
				if ((item->kind != XS_ACCESSOR_KIND && !(item->flag & XS_DONT_SET_FLAG)) || !(item->flag & XS_DONT_DELETE_FLAG))
					return false;
		}
		else if ((property->kind != XS_ACCESSOR_KIND && !(property->flag & XS_DONT_SET_FLAG)) || !(property->flag & XS_DONT_DELETE_FLAG))
			return false;
	}
	return true;
}

static void refuse_iterator(txMachine *the, txSlot *instance)
{
	static const int prototypes[] = {
		mxArrayIteratorPrototypeStackIndex, mxMapIteratorPrototypeStackIndex, mxRegExpStringIteratorPrototypeStackIndex,
		mxSetIteratorPrototypeStackIndex, mxStringIteratorPrototypeStackIndex, mxAsyncFromSyncIteratorPrototypeStackIndex,
	};
	for (unsigned i = 0; i < sizeof prototypes / sizeof *prototypes; i++)
		if (instance->value.instance.prototype == the->stackPrototypes[-1 - prototypes[i]].value.reference)
			refuse(the, instance, "an iterator");
}

static void freeze_instances(txMachine *the)
{
	for (txSlot *slot = heap + 1; slot < heap_end; slot++)
		if (is_live(slot) && slot->kind == XS_INSTANCE_KIND) {
			refuse_iterator(the, slot);
			if (must_be_frozen(the, slot))
				freeze_instance(slot);
		}
}

static void share_slots(void)
{
	freeze_share(heap, (size_t)(heap_end - heap), slot_forward, (const void **)(chunk_to + chunk_count));
	for (txSlot *slot = heap + 1; slot < heap_end; slot++)
		if (is_live(slot) && slot_forward[slot - heap] != slot)
			slot->flag |= XS_MARK_FLAG;
}

static void number_aliases(txMachine *the)
{
	uint32_t aliases = 0;
	for (txSlot *slot = heap + 1; slot < heap_end; slot++) {
		if (!is_kept(slot))
			continue;
		if (slot->kind == XS_INSTANCE_KIND)
			slot->ID = is_frozen(slot) ? XS_NO_ID : (txID)++aliases;
		else if (slot->kind == XS_CLOSURE_KIND && slot->value.closure) {
			txSlot *closure = slot->value.closure;
			if (closure->flag & XS_DONT_SET_FLAG)
				closure->flag |= XS_DONT_DELETE_FLAG;
			else {
				if (closure->ID == XS_NO_ID)
					closure->ID = (txID)++aliases;
				slot->flag &= ~XS_DONT_SET_FLAG;
			}
		}
		if (aliases >= 0xFFFE)
			fail("more than 65,533 objects and variables are preloaded that may be written");
	}
	RESULT->alias_count = aliases;
}

/* Moving */

static txSlot *slot_at(txMachine *the, const txSlot *slot, const txSlot *from)
{
	if (!slot)
		return NULL;
	if (slot > heap && slot < heap_end && is_live(slot))
		return slot_forward[slot - heap];
	refuse(the, from, "an object of kind that points outside of the heap");
}

static uint32_t chunk_index(txMachine *the, const void *data, const txSlot *from)
{
	uint32_t low = 0, high = chunk_count;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (chunk_from[middle] <= (const uint8_t *)data)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || chunk_from[low - 1] != data)
		refuse(the, from, "an object whose data are not in the heap");
	return low - 1;
}

static void *chunk_at(txMachine *the, const void *data, const txSlot *from)
{
	if (!data)
		return NULL;
	uint8_t **to = &chunk_to[chunk_index(the, data, from)];
	if (!*to) {
		const txChunk *chunk = (const txChunk *)((const uint8_t *)data - sizeof(txChunk));
		txChunk *copy = put(chunk, (uint32_t)chunk->size, 8);
		copy->temporary = NULL;
		*to = (uint8_t *)placed(copy) + sizeof(txChunk);
	}
	return *to;
}

// In the firmware, or in the bytecode of this image; NULL: in the heap.
static void *outside_at(const void *data)
{
	if (in_firmware(data))
		return (void *)data;
	return in_output(data) ? placed(data) : NULL;
}

static void *data_at(txMachine *the, const void *data, const txSlot *from)
{
	void *outside = outside_at(data);
	return outside ? outside : chunk_at(the, data, from);
}

// Nobody asks for the size of a chunk that is a text of kind X.
static txString text_at(txMachine *the, txString text, const txSlot *from)
{
	void *outside = outside_at(text);
	if (outside || !text)
		return outside;
	uint8_t **to = &chunk_to[chunk_index(the, text, from)];
	if (!*to)
		*to = placed(put(text, strlen(text) + 1, 1));
	return (txString)*to;
}

static void *firmware_at(txMachine *the, const void *data, const txSlot *from)
{
	if (!data || in_firmware(data) || ((const uint8_t *)data >= __data_start__ && (const uint8_t *)data < __data_end__))
		return (void *)data;
	refuse(the, from, "a function or a table that is not in the firmware");
}

static void move_slot(txMachine *the, const txSlot *from, txSlot *to, bool is_item)
{
	txValue *value = &to->value;
	to->flag = from->flag | XS_MARK_FLAG;
	to->kind = from->kind;
	to->ID = from->ID;
	// The next of an array's item is its index.
	to->next = is_item ? from->next : slot_at(the, from->next, from);
	memset(value, 0, sizeof *value);
	switch (from->kind) {
	case XS_UNINITIALIZED_KIND:
	case XS_UNDEFINED_KIND:
	case XS_NULL_KIND:
		break;
	case XS_BOOLEAN_KIND:
	case XS_INTEGER_KIND:
	case XS_PROMISE_KIND:
		value->integer = from->value.integer;
		break;
	case XS_SYMBOL_KIND:
		value->symbol = from->value.symbol;
		break;
	case XS_NUMBER_KIND:
	case XS_DATE_KIND:
		value->number = from->value.number;
		break;
	case XS_STRING_KIND:
	case XS_STRING_X_KIND:
		to->kind = XS_STRING_X_KIND;
		value->string = text_at(the, from->value.string, from);
		break;
	case XS_BIGINT_KIND:
	case XS_BIGINT_X_KIND:
		to->kind = XS_BIGINT_X_KIND;
		value->bigint = from->value.bigint;
		value->bigint.data = data_at(the, from->value.bigint.data, from);
		break;
	case XS_REFERENCE_KIND:
		value->reference = slot_at(the, from->value.reference, from);
		break;
	case XS_CLOSURE_KIND:
		value->closure = slot_at(the, from->value.closure, from);
		break;
	case XS_INSTANCE_KIND:
		value->instance.prototype = slot_at(the, from->value.instance.prototype, from);
		break;
	case XS_STACK_KIND:
		if (from->value.stack.address)
			refuse(the, from, "a generator that has begun, or an async call that waits,");
		break;
	case XS_ARGUMENTS_SLOPPY_KIND:
	case XS_ARGUMENTS_STRICT_KIND:
	case XS_ARRAY_KIND:
		value->array.address = chunk_at(the, from->value.array.address, from);
		value->array.length = from->value.array.length;
		break;
	case XS_ARRAY_BUFFER_KIND:
		value->arrayBuffer.address = chunk_at(the, from->value.arrayBuffer.address, from);
		break;
	case XS_CALLBACK_KIND:
	case XS_CALLBACK_X_KIND:
		to->kind = XS_CALLBACK_X_KIND;
		value->callback.address = firmware_at(the, from->value.callback.address, from);
		value->callback.closures = slot_at(the, from->value.callback.closures, from);
		break;
	case XS_CODE_KIND:
	case XS_CODE_X_KIND:
		to->kind = XS_CODE_X_KIND;
		value->code.address = data_at(the, from->value.code.address, from);
		value->code.closures = slot_at(the, from->value.code.closures, from);
		break;
	case XS_HOST_FUNCTION_KIND:
		value->hostFunction.builder = data_at(the, from->value.hostFunction.builder, from);
		value->hostFunction.profileID = from->value.hostFunction.profileID;
		break;
	case XS_DATA_VIEW_KIND:
		value->dataView = from->value.dataView;
		break;
	case XS_BUFFER_INFO_KIND:
		value->bufferInfo = from->value.bufferInfo;
		break;
	case XS_HOST_KIND:
		if (from->value.host.data)
			refuse(the, from, "an object that holds data of C");
		to->flag &= ~XS_HOST_CHUNK_FLAG;
		value->host.variant.destructor = firmware_at(the, from->value.host.variant.destructor, from);
		break;
	case XS_MAP_KIND:
	case XS_SET_KIND:
		value->table.address = chunk_at(the, from->value.table.address, from);
		value->table.length = from->value.table.length;
		break;
	case XS_MODULE_KIND:
	case XS_PROGRAM_KIND:
		value->module.realm = slot_at(the, from->value.module.realm, from);
		value->module.id = from->value.module.id;
		break;
	case XS_PROXY_KIND:
		value->proxy.handler = slot_at(the, from->value.proxy.handler, from);
		value->proxy.target = slot_at(the, from->value.proxy.target, from);
		break;
	case XS_REGEXP_KIND:
		value->regexp.code = chunk_at(the, from->value.regexp.code, from);
		break;
	case XS_TYPED_ARRAY_KIND:
		value->typedArray.dispatch = firmware_at(the, from->value.typedArray.dispatch, from);
		value->typedArray.atomics = firmware_at(the, from->value.typedArray.atomics, from);
		break;
	case XS_WEAK_MAP_KIND:
	case XS_WEAK_SET_KIND:
		value->weakList.first = slot_at(the, from->value.weakList.first, from);
		break;
	case XS_WEAK_ENTRY_KIND:
		value->weakEntry.check = slot_at(the, from->value.weakEntry.check, from);
		value->weakEntry.value = slot_at(the, from->value.weakEntry.value, from);
		break;
	case XS_ACCESSOR_KIND:
		value->accessor.getter = slot_at(the, from->value.accessor.getter, from);
		value->accessor.setter = slot_at(the, from->value.accessor.setter, from);
		break;
	case XS_AT_KIND:
		value->at = from->value.at;
		break;
	case XS_ENTRY_KIND:
		value->entry.slot = slot_at(the, from->value.entry.slot, from);
		value->entry.sum = from->value.entry.sum;
		break;
	case XS_ERROR_KIND:
		value->error.info = slot_at(the, from->value.error.info, from);
		value->error.which = from->value.error.which;
		break;
	case XS_HOME_KIND:
		value->home.object = slot_at(the, from->value.home.object, from);
		value->home.module = slot_at(the, from->value.home.module, from);
		break;
	case XS_KEY_KIND:
	case XS_KEY_X_KIND:
		to->kind = XS_KEY_X_KIND;
		value->key.string = text_at(the, from->value.key.string, from);
		value->key.sum = from->value.key.sum;
		break;
	case XS_LIST_KIND:
		value->list.first = slot_at(the, from->value.list.first, from);
		value->list.last = slot_at(the, from->value.list.last, from);
		break;
	case XS_PRIVATE_KIND:
		value->private.check = slot_at(the, from->value.private.check, from);
		value->private.first = slot_at(the, from->value.private.first, from);
		break;
	case XS_EXPORT_KIND:
		value->export.closure = slot_at(the, from->value.export.closure, from);
		value->export.module = slot_at(the, from->value.export.module, from);
		break;
	case XS_IDS_KIND:
		value->IDs = chunk_at(the, from->value.IDs, from);
		break;
	case XS_WEAK_REF_KIND:
		if (from->value.weakRef.target)
			refuse(the, from, "a WeakRef");
		break;
	case XS_FINALIZATION_REGISTRY_KIND:
		if (from->value.finalizationRegistry.callback)
			refuse(the, from, "a FinalizationRegistry");
		break;
	default:
		{
			char what[48];
			snprintf(what, sizeof what, "an object of XS's kind %d", from->kind);
			refuse(the, from, what);
		}
	}
}

static void move_items(txMachine *the, const txSlot *from)
{
	const txSlot *item = from->value.array.address;
	if (!item)
		return;
	txSize bytes = ((const txChunk *)((const uint8_t *)item - sizeof(txChunk)))->size;
	txIndex count = (txIndex)bytes / sizeof(txSlot);
	if (count > from->value.array.length)
		count = from->value.array.length;
	txSlot *to = (txSlot *)((uint8_t *)chunk_at(the, item, from) - __image_start + OUTPUT);
	memset(to, 0, (size_t)bytes - sizeof(txChunk));
	for (; count; count--, item++, to++)
		move_slot(the, item, to, true);
}

static void move_table(txMachine *the, const txSlot *from)
{
	txSlot **to = (txSlot **)((uint8_t *)chunk_at(the, from->value.table.address, from) - __image_start + OUTPUT);
	for (txSize i = 0; i < from->value.table.length; i++)
		to[i] = slot_at(the, from->value.table.address[i], from);
}

static txSlot **move_pointers(txMachine *the, txSlot **from, txSize count)
{
	txSlot **to = put(NULL, (uint32_t)count * sizeof(txSlot *), 4);
	for (txSize i = 0; i < count; i++)
		to[i] = slot_at(the, from[i], the->stackTop - 1);
	return placed(to);
}

static void move_heap(txMachine *the, txPreparation *preparation)
{
	txSize kept = 0;
	for (txSlot *slot = heap + 1; slot < heap_end; slot++)
		if (is_kept(slot))
			kept++;
	txSlot *slots = put(NULL, (uint32_t)(kept + 1) * sizeof(txSlot), 8);
	preparation->heap = placed(slots);
	preparation->heapCount = kept + 1;
	slots->value.reference = preparation->heap + kept + 1;
	txSlot *to = slots + 1;
	for (txSlot *slot = heap + 1; slot < heap_end; slot++)
		if (is_kept(slot))
			slot_forward[slot - heap] = placed(to++);
	for (txSlot *slot = heap + 1; slot < heap_end; slot++)
		if (is_live(slot) && !is_kept(slot))
			slot_forward[slot - heap] = slot_forward[slot_forward[slot - heap] - heap];
	to = slots + 1;
	uint32_t chunks_begin = output_bytes;
	for (txSlot *slot = heap + 1; slot < heap_end; slot++) {
		if (!is_kept(slot))
			continue;
		move_slot(the, slot, to++, false);
		if (slot->kind == XS_ARRAY_KIND || slot->kind == XS_ARGUMENTS_SLOPPY_KIND || slot->kind == XS_ARGUMENTS_STRICT_KIND)
			move_items(the, slot);
		else if (slot->kind == XS_MAP_KIND || slot->kind == XS_SET_KIND)
			move_table(the, slot);
	}
	RESULT->slot_count = (uint32_t)kept;
	RESULT->chunk_bytes = output_bytes - chunks_begin;
}

static void move_machine(txMachine *the, txPreparation *preparation)
{
	preparation->version[0] = XS_MAJOR_VERSION;
	preparation->version[1] = XS_MINOR_VERSION;
	preparation->version[2] = XS_PATCH_VERSION;
	preparation->aliasCount = (txSize)RESULT->alias_count + 1;
	move_heap(the, preparation);
	preparation->stackCount = (txSize)(the->stackTop - the->stack);
	txSlot *stack = put(NULL, (uint32_t)preparation->stackCount * sizeof(txSlot), 8);
	for (txSize i = 0; i < preparation->stackCount; i++) {
		the->stack[i].next = NULL;
		move_slot(the, &the->stack[i], &stack[i], false);
	}
	preparation->stack = placed(stack);
	preparation->keyCount = the->keyIndex;
	preparation->keys = move_pointers(the, the->keyArray, the->keyIndex);
	preparation->nameModulo = the->nameModulo;
	preparation->names = move_pointers(the, the->nameTable, the->nameModulo);
	preparation->symbolModulo = the->symbolModulo;
	preparation->symbols = move_pointers(the, the->symbolTable, the->symbolModulo);
	RESULT->key_count = the->keyIndex;
}

/* All of it */

// At run time, in words of the input behind its two counts.
typedef struct freeze_creation {
	uint32_t arena_bytes, initial_chunk_bytes, chunk_step_bytes, initial_slots, slot_step, stack_slots, initial_keys, key_step;
	uint32_t name_modulo, symbol_modulo, after_failure;
} freeze_creation;

static void preload(txMachine *the, uint32_t count)
{
	xsBeginHost(the);
	while (count--) {
		mxPushStringX(modules[take_word()].name);
		fxAwaitImport(the, XS_IMPORT_ASYNC);
		mxPop();
	}
	xsEndHost(the);
	xsBeginHost(the);
	while (mxPendingJobs.value.reference->next)
		fxRunPromiseJobs(the);
	fxCheckUnhandledRejections(the, 1);
	xsEndHost(the);
}

__attribute__((used)) void freeze_run(void)
{
	memset(RESULT, 0, sizeof *RESULT);
	engine_abort_hook = on_abort;
	cursor = (const uint8_t *)freeze_areas.input.address;
	module_count = (txSize)take_word();
	uint32_t preload_count = take_word();
	freeze_creation wanted;
	memcpy(&wanted, cursor, sizeof wanted);
	cursor += sizeof wanted;
	txString main_module = take_string();

	arena_begin((void *)freeze_areas.arena.address, freeze_areas.arena.length_bytes);
	// Room enough that the collector has little to do.
	txCreation creation = {
		.initialChunkSize = 0x40000, .incrementalChunkSize = 0x10000, .initialHeapCount = 0x4000, .incrementalHeapCount = 0x1000,
		.stackCount = 2048, .initialKeyCount = 4096, .incrementalKeyCount = 1024,
		.nameModulo = (txSize)wanted.name_modulo, .symbolModulo = (txSize)wanted.symbol_modulo,
	};
	txMachine *the = fxCreateMachine(&creation, "freeze", NULL, XS_NO_ID);
	if (!the)
		fail("the engine could not make its machine");
	stress_begin();

	put(NULL, IMAGE_RECORD_BYTES, 4);
	modules = put(NULL, (uint32_t)module_count * sizeof(engine_module), 4);
	for (txSize i = 0; i < module_count; i++)
		take_module(the, &modules[i]);
	modules_begin(modules, module_count);
	preload(the, preload_count);
	main_module = put(main_module, strlen(main_module) + 1, 4);

	detach_realm(the);
	memset(&the->scratch, 0, sizeof the->scratch);
	fxCollectGarbage(the);
	drop_caches(the);
	fxCollectGarbage(the);
	survey(the);
	freeze_instances(the);
	share_slots();
	number_aliases(the);

	image_record *record = (image_record *)OUTPUT;
	engine_image *image = (engine_image *)record->engine;
	move_machine(the, &image->preparation);
	image->preparation.creation = (txCreation){
		.initialChunkSize = (txSize)wanted.initial_chunk_bytes, .incrementalChunkSize = (txSize)wanted.chunk_step_bytes,
		.initialHeapCount = (txSize)wanted.initial_slots, .incrementalHeapCount = (txSize)wanted.slot_step,
		.stackCount = (txSize)wanted.stack_slots,
		.initialKeyCount = (txSize)wanted.initial_keys, .incrementalKeyCount = (txSize)wanted.key_step,
		.nameModulo = the->nameModulo, .symbolModulo = the->symbolModulo,
		.staticSize = (txSize)wanted.arena_bytes,
	};
	image->preparation.main = placed(main_module);
	for (txSize i = 0; i < module_count; i++) {
		modules[i].name = placed(modules[i].name);
		modules[i].code = placed(modules[i].code);
		modules[i].natives = placed(modules[i].natives);
	}
	image->modules = placed(modules);
	image->module_count = module_count;
	image->arena_bytes = (txSize)wanted.arena_bytes;
	image->after_failure = wanted.after_failure;
	put(NULL, 0, 4);
	record->magic = IMAGE_MAGIC;
	record->version = IMAGE_VERSION;
	memcpy(record->build_id, __build_id_start + 16, IMAGE_BUILD_ID_BYTES);
	record->frozen_length = output_bytes;
	RESULT->image_bytes = output_bytes;
	RESULT->status = FREEZE_DONE;
	freeze_done();
}
