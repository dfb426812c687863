// Between cyw43_ll.c (the chip), cyw43_ctrl.c (the Wi-Fi state machine), cyw43_lwip.c (the IP interface) and the SDK's bus file.
//
// SPDX-License-Identifier: MIT

#ifndef CYW43_INTERNAL_H
#define CYW43_INTERNAL_H

#include "cyw43_ll.h"

typedef cyw43_ll_t cyw43_int_t;

#define BUS_FUNCTION 0
#define BACKPLANE_FUNCTION 1
#define WLAN_FUNCTION 2

#ifdef __cplusplus
extern "C" {
#endif

// Idle polls left before the bus sleeps: every use of the chip sets it anew. Of cyw43_ctrl.c.
extern uint32_t cyw43_sleep;

// Supplied by the SDK's bus file. The results of the u8 and u16 reads bear rubbish above the value: mask them.
int cyw43_read_bytes(cyw43_int_t *self, uint32_t fn, uint32_t addr, size_t len, uint8_t *buf);
int cyw43_write_bytes(cyw43_int_t *self, uint32_t fn, uint32_t addr, size_t len, const uint8_t *src);
int cyw43_read_reg_u8(cyw43_int_t *self, uint32_t fn, uint32_t reg);
int cyw43_read_reg_u16(cyw43_int_t *self, uint32_t fn, uint32_t reg);
uint32_t cyw43_read_reg_u32(cyw43_int_t *self, uint32_t fn, uint32_t reg);
int cyw43_write_reg_u8(cyw43_int_t *self, uint32_t fn, uint32_t reg, uint32_t val);
int cyw43_write_reg_u16(cyw43_int_t *self, uint32_t fn, uint32_t reg, uint16_t val);
int cyw43_write_reg_u32(cyw43_int_t *self, uint32_t fn, uint32_t reg, uint32_t val);

// A command to the firmware. The request is head, then value; the answer's first bytes go to answer.
struct cyw43_request {
	uint32_t command; // WLC_ number
	bool set;
	uint32_t interface;
	const void *head;
	size_t head_length;
	const void *value;
	size_t value_length;
	void *answer; // may be NULL
	size_t answer_length;
};

// An event of the firmware; data lies in the receive buffer and is gone after the next use of the bus.
struct cyw43_event {
	uint16_t flags;
	uint32_t type, status, reason, auth_type;
	uint8_t interface;
	const uint8_t *data;
	size_t data_length;
};

// Waits, with CYW43_EVENT_POLL_HOOK each millisecond.
void cyw43_ll_wait_ms(uint32_t ms);
// Cold start: power, bus, firmware, regulatory table; mac gets the chip's address. On an error everything is off again.
int cyw43_ll_start(cyw43_int_t *self, uint8_t mac[6]);
// Frees the bus and takes the power away. Safe at any time.
void cyw43_ll_stop(cyw43_int_t *self);
// Wakes the bus; 0 when it is awake. Sleep is refused silently where the chip cannot.
int cyw43_ll_wake(cyw43_int_t *self);
void cyw43_ll_sleep(cyw43_int_t *self);
// Reads and dispatches what the chip has (at most 64 frames). Without force only when the interrupt line is up.
// True: there may be more.
bool cyw43_ll_process(cyw43_int_t *self, bool force);
// -CYW43_ETIMEDOUT no answer, -CYW43_EIO refused (self->ioctl_status tells) or bus fault, -CYW43_EINVAL too long,
// -CYW43_EPERM called from inside a wait for another answer.
int cyw43_ll_request(cyw43_int_t *self, const struct cyw43_request *request);
int cyw43_ll_set_u32(cyw43_int_t *self, uint32_t command, uint32_t value);
int cyw43_ll_set_variable(cyw43_int_t *self, const char *name, const void *value, size_t length);
int cyw43_ll_set_variable_u32(cyw43_int_t *self, const char *name, uint32_t value);
int cyw43_ll_get_variable(cyw43_int_t *self, const char *name, void *value, size_t length);
// Sends an Ethernet frame whose bytes fill() copies to the place it is given.
int cyw43_ll_send(cyw43_int_t *self, uint32_t interface, size_t length, void (*fill)(uint8_t *to, size_t length, const void *from), const void *from);

// Upwards, supplied by cyw43_ctrl.c. May not use the bus while wait_depth > 0.
void cyw43_ctrl_event(cyw43_int_t *self, const struct cyw43_event *event);
void cyw43_ctrl_ethernet(cyw43_int_t *self, uint8_t interface, size_t length, const uint8_t *frame);

#ifdef __cplusplus
}
#endif

#endif
