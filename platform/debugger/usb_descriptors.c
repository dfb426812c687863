// What a debug build says of itself over USB: two serial ports (CDC-ACM, each with an interface association, USB ECN
// "Interface Association Descriptors") and the SDK's reset interface behind them. In place of the SDK's own descriptors
// (pico_stdio_usb/stdio_usb_descriptors.c), which a release build keeps.
//
// Vendor and product are the SDK's, so that picotool and others know the board. The device's release number differs: Windows
// keeps what it has learnt of a device by vendor, product and release number.

#include <string.h>

#include "pico/unique_id.h"
#include "pico/usb_reset.h"
#include "pico/usb_reset_tusb.h"
#include "tusb.h"

#define VENDOR_RASPBERRY_PI 0x2E8A
#define PRODUCT_PICO_SDK_RP2040 0x000A
#define RELEASE_OF_DEBUG_BUILDS 0x0101
#define POWER_MA 250

enum { INTERFACE_CONSOLE, INTERFACE_CONSOLE_DATA, INTERFACE_DEBUGGER, INTERFACE_DEBUGGER_DATA, INTERFACE_RESET, INTERFACES };
_Static_assert(INTERFACE_RESET == PICO_USB_RESET_MS_OS_20_DESCRIPTOR_ITF, "the SDK tells Windows this number");

enum { STRING_LANGUAGES, STRING_MANUFACTURER, STRING_PRODUCT, STRING_SERIAL, STRING_CONSOLE, STRING_DEBUGGER, STRING_RESET, STRINGS };

#define PACKET_BYTES 64
#define NOTIFICATION_BYTES 8
#define CONFIGURATION_BYTES (TUD_CONFIG_DESC_LEN + 2 * TUD_CDC_DESC_LEN + TUD_RPI_RESET_DESC_LEN)

static const tusb_desc_device_t device = {
	.bLength = sizeof(tusb_desc_device_t),
	.bDescriptorType = TUSB_DESC_DEVICE,
	.bcdUSB = 0x0210,	// with the SDK's BOS descriptor, which gives the reset interface its driver on Windows
	.bDeviceClass = TUSB_CLASS_MISC,
	.bDeviceSubClass = MISC_SUBCLASS_COMMON,
	.bDeviceProtocol = MISC_PROTOCOL_IAD,
	.bMaxPacketSize0 = CFG_TUD_ENDPOINT0_SIZE,
	.idVendor = VENDOR_RASPBERRY_PI,
	.idProduct = PRODUCT_PICO_SDK_RP2040,
	.bcdDevice = RELEASE_OF_DEBUG_BUILDS,
	.iManufacturer = STRING_MANUFACTURER,
	.iProduct = STRING_PRODUCT,
	.iSerialNumber = STRING_SERIAL,
	.bNumConfigurations = 1,
};

static const uint8_t configuration[CONFIGURATION_BYTES] = {
	TUD_CONFIG_DESCRIPTOR(1, INTERFACES, 0, CONFIGURATION_BYTES, 0, POWER_MA),
	TUD_CDC_DESCRIPTOR(INTERFACE_CONSOLE, STRING_CONSOLE, 0x81, NOTIFICATION_BYTES, 0x02, 0x82, PACKET_BYTES),
	TUD_CDC_DESCRIPTOR(INTERFACE_DEBUGGER, STRING_DEBUGGER, 0x83, NOTIFICATION_BYTES, 0x04, 0x84, PACKET_BYTES),
	TUD_RPI_RESET_DESCRIPTOR(INTERFACE_RESET, STRING_RESET),
};

static const char *const strings[STRINGS] = {
	[STRING_MANUFACTURER] = "Raspberry Pi",
	[STRING_PRODUCT] = "picofetch debug",
	[STRING_CONSOLE] = "Console",
	[STRING_DEBUGGER] = "Debugger",
	[STRING_RESET] = "Reset",
};

const uint8_t *tud_descriptor_device_cb(void)
{
	return (const uint8_t *)&device;
}

const uint8_t *tud_descriptor_configuration_cb(uint8_t index)
{
	(void)index;
	return configuration;
}

// UTF-16 behind a header of length and type (USB 2.0, 9.6.7); TinyUSB sends it from here.
const uint16_t *tud_descriptor_string_cb(uint8_t index, uint16_t language)
{
	static uint16_t descriptor[1 + 2 * PICO_UNIQUE_BOARD_ID_SIZE_BYTES + 1];
	char serial[2 * PICO_UNIQUE_BOARD_ID_SIZE_BYTES + 1];
	size_t length = 0;
	(void)language;
	if (index == STRING_LANGUAGES)
		descriptor[++length] = 0x0409;
	else {
		const char *text = index < STRINGS ? strings[index] : NULL;
		if (index == STRING_SERIAL) {
			pico_get_unique_board_id_string(serial, sizeof serial);
			text = serial;
		}
		if (!text)
			return NULL;
		for (; text[length] && length + 1 < count_of(descriptor); length++)
			descriptor[length + 1] = (uint8_t)text[length];
	}
	descriptor[0] = (uint16_t)(TUSB_DESC_STRING << 8 | 2 * (length + 1));
	return descriptor;
}
