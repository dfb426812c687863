// Slots of the heap that is being frozen which script cannot tell apart: one of them is enough in flash.
#ifndef FREEZE_SHARE_H
#define FREEZE_SHARE_H

#include "xsAll.h"

#define FREEZE_SHARE_BUCKETS 256

// Of heap[0 .. count): forward[i] is heap + i for a slot in use, NULL for a free one, and becomes the slot that stands for it. Functions
// must have the flags that they will be frozen with. `work` has room for 2 * count + FREEZE_SHARE_BUCKETS pointers.
void freeze_share(const txSlot *heap, size_t count, txSlot **forward, const void **work);

#endif
