// The IP network of the firmware: the SDK's cyw43_arch in poll mode, lwIP, and their place in the loop.
//
// Used by the C of the network modules and by TLS. One thread: the loop's. Everything of lwIP and of the radio driver may
// be called from there, never from an interrupt.

#ifndef NETWORK_H
#define NETWORK_H

#include <stdbool.h>
#include <stdint.h>

// Prepares driver and lwIP and joins the loop; later calls do nothing. The radio itself is powered by network_radio_on().
// Answers 0, or a negative PICO_ERROR of the SDK.
int network_start(void);

// Powers the radio, loads its firmware and brings the station up: about 0.8 s the first time, nothing when it is up.
// Answers 0, or a negative PICO_ERROR: the radio does not work (-6, PICO_ERROR_IO).
int network_radio_on(void);

// Takes the station down and the radio's power away; network_radio_on() starts it again.
void network_radio_off(void);

// Random numbers for lwIP (LWIP_RAND).
uint32_t network_random(void);

// Inside the callback of dns_gethostbyname() that brings no address: whether a server said so (its RCODE, RFC 1035 section
// 4.1.1: 0 no such record, 3 no such name, others its own failure), or nobody answered (-1).
int network_dns_answer_code(void);

#endif
