/**
 * SDPCM: the frames of function 2, and the three headers they carry. Parse and emit.
 *
 * PROTOCOL.md, section 6.
 */

/** Channels. */
export const CHANNEL_CONTROL = 0;
export const CHANNEL_EVENT = 1;
export const CHANNEL_DATA = 2;
/** By number. */
export const CHANNEL_NAMES: readonly string[] = ["control", "event", "data"];

export const SDPCM_HEADER_BYTES = 12;
/** With the two bytes of padding that data frames need. */
export const SDPCM_DATA_HEADER_BYTES = 14;
export const CDC_HEADER_BYTES = 16;
export const BDC_HEADER_BYTES = 4;

export interface SdpcmFrame {
	sequence: number;
	channel: number;
	headerBytes: number;
	/** Behind the header, up to the length in the header. */
	payload: Uint8Array;
}

/**
 * @param bytes a complete transfer of function 2.
 * @returns the frame, or a sentence on what is wrong with it.
 */
export function parseSdpcm(bytes: Uint8Array): SdpcmFrame | string {
	if (bytes.length < SDPCM_HEADER_BYTES) {
		return `a transfer of ${bytes.length} bytes has no SDPCM header (12)`;
	}
	const length = bytes[0] | (bytes[1] << 8);
	const complement = bytes[2] | (bytes[3] << 8);
	if ((length ^ complement) !== 0xffff) {
		return `SDPCM length 0x${length.toString(16)} and its complement 0x${complement.toString(16)} disagree`;
	}
	if (length < SDPCM_HEADER_BYTES || length > bytes.length) {
		return `SDPCM length ${length} in a transfer of ${bytes.length} bytes`;
	}
	const headerBytes = bytes[7];
	if (headerBytes < SDPCM_HEADER_BYTES || headerBytes > length) {
		return `SDPCM header length ${headerBytes} in a frame of ${length} bytes`;
	}
	return { sequence: bytes[4], channel: bytes[5] & 0x0f, headerBytes, payload: bytes.subarray(headerBytes, length) };
}

export interface SdpcmHeader {
	sequence: number;
	channel: number;
	headerBytes: number;
	/** One bit per priority; non-zero: the host stops sending data. */
	flowControl: number;
	/** The sequence number the host may not reach. */
	credit: number;
}

/** Writes the header into the start of `frame`, whose length it tells. */
export function emitSdpcm(frame: Uint8Array, header: SdpcmHeader): void {
	frame[0] = frame.length & 0xff;
	frame[1] = frame.length >>> 8;
	frame[2] = ~frame[0] & 0xff;
	frame[3] = ~frame[1] & 0xff;
	frame[4] = header.sequence & 0xff;
	frame[5] = header.channel;
	frame[6] = 0;
	frame[7] = header.headerBytes;
	frame[8] = header.flowControl;
	frame[9] = header.credit & 0xff;
	frame[10] = frame[11] = 0;
}

/**
 * Length of a control or event frame as real chips send it: short ones are padded. The rule fits the lengths that were
 * seen: 10 → 258, 15 → 259, 36 → 256, 676 → 704 (ioctl payload → frame).
 */
export function paddedLength(length: number): number {
	return length >= 256 ? length : 256 + (length % 4);
}

export interface IoctlRequest {
	command: number;
	/** Of the payload, as the header tells it. */
	lengthBytes: number;
	set: boolean;
	interfaceIndex: number;
	id: number;
	payload: Uint8Array;
}

/** @param payload of a frame of channel 0. @returns the request, or a sentence on what is wrong with it. */
export function parseIoctl(payload: Uint8Array): IoctlRequest | string {
	if (payload.length < CDC_HEADER_BYTES) {
		return `a control frame of ${payload.length} bytes has no ioctl header (16)`;
	}
	const view = new DataView(payload.buffer, payload.byteOffset);
	const lengths = view.getUint32(4, true);
	const flags = view.getUint32(8, true);
	const lengthBytes = lengths & 0xffff;
	if (lengths >>> 16) {
		return `ioctl header: the upper half of the length is ${lengths >>> 16}, not 0`;
	}
	if (lengthBytes > payload.length - CDC_HEADER_BYTES) {
		return `ioctl length ${lengthBytes}, but ${payload.length - CDC_HEADER_BYTES} bytes follow`;
	}
	return {
		command: view.getUint32(0, true),
		lengthBytes,
		set: (flags & 0x02) !== 0,
		interfaceIndex: (flags >>> 12) & 0x0f,
		id: flags >>> 16,
		payload: payload.slice(CDC_HEADER_BYTES, CDC_HEADER_BYTES + lengthBytes),
	};
}

/** The frame (without its SDPCM header filled in) that answers `request`. @param status 0 or a negative reason. */
export function emitIoctlReply(request: IoctlRequest, status: number, payload: Uint8Array): Uint8Array {
	const frame = new Uint8Array(paddedLength(SDPCM_HEADER_BYTES + CDC_HEADER_BYTES + payload.length));
	const view = new DataView(frame.buffer, SDPCM_HEADER_BYTES);
	view.setUint32(0, request.command, true);
	view.setUint32(4, payload.length, true);
	const flags = (request.set ? 0x02 : 0) | (status ? 0x01 : 0) | (request.interfaceIndex << 12) | (request.id << 16);
	view.setUint32(8, flags >>> 0, true);
	view.setInt32(12, status, true);
	frame.set(payload, SDPCM_HEADER_BYTES + CDC_HEADER_BYTES);
	return frame;
}

/** @param payload of a frame of channel 2. @returns the Ethernet frame and whose it is, or a sentence on what is wrong. */
export function parseBdc(payload: Uint8Array): { ethernet: Uint8Array; interfaceIndex: number } | string {
	if (payload.length < BDC_HEADER_BYTES) {
		return `a data frame of ${payload.length} bytes has no BDC header (4)`;
	}
	if (payload[0] >>> 4 !== 2) {
		return `BDC version ${payload[0] >>> 4}, not 2`;
	}
	const offset = BDC_HEADER_BYTES + 4 * payload[3];
	if (offset > payload.length) {
		return `BDC data offset ${payload[3]} words in ${payload.length} bytes`;
	}
	return { ethernet: payload.slice(offset), interfaceIndex: payload[2] & 0x0f };
}

/** Between SDPCM and Ethernet: two bytes of padding, BDC, and one word of data offset, as real chips send it. */
const CHIP_DATA_OFFSET_WORDS = 1;
const CHIP_DATA_BYTES = SDPCM_DATA_HEADER_BYTES + BDC_HEADER_BYTES + 4 * CHIP_DATA_OFFSET_WORDS;

/** The frame (without its SDPCM header filled in) around an Ethernet frame. @param padded to the length of an event. */
export function emitBdc(ethernet: Uint8Array, padded: boolean, interfaceIndex = 0): Uint8Array {
	const length = CHIP_DATA_BYTES + ethernet.length;
	const frame = new Uint8Array(padded ? paddedLength(length) : length);
	frame[SDPCM_DATA_HEADER_BYTES] = 0x20;
	frame[SDPCM_DATA_HEADER_BYTES + 2] = interfaceIndex;
	frame[SDPCM_DATA_HEADER_BYTES + 3] = CHIP_DATA_OFFSET_WORDS;
	frame.set(ethernet, CHIP_DATA_BYTES);
	return frame;
}
