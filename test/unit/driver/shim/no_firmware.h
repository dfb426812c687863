// The fake chip needs no firmware: its driver starts behind the download.

#ifndef NO_FIRMWARE_H
#define NO_FIRMWARE_H

static const unsigned char wifi_nvram_4343[4];
static const uintptr_t fw_data = 0;
#define CYW43_WIFI_FW_LEN 0
#define CYW43_CLM_LEN 0

#endif
