// The pause of all else around an operation on the flash that the firmware runs from: interrupts are off, nothing may be fetched from
// flash, and no DMA channel may read there (none of ours does outside the call that started it).
//
// 0.5 ms for a page and 45 ms for a sector, 3 and 400 at most (W25Q16JV 9.6). USB's block answers by itself meanwhile that the device
// is busy, the radio keeps its frames, and the watch over the loop allows eight seconds.
#ifndef FLASH_PAUSE_H
#define FLASH_PAUSE_H

#include <stdint.h>

uint32_t flash_pause_begin(void);
void flash_pause_end(uint32_t state); // what flash_pause_begin answered

#endif
