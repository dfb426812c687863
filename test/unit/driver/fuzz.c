// The driver against a chip that lies: frames of every kind with bytes and lengths changed at random. Compiled with the
// address sanitizer; what lies behind a received frame in the buffer is poisoned, so that a length that was not checked is
// found. Usage: fuzz SEED ROUNDS. Prints how many frames of each kind were let through.

#include <assert.h>
#include <sanitizer/asan_interface.h>
#include <stdlib.h>

#include "cyw43_ll.c"
#include "cyw43_ctrl.c"
#include "cyw43_stats.c"

uint32_t fake_time_us;

static uint64_t state;
static uint32_t draw(void) {
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

static uint8_t frame[2048];
static size_t frame_length; // announced; 0: none
static unsigned data_frames, scan_results;
static bool deaf;

static void put_u16(uint8_t *at, unsigned value) { at[0] = (uint8_t)value; at[1] = (uint8_t)(value >> 8); }
static void put_u32(uint8_t *at, uint32_t value) { put_u16(at, value & 0xFFFF); put_u16(at + 2, value >> 16); }
static void put_network(uint8_t *at, uint32_t value, int bytes) { while (bytes-- > 0) { at[bytes] = (uint8_t)value; value >>= 8; } }

// SDPCM header around `payload` bytes that follow it.
static void seal(unsigned channel, size_t payload) {
	frame_length = 12 + payload;
	put_u16(frame, (unsigned)frame_length);
	put_u16(frame + 2, ~(unsigned)frame_length & 0xFFFF);
	frame[5] = (uint8_t)channel;
	frame[7] = 12;
	frame[8] = draw() % 16 ? 0 : (uint8_t)draw(); // flow control
	frame[9] = (uint8_t)(cyw43_state.cyw43_ll.transmit_sequence + 8);
}

static void make_event(unsigned type, unsigned status, size_t data) {
	uint8_t *bdc = frame + 12, *event = bdc + 4;
	memset(bdc, 0, 4 + 72);
	bdc[0] = 0x20;
	put_network(event + 12, 0x886C, 2);
	put_network(event + 19, 0x001018, 3);
	put_network(event + 22, 1, 2);
	put_network(event + 26, draw() & 1, 2);
	put_network(event + 28, type, 4);
	put_network(event + 32, status, 4);
	put_network(event + 36, draw() % 20, 4);
	put_network(event + 44, (uint32_t)data, 4);
	seal(1, 4 + 72 + data);
}

static void make_scan_result(void) {
	size_t elements = draw() % 200;
	make_event(69, 8, 12 + 128 + elements);
	uint8_t *bss = frame + 12 + 4 + 72 + 12;
	memset(bss, 0, 128);
	put_u32(bss + 4, (uint32_t)(128 + elements));
	bss[18] = (uint8_t)(draw() % 40);
	put_u16(bss + 116, 128);
	put_u32(bss + 120, (uint32_t)elements);
}

static void make_answer(void) {
	uint8_t *cdc = frame + 12;
	size_t payload = draw() % 300;
	put_u32(cdc, 262);
	put_u32(cdc + 4, (uint32_t)payload);
	put_u32(cdc + 8, (uint32_t)cyw43_state.cyw43_ll.ioctl_id << 16);
	put_u32(cdc + 12, draw() % 8 ? 0 : draw());
	seal(0, 16 + payload);
}

static void make_data(void) {
	frame[12] = 0x20;
	frame[13] = frame[14] = 0;
	frame[15] = (uint8_t)(draw() % 4);
	seal(2, 4 + 12 + draw() % 1500);
}

static void next_frame(void) {
	frame_length = 0;
	if (deaf || draw() % 3 == 0)
		return;
	for (size_t i = 0; i < sizeof frame; i += 4)
		put_u32(frame + i, draw() | draw() << 31);
	switch (draw() % 6) {
		case 0: make_answer(); break;
		case 1: make_scan_result(); break;
		case 2: make_event(draw() % 60, draw() % 12, draw() % 40); break;
		case 3: make_data(); break;
		case 4: make_answer(); break;
		default: frame_length = draw() % 2040 + 1; break;
	}
	if (draw() % 2) { // lie
		for (unsigned i = draw() % 6; i > 0; i--) {
			static const size_t limits[] = {16, 64, 128, 300};
			frame[draw() % limits[draw() % 4]] = (uint8_t)draw();
		}
		if (draw() % 4 == 0)
			frame_length = draw() % 4 ? draw() % (frame_length + 1) : draw() & 0x7FF;
		if (draw() % 4 == 0 && frame_length >= 4) { // a length that agrees with its complement
			put_u16(frame, draw() & 0x7FF);
			put_u16(frame + 2, ~(unsigned)(frame[0] | frame[1] << 8) & 0xFFFF);
		}
	}
}

// The bus.

int cyw43_read_bytes(cyw43_int_t *self, uint32_t fn, uint32_t addr, size_t len, uint8_t *buf) {
	(void)addr;
	assert(fn == WLAN_FUNCTION && buf == self->spid_buf && len > 0 && len <= 2040);
	memcpy(buf, frame, len);
	frame_length = 0;
	if (draw() % 50 == 0)
		return -CYW43_EIO;
	ASAN_POISON_MEMORY_REGION(buf + len, sizeof self->spid_buf - len);
	return 0;
}

int cyw43_write_bytes(cyw43_int_t *self, uint32_t fn, uint32_t addr, size_t len, const uint8_t *src) {
	(void)addr;
	assert(fn == WLAN_FUNCTION && src == self->spid_buf && len % 4 == 0 && len >= 28 && len <= 1540);
	assert((src[0] | src[1] << 8) <= (int)len && ((src[0] | src[1] << 8) ^ (src[2] | src[3] << 8)) == 0xFFFF);
	return draw() % 50 ? 0 : -CYW43_EIO;
}

int cyw43_read_reg_u8(cyw43_int_t *self, uint32_t fn, uint32_t reg) { (void)self; (void)fn; (void)reg; return 0x0FEA0003; }
int cyw43_read_reg_u16(cyw43_int_t *self, uint32_t fn, uint32_t reg) { (void)self; (void)fn; (void)reg; return (int)draw(); }
int cyw43_write_reg_u8(cyw43_int_t *self, uint32_t fn, uint32_t reg, uint32_t val) { (void)self; (void)fn; (void)reg; (void)val; return 0; }
int cyw43_write_reg_u16(cyw43_int_t *self, uint32_t fn, uint32_t reg, uint16_t val) { (void)self; (void)fn; (void)reg; (void)val; return 0; }
int cyw43_write_reg_u32(cyw43_int_t *self, uint32_t fn, uint32_t reg, uint32_t val) { (void)self; (void)fn; (void)reg; (void)val; return 0; }

uint32_t cyw43_read_reg_u32(cyw43_int_t *self, uint32_t fn, uint32_t reg) {
	(void)fn;
	assert(reg == BUS_STATUS);
	ASAN_UNPOISON_MEMORY_REGION(self->spid_buf, sizeof self->spid_buf);
	if (draw() % 40 == 0)
		return BUS_STATUS_SILENT;
	next_frame();
	uint32_t length = draw() % 60 ? (uint32_t)frame_length : draw() & 0x7FF;
	return (length > 0 ? BUS_STATUS_F2_PKT_AVAILABLE : 0) | length << 9 | BUS_STATUS_F2_RX_READY | (draw() % 80 ? 0 : BUS_STATUS_UNDERFLOW);
}

int cyw43_spi_init(cyw43_int_t *self) { (void)self; return 0; }
void cyw43_spi_deinit(cyw43_int_t *self) { (void)self; }
void cyw43_spi_gpio_setup(void) {}
uint32_t read_reg_u32_swap(cyw43_int_t *self, uint32_t fn, uint32_t reg) { (void)self; (void)fn; (void)reg; return 0; }
int write_reg_u32_swap(cyw43_int_t *self, uint32_t fn, uint32_t reg, uint32_t val) { (void)self; (void)fn; (void)reg; (void)val; return 0; }

// Above the driver.

int cyw43_tcpip_link_status(cyw43_t *self, int itf) { (void)self; (void)itf; return 0; }
void cyw43_cb_tcpip_init(cyw43_t *self, int itf) { (void)self; (void)itf; }
void cyw43_cb_tcpip_deinit(cyw43_t *self, int itf) { (void)self; (void)itf; }
void cyw43_cb_tcpip_set_link_up(cyw43_t *self, int itf) { (void)self; (void)itf; }
void cyw43_cb_tcpip_set_link_down(cyw43_t *self, int itf) { (void)self; (void)itf; }

void cyw43_cb_process_ethernet(void *cb_data, int itf, size_t len, const uint8_t *buf) {
	(void)cb_data;
	(void)itf;
	assert(len >= 14);
	uint8_t sum = 0;
	for (size_t i = 0; i < len; i++)
		sum += buf[i]; // reads it all: poisoned behind its end
	data_frames += sum <= 255;
}

static int found(void *env, const cyw43_ev_scan_result_t *result) {
	(void)env;
	assert(result->ssid_len <= 32);
	scan_results++;
	return 0;
}

int main(int argc, char **argv) {
	assert(argc == 3);
	state = strtoull(argv[1], NULL, 10);
	unsigned rounds = (unsigned)atoi(argv[2]);
	cyw43_t *self = &cyw43_state;
	cyw43_init(self);
	self->cyw43_ll.running = self->cyw43_ll.bus_awake = true;
	self->cyw43_ll.transmit_limit = 8;
	self->itf_state = 1;
	cyw43_poll = cyw43_poll_func;
	static const uint8_t payload[1514];
	for (unsigned round = 0; round < rounds; round++) {
		uint8_t small[8] = {0}, large[300] = {0};
		cyw43_wifi_scan_options_t options = {0};
		switch (draw() % 12) {
			case 0: cyw43_ioctl(self, CYW43_IOCTL_GET_VAR, sizeof small, small, 0); break;
			case 1: cyw43_ioctl(self, CYW43_IOCTL_SET_VAR, sizeof large, large, 0); break;
			case 2: cyw43_send_ethernet(self, 0, draw() % 1600, payload, false); break;
			case 3: cyw43_wifi_join(self, 4, (const uint8_t *)"name", 9, (const uint8_t *)"passwords", CYW43_AUTH_WPA2_AES_PSK, NULL, CYW43_CHANNEL_NONE); break;
			case 4: self->wifi_scan_state = 0; cyw43_wifi_scan(self, &options, NULL, found); self->wifi_scan_state = 1; break;
			case 5: cyw43_wifi_update_multicast_filter(self, small, draw() & 1); break;
			case 6: cyw43_wifi_leave(self, 0); break;
			default: cyw43_poll(); break;
		}
		assert(self->cyw43_ll.wait_depth == 0 && !self->cyw43_ll.ioctl_pending);
		cyw43_wifi_link_status(self, 0);
		fake_time_us += 5000;
	}
	// A chip that falls silent costs its time limit, and no more.
	deaf = true;
	uint32_t before_us = fake_time_us;
	uint8_t small[8] = {0};
	assert(cyw43_ioctl(self, CYW43_IOCTL_GET_RSSI, sizeof small, small, 0) < 0);
	assert(fake_time_us - before_us < 3000000);
	printf("data %u scan %u events %u dropped %u\n", data_frames, scan_results, (unsigned)cyw43_stats[CYW43_STAT_EVENT], (unsigned)cyw43_stats[CYW43_STAT_FRAME_ERROR]);
	return 0;
}
