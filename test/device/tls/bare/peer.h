/*
 * What a bare program is given by its harness: one byte stream to a TLS server,
 * time, settings, a place to print. Two makers: peer_socket.c on the host,
 * peer_mailbox.c in the simulated RP2040.
 */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void peer_start(int argc, char **argv);
/** A setting's text, or NULL; "root" is read by peer_root. */
const char *peer_setting(const char *name);
const uint8_t *peer_root(size_t *length_bytes);
/** The file that a setting names, or NULL; on the host only. */
const uint8_t *peer_file(const char *name, size_t *length_bytes);

bool peer_connect(void);
/** Bytes that are there; 0 none yet, -1 the peer has finished, -2 it has reset. */
int peer_receive(uint8_t *to, size_t room);
void peer_send(const uint8_t *from, size_t length_bytes);
void peer_finish(void);

void peer_print(const char *text);
/** Zero before the work and after it: cycles of the processor, microseconds on the host. */
uint32_t peer_cycles(void);
/** Bytes of stack used at most since the start, or 0 where that is not known. */
uint32_t peer_stack_peak(void);
/** Lets time go by. */
void peer_pass(uint32_t ms);
void peer_exit(int status);

#endif
