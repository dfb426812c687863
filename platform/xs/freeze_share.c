// See freeze_share.h. Ends of chains of properties are compared first, then what stands in front of equal ends. Shared are the length, the
// name and the home of functions, and whole environments: methods of one class that use the same variables have each its own, and nothing
// writes to one once its function is made (XS_CODE_STORE, xsRun.c).

#include "freeze_share.h"

static const txSlot *heap;
static txSlot **forward;
static const txSlot **links;	// by index into the heap; of a slot that stands for itself, the next of its bucket; `heap`, which is no slot: none
static const txSlot **chain;
static const txSlot **buckets;

static const txSlot *stand_in(const txSlot *slot)
{
	return slot ? forward[slot - heap] : NULL;
}

static bool is_looked_at(const txSlot *slot)
{
	return links[slot - heap] || forward[slot - heap] != slot;
}

// What tells two slots of one kind apart, beside the slot's own words; false: such a slot stands for itself.
static bool content(const txSlot *slot, const void *words[2])
{
	words[1] = NULL;
	switch (slot->kind) {
	case XS_UNDEFINED_KIND:
		words[0] = NULL;
		return true;
	case XS_INTEGER_KIND:
		words[0] = (const void *)slot->value.integer;
		return true;
	case XS_STRING_KIND:
	case XS_STRING_X_KIND:
		words[0] = slot->value.string;
		return true;
	case XS_CLOSURE_KIND:
		words[0] = slot->value.closure;
		return true;
	case XS_INSTANCE_KIND:
		words[0] = stand_in(slot->value.instance.prototype);
		return true;
	case XS_HOME_KIND:
		words[0] = slot->value.home.object;
		words[1] = slot->value.home.module;
		return true;
	default:
		return false;
	}
}

static void share(const txSlot *slot)
{
	const void *words[2], *others[2];
	const txSlot *next = stand_in(slot->next);
	if (is_looked_at(slot) || !content(slot, words))
		return;
	uint32_t sum = (uint32_t)next / sizeof(txSlot) + (uint32_t)words[0] / 4 * 31 + slot->ID * 7u + (uint32_t)slot->kind;
	const txSlot **bucket = &buckets[(sum ^ sum >> 8) % FREEZE_SHARE_BUCKETS];
	for (const txSlot *other = *bucket; other != heap; other = links[other - heap]) {
		if (other->kind == slot->kind && other->flag == slot->flag && other->ID == slot->ID && stand_in(other->next) == next
			&& content(other, others) && others[0] == words[0] && others[1] == words[1]) {
			forward[slot - heap] = (txSlot *)other;
			return;
		}
	}
	links[slot - heap] = *bucket;
	*bucket = slot;
}

static void share_properties(const txSlot *instance)
{
	size_t length = 0;
	for (const txSlot *property = instance->next; property; property = property->next)
		chain[length++] = property;
	while (length > 0)
		share(chain[--length]);
}

static bool is_function(const txSlot *instance)
{
	const txSlot *internal = instance->next;
	return internal && internal->flag & XS_INTERNAL_FLAG
		&& (internal->kind == XS_CALLBACK_KIND || internal->kind == XS_CALLBACK_X_KIND || internal->kind == XS_CODE_KIND || internal->kind == XS_CODE_X_KIND);
}

static bool is_environment(const txSlot *instance)
{
	const txSlot *internal = instance->next;
	return internal && internal->flag & XS_INTERNAL_FLAG && internal->ID == XS_ENVIRONMENT_BEHAVIOR && internal->kind == XS_UNDEFINED_KIND;
}

static void share_environment(const txSlot *instance)
{
	const txSlot *outer = instance->value.instance.prototype;
	if (outer && outer->kind == XS_INSTANCE_KIND && is_environment(outer) && !is_looked_at(outer))
		share_environment(outer);
	share_properties(instance);
	share(instance);
}

void freeze_share(const txSlot *slots, size_t count, txSlot **forward_of, const void **work)
{
	heap = slots;
	forward = forward_of;
	links = (const txSlot **)work;
	chain = links + count;
	buckets = chain + count;
	memset(links, 0, count * sizeof *links);
	for (unsigned i = 0; i < FREEZE_SHARE_BUCKETS; i++)
		buckets[i] = heap;
	for (const txSlot *slot = heap + 1; slot < heap + count; slot++) {
		if (forward[slot - heap] && slot->kind == XS_CLOSURE_KIND && slot->value.closure)
			links[slot->value.closure - heap] = heap;	// a variable is itself alone
	}
	for (const txSlot *slot = heap + 1; slot < heap + count; slot++) {
		if (!forward[slot - heap] || slot->kind != XS_INSTANCE_KIND)
			continue;
		if (is_function(slot))
			share_properties(slot);
		else if (is_environment(slot) && !is_looked_at(slot))
			share_environment(slot);
	}
}
