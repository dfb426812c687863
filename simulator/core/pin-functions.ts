/**
 * Which signals of UART, SPI, I2C and CLOCKS the function select gives to a pin (RP2040 datasheet 1.4.3, table 2). The
 * blocks put levels onto signals; `Pins` knows which pins have them.
 */

const FUNCTION_SPI = 1;
const FUNCTION_UART = 2;
const FUNCTION_I2C = 3;
const FUNCTION_CLOCK = 8;

export const SIGNAL_COUNT = 24;

/** Of SPI 0 or 1. */
export const spiSignals = (index: 0 | 1) => ({ receive: 4 * index, select: 4 * index + 1, clock: 4 * index + 2, transmit: 4 * index + 3 });
/** Of UART 0 or 1. */
export const uartSignals = (index: 0 | 1) => ({ transmit: 8 + 4 * index, receive: 9 + 4 * index, clearToSend: 10 + 4 * index, requestToSend: 11 + 4 * index });
export const isUartReceive = (signal: number): boolean => signal === 9 || signal === 13;
/** Of I2C 0 or 1. */
export const i2cSignals = (index: 0 | 1) => ({ data: 16 + 2 * index, clock: 17 + 2 * index });
/** CLK_GPOUT0 to 3. */
export const clockOutputSignal = (index: number): number => 20 + index;

/** The pins of CLK_GPOUT0 to 3; the two between are inputs. */
const CLOCK_OUTPUT_PINS = [21, 23, 24, 25];

/** The signal that a pin has by its function select; -1 for functions that are no such signal. */
export function signalOf(functionSelect: number, pin: number): number {
	switch (functionSelect) {
		case FUNCTION_SPI: return 4 * ((pin >>> 3) & 1) + (pin & 3);
		case FUNCTION_UART: return 8 + 4 * (((pin + 4) >>> 3) & 1) + (pin & 3);
		case FUNCTION_I2C: return 16 + (pin & 3);
		case FUNCTION_CLOCK: {
			const output = CLOCK_OUTPUT_PINS.indexOf(pin);
			return output < 0 ? -1 : clockOutputSignal(output);
		}
		default: return -1;
	}
}
