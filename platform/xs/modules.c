// How XS finds and loads modules: see modules.h. Specifiers are those of the manifest; the build has made every import so.

#include "modules.h"

static const engine_module *modules;
static txSize module_count;
static const engine_module *loading;	// whose natives bind_natives binds

void modules_begin(const engine_module *table, txSize count)
{
	modules = table;
	module_count = count;
}

static const engine_module *find(const char *name)
{
	for (txSize i = 0; i < module_count; i++)
		if (!c_strcmp(modules[i].name, name))
			return &modules[i];
	return NULL;
}

txID fxFindModule(txMachine *the, txSlot *realm, txID module_id, txSlot *slot)
{
	(void)realm, (void)module_id;
	fxToString(the, slot);
	const engine_module *module = find(slot->value.string);
	return module ? fxNewNameX(the, module->name) : XS_NO_ID;
}

// Runs as a host function of the module before its code: the functions that its `native(...)` stand for (XS_CODE_HOST).
static void bind_natives(txMachine *the)
{
	fxBuildHosts(the, loading->native_count, loading->natives);
	mxPullSlot(mxResult);
}

void fxLoadModule(txMachine *the, txSlot *module, txID module_id)
{
	const engine_module *found = find(fxGetKeyName(the, module_id));
	if (!found)
		return;
	loading = found;
	// No symbols: names were made IDs when the image was made, and XS frees nothing of this script.
	txScript script = {
		.callback = found->native_count ? (void *)bind_natives : NULL,
		.codeBuffer = found->code,
		.codeSize = found->code_length,
		.path = found->name,
		.version = { XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION, 0 },
	};
	fxResolveModule(the, module, module_id, &script, NULL, NULL);
}

// eval, new Function and their kin: the parser stays on the developer's machine.
txScript *fxParseScript(txMachine *the, void *stream, txGetter getter, txUnsigned flags)
{
	(void)stream, (void)getter, (void)flags;
	mxSyntaxError("no parser on this device: eval and new Function cannot be used");
	return NULL;
}
