/**
 * What a radio may do to a driver now and then. Each must leave the driver alive. Everything defaults to "not".
 * PROTOCOL.md, section 10.
 */
export interface RadioFaults {
	/** The first words read after power-up are 0x03030303 this many times. */
	rubbishWords?: number;
	/** STATUS reads 0xFFFFFFFF this many times, from the start of the firmware. */
	deafPolls?: number;
	/** HT_AVAIL comes this much later, microseconds. */
	bootDelayMicros?: number;
	/** This many blank event frames more at the start of the firmware. */
	blankFrames?: number;
	/** Every Nth ioctl is answered `busy` (-16). */
	busyEvery?: number;
	/** So is every request for a scan. */
	refusesScans?: boolean;
	/** Every Nth ioctl is never answered. */
	silentEvery?: number;
	/** Each event is sent twice. */
	duplicateEvents?: boolean;
	/** From this virtual time after the firmware's start, credits stop. */
	starveAtMicros?: number;
	/** How long they do. Default 200 ms. */
	starveForMicros?: number;
	/** From this virtual time after the firmware's start, the flow control byte asks the host to send no data. */
	stopFlowAtMicros?: number;
	/** How long it does. Default 200 ms. */
	stopFlowForMicros?: number;
	/** The firmware stops, this long after its start: it answers, sends and takes nothing until the power was cut. */
	hangAfterMicros?: number;
	/** The whole chip does, and its registers read all ones. */
	offBusAfterMicros?: number;
	/** So many starts end by one of these two. Default 1. */
	failures?: number;
	/** For every Nth frame the interrupt line is not raised, until another frame does. */
	lostInterruptEvery?: number;
}
