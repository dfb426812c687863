// The chip from power to running firmware, its internal bus, and bus sleep. See cyw43_ll.h and cyw43_internal.h.
//
// Every wait has a deadline. Times are those seen on boards (logs of embassy-rs cyw43 issues 75 and 78): high speed clock 21 to
// 29 ms after the release of the processor, function 2 ready 85 ms later.
//
// SPDX-License-Identifier: MIT

#include <assert.h>
#include <string.h>

#include "cyw43_inflate.h"
#include "cyw43_internal.h"
#include "cyw43_protocol.h"
#include "cyw43_spi.h"
#include "cyw43_stats.h"

#include CYW43_CHIPSET_FIRMWARE_INCLUDE_FILE
#if !CYW43_RADIO_SECTION
#include CYW43_WIFI_NVRAM_INCLUDE_FILE
#endif

#define POWER_LOW_MS 20
#define POWER_RISE_MS 50 // earliest bus edge after power on that is known to work (picowi)
#define TEST_DEADLINE_MS 500
#define ALP_DEADLINE_MS 100
#define HT_DEADLINE_MS 1000
#define F2_READY_DEADLINE_MS 1000
#define KSO_TRIES 64 // wifi-host-driver
#define CLM_CHUNK_BYTES 1024
#define POLL_BLOCKS 8 // of the download, between two looks at what has to go on: 0.2 ms

// bus_data's predecessors are one run of memory for the bus file's transfers.
static_assert(offsetof(cyw43_ll_t, spid_buf) == offsetof(cyw43_ll_t, spi_header) + 20, "spid_buf must follow spi_header");

// The SDK's, for memory that no boot has to clear.
#ifndef __uninitialized_ram
#define __uninitialized_ram(name) name
#endif

struct cyw43_images {
	const uint8_t *firmware, *clm, *nvram;
	size_t firmware_length, clm_length, nvram_length; // as the chip gets them
	size_t packed_length; // of the firmware; 0: it is not packed
};

static int cyw43_ll_find_images(struct cyw43_images *images);
static int cyw43_ll_power_up(cyw43_int_t *self);
static int cyw43_ll_reset_core(cyw43_int_t *self, uint32_t wrapper);
static int cyw43_ll_download(cyw43_int_t *self, const struct cyw43_images *images);
static int cyw43_ll_run(cyw43_int_t *self);
static int cyw43_ll_load_clm(cyw43_int_t *self, const struct cyw43_images *images);
static int cyw43_ll_read_mac(cyw43_int_t *self, uint8_t mac[6]);
static int cyw43_ll_bring_up(cyw43_int_t *self, uint8_t mac[6]);

void cyw43_ll_wait_ms(uint32_t ms) {
	while (ms-- > 0) {
		CYW43_EVENT_POLL_HOOK
		cyw43_delay_us(1000);
	}
}

int cyw43_ll_start(cyw43_int_t *self, uint8_t mac[6]) {
	int result = cyw43_ll_bring_up(self, mac);
	if (result != 0)
		cyw43_ll_stop(self);
	return result;
}

void cyw43_ll_stop(cyw43_int_t *self) {
	cyw43_spi_deinit(self);
	cyw43_hal_pin_low(CYW43_PIN_WL_REG_ON);
	self->running = false;
	self->bus_awake = false;
	self->ioctl_pending = false;
}

static int cyw43_ll_bring_up(cyw43_int_t *self, uint8_t mac[6]) {
	struct cyw43_images images;
	int result = cyw43_ll_find_images(&images);
	if (result == 0)
		result = cyw43_ll_power_up(self);
	if (result == 0)
		result = cyw43_ll_download(self, &images);
	if (result == 0)
		result = cyw43_ll_run(self);
	if (result == 0)
		result = cyw43_ll_load_clm(self, &images);
	if (result == 0)
		result = cyw43_ll_read_mac(self, mac);
	return result;
}

static bool cyw43_ll_image_fits(uint32_t offset, uint32_t length, uint32_t limit) {
	return length != 0 && (offset & 3) == 0 && offset < limit && length <= limit - offset;
}

static int cyw43_ll_find_images(struct cyw43_images *images) {
#if CYW43_RADIO_SECTION
	// Read through a volatile pointer: the section may have been replaced since the link.
	const volatile struct cyw43_radio_header *header = &cyw43_radio_image;
	const uint8_t *base = (const uint8_t *)&cyw43_radio_image;
	if (header->magic != CYW43_RADIO_MAGIC || header->version != CYW43_RADIO_VERSION) {
		CYW43_PRINTF("radio firmware: no image at %p (found %08lx, version %lu)\n", base, (unsigned long)header->magic, (unsigned long)header->version);
		return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
	}
	if (!cyw43_ll_image_fits(header->firmware_offset, header->firmware_length, CYW43_RADIO_SECTION_MAX_BYTES)
			|| !cyw43_ll_image_fits(header->clm_offset, header->clm_length, CYW43_RADIO_SECTION_MAX_BYTES)
			|| !cyw43_ll_image_fits(header->nvram_offset, header->nvram_length, CYW43_RADIO_SECTION_MAX_BYTES)) {
		CYW43_PRINTF("radio firmware: a part lies outside its section\n");
		return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
	}
	images->firmware = base + header->firmware_offset;
	images->packed_length = header->firmware_length;
	if (images->packed_length < CYW43_INFLATE_HEADER_BYTES) {
		CYW43_PRINTF("radio firmware: it is empty\n");
		return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
	}
	uint32_t unpacked_length;
	memcpy(&unpacked_length, images->firmware, sizeof unpacked_length);
	images->firmware_length = unpacked_length;
	images->clm = base + header->clm_offset;
	images->clm_length = header->clm_length;
	images->nvram = base + header->nvram_offset;
	images->nvram_length = header->nvram_length;
#else
	images->firmware = (const uint8_t *)fw_data;
	images->firmware_length = (size_t)CYW43_WIFI_FW_LEN;
	images->packed_length = 0;
	images->clm = (const uint8_t *)fw_data + ((images->firmware_length + 511) & ~(size_t)511);
	images->clm_length = (size_t)CYW43_CLM_LEN;
	images->nvram = (const uint8_t *)wifi_nvram_4343;
	images->nvram_length = sizeof wifi_nvram_4343;
#endif
	// The chip's memory takes the firmware from 0 up, the settings from the top down.
	if (images->firmware_length > CHIP_RAM_BYTES || images->firmware_length + images->nvram_length + 64 > CHIP_RAM_BYTES)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EINVAL);
	return 0;
}

// Backplane.

static void cyw43_ll_set_window(cyw43_int_t *self, uint32_t addr) {
	uint32_t base = addr & ~(F1_WINDOW_BYTES - 1);
	uint32_t changed = base ^ self->backplane_window;
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t shift = 8 * (i + 1);
		if (changed >> shift & 0xFF)
			cyw43_write_reg_u8(self, BACKPLANE_FUNCTION, F1_BACKPLANE_WINDOW + i, base >> shift & 0xFF);
	}
	self->backplane_window = base;
}

static uint32_t cyw43_ll_window_address(uint32_t addr) {
	return (addr & (F1_WINDOW_BYTES - 1)) | F1_WINDOW_32_BIT_ACCESS;
}

void cyw43_ll_write_backplane_reg(cyw43_ll_t *self, uint32_t addr, uint32_t val) {
	cyw43_ll_set_window(self, addr);
	cyw43_write_reg_u32(self, BACKPLANE_FUNCTION, cyw43_ll_window_address(addr), val);
}

uint32_t cyw43_ll_read_backplane_reg(cyw43_ll_t *self, uint32_t addr) {
	cyw43_ll_set_window(self, addr);
	return cyw43_read_reg_u32(self, BACKPLANE_FUNCTION, cyw43_ll_window_address(addr));
}

int cyw43_ll_write_backplane_mem(cyw43_ll_t *self, uint32_t addr, uint32_t len, const uint8_t *buf) {
	while (len > 0) {
		uint32_t block = MIN(len, CYW43_BUS_MAX_BLOCK_SIZE);
		block = MIN(block, F1_WINDOW_BYTES - (addr & (F1_WINDOW_BYTES - 1)));
		cyw43_ll_set_window(self, addr);
		int result = cyw43_write_bytes(self, BACKPLANE_FUNCTION, cyw43_ll_window_address(addr), block, buf);
		if (result != 0)
			return result;
		addr += block;
		buf += block;
		len -= block;
	}
	return 0;
}

int cyw43_ll_read_backplane_mem(cyw43_ll_t *self, uint32_t addr, uint32_t len, uint8_t *buf) {
	if (len == 0 || len > CYW43_BUS_MAX_BLOCK_SIZE || (addr & (F1_WINDOW_BYTES - 1)) + len > F1_WINDOW_BYTES)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EINVAL);
	cyw43_ll_set_window(self, addr);
	return cyw43_read_bytes(self, BACKPLANE_FUNCTION, cyw43_ll_window_address(addr), len, buf);
}

static void cyw43_ll_write_backplane_u8(cyw43_int_t *self, uint32_t addr, uint8_t val) {
	cyw43_ll_set_window(self, addr);
	cyw43_write_reg_u8(self, BACKPLANE_FUNCTION, cyw43_ll_window_address(addr), val);
}

static uint8_t cyw43_ll_read_backplane_u8(cyw43_int_t *self, uint32_t addr) {
	cyw43_ll_set_window(self, addr);
	return (uint8_t)cyw43_read_reg_u8(self, BACKPLANE_FUNCTION, cyw43_ll_window_address(addr));
}

static uint8_t cyw43_ll_read_f1_u8(cyw43_int_t *self, uint32_t reg) {
	return (uint8_t)cyw43_read_reg_u8(self, BACKPLANE_FUNCTION, reg);
}

// Polls each millisecond until the masked bits of a function 1 register are up.
static int cyw43_ll_wait_f1(cyw43_int_t *self, uint32_t reg, uint8_t bits, uint32_t deadline_ms) {
	uint32_t start_ms = cyw43_hal_ticks_ms();
	for (;;) {
		if (cyw43_ll_read_f1_u8(self, reg) & bits)
			return 0;
		if (cyw43_hal_ticks_ms() - start_ms > deadline_ms)
			return CYW43_FAIL_FAST_CHECK(-CYW43_ETIMEDOUT);
		cyw43_ll_wait_ms(1);
	}
}

// Power and bus.

static int cyw43_ll_power_up(cyw43_int_t *self) {
	self->backplane_window = 0; // what the chip has after a reset
	self->transmit_sequence = 0;
	self->transmit_limit = 1; // one frame before the first grant
	self->flow_control = 0;
	self->credit_stalled = false;
	self->suspect = false;
	self->frames_in = 0;
	self->silent_reads = 0;
	self->ioctl_pending = false;
	self->wait_depth = 0;

	int result = cyw43_spi_init(self);
	if (result != 0)
		return result;
	cyw43_spi_gpio_setup(); // power off, DATA low: the chip samples it as the strap for gSPI
	cyw43_ll_wait_ms(POWER_LOW_MS);
	cyw43_hal_pin_high(CYW43_PIN_WL_REG_ON);
	cyw43_ll_wait_ms(POWER_RISE_MS);
	cyw43_hal_pin_config(CYW43_PIN_WL_HOST_WAKE, CYW43_HAL_PIN_MODE_INPUT, CYW43_HAL_PIN_PULL_NONE, 0);

	// The chip's first words are rubbish until it has started.
	uint32_t start_ms = cyw43_hal_ticks_ms();
	uint32_t value;
	while ((value = read_reg_u32_swap(self, BUS_FUNCTION, BUS_TEST_RO)) != BUS_TEST_RO_VALUE) {
		if (cyw43_hal_ticks_ms() - start_ms > TEST_DEADLINE_MS) {
			CYW43_PRINTF("radio does not answer: test register %08lx, not feedbead\n", (unsigned long)value);
			return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
		}
		cyw43_ll_wait_ms(1);
	}
	result = write_reg_u32_swap(self, BUS_FUNCTION, BUS_CONTROL,
		BUS_CONTROL_WORD_LENGTH_32 | BUS_CONTROL_ENDIAN_BIG | BUS_CONTROL_HIGH_SPEED | BUS_CONTROL_INTERRUPT_POLARITY_HIGH | BUS_CONTROL_WAKE_UP
		| 4u << BUS_RESPONSE_DELAY_SHIFT | BUS_INTR_WITH_STATUS << BUS_STATUS_ENABLE_SHIFT);
	if (result != 0)
		return result;
	value = cyw43_read_reg_u32(self, BUS_FUNCTION, BUS_TEST_RO);
	if (value != BUS_TEST_RO_VALUE) {
		CYW43_PRINTF("radio misread in 32-bit mode: test register %08lx, not feedbead\n", (unsigned long)value);
		return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
	}
	cyw43_write_reg_u8(self, BUS_FUNCTION, BUS_RESPONSE_DELAY_F1, CYW43_BACKPLANE_READ_PAD_LEN_BYTES);
	cyw43_write_reg_u8(self, BUS_FUNCTION, BUS_INTERRUPT,
		BUS_INTERRUPT_DATA_UNAVAILABLE | BUS_INTERRUPT_COMMAND_ERROR | BUS_INTERRUPT_DATA_ERROR | BUS_INTERRUPT_F1_OVERFLOW);
	cyw43_write_reg_u16(self, BUS_FUNCTION, BUS_INTERRUPT_ENABLE,
		BUS_INTERRUPT_F2_F3_FIFO_RD_UNDERFLOW | BUS_INTERRUPT_F2_F3_FIFO_WR_OVERFLOW | BUS_INTERRUPT_COMMAND_ERROR
		| BUS_INTERRUPT_DATA_ERROR | BUS_INTERRUPT_F2_PACKET_AVAILABLE | BUS_INTERRUPT_F1_OVERFLOW);
	return 0;
}

// Firmware.

static bool cyw43_ll_core_in_reset(cyw43_int_t *self, uint32_t wrapper) {
	cyw43_ll_read_backplane_u8(self, wrapper + WRAPPER_RESETCTRL); // the first read may be of the time before
	return cyw43_ll_read_backplane_u8(self, wrapper + WRAPPER_RESETCTRL) & WRAPPER_RESETCTRL_RESET;
}

static int cyw43_ll_reset_core(cyw43_int_t *self, uint32_t wrapper) {
	if (!cyw43_ll_core_in_reset(self, wrapper)) {
		CYW43_PRINTF("radio core %08lx is not in reset\n", (unsigned long)wrapper);
		return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
	}
	cyw43_ll_write_backplane_u8(self, wrapper + WRAPPER_IOCTRL, WRAPPER_IOCTRL_FORCE_GATED_CLOCKS | WRAPPER_IOCTRL_CLOCK_ENABLE);
	cyw43_ll_read_backplane_u8(self, wrapper + WRAPPER_IOCTRL);
	cyw43_ll_write_backplane_u8(self, wrapper + WRAPPER_RESETCTRL, 0);
	cyw43_ll_wait_ms(1);
	cyw43_ll_write_backplane_u8(self, wrapper + WRAPPER_IOCTRL, WRAPPER_IOCTRL_CLOCK_ENABLE);
	cyw43_ll_read_backplane_u8(self, wrapper + WRAPPER_IOCTRL);
	cyw43_ll_wait_ms(1);
	return 0;
}

static int cyw43_ll_write_image(cyw43_int_t *self, uint32_t addr, const uint8_t *from, size_t length) {
	size_t whole = length & ~(size_t)3;
	for (size_t at = 0; at < whole; at += CYW43_BUS_MAX_BLOCK_SIZE) {
		CYW43_EVENT_POLL_HOOK
		uint32_t block = MIN(whole - at, CYW43_BUS_MAX_BLOCK_SIZE);
		int result = cyw43_ll_write_backplane_mem(self, addr + at, block, from + at);
		if (result != 0)
			return result;
	}
	if (whole != length) {
		uint8_t last[4] = {0};
		memcpy(last, from + whole, length - whole);
		int result = cyw43_ll_write_backplane_mem(self, addr + whole, sizeof last, last);
		if (result != 0)
			return result;
	}
#if CYW43_RESOURCE_VERIFY_DOWNLOAD
	for (size_t at = 0; at < length; at += CYW43_BUS_MAX_BLOCK_SIZE) {
		uint8_t block[CYW43_BUS_MAX_BLOCK_SIZE];
		uint32_t count = MIN(length - at, sizeof block);
		int result = cyw43_ll_read_backplane_mem(self, addr + at, count, block);
		if (result != 0)
			return result;
		if (memcmp(block, from + at, count) != 0) {
			CYW43_PRINTF("radio memory differs near %08lx\n", (unsigned long)(addr + at));
			return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
		}
	}
#endif
	return 0;
}

// A packed firmware: what comes next is unpacked while the bus file waits for the DMA of a block (cyw43_bus_meanwhile).

static struct cyw43_inflate *cyw43_ll_unpacking; // while blocks are under way

bool cyw43_bus_meanwhile(void) {
	return cyw43_ll_unpacking != NULL && cyw43_inflate_ahead(cyw43_ll_unpacking);
}

// Hands each piece to `use`, in order, until all is unpacked and right.
static int cyw43_ll_each_piece(cyw43_int_t *self, const struct cyw43_images *images, int (*use)(cyw43_int_t *self, uint32_t addr, uint8_t *piece, uint32_t length)) {
	// The transfers of the download use the first 64 bytes of the buffer, and nothing else uses the rest meanwhile.
	static_assert(CYW43_INFLATE_PIECE_BYTES == CYW43_BUS_MAX_BLOCK_SIZE, "a piece is a block of the bus");
	static_assert(sizeof(struct cyw43_inflate) <= sizeof self->spid_buf - CYW43_BUS_MAX_BLOCK_SIZE, "the buffer has no room for it");
	static uint16_t __uninitialized_ram(cyw43_inflate_table)[1 << CYW43_INFLATE_LITERAL_BITS];
	struct cyw43_inflate *inflate = (struct cyw43_inflate *)(void *)(self->spid_buf + CYW43_BUS_MAX_BLOCK_SIZE);
	uint32_t at = 0;
	int length;
	cyw43_inflate_start(inflate, cyw43_inflate_table, images->firmware, images->packed_length);
	while ((length = cyw43_inflate_next(inflate, self->spid_buf)) > 0) {
		if (at % (POLL_BLOCKS * CYW43_BUS_MAX_BLOCK_SIZE) == 0) {
			CYW43_EVENT_POLL_HOOK
		}
		cyw43_ll_unpacking = inflate;
		int result = use(self, at, self->spid_buf, (uint32_t)length);
		cyw43_ll_unpacking = NULL;
		if (result != 0)
			return result;
		at += (uint32_t)length;
	}
	if (length != CYW43_INFLATE_END) {
		CYW43_PRINTF("radio firmware: it is damaged in flash, behind %lu of %lu bytes: flash the whole UF2 again\n", (unsigned long)at, (unsigned long)images->firmware_length);
		return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
	}
	return 0;
}

static int cyw43_ll_write_piece(cyw43_int_t *self, uint32_t addr, uint8_t *piece, uint32_t length) {
	if (addr % F1_WINDOW_BYTES == 0)
		cyw43_ll_set_window(self, addr);
	return cyw43_write_bytes(self, BACKPLANE_FUNCTION, cyw43_ll_window_address(addr), (length + 3) & ~3u, piece);
}

#if CYW43_RESOURCE_VERIFY_DOWNLOAD
static int cyw43_ll_compare_piece(cyw43_int_t *self, uint32_t addr, uint8_t *piece, uint32_t length) {
	uint8_t expected[CYW43_BUS_MAX_BLOCK_SIZE];
	memcpy(expected, piece, length);
	int result = cyw43_ll_read_backplane_mem(self, addr, length, piece);
	if (result == 0 && memcmp(expected, piece, length) != 0) {
		CYW43_PRINTF("radio memory differs near %08lx\n", (unsigned long)addr);
		return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
	}
	return result;
}
#endif

static int cyw43_ll_write_packed(cyw43_int_t *self, const struct cyw43_images *images) {
	int result = cyw43_ll_each_piece(self, images, cyw43_ll_write_piece);
#if CYW43_RESOURCE_VERIFY_DOWNLOAD
	if (result == 0)
		result = cyw43_ll_each_piece(self, images, cyw43_ll_compare_piece);
#endif
	return result;
}

static int cyw43_ll_download(cyw43_int_t *self, const struct cyw43_images *images) {
	cyw43_write_reg_u8(self, BACKPLANE_FUNCTION, F1_CHIP_CLOCK_CSR, F1_CLOCK_ALP_AVAIL_REQ);
	int result = cyw43_ll_wait_f1(self, F1_CHIP_CLOCK_CSR, F1_CLOCK_ALP_AVAIL, ALP_DEADLINE_MS);
	if (result != 0)
		return result;
	cyw43_write_reg_u8(self, BACKPLANE_FUNCTION, F1_CHIP_CLOCK_CSR, 0);

	if (!cyw43_ll_core_in_reset(self, BACKPLANE_ARM_WRAPPER)) {
		CYW43_PRINTF("radio processor is not in reset\n");
		return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
	}
	result = cyw43_ll_reset_core(self, BACKPLANE_SOCSRAM_WRAPPER);
	if (result != 0)
		return result;
	cyw43_ll_write_backplane_reg(self, BACKPLANE_SOCSRAM_BANKX_INDEX, 3); // bank 3: no remap
	cyw43_ll_write_backplane_reg(self, BACKPLANE_SOCSRAM_BANKX_PDA, 0);

	result = images->packed_length > 0 ? cyw43_ll_write_packed(self, images)
		: cyw43_ll_write_image(self, 0, images->firmware, images->firmware_length);
	if (result != 0)
		return result;
	uint32_t nvram_length = (images->nvram_length + 3) & ~3u;
	result = cyw43_ll_write_image(self, CHIP_RAM_BYTES - 4 - nvram_length, images->nvram, images->nvram_length);
	if (result != 0)
		return result;
	uint32_t words = nvram_length / 4;
	cyw43_ll_write_backplane_reg(self, CHIP_RAM_BYTES - 4, (~words & 0xFFFF) << 16 | words);
	return 0;
}

static int cyw43_ll_run(cyw43_int_t *self) {
	int result = cyw43_ll_reset_core(self, BACKPLANE_ARM_WRAPPER);
	if (result != 0)
		return result;
	uint8_t control = cyw43_ll_read_backplane_u8(self, BACKPLANE_ARM_WRAPPER + WRAPPER_IOCTRL);
	if ((control & (WRAPPER_IOCTRL_FORCE_GATED_CLOCKS | WRAPPER_IOCTRL_CLOCK_ENABLE)) != WRAPPER_IOCTRL_CLOCK_ENABLE
			|| cyw43_ll_core_in_reset(self, BACKPLANE_ARM_WRAPPER)) {
		CYW43_PRINTF("radio processor did not start\n");
		return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
	}
	result = cyw43_ll_wait_f1(self, F1_CHIP_CLOCK_CSR, F1_CLOCK_HT_AVAIL, HT_DEADLINE_MS);
	if (result != 0) {
		CYW43_PRINTF("radio firmware did not start its clock within %d ms\n", HT_DEADLINE_MS);
		return result;
	}
	cyw43_ll_write_backplane_reg(self, BACKPLANE_SDIO_INT_HOST_MASK, SDIO_INT_HOST_MAILBOX);
	cyw43_write_reg_u8(self, BACKPLANE_FUNCTION, F1_WATERMARK, F1_WATERMARK_BYTES);

	uint32_t start_ms = cyw43_hal_ticks_ms();
	for (;;) {
		uint32_t status = cyw43_read_reg_u32(self, BUS_FUNCTION, BUS_STATUS);
		if (status != BUS_STATUS_SILENT && (status & BUS_STATUS_F2_RX_READY))
			break;
		if (cyw43_hal_ticks_ms() - start_ms > F2_READY_DEADLINE_MS) {
			CYW43_PRINTF("radio firmware did not open its queue within %d ms\n", F2_READY_DEADLINE_MS);
			return CYW43_FAIL_FAST_CHECK(-CYW43_ETIMEDOUT);
		}
		cyw43_ll_wait_ms(1);
	}

	// Power: the clock wakes with the bus, and the bus is kept awake until cyw43_ll_sleep().
	uint8_t wakeup = cyw43_ll_read_f1_u8(self, F1_WAKEUP_CTRL);
	cyw43_write_reg_u8(self, BACKPLANE_FUNCTION, F1_WAKEUP_CTRL, wakeup | F1_WAKEUP_TILL_HT_AVAIL);
	cyw43_write_reg_u8(self, BUS_FUNCTION, BUS_CARDCAP, BUS_CARDCAP_CMD_NODEC);
	cyw43_write_reg_u8(self, BACKPLANE_FUNCTION, F1_CHIP_CLOCK_CSR, F1_CLOCK_FORCE_HT);
	uint8_t sleep = cyw43_ll_read_f1_u8(self, F1_SLEEP_CSR);
	cyw43_write_reg_u8(self, BACKPLANE_FUNCTION, F1_SLEEP_CSR, sleep | F1_SLEEP_KEEP_SDIO_ON);
	cyw43_write_reg_u8(self, BACKPLANE_FUNCTION, F1_PULL_UP, 0x0F);
	cyw43_write_reg_u8(self, BACKPLANE_FUNCTION, F1_PULL_UP, 0);
	cyw43_ll_read_f1_u8(self, F1_PULL_UP);
	uint16_t interrupt = (uint16_t)cyw43_read_reg_u16(self, BUS_FUNCTION, BUS_INTERRUPT);
	if (interrupt & BUS_INTERRUPT_DATA_UNAVAILABLE) // always up after a start
		cyw43_write_reg_u16(self, BUS_FUNCTION, BUS_INTERRUPT, interrupt & BUS_INTERRUPT_KNOWN);
	self->save_restore = cyw43_ll_read_backplane_reg(self, BACKPLANE_SR_CONTROL1) != 0;

	self->running = true;
	self->bus_awake = false;
	return cyw43_ll_wake(self);
}

static int cyw43_ll_load_clm(cyw43_int_t *self, const struct cyw43_images *images) {
	for (size_t at = 0; at < images->clm_length; at += CLM_CHUNK_BYTES) {
		size_t length = MIN(images->clm_length - at, CLM_CHUNK_BYTES);
		// "clmload", then u16 flags (version 1, 2 first chunk, 4 last chunk), u16 type 2, u32 length, u32 CRC (unused).
		uint8_t head[20] = "clmload";
		uint16_t flags = 0x1000 | (at == 0 ? 2 : 0) | (at + length == images->clm_length ? 4 : 0);
		head[8] = flags & 0xFF;
		head[9] = flags >> 8;
		head[10] = 2;
		head[12] = length & 0xFF;
		head[13] = length >> 8;
		struct cyw43_request request = {
			.command = WLC_SET_VAR, .set = true, .head = head, .head_length = sizeof head,
			.value = images->clm + at, .value_length = length,
		};
		int result = cyw43_ll_request(self, &request);
		if (result != 0)
			return result;
	}
	uint32_t status = 0xFFFFFFFF;
	int result = cyw43_ll_get_variable(self, "clmload_status", &status, sizeof status);
	if (result != 0)
		return result;
	if (status != 0) {
		CYW43_PRINTF("radio refuses the regulatory table: status %lu\n", (unsigned long)status);
		return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
	}
	return 0;
}

static int cyw43_ll_read_mac(cyw43_int_t *self, uint8_t mac[6]) {
	static const uint8_t nvram_default[6] = {0x00, 0xA0, 0x50, 0xB5, 0x59, 0x5E}; // macaddr= of the NVRAM: no address in OTP
	int result = cyw43_ll_set_variable_u32(self, "bus:txglom", 0);
	if (result != 0)
		return result;
	result = cyw43_ll_set_variable_u32(self, "apsta", 1);
	if (result != 0)
		return result;
#if CYW43_USE_OTP_MAC
	result = cyw43_ll_get_variable(self, "cur_etheraddr", mac, 6);
	if (result == 0 && memcmp(mac, nvram_default, 6) != 0)
		return 0;
#else
	(void)nvram_default;
#endif
	cyw43_hal_generate_laa_mac(CYW43_HAL_MAC_WLAN0, mac);
	return cyw43_ll_set_variable(self, "cur_etheraddr", mac, 6);
}

// Bus sleep. A write of KEEP_SDIO_ON crosses to the 32 kHz clock and one may be lost: twice, then polled (wifi-host-driver).

int cyw43_ll_wake(cyw43_int_t *self) {
	if (!self->running)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
	if (self->bus_awake)
		return 0;
	const uint8_t on = F1_SLEEP_KEEP_SDIO_ON | F1_SLEEP_DEVICE_ON;
	cyw43_write_reg_u8(self, BACKPLANE_FUNCTION, F1_SLEEP_CSR, F1_SLEEP_KEEP_SDIO_ON);
	for (int i = 0; i < KSO_TRIES; i++) {
		cyw43_write_reg_u8(self, BACKPLANE_FUNCTION, F1_SLEEP_CSR, F1_SLEEP_KEEP_SDIO_ON);
		uint8_t value = cyw43_ll_read_f1_u8(self, F1_SLEEP_CSR);
		if ((value & on) == on && value != 0xFF) {
			self->bus_awake = true;
			return 0;
		}
		cyw43_ll_wait_ms(1);
	}
	CYW43_PRINTF("radio does not wake\n");
	return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
}

void cyw43_ll_sleep(cyw43_int_t *self) {
	if (!self->running || !self->bus_awake || !self->save_restore)
		return;
	self->bus_awake = false;
	cyw43_write_reg_u8(self, BACKPLANE_FUNCTION, F1_SLEEP_CSR, 0);
	for (int i = 0; i < KSO_TRIES; i++) {
		cyw43_write_reg_u8(self, BACKPLANE_FUNCTION, F1_SLEEP_CSR, 0);
		if (!(cyw43_ll_read_f1_u8(self, F1_SLEEP_CSR) & F1_SLEEP_KEEP_SDIO_ON))
			return;
		cyw43_ll_wait_ms(1);
	}
}

// The SDK's CMake list names four sources of a driver; this one brings the others along.
#include "cyw43_frames.c"
#include "cyw43_inflate.c"
