// Natives of spi.ts: a device on an SPI bus, with the RP2040 as master (PL022; RP2040 datasheet 4.4).
//
// The block is of one device at a time. Its select line is a plain output: the PL022's own goes high between words in modes 0
// and 2 (4.4.3.9). A master waits for nobody, so a transfer lasts as long as its bits.

#include "pins.h"

#include "hardware/gpio.h"
#include "hardware/spi.h"
#include "loop.h"

#include <stdlib.h>

#define OWNER "embedded:io/spi"
#define NO_PIN (-1)

typedef struct spi_device {
	uint32_t pins;
	uint32_t hz;
	int8_t select;
	bool active;	// level of a selected device
	uint8_t index;
	xsSlot handle;	// remembered: it keeps its pins until close(), also when nobody holds it
} spi_device;

static pins_block block_of(unsigned index)
{
	return index ? PINS_SPI1 : PINS_SPI0;
}

static spi_inst_t *instance(const spi_device *device)
{
	return device->index ? spi1 : spi0;
}

static void release(spi_device *device)
{
	pins_release(device->pins, block_of(device->index));
	spi_deinit(instance(device));
	free(device);
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

// Function table, datasheet 1.4.3: the two lowest bits of a pin name the signal, bit 3 the block.
static void check(xsMachine *the, const char *signal, int pin, int role, unsigned index)
{
	if (pin == NO_PIN)
		return;
	if ((pin & 3) != role)
		engine_throw(the, "ERR_PIN_FUNCTION", OWNER ": GPIO %d cannot be %s, expected a pin whose number is 4n + %d", pin, signal, role);
	if ((unsigned)(pin >> 3 & 1) != index)
		engine_throw(the, "ERR_PIN_FUNCTION", OWNER ": %s on GPIO %d is SPI%u and the clock is SPI%u's. Take pins of one block.", signal, pin, !index, index);
}

// (in, out, clock, select; -1: none, active, hz, mode) -> handle
void xs_spi_open(xsMachine *the)
{
	int in = xsmcToInteger(xsArg(0)), out = xsmcToInteger(xsArg(1)), clock = xsmcToInteger(xsArg(2)), select = xsmcToInteger(xsArg(3));
	bool active = xsmcToBoolean(xsArg(4));
	uint32_t hz = (uint32_t)xsmcToInteger(xsArg(5));
	unsigned mode = (unsigned)xsmcToInteger(xsArg(6));
	unsigned index = (unsigned)clock >> 3 & 1;
	check(the, "clock", clock, 2, index);
	check(the, "in", in, 0, index);
	check(the, "out", out, 3, index);
	uint32_t pins = 1u << clock | (in == NO_PIN ? 0 : 1u << in) | (out == NO_PIN ? 0 : 1u << out);
	if (select != NO_PIN)
		pins |= 1u << select;
	xsResult = xsNewHostObject(destroy);
	pins_claim(the, pins, block_of(index), OWNER);
	spi_device *device = malloc(sizeof *device);
	if (!device) {
		pins_release(pins, block_of(index));
		engine_throw(the, "ENOMEM", OWNER ": no memory for it");
	}
	*device = (spi_device){ .pins = pins, .select = (int8_t)select, .active = active, .index = (uint8_t)index };
	xsmcSetHostData(xsResult, device);
	engine_remember(the, &device->handle, &xsResult);
	// Not selected before anything else moves, and the clock at its mode's rest before the block has the pin.
	if (select != NO_PIN) {
		gpio_put((unsigned)select, !active);
		gpio_set_dir((unsigned)select, true);
		gpio_set_function((unsigned)select, GPIO_FUNC_SIO);
	}
	device->hz = spi_init(instance(device), hz);
	spi_set_format(instance(device), 8, mode & 2 ? SPI_CPOL_1 : SPI_CPOL_0, mode & 1 ? SPI_CPHA_1 : SPI_CPHA_0, SPI_MSB_FIRST);
	gpio_set_function((unsigned)clock, GPIO_FUNC_SPI);
	if (out != NO_PIN)
		gpio_set_function((unsigned)out, GPIO_FUNC_SPI);
	if (in != NO_PIN)
		gpio_set_function((unsigned)in, GPIO_FUNC_SPI);
}

static spi_device *from_handle(xsMachine *the)
{
	spi_device *device = xsmcGetHostData(xsArg(0));
	if (!device)
		engine_throw(the, "ECLOSED", "spi: it is closed");
	return device;
}

// (handle, buffer, reads, writes): its bytes are written, or filled, or both. After each millisecond of bits the rest of the
// loop gets a turn.
void xs_spi_transfer(xsMachine *the)
{
	spi_device *device = from_handle(the);
	bool reads = xsmcToBoolean(xsArg(2)), writes = xsmcToBoolean(xsArg(3));
	void *buffer;
	xsUnsignedValue left;
	if (reads)
		xsmcGetBufferWritable(xsArg(1), &buffer, &left);
	else
		xsmcGetBufferReadable(xsArg(1), &buffer, &left);
	uint8_t *bytes = buffer;
	size_t part = device->hz / 8 / 1000 + 1;
	if (device->select != NO_PIN)
		gpio_put((unsigned)device->select, device->active);
	// Nothing allocates in the script's heap until the transfer is over: the pointer stays good.
	while (left > 0) {
		size_t length = left < part ? left : part;
		if (!reads)
			spi_write_blocking(instance(device), bytes, length);
		else if (!writes)
			spi_read_blocking(instance(device), 0, bytes, length);
		else
			spi_write_read_blocking(instance(device), bytes, bytes, length);
		bytes += length;
		left -= length;
		if (left > 0)
			loop_busy_turn();
	}
	if (device->select != NO_PIN)
		gpio_put((unsigned)device->select, !device->active);
}

// (handle) -> bits a second
void xs_spi_hz(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)from_handle(the)->hz);
}

void xs_spi_close(xsMachine *the)
{
	spi_device *device = xsmcGetHostData(xsArg(0));
	if (!device)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &device->handle);
	release(device);
}
