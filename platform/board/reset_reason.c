// See reset_reason.h. Scratch registers 0 and 1 of the watchdog live through every reset but that of power; 4 to 7 are the boot ROM's
// and the SDK's (RP2040 datasheet 2.8.1.1).

#include "reset_reason.h"

#include <stdbool.h>

#include "hardware/regs/vreg_and_chip_reset.h"
#include "hardware/structs/psm.h"
#include "hardware/structs/vreg_and_chip_reset.h"
#include "hardware/structs/watchdog.h"
#include "hardware/timer.h"
#include "hardware/watchdog.h"

#define MARK_RESTART 0x50460001u
#define MARK_FAILURE 0x50460002u
// Above the count of quick failures.
#define COUNT_MARK 0x50460000u
#define COUNT_BITS 0xffu

#define QUICK_US 60000000u

static uint32_t counted(void)
{
	uint32_t word = watchdog_hw->scratch[1];
	return (word & ~COUNT_BITS) == COUNT_MARK ? word & COUNT_BITS : 0;
}

static void count(uint32_t failures)
{
	watchdog_hw->scratch[1] = COUNT_MARK | (failures < COUNT_BITS ? failures : COUNT_BITS);
}

static reset_reason read_reason(void)
{
	uint32_t mark = watchdog_hw->scratch[0];
	watchdog_hw->scratch[0] = 0;
	if (!watchdog_hw->reason) {
		uint32_t chip = vreg_and_chip_reset_hw->chip_reset;
		count(0);
		return chip & VREG_AND_CHIP_RESET_CHIP_RESET_HAD_RUN_BITS ? RESET_RUN_PIN
			: chip & VREG_AND_CHIP_RESET_CHIP_RESET_HAD_PSM_RESTART_BITS ? RESET_DEBUGGER : RESET_POWER;
	}
	if (mark == MARK_FAILURE)
		return RESET_FAILURE;
	if (watchdog_enable_caused_reboot()) {
		count(counted() + 1);	// how long it ran is not known
		return RESET_WATCHDOG;
	}
	count(0);
	return mark == MARK_RESTART ? RESET_RESTART : RESET_BOOT_LOADER;
}

reset_reason reset_reason_get(void)
{
	static bool known;
	static reset_reason reason;
	if (!known) {
		reason = read_reason();
		known = true;
	}
	return reason;
}

unsigned reset_quick_failures(void)
{
	return counted();
}

_Noreturn void reset_board(reset_reason reason)
{
	if (reason == RESET_FAILURE)
		count(time_us_64() < QUICK_US ? counted() + 1 : 1);
	watchdog_hw->scratch[0] = reason == RESET_FAILURE ? MARK_FAILURE : MARK_RESTART;
	watchdog_hw->scratch[4] = 0;	// neither the SDK's mark nor a place to go on at
	hw_set_bits(&psm_hw->wdsel, PSM_WDSEL_BITS & ~(PSM_WDSEL_ROSC_BITS | PSM_WDSEL_XOSC_BITS));
	hw_set_bits(&watchdog_hw->ctrl, WATCHDOG_CTRL_TRIGGER_BITS);
	for (;;)
		;
}
