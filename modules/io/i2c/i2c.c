// Natives of i2c.ts: a device on an I2C bus, with the RP2040 as master (RP2040 datasheet 4.3).
//
// Devices of one bus share its block: opened with the same pins and speed. A transfer is done at once, polled, with a deadline;
// what cannot be ended by then is ended by a reset of the block, and the lines are freed as the I2C specification says (3.1.16).

#include "pins.h"

#include "hardware/clocks.h"
#include "hardware/gpio.h"
#include "hardware/i2c.h"
#include "hardware/timer.h"
#include "loop.h"

#include <stdlib.h>
#include <string.h>

#define OWNER "embedded:io/i2c"
#define FIFO_DEPTH 16
#define ADDRESSES 128
// How often the rest of the loop gets a turn during a transfer.
#define TURN_US 1000

typedef struct i2c_bus {
	uint8_t data, clock;
	uint8_t users;
	uint8_t held_by;	// address that wrote or read without STOP; 0: nobody
	uint32_t hz;
	uint32_t addresses[ADDRESSES / 32];	// that are open
} i2c_bus;

typedef struct i2c_device {
	uint8_t bus;
	uint8_t address;
	uint32_t timeout_us;
	xsSlot handle;	// remembered: it keeps its pins until close(), also when nobody holds it
} i2c_device;

static i2c_bus buses[NUM_I2CS];

static pins_block block_of(unsigned bus)
{
	return bus ? PINS_I2C1 : PINS_I2C0;
}

static i2c_inst_t *instance(unsigned bus)
{
	return bus ? i2c1 : i2c0;
}

// The SDK's initialisation: reset, master, fast mode, repeated starts, hold of SDA by hz. Then the pins.
static void start_bus(unsigned index)
{
	i2c_bus *bus = &buses[index];
	i2c_hw_t *hw = i2c_get_hw(instance(index));
	i2c_init(instance(index), bus->hz);
	hw->enable = 0;
	// TX_EMPTY means that the last byte is on the wire, not only out of the FIFO; a full receive FIFO holds the clock.
	hw->con |= I2C_IC_CON_TX_EMPTY_CTRL_BITS | I2C_IC_CON_RX_FIFO_FULL_HLD_CTRL_BITS;
	hw->dma_cr = 0;
	hw->intr_mask = 0;	// polled
	bus->held_by = 0;
	// The pads' own pull-ups, 50 to 80 kOhm, hold an empty bus; a real one needs 1.5 to 10 kOhm on the board.
	gpio_set_pulls(bus->data, true, false);
	gpio_set_pulls(bus->clock, true, false);
	gpio_set_function(bus->data, GPIO_FUNC_I2C);
	gpio_set_function(bus->clock, GPIO_FUNC_I2C);
}

// A device that was cut off inside a byte holds SDA low until it has seen the rest of its clocks: at most nine, 5 us each half.
static void free_lines(unsigned index)
{
	const i2c_bus *bus = &buses[index];
	gpio_put(bus->clock, false);
	gpio_set_dir(bus->clock, false);
	gpio_set_function(bus->data, GPIO_FUNC_SIO);
	gpio_set_function(bus->clock, GPIO_FUNC_SIO);
	gpio_set_dir(bus->data, false);
	for (int i = 0; i < 9 && !gpio_get(bus->data); i++) {
		gpio_set_dir(bus->clock, true);
		busy_wait_us_32(5);
		gpio_set_dir(bus->clock, false);
		busy_wait_us_32(5);
	}
	start_bus(index);
}

static void release(i2c_device *device)
{
	i2c_bus *bus = &buses[device->bus];
	bus->addresses[device->address / 32] &= ~(1u << device->address % 32);
	if (--bus->users == 0) {
		pins_release(1u << bus->data | 1u << bus->clock, block_of(device->bus));
		i2c_deinit(instance(device->bus));
	} else if (bus->held_by == device->address)
		start_bus(device->bus);	// nobody is left to send the STOP
	free(device);
}

static void destroy(void *data)
{
	if (data)
		release(data);
}

// (data, clock, hz, address, timeout in ms) -> handle
void xs_i2c_open(xsMachine *the)
{
	unsigned data = (unsigned)xsmcToInteger(xsArg(0)), clock = (unsigned)xsmcToInteger(xsArg(1));
	uint32_t hz = (uint32_t)xsmcToInteger(xsArg(2));
	unsigned address = (unsigned)xsmcToInteger(xsArg(3));
	uint32_t timeout_us = (uint32_t)xsmcToInteger(xsArg(4)) * 1000;
	// Function table, datasheet 1.4.3: SDA is on even pins, SCL on odd ones, bit 1 names the block.
	if (data & 1)
		engine_throw(the, "ERR_PIN_FUNCTION", OWNER ": GPIO %u cannot be SDA, which is on even pins", data);
	if (!(clock & 1))
		engine_throw(the, "ERR_PIN_FUNCTION", OWNER ": GPIO %u cannot be SCL, which is on odd pins", clock);
	unsigned index = data >> 1 & 1;
	if ((clock >> 1 & 1) != index)
		engine_throw(the, "ERR_PIN_FUNCTION", OWNER ": SDA on GPIO %u is I2C%u and SCL on GPIO %u is I2C%u. Take pins of one block.", data, index, clock, !index);
	i2c_bus *bus = &buses[index];
	bool shares = bus->users && bus->data == data && bus->clock == clock;
	if (shares && bus->hz != hz)
		engine_throw(the, "EBUSY", OWNER ": the bus on GPIO %u and %u runs at %d Hz. Take the same for all its devices.", data, clock, (int)bus->hz);
	if (shares && bus->addresses[address / 32] >> address % 32 & 1)
		engine_throw(the, "EBUSY", OWNER ": address 0x%02x of the bus on GPIO %u and %u is in use by " OWNER ". Close that first.", address, data, clock);
	xsResult = xsNewHostObject(destroy);
	if (!shares)
		pins_claim(the, 1u << data | 1u << clock, block_of(index), OWNER);
	i2c_device *device = malloc(sizeof *device);
	if (!device) {
		if (!shares)
			pins_release(1u << data | 1u << clock, block_of(index));
		engine_throw(the, "ENOMEM", OWNER ": no memory for it");
	}
	*device = (i2c_device){ .bus = (uint8_t)index, .address = (uint8_t)address, .timeout_us = timeout_us };
	if (!shares) {
		*bus = (i2c_bus){ .data = (uint8_t)data, .clock = (uint8_t)clock, .hz = hz };
		start_bus(index);
	}
	bus->users++;
	bus->addresses[address / 32] |= 1u << address % 32;
	xsmcSetHostData(xsResult, device);
	engine_remember(the, &device->handle, &xsResult);
}

typedef enum transfer_end { TRANSFER_DONE, TRANSFER_NO_ADDRESS, TRANSFER_NO_DATA, TRANSFER_LOST, TRANSFER_LATE } transfer_end;

// Writes `out`, or reads into `in`; the other is NULL. Fast enough to be polled: the FIFO holds 16 bytes, 144 bit times.
static transfer_end transfer(const i2c_device *device, const uint8_t *out, uint8_t *in, size_t length, bool stop, size_t *done)
{
	i2c_bus *bus = &buses[device->bus];
	i2c_hw_t *hw = i2c_get_hw(instance(device->bus));
	bool restart = bus->held_by != 0;
	uint64_t now_us = time_us_64(), turn_us = now_us + TURN_US;
	uint64_t deadline_us = now_us + (uint64_t)(length + 2) * 10 * 1000000 / bus->hz + device->timeout_us;
	if (!restart) {
		// The target's register takes nothing while the block is on (4.3.17.1).
		hw->enable = 0;
		hw->tar = device->address;
		hw->enable = 1;
	}
	(void)hw->clr_intr;
	size_t asked = 0, got = 0;
	uint32_t aborted = 0;
	for (;;) {
		if (hw->raw_intr_stat & I2C_IC_RAW_INTR_STAT_TX_ABRT_BITS) {
			aborted = hw->tx_abrt_source;
			(void)hw->clr_tx_abrt;	// clears the source too, so it was read before
			stop = true;	// the block sends a STOP by itself
			asked = length;
		}
		if (asked < length && hw->txflr < FIFO_DEPTH && (out || asked - got < FIFO_DEPTH)) {
			uint32_t command = out ? out[asked] : I2C_IC_DATA_CMD_CMD_BITS;
			if (asked == 0 && restart)
				command |= I2C_IC_DATA_CMD_RESTART_BITS;
			if (asked + 1 == length && stop)
				command |= I2C_IC_DATA_CMD_STOP_BITS;
			hw->data_cmd = command;
			asked++;
			continue;
		}
		if (in && hw->rxflr) {
			uint8_t byte = (uint8_t)hw->data_cmd;
			if (got < length)
				in[got++] = byte;
			continue;
		}
		if (asked == length && (aborted || out || got == length)) {
			uint32_t stat = hw->raw_intr_stat;
			if (!(stat & I2C_IC_RAW_INTR_STAT_TX_ABRT_BITS) &&
					stat & (stop ? I2C_IC_RAW_INTR_STAT_STOP_DET_BITS : I2C_IC_RAW_INTR_STAT_TX_EMPTY_BITS))
				break;
		}
		now_us = time_us_64();
		if (now_us > deadline_us) {
			*done = out ? asked - hw->txflr : got;
			free_lines(device->bus);
			return TRANSFER_LATE;
		}
		if (now_us > turn_us) {
			turn_us = now_us + TURN_US;
			loop_busy_turn();
		}
	}
	bus->held_by = stop ? 0 : device->address;
	*done = out ? asked : got;
	if (!aborted)
		return TRANSFER_DONE;
	if (aborted & (I2C_IC_TX_ABRT_SOURCE_ABRT_7B_ADDR_NOACK_BITS))
		return TRANSFER_NO_ADDRESS;
	return aborted & I2C_IC_TX_ABRT_SOURCE_ABRT_TXDATA_NOACK_BITS ? TRANSFER_NO_DATA : TRANSFER_LOST;
}

// (handle, buffer, reads, stop): the buffer's bytes are written, or filled.
void xs_i2c_transfer(xsMachine *the)
{
	i2c_device *device = xsmcGetHostData(xsArg(0));
	if (!device)
		engine_throw(the, "ECLOSED", "i2c: it is closed");
	bool reads = xsmcToBoolean(xsArg(2)), stop = xsmcToBoolean(xsArg(3));
	const i2c_bus *bus = &buses[device->bus];
	if (bus->held_by && bus->held_by != device->address)
		engine_throw(the, "EBUSY", "i2c 0x%02x: the bus is held by 0x%02x, which has sent no STOP yet", device->address, bus->held_by);
	void *bytes;
	xsUnsignedValue length;
	if (reads)
		xsmcGetBufferWritable(xsArg(1), &bytes, &length);
	else
		xsmcGetBufferReadable(xsArg(1), &bytes, &length);
	size_t done = 0;
	// Nothing allocates in the script's heap until the transfer is over: the pointer stays good.
	transfer_end end = transfer(device, reads ? NULL : bytes, reads ? bytes : NULL, length, stop, &done);
	switch (end) {
		case TRANSFER_DONE:
			return;
		case TRANSFER_NO_ADDRESS:
			engine_throw(the, "ERR_I2C_ADDRESS", "i2c 0x%02x: nobody acknowledges this address on GPIO %u and %u. Is the device wired and powered?", device->address, bus->data, bus->clock);
		case TRANSFER_NO_DATA:
			engine_throw(the, "ERR_I2C_DATA", "i2c 0x%02x: the device refused a byte of %d", device->address, (int)length);
		case TRANSFER_LOST:
			engine_throw(the, "ERR_I2C_ARBITRATION", "i2c 0x%02x: another master took the bus", device->address);
		case TRANSFER_LATE:
			engine_throw(the, "ETIMEDOUT", "i2c 0x%02x: not done after %d of %d bytes. A line stays low: are there pull-ups, does a device hold the clock?", device->address, (int)done, (int)length);
	}
}

void xs_i2c_close(xsMachine *the)
{
	i2c_device *device = xsmcGetHostData(xsArg(0));
	if (!device)
		return;
	xsmcSetHostData(xsArg(0), NULL);
	engine_forget(the, &device->handle);
	release(device);
}
