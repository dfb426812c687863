// See freeze_path.h. A search in breadth over what XS's collector would mark (fxMarkReference, xsMemory.c), without the ways that
// nobody would write down: home objects, realms, tables of maps.

#include "freeze_path.h"

static const txSlot *heap;
static size_t heap_count;
static const txSlot **parents;	// by index into the heap; a root is its own
static const txSlot **queue;
static size_t queued;

static bool is_slot(const txSlot *slot)
{
	return slot > heap && slot < heap + heap_count;
}

static void reach(const txSlot *slot, const txSlot *from)
{
	if (!is_slot(slot) || parents[slot - heap])
		return;
	parents[slot - heap] = from;
	queue[queued++] = slot;
}

static void reach_chain(const txSlot *slot, const txSlot *from)
{
	for (; slot; slot = slot->next)
		reach(slot, from);
}

static txIndex item_count(const txSlot *array)
{
	return array->value.array.address ? fxGetIndexSize(NULL, (txSlot *)array) : 0;
}

// What a value of that kind refers to. An array's items lie outside of the heap: the array stands for them.
static void reach_value(const txSlot *value, const txSlot *from)
{
	switch (value->kind) {
	case XS_REFERENCE_KIND:
		reach(value->value.reference, from);
		break;
	case XS_CLOSURE_KIND:
		reach(value->value.closure, from);
		break;
	case XS_EXPORT_KIND:
		reach(value->value.export.closure, from);
		break;
	case XS_ACCESSOR_KIND:
		reach(value->value.accessor.getter, from);
		reach(value->value.accessor.setter, from);
		break;
	case XS_CODE_KIND:
	case XS_CODE_X_KIND:
		reach(value->value.code.closures, from);
		break;
	case XS_PROXY_KIND:
		reach(value->value.proxy.target, from);
		reach(value->value.proxy.handler, from);
		break;
	case XS_PRIVATE_KIND:
		reach_chain(value->value.private.first, from);
		break;
	case XS_LIST_KIND:
		reach_chain(value->value.list.first, from);
		break;
	case XS_WEAK_MAP_KIND:
	case XS_WEAK_SET_KIND:
		reach_chain(value->value.weakList.first, from);
		break;
	case XS_WEAK_ENTRY_KIND:
		reach(value->value.weakEntry.value, from);
		break;
	case XS_INSTANCE_KIND:
		reach_chain(value->next, from);
		reach(value->value.instance.prototype, from);
		break;
	case XS_ARGUMENTS_SLOPPY_KIND:
	case XS_ARGUMENTS_STRICT_KIND:
	case XS_ARRAY_KIND:
		for (txIndex i = 0, count = item_count(value); i < count; i++)
			reach_value(value->value.array.address + i, from);
		break;
	default:
		break;
	}
}

static void search(const txSlot *wanted)
{
	for (size_t done = 0; done < queued && !parents[wanted - heap]; done++)
		reach_value(queue[done], queue[done]);
}

static bool is_root(const txSlot *slot)
{
	return parents[slot - heap] == slot;
}

// One step of the way, as one would write it; "" for a step that script does not see.
static void step(txMachine *the, const txSlot *from, const txSlot *to, char *text, size_t size)
{
	const txString name = to->flag & XS_INTERNAL_FLAG ? NULL : fxGetKeyName(the, to->ID);
	text[0] = 0;
	switch (from->kind) {
	case XS_INSTANCE_KIND:
		if (from->value.instance.prototype == to)
			snprintf(text, size, ".prototype");
		else if (name && to->kind == XS_CLOSURE_KIND)
			snprintf(text, size, " -> %s", name);	// a variable that the function holds
		else if (name)
			snprintf(text, size, ".%s", name);
		break;
	case XS_PRIVATE_KIND:
		if (name)
			snprintf(text, size, ".%s", name);
		break;
	case XS_LIST_KIND:
		snprintf(text, size, " (entry)");
		break;
	case XS_ARGUMENTS_SLOPPY_KIND:
	case XS_ARGUMENTS_STRICT_KIND:
	case XS_ARRAY_KIND:
		{
			const txSlot *item = from->value.array.address;
			for (txIndex i = 0, count = item_count(from); i < count; i++, item++)
				if (item->kind == XS_REFERENCE_KIND && item->value.reference == to)
					// The next of an item is its index.
					snprintf(text, size, "[%lu]", (unsigned long)(uintptr_t)item->next);
		}
		break;
	default:
		break;
	}
}

void freeze_path(txMachine *the, const txSlot *slots, size_t count, const void **work, const txSlot *wanted, char *text, size_t size)
{
	text[0] = 0;
	heap = slots;
	heap_count = count;
	parents = (const txSlot **)work;
	queue = parents + count;
	queued = 0;
	memset(parents, 0, count * sizeof *parents);
	if (!is_slot(wanted))
		return;
	const txSlot *modules = mxProgram.value.reference;
	for (const txSlot *module = modules->next; module; module = module->next) {
		const txSlot *instance = module->value.reference;
		const txSlot *exports = mxModuleInstanceExports(instance);
		if (exports->kind != XS_REFERENCE_KIND)
			continue;
		parents[instance - heap] = instance;
		for (const txSlot *one = exports->value.reference->next; one; one = one->next)
			if (one->kind == XS_EXPORT_KIND)
				reach(one, instance);
	}
	search(wanted);
	if (!parents[wanted - heap]) {
		const txSlot *global = mxGlobal.value.reference;
		parents[global - heap] = global;
		reach_chain(global->next, global);
		search(wanted);
	}
	if (!parents[wanted - heap])
		return;

	// From the end to the root, then printed the other way round.
	size_t steps = 0;
	for (const txSlot *at = wanted; !is_root(at); at = parents[at - heap])
		queue[steps++] = at;
	const txSlot *root = parents[queue[steps - 1] - heap];
	size_t length = root == mxGlobal.value.reference
		? (size_t)snprintf(text, size, "globalThis")
		: (size_t)snprintf(text, size, "module \"%s\": ", fxGetKeyName(the, mxModuleInstanceInternal(root)->value.module.id));
	for (const txSlot *from = root; steps && length < size; from = queue[steps]) {
		char one[80];
		steps--;
		if (from == root && queue[steps]->kind == XS_EXPORT_KIND)
			snprintf(one, sizeof one, "%s", fxGetKeyName(the, queue[steps]->ID));
		else
			step(the, from, queue[steps], one, sizeof one);
		length += (size_t)snprintf(text + length, size - length, "%s", one);
	}
}
