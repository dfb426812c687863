/**
 * What running firmware keeps in the chip's RAM for a host that asks how it is: a pointer at a known place, to a table of
 * addresses, to a ring of text. Drivers print that text in their own log.
 *
 * PROTOCOL.md, section 5.
 */

/** Below the last 64 KB of RAM, which the chip keeps when it sleeps. */
const POINTER = 512 * 1024 - 64 * 1024 - 4;
/** Where the table lies is the firmware's business; the console follows it. */
const TABLE = 0x68000;
/** flags, trap, assertion's expression, its file and line, console, message trace, firmware's id: a word each. */
const TABLE_CONSOLE = 5 * 4;
const CONSOLE = TABLE + 8 * 4;
/** Behind two words of the input: address of the ring, its length, where the next byte is written, where a reader was. */
const LOG = CONSOLE + 2 * 4;
const RING = LOG + 4 * 4;
const RING_BYTES = 1024;

/** Lays it out in the chip's RAM. @param text what the firmware has said so far, lines that end in \r\n, less than 1 KB. */
export function writeFirmwareConsole(ram: Uint8Array, text: string): void {
	const view = new DataView(ram.buffer, ram.byteOffset, ram.byteLength);
	view.setUint32(POINTER, TABLE, true);
	ram.fill(0, TABLE, RING + RING_BYTES);
	view.setUint32(TABLE + TABLE_CONSOLE, CONSOLE, true);
	const written = Buffer.from(text, "latin1");
	[RING, RING_BYTES, written.length, 0].forEach((word, index) => view.setUint32(LOG + 4 * index, word, true));
	ram.set(written, RING);
}
