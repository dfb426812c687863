// Natives of serial.ts: a UART of the RP2040 (PL011; RP2040 datasheet 4.2) with a ring for each direction.
//
// The interrupt moves bytes between FIFO and rings, keeps what went wrong and posts the event; nothing waits.

#include "pins.h"

#include "hardware/gpio.h"
#include "hardware/irq.h"
#include "hardware/sync.h"
#include "hardware/uart.h"

#include <stdlib.h>

#define OWNER "embedded:io/serial"
#define NO_PIN (-1)
// Powers of two. At 115,200 baud the first holds 44 ms of what comes.
#define RECEIVE_BYTES 512
#define TRANSMIT_BYTES 256

// What is told, as in serial.ts.
enum { TOLD_READABLE = 1, TOLD_WRITABLE = 2, TOLD_ERROR = 3 };

typedef struct serial {
	engine_event event;	// first: deliver gets its address
	uart_inst_t *uart;
	uint32_t pins;
	bool transmits;
	volatile bool tell_readable;
	volatile bool tell_writable;
	volatile uint8_t tell_errors;	// bits of UARTDR 11:8: overrun, break, parity, framing
	// Counts that run on; the difference is what the ring holds.
	volatile uint16_t received_in, received_out, transmit_in, transmit_out;
	uint8_t received[RECEIVE_BYTES], transmit[TRANSMIT_BYTES];
	xsSlot told;
} serial;

static serial *ports[NUM_UARTS];

static pins_block block_of(unsigned index)
{
	return index ? PINS_UART1 : PINS_UART0;
}

static unsigned readable(const serial *port)
{
	return (uint16_t)(port->received_in - port->received_out);
}

static unsigned writable(const serial *port)
{
	return TRANSMIT_BYTES - (uint16_t)(port->transmit_in - port->transmit_out);
}

// From the interrupt, or with interrupts off.
static void feed(serial *port)
{
	while (port->transmit_in != port->transmit_out && uart_is_writable(port->uart)) {
		uart_get_hw(port->uart)->dr = port->transmit[port->transmit_out % TRANSMIT_BYTES];
		port->transmit_out++;
	}
	if (port->transmit_in == port->transmit_out) {
		// The level interrupt would come for ever.
		hw_clear_bits(&uart_get_hw(port->uart)->imsc, UART_UARTIMSC_TXIM_BITS);
		port->tell_writable = true;
		engine_post(&port->event);
	} else
		hw_set_bits(&uart_get_hw(port->uart)->imsc, UART_UARTIMSC_TXIM_BITS);
}

static void on_interrupt(serial *port)
{
	bool told = false;
	while (uart_is_readable(port->uart)) {
		uint32_t entry = uart_get_hw(port->uart)->dr;	// reading clears the error bits with their byte
		uint8_t errors = (uint8_t)(entry >> 8 & 0xf);
		if (readable(port) == RECEIVE_BYTES)
			errors |= UART_UARTDR_OE_BITS >> 8;
		else if (!(errors & 7)) {	// a broken byte is no byte
			port->received[port->received_in % RECEIVE_BYTES] = (uint8_t)entry;
			port->received_in++;
			port->tell_readable = told = true;
		}
		if (errors) {
			port->tell_errors |= errors;
			told = true;
		}
	}
	if (told)
		engine_post(&port->event);
	if (uart_get_hw(port->uart)->mis & UART_UARTMIS_TXMIS_BITS)
		feed(port);
}

static void on_interrupt_0(void)
{
	on_interrupt(ports[0]);
}

static void on_interrupt_1(void)
{
	on_interrupt(ports[1]);
}

// Tells the script one thing; what is left is posted before, since the call may close.
static void deliver(xsMachine *the, engine_event *event)
{
	serial *port = (serial *)event;
	int what, value = 0;
	uint32_t state = save_and_disable_interrupts();
	if (port->tell_errors) {
		what = TOLD_ERROR;
		value = port->tell_errors;
		port->tell_errors = 0;
	} else if (port->tell_readable && readable(port) > 0) {
		what = TOLD_READABLE;
		value = (int)readable(port);
		port->tell_readable = false;
	} else if (port->tell_writable && port->transmits) {
		what = TOLD_WRITABLE;
		value = (int)writable(port);
		port->tell_writable = false;
	} else {
		restore_interrupts(state);
		return;
	}
	bool more = (port->tell_readable && readable(port) > 0) || (port->tell_writable && port->transmits);
	restore_interrupts(state);
	if (more)
		engine_post(&port->event);
	xsmcVars(3);
	xsVar(0) = xsAccess(port->told);
	xsmcSetInteger(xsVar(1), what);
	xsmcSetInteger(xsVar(2), value);
	xsCallFunction2(xsVar(0), xsUndefined, xsVar(1), xsVar(2));
}

static void release(serial *port)
{
	unsigned index = uart_get_index(port->uart), irq = UART_IRQ_NUM(port->uart);
	irq_set_enabled(irq, false);
	irq_remove_handler(irq, index ? on_interrupt_1 : on_interrupt_0);
	pins_release(port->pins, block_of(index));	// before the block: the line rests at its pull
	uart_deinit(port->uart);
	ports[index] = NULL;
	engine_cancel(&port->event);
	free(port);
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

// Function table, datasheet 1.4.3: transmit is on pins 4n, receive on 4n + 1; the block changes at 4, 12 and 20.
static int block_at(int pin)
{
	return (pin + 4) >> 3 & 1;
}

// (receive, transmit; -1: none, baud, data bits, parity: 0 none 1 even 2 odd, stop bits, told) -> handle
void xs_serial_open(xsMachine *the)
{
	int receive = xsmcToInteger(xsArg(0)), transmit = xsmcToInteger(xsArg(1));
	unsigned baud = (unsigned)xsmcToInteger(xsArg(2)), data_bits = (unsigned)xsmcToInteger(xsArg(3)), stop_bits = (unsigned)xsmcToInteger(xsArg(5));
	uart_parity_t parity = (uart_parity_t)xsmcToInteger(xsArg(4));
	if (transmit != NO_PIN && (transmit & 3) != 0)
		engine_throw(the, "ERR_PIN_FUNCTION", OWNER ": GPIO %d cannot be transmit, expected a pin whose number is 4n", transmit);
	if (receive != NO_PIN && (receive & 3) != 1)
		engine_throw(the, "ERR_PIN_FUNCTION", OWNER ": GPIO %d cannot be receive, expected a pin whose number is 4n + 1", receive);
	int index = block_at(transmit == NO_PIN ? receive : transmit);
	if (receive != NO_PIN && block_at(receive) != index)
		engine_throw(the, "ERR_PIN_FUNCTION", OWNER ": transmit on GPIO %d is UART%d and receive on GPIO %d is UART%d. Take pins of one block.", transmit, index, receive, !index);
	uint32_t pins = (receive == NO_PIN ? 0 : 1u << receive) | (transmit == NO_PIN ? 0 : 1u << transmit);
	xsResult = xsNewHostObject(destroy);
	pins_claim(the, pins, block_of((unsigned)index), OWNER);
	serial *port = calloc(1, sizeof *port);
	if (!port) {
		pins_release(pins, block_of((unsigned)index));
		engine_throw(the, "ENOMEM", OWNER ": no memory for it");
	}
	port->event.deliver = deliver;
	port->uart = index ? uart1 : uart0;
	port->pins = pins;
	port->transmits = transmit != NO_PIN;
	port->tell_writable = port->transmits;
	ports[index] = port;
	xsmcSetHostData(xsResult, port);
	engine_remember(the, &port->told, &xsArg(6));
	// The block first: its transmit line rests high when the pin is given to it, and no false start bit is sent.
	uart_init(port->uart, baud);
	uart_set_format(port->uart, data_bits, stop_bits, parity);
	unsigned irq = UART_IRQ_NUM(port->uart);
	irq_set_exclusive_handler(irq, index ? on_interrupt_1 : on_interrupt_0);
	irq_set_enabled(irq, true);
	if (transmit != NO_PIN)
		gpio_set_function((unsigned)transmit, GPIO_FUNC_UART);
	if (receive != NO_PIN) {
		gpio_set_pulls((unsigned)receive, true, false);	// an open line rests high
		gpio_set_function((unsigned)receive, GPIO_FUNC_UART);
		uart_get_hw(port->uart)->imsc = UART_UARTIMSC_RXIM_BITS | UART_UARTIMSC_RTIM_BITS;
	}
	if (port->tell_writable)
		engine_post(&port->event);
}

static serial *from_handle(xsMachine *the)
{
	serial *port = xsmcGetHostData(xsArg(0));
	if (!port)
		engine_throw(the, "ECLOSED", "serial: it is closed");
	return port;
}

void xs_serial_readable(xsMachine *the)
{
	xsmcSetInteger(xsResult, (int)readable(from_handle(the)));
}

void xs_serial_writable(xsMachine *the)
{
	serial *port = from_handle(the);
	xsmcSetInteger(xsResult, port->transmits ? (int)writable(port) : 0);
}

// (handle, buffer): fills it; there is as much.
void xs_serial_read(xsMachine *the)
{
	serial *port = from_handle(the);
	void *buffer;
	xsUnsignedValue length;
	xsmcGetBufferWritable(xsArg(1), &buffer, &length);
	uint8_t *bytes = buffer;
	for (xsUnsignedValue i = 0; i < length && readable(port) > 0; i++) {
		bytes[i] = port->received[port->received_out % RECEIVE_BYTES];
		port->received_out++;
	}
}

// (handle, buffer) -> bytes that may still be written
void xs_serial_write(xsMachine *the)
{
	serial *port = from_handle(the);
	void *buffer;
	xsUnsignedValue length;
	xsmcGetBufferReadable(xsArg(1), &buffer, &length);
	const uint8_t *bytes = buffer;
	if (length > writable(port))
		length = writable(port);	// serial.ts has looked
	for (xsUnsignedValue i = 0; i < length; i++)
		port->transmit[(uint16_t)(port->transmit_in + i) % TRANSMIT_BYTES] = bytes[i];
	uint32_t state = save_and_disable_interrupts();
	port->transmit_in = (uint16_t)(port->transmit_in + length);
	feed(port);
	restore_interrupts(state);
	xsmcSetInteger(xsResult, (int)writable(port));
}

void xs_serial_close(xsMachine *the)
{
	serial *port = xsmcGetHostData(xsArg(0));
	if (!port)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &port->told);
	release(port);
}
