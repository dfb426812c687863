// Frames over function 2: SDPCM with its credits, ioctls and their answers, events, Ethernet. Part of cyw43_ll.c.
//
// The receive and the send buffer are one (spid_buf). So a frame is sent only after its credit is there, and a received one
// is copied by whoever keeps it.
//
// SPDX-License-Identifier: MIT

#define PROCESS_FRAMES_MAX 64

// A chip that starts or wakes reads all ones for a few polls; this many are no start.
#define SILENT_READS_MAX 50

// One turn of a wait. Not the SDK's CYW43_DO_IOCTL_WAIT: it sleeps until the earliest timer of the async context, and where
// that is past already and was slept for before, SDK 2.3.0's best_effort_wfe_or_timeout() waits for an event that never comes.
#define WAIT_TURN_US 250

static void cyw43_frame_wait_turn(void) {
	CYW43_EVENT_POLL_HOOK
	cyw43_delay_us(WAIT_TURN_US);
}

// A firmware in the middle of something says "busy": asked again a little later.
#define BUSY_TRIES_MAX 5
#define BUSY_WAIT_MS 10

static uint16_t cyw43_get_u16(const uint8_t *at) {
	return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t cyw43_get_u32(const uint8_t *at) {
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint16_t cyw43_get_u16_network(const uint8_t *at) {
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t cyw43_get_u32_network(const uint8_t *at) {
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void cyw43_put_u16(uint8_t *at, uint16_t value) {
	at[0] = value & 0xFF;
	at[1] = value >> 8;
}

static void cyw43_put_u32(uint8_t *at, uint32_t value) {
	cyw43_put_u16(at, value & 0xFFFF);
	cyw43_put_u16(at + 2, value >> 16);
}

// Receive.

static void cyw43_frame_control(cyw43_int_t *self, const uint8_t *cdc, size_t length) {
	if (length < CDC_HEADER_BYTES) {
		CYW43_STAT_INC(FRAME_ERROR);
		return;
	}
	uint16_t id = cyw43_get_u16(cdc + 10);
	if (!self->ioctl_pending || id != self->ioctl_id)
		return; // the answer to a request that was given up
	self->ioctl_pending = false;
	self->ioctl_status = (int32_t)cyw43_get_u32(cdc + 12);
	if (self->ioctl_status == 0 && (cdc[8] & CDC_FLAG_ERROR))
		self->ioctl_status = -1;
	size_t payload = MIN(length - CDC_HEADER_BYTES, cyw43_get_u32(cdc + 4) & 0xFFFF);
	if (self->ioctl_status == 0 && self->ioctl_answer != NULL)
		memcpy(self->ioctl_answer, cdc + CDC_HEADER_BYTES, MIN(payload, self->ioctl_answer_length));
}

static void cyw43_frame_event(cyw43_int_t *self, const uint8_t *frame, size_t length) {
	// The chip posts one or two short frames after its start whose only use is their credits.
	if (length < EVENT_DATA_OFFSET || cyw43_get_u16_network(frame + EVENT_ETHERTYPE_OFFSET) != EVENT_ETHERTYPE
			|| frame[EVENT_OUI_OFFSET] != 0x00 || frame[EVENT_OUI_OFFSET + 1] != 0x10 || frame[EVENT_OUI_OFFSET + 2] != 0x18
			|| cyw43_get_u16_network(frame + EVENT_USER_SUBTYPE_OFFSET) != 1)
		return;
	uint32_t data_length = cyw43_get_u32_network(frame + EVENT_DATA_LENGTH_OFFSET);
	struct cyw43_event event = {
		.flags = cyw43_get_u16_network(frame + EVENT_FLAGS_OFFSET),
		.type = cyw43_get_u32_network(frame + EVENT_TYPE_OFFSET),
		.status = cyw43_get_u32_network(frame + EVENT_STATUS_OFFSET),
		.reason = cyw43_get_u32_network(frame + EVENT_REASON_OFFSET),
		.auth_type = cyw43_get_u32_network(frame + EVENT_AUTH_TYPE_OFFSET),
		.interface = frame[EVENT_INTERFACE_OFFSET],
		.data = frame + EVENT_DATA_OFFSET,
		.data_length = MIN(data_length, length - EVENT_DATA_OFFSET),
	};
	CYW43_STAT_INC(EVENT);
	cyw43_ctrl_event(self, &event);
}

// One frame of `length` bytes in spid_buf: every length in it is the chip's word and is checked first.
static void cyw43_frame_dispatch(cyw43_int_t *self, size_t length) {
	const uint8_t *frame = self->spid_buf;
	if (length < SDPCM_HEADER_BYTES) {
		CYW43_STAT_INC(FRAME_ERROR);
		return;
	}
	size_t frame_length = cyw43_get_u16(frame);
	size_t header_length = frame[7];
	if ((frame_length ^ cyw43_get_u16(frame + 2)) != 0xFFFF || frame_length > length
			|| header_length < SDPCM_HEADER_BYTES || header_length > frame_length) {
		CYW43_STAT_INC(FRAME_ERROR);
		CYW43_DEBUG("radio frame dropped: %u bytes, says %u, header %u\n", (unsigned)length, (unsigned)frame_length, (unsigned)header_length);
		return;
	}
	self->flow_control = frame[8];
	uint8_t ahead = frame[9] - self->transmit_sequence;
	if (ahead <= SDPCM_CREDIT_AHEAD_MAX)
		self->transmit_limit = frame[9];

	const uint8_t *payload = frame + header_length;
	size_t payload_length = frame_length - header_length;
	uint8_t channel = frame[5] & 0x0F;
	if (channel == SDPCM_CHANNEL_CONTROL) {
		if (payload_length > 0)
			cyw43_frame_control(self, payload, payload_length);
		return;
	}
	if (channel != SDPCM_CHANNEL_EVENT && channel != SDPCM_CHANNEL_DATA)
		return;
	if (payload_length < BDC_HEADER_BYTES)
		return; // a credit only
	uint8_t interface = payload[2] & 0x0F;
	size_t data_offset = BDC_HEADER_BYTES + 4 * (size_t)payload[3];
	if (data_offset > payload_length) {
		CYW43_STAT_INC(FRAME_ERROR);
		return;
	}
	if (channel == SDPCM_CHANNEL_EVENT)
		cyw43_frame_event(self, payload + data_offset, payload_length - data_offset);
	else if (payload_length - data_offset < ETHERNET_HEADER_BYTES)
		CYW43_STAT_INC(FRAME_ERROR);
	else
		cyw43_ctrl_ethernet(self, interface, payload_length - data_offset, payload + data_offset);
}

// Reads one frame to spid_buf; answers its length, 0 when there is none.
static size_t cyw43_frame_read(cyw43_int_t *self) {
	uint32_t status = cyw43_read_reg_u32(self, BUS_FUNCTION, BUS_STATUS);
	if (status == BUS_STATUS_SILENT) {
		CYW43_STAT_INC(BUS_ERROR);
		if (++self->silent_reads >= SILENT_READS_MAX) {
			self->silent_reads = 0;
			self->suspect = true;
		}
		return 0;
	}
	self->silent_reads = 0;
	if (!(status & BUS_STATUS_F2_PKT_AVAILABLE))
		return 0;
	size_t length = status >> BUS_STATUS_F2_PKT_LEN_SHIFT & BUS_STATUS_F2_PKT_LEN_MASK;
	if (length == 0 || length > SDPCM_FRAME_MAX_BYTES || (status & BUS_STATUS_UNDERFLOW)
			|| cyw43_read_bytes(self, WLAN_FUNCTION, 0, length, self->spid_buf) != 0) {
		CYW43_STAT_INC(BUS_ERROR);
		cyw43_write_reg_u8(self, BACKPLANE_FUNCTION, F1_FRAME_CONTROL, F1_FRAME_CONTROL_READ_TERMINATE);
		return 0;
	}
	return length;
}

bool cyw43_ll_process(cyw43_int_t *self, bool force) {
	if (!force && cyw43_hal_pin_read(CYW43_PIN_WL_HOST_WAKE) == 0)
		return false;
	if (cyw43_ll_wake(self) != 0)
		return false;
	// Causes are cleared before the queue is drained: what comes in between raises the line again.
	uint16_t interrupt = (uint16_t)cyw43_read_reg_u16(self, BUS_FUNCTION, BUS_INTERRUPT);
	if (interrupt != 0xFFFF && (interrupt & BUS_INTERRUPT_KNOWN))
		cyw43_write_reg_u16(self, BUS_FUNCTION, BUS_INTERRUPT, interrupt & BUS_INTERRUPT_KNOWN);
	for (int i = 0; i < PROCESS_FRAMES_MAX; i++) {
		size_t length = cyw43_frame_read(self);
		if (length == 0)
			return false;
		cyw43_sleep = CYW43_SLEEP_MAX;
		self->frames_in++;
		cyw43_frame_dispatch(self, length);
		if (!self->running) // a callback took the chip down
			return false;
	}
	return true;
}

// Send.

// Waits for a credit. Frames that come meanwhile are handled.
static int cyw43_frame_wait_credit(cyw43_int_t *self) {
	uint32_t start_us = cyw43_hal_ticks_us();
	for (;;) {
		uint8_t credits = self->transmit_limit - self->transmit_sequence;
		if (credits != 0 && credits < 0x80 && self->flow_control == 0) {
			self->credit_stalled = false;
			return 0;
		}
		if (cyw43_hal_ticks_us() - start_us > (self->credit_stalled ? 0 : CYW43_SEND_TIMEOUT_US)) {
			CYW43_STAT_INC(CREDIT_STALL);
			self->credit_stalled = true; // who comes next does not wait the whole time again
			self->suspect = true;
			return CYW43_FAIL_FAST_CHECK(-CYW43_ETIMEDOUT);
		}
		self->wait_depth++;
		cyw43_ll_process(self, true);
		self->wait_depth--;
		if (!self->running)
			return CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
		credits = self->transmit_limit - self->transmit_sequence;
		if (credits == 0 || credits >= 0x80 || self->flow_control != 0)
			cyw43_frame_wait_turn();
	}
}

// Sends the first `length` bytes of spid_buf; the SDPCM header is written here, the rest is there already.
static int cyw43_frame_send(cyw43_int_t *self, uint8_t channel, uint8_t header_length, size_t length) {
	uint8_t *frame = self->spid_buf;
	memset(frame, 0, SDPCM_HEADER_BYTES);
	cyw43_put_u16(frame, (uint16_t)length);
	cyw43_put_u16(frame + 2, (uint16_t)~length);
	frame[4] = self->transmit_sequence++;
	frame[5] = channel;
	frame[7] = header_length;
	size_t whole = (length + 3) & ~(size_t)3;
	memset(frame + length, 0, whole - length);
	int result = cyw43_write_bytes(self, WLAN_FUNCTION, 0, whole, frame);
	if (result != 0)
		self->transmit_sequence--; // nothing was sent
	return result;
}

int cyw43_ll_send(cyw43_int_t *self, uint32_t interface, size_t length, void (*fill)(uint8_t *to, size_t length, const void *from), const void *from) {
	const size_t header_length = SDPCM_HEADER_BYTES + BDC_SEND_PAD_BYTES;
	if (length < ETHERNET_HEADER_BYTES || length > ETHERNET_FRAME_MAX_BYTES)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EINVAL);
	int result = cyw43_frame_wait_credit(self);
	if (result != 0)
		return result;
	uint8_t *bdc = self->spid_buf + header_length;
	memset(self->spid_buf, 0, header_length + BDC_HEADER_BYTES);
	bdc[0] = BDC_VERSION_2;
	bdc[2] = (uint8_t)interface;
	fill(bdc + BDC_HEADER_BYTES, length, from);
	CYW43_STAT_INC(PACKET_OUT_COUNT);
	return cyw43_frame_send(self, SDPCM_CHANNEL_DATA, header_length, header_length + BDC_HEADER_BYTES + length);
}

static int cyw43_ll_request_once(cyw43_int_t *self, const struct cyw43_request *request) {
	size_t payload_length = MAX(request->head_length + request->value_length, request->head_length + request->answer_length);
	size_t length = SDPCM_HEADER_BYTES + CDC_HEADER_BYTES + payload_length;
	if (self->ioctl_pending)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EPERM); // from a callback inside the wait below
	self->ioctl_status = 0;
	if (length > IOCTL_FRAME_MAX_BYTES)
		return CYW43_FAIL_FAST_CHECK(-CYW43_EINVAL);
	int result = cyw43_frame_wait_credit(self);
	if (result != 0)
		return result;

	uint8_t *cdc = self->spid_buf + SDPCM_HEADER_BYTES;
	uint8_t *payload = cdc + CDC_HEADER_BYTES;
	memset(cdc, 0, CDC_HEADER_BYTES + payload_length);
	self->ioctl_id++;
	cyw43_put_u32(cdc, request->command);
	cyw43_put_u32(cdc + 4, payload_length);
	cyw43_put_u32(cdc + 8, (uint32_t)self->ioctl_id << CDC_ID_SHIFT | request->interface << CDC_INTERFACE_SHIFT | (request->set ? CDC_FLAG_SET : 0));
	if (request->head_length > 0)
		memcpy(payload, request->head, request->head_length);
	if (request->value_length > 0)
		memcpy(payload + request->head_length, request->value, request->value_length);

	self->ioctl_answer = request->answer;
	self->ioctl_answer_length = request->answer_length;
	self->ioctl_pending = true;
	CYW43_STAT_INC(IOCTL);
	result = cyw43_frame_send(self, SDPCM_CHANNEL_CONTROL, SDPCM_HEADER_BYTES, length);
	uint32_t start_us = cyw43_hal_ticks_us();
	while (result == 0 && self->ioctl_pending) {
		self->wait_depth++;
		cyw43_ll_process(self, true);
		self->wait_depth--;
		if (!self->ioctl_pending)
			break;
		if (!self->running)
			result = CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
		else if (cyw43_hal_ticks_us() - start_us > CYW43_IOCTL_TIMEOUT_US) {
			CYW43_STAT_INC(IOCTL_TIMEOUT);
			self->suspect = true;
			CYW43_DEBUG("radio did not answer command %lu\n", (unsigned long)request->command);
			result = CYW43_FAIL_FAST_CHECK(-CYW43_ETIMEDOUT);
		} else
			cyw43_frame_wait_turn();
	}
	self->ioctl_pending = false;
	self->ioctl_answer = NULL;
	if (result == 0 && self->ioctl_status != 0) {
		result = CYW43_FAIL_FAST_CHECK(-CYW43_EIO);
		CYW43_DEBUG("radio refuses command %lu (%.16s): status %ld\n", (unsigned long)request->command,
			request->head != NULL ? (const char *)request->head : "", (long)self->ioctl_status);
	}
	return result;
}

int cyw43_ll_request(cyw43_int_t *self, const struct cyw43_request *request) {
	int result = cyw43_ll_request_once(self, request);
	for (int i = 0; i < BUSY_TRIES_MAX && result != 0 && self->ioctl_status == WLC_STATUS_BUSY; i++) {
		cyw43_ll_wait_ms(BUSY_WAIT_MS);
		result = cyw43_ll_request_once(self, request);
	}
	return result;
}

int cyw43_ll_set_u32(cyw43_int_t *self, uint32_t command, uint32_t value) {
	uint8_t bytes[4];
	cyw43_put_u32(bytes, value);
	struct cyw43_request request = {.command = command, .set = true, .value = bytes, .value_length = sizeof bytes};
	return cyw43_ll_request(self, &request);
}

int cyw43_ll_set_variable(cyw43_int_t *self, const char *name, const void *value, size_t length) {
	struct cyw43_request request = {
		.command = WLC_SET_VAR, .set = true, .head = name, .head_length = strlen(name) + 1, .value = value, .value_length = length,
	};
	return cyw43_ll_request(self, &request);
}

int cyw43_ll_set_variable_u32(cyw43_int_t *self, const char *name, uint32_t value) {
	uint8_t bytes[4];
	cyw43_put_u32(bytes, value);
	return cyw43_ll_set_variable(self, name, bytes, sizeof bytes);
}

int cyw43_ll_get_variable(cyw43_int_t *self, const char *name, void *value, size_t length) {
	struct cyw43_request request = {
		.command = WLC_GET_VAR, .head = name, .head_length = strlen(name) + 1, .answer = value, .answer_length = length,
	};
	return cyw43_ll_request(self, &request);
}
