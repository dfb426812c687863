// See flash_pause.h.

#include "flash_pause.h"

#include <stdbool.h>

#include "hardware/resets.h"
#include "hardware/structs/usb.h"
#include "hardware/sync.h"

uint32_t flash_pause_begin(void)
{
	return save_and_disable_interrupts();
}

void flash_pause_end(uint32_t state)
{
	// A host may have reset the bus meanwhile, and then asked its first question. TinyUSB's interrupt would take the question first,
	// and the reset would throw it away: let it see the reset alone.
	const uint32_t both = USB_INTS_BUS_RESET_BITS | USB_INTS_SETUP_REQ_BITS;
	bool asked_after_reset = (resets_hw->reset_done & RESETS_RESET_USBCTRL_BITS) && (usb_hw->ints & both) == both;
	if (asked_after_reset)
		hw_clear_bits(&usb_hw->inte, USB_INTE_SETUP_REQ_BITS);
	restore_interrupts(state);
	if (asked_after_reset)
		hw_set_bits(&usb_hw->inte, USB_INTE_SETUP_REQ_BITS);
}
