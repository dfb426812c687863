// Whether the chip still works, and its start anew when it does not. Part of cyw43_ctrl.c.
//
// The chip has no heartbeat and never says that it has stopped: what stops are its answers. A command without an answer, no
// credit for a second, a status of ones, a long silence: each is a suspicion and no proof. A command that is easy to answer is.
//
// SPDX-License-Identifier: MIT

// Seconds without a frame from the chip after which it is asked.
#define QUIET_SECONDS_MAX 10

// Starts in vain, or without this many good seconds behind the last one, until the radio is left off.
#define RESTARTS_MAX 3
#define HEALTHY_SECONDS 60

static bool cyw43_health_answers(cyw43_t *self) {
	uint32_t mode;
	struct cyw43_request request = {.command = WLC_GET_PM, .answer = &mode, .answer_length = sizeof mode};
	if (cyw43_ensure_up(self) != 0) // a long silence puts the bus to sleep
		return false;
	int result = cyw43_ll_request(&self->cyw43_ll, &request);
	return result == 0 || self->cyw43_ll.ioctl_status != 0; // a refusal is an answer
}

// Only looks; what there is to do the poll does.
void cyw43_health_tick(cyw43_t *self) {
	cyw43_ll_t *ll = &self->cyw43_ll;
	if (cyw43_poll == NULL)
		return;
	if (self->healthy_seconds < HEALTHY_SECONDS && ++self->healthy_seconds == HEALTHY_SECONDS)
		self->restarts = 0;
	bool quiet = ll->frames_in == self->frames_seen;
	self->frames_seen = ll->frames_in;
	self->quiet_seconds = quiet ? self->quiet_seconds + 1 : 0;
	if (self->quiet_seconds >= QUIET_SECONDS_MAX) {
		self->quiet_seconds = 0;
		ll->suspect = true;
	}
	self->pend_look = ll->bus_awake; // an interrupt may have been lost
	if (self->pend_look || ll->suspect)
		cyw43_schedule_internal_poll_dispatch(cyw43_poll);
}

// What the chip was told before, in the order of the first time.
static int cyw43_health_bring_back(cyw43_t *self) {
	cyw43_ll_t *ll = &self->cyw43_ll;
	int result = cyw43_ensure_up(self);
	if (result == 0)
		result = cyw43_wifi_switch_on(self, self->country);
	if (result == 0)
		result = cyw43_wifi_pm_locked(self, self->pm);
	if (result == 0 && self->multicast[0] != 0)
		result = cyw43_ll_set_variable(ll, "mcast_list", self->multicast, sizeof self->multicast);
	if (result == 0 && self->gpio_mask != 0) {
		uint32_t value[2] = {self->gpio_mask, self->gpio_levels};
		result = cyw43_ll_set_variable(ll, "gpioout", value, sizeof value);
	}
	if (result == 0 && (self->itf_state & 1 << CYW43_ITF_AP))
		result = cyw43_ap_configure(self);
	if (result == 0 && (self->itf_state & 1 << CYW43_ITF_AP))
		result = cyw43_ap_start(self);
	return result;
}

static void cyw43_health_give_up(cyw43_t *self) {
	CYW43_PRINTF("radio does not come back: it is off\n");
	self->initted = false; // a farewell of DHCP must not start the chip
	cyw43_cb_tcpip_deinit(self, CYW43_ITF_STA);
	cyw43_cb_tcpip_deinit(self, CYW43_ITF_AP);
	self->initted = true;
	self->itf_state = 0;
	self->restarts = 0;
	self->wifi_join_state = JOIN_FAILED;
	cyw43_wifi_forget_key(self);
}

static void cyw43_health_restart(cyw43_t *self) {
	uint32_t kind = self->wifi_join_state & JOIN_KIND_MASK;
	bool rejoin = kind == JOIN_ACTIVE || kind == JOIN_LOST;
	CYW43_PRINTF("radio does not answer: it is started anew\n");
	CYW43_STAT_INC(RESTART);
	self->wifi_join_facts = (cyw43_join_facts_t){.reason = CYW43_JOIN_REASON_CHIP};
	self->pend_disassoc = self->pend_rejoin = self->pend_rejoin_wpa = self->pend_link_up = self->pend_link_down = false;
	self->pend_ap_link_up = self->pend_ap_link_down = false;
	if (self->wifi_scan_state == 1)
		self->wifi_scan_state = 2;
	cyw43_cb_tcpip_set_link_down(self, CYW43_ITF_STA); // connections live on, if the network comes back
	cyw43_cb_tcpip_set_link_down(self, CYW43_ITF_AP);
	do {
		cyw43_poll = NULL;
		cyw43_ll_stop(&self->cyw43_ll);
		if (self->restarts == RESTARTS_MAX) {
			cyw43_health_give_up(self);
			return;
		}
		self->restarts++;
		self->healthy_seconds = 0;
	} while (cyw43_health_bring_back(self) != 0);
	if (!rejoin)
		return;
	if (cyw43_wifi_apply_join(self, JOIN_LOST) != 0) {
		self->wifi_join_state = JOIN_FAILED;
		cyw43_wifi_forget_key(self);
	}
}

// Of the poll, outside of any wait.
static void cyw43_health_check(cyw43_t *self) {
	if (!self->cyw43_ll.suspect || self->itf_state == 0)
		return;
	self->cyw43_ll.suspect = false;
	if (!cyw43_health_answers(self))
		cyw43_health_restart(self);
}
