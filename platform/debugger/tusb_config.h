// TinyUSB's configuration in a debug build: two serial ports. Found before the SDK's file of the same name
// (pico_stdio_usb/include/tusb_config.h), which has room for one.
#ifndef TUSB_CONFIG_H
#define TUSB_CONFIG_H

#define CFG_TUSB_RHPORT0_MODE OPT_MODE_DEVICE

// Port 0 is the console's, port 1 the debugger's.
#define CFG_TUD_CDC 2
#define CFG_TUD_CDC_RX_BUFSIZE 256
#define CFG_TUD_CDC_TX_BUFSIZE 256

// The SDK's reset interface is of the vendor class, but has a driver of its own (pico_usb_reset).
#define CFG_TUD_VENDOR 0

#endif
