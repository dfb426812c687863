// The SDK includes the driver's headers inside extern "C": they must be C++ too.

#include "pico/cyw43_arch.h"
#include "pico/status_led.h"

bool up() {
	return cyw43_is_initialized(&cyw43_state) && cyw43_pm_value(CYW43_PM2_POWERSAVE_MODE, 200, 1, 1, 10) == CYW43_DEFAULT_PM;
}
