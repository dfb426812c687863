// The radio's firmware, packed, its regulatory table (CLM) and board settings (NVRAM) as the ELF section ".radio": a header, then
// the three files. Included by cyw43_ll.c alone.
//
// CYW43_RADIO_FIRMWARE (a compile definition, a string) names the packed firmware (cyw43_inflate.h; tools/build/pack-radio.ts
// packs). CYW43_RADIO_FOLDER names the folder of 43439A0_clm.bin and nvram_rp2040.bin. Without them they are those that picofetch's
// own build has left in this tree. The header lets the section be replaced on the board without the driver: everything in it is
// checked before it is used (cyw43_ll_find_images).
//
// SPDX-License-Identifier: MIT

#if !defined(CYW43_RADIO_FOLDER) && !defined(CYW43_RADIO_FIRMWARE) && __has_include("../../../build/radio/radio_files.h")
#include "../../../build/radio/radio_files.h"
#endif
#if !defined(CYW43_RADIO_FOLDER) || !defined(CYW43_RADIO_FIRMWARE)
#error "No firmware for the radio. Run \"npm run build\" of picofetch once, or define CYW43_RADIO_FIRMWARE as the packed firmware and CYW43_RADIO_FOLDER as the folder of 43439A0_clm.bin and nvram_rp2040.bin, or CYW43_CHIPSET_FIRMWARE_INCLUDE_FILE as a firmware header"
#endif

#define CYW43_RADIO_MAGIC 0x57524650 // "PFRW", little endian
#define CYW43_RADIO_VERSION 2
#define CYW43_RADIO_SECTION_MAX_BYTES 0x28000 // flash kept for it: 0x0E2000 to 0x10A000

struct cyw43_radio_header {
	uint32_t magic;
	uint32_t version;
	uint32_t firmware_offset, firmware_length; // offsets from the header
	uint32_t clm_offset, clm_length;
	uint32_t nvram_offset, nvram_length;
};

extern const struct cyw43_radio_header cyw43_radio_image;

__asm__(
	".pushsection .radio, \"a\", %progbits\n"
	".balign 4\n"
	".global cyw43_radio_image\n"
	"cyw43_radio_image:\n"
	".word 0x57524650, 2\n"
	".word .Lradio_firmware - cyw43_radio_image, .Lradio_firmware_end - .Lradio_firmware\n"
	".word .Lradio_clm - cyw43_radio_image, .Lradio_clm_end - .Lradio_clm\n"
	".word .Lradio_nvram - cyw43_radio_image, .Lradio_nvram_end - .Lradio_nvram\n"
	".Lradio_firmware:\n"
	".incbin \"" CYW43_RADIO_FIRMWARE "\"\n"
	".Lradio_firmware_end:\n"
	".balign 4\n"
	".Lradio_clm:\n"
	".incbin \"" CYW43_RADIO_FOLDER "/43439A0_clm.bin\"\n"
	".Lradio_clm_end:\n"
	".balign 4\n"
	".Lradio_nvram:\n"
	".incbin \"" CYW43_RADIO_FOLDER "/nvram_rp2040.bin\"\n"
	".Lradio_nvram_end:\n"
	".balign 4\n"
	".popsection\n"
);
