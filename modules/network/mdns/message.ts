// Messages of Multicast DNS (RFC 6762 section 18; layout of RFC 1035 section 4), read and written.
//
// A name is text: labels with dots between them; a dot inside a label, which no name of ours has, is read as "\.". Bytes are Latin-1.

export const typeA = 1;
export const typeCNAME = 5;
export const typePTR = 12;
export const typeTXT = 16;
export const typeSRV = 33;
export const typeNSEC = 47;
export const typeAny = 255;

const classIn = 1;
/** Of a question: a unicast answer would do. Of a record: it stands for all that there is of its name and type. */
const topBit = 0x8000;
const flagsResponse = 0x8400;
const flagResponse = 0x8000;
const flagTruncated = 0x0200;
const opcodeMask = 0x7800;
const headerBytes = 12;
const nameBytesMax = 255;
const labelBytesMax = 63;
/** The two bits in front of an offset. */
const pointer = 0xc0;
const recordsMax = 128;
/** Labels of a message, those of names that others point to counted once: more than real ones have, and soon read. */
const labelsMax = 400;
/** What others send takes no more of the script's memory than these. */
const keptMax = 24;
/** Priority, weight and port in front of the name (RFC 2782). */
const srvNumbersBytes = 6;

/** What is asked. */
export interface Question {
	readonly name: string;
	readonly type: number;
}

/** What is said. */
export interface ResourceRecord extends Question {
	readonly ttlSeconds: number;
	/** Nobody else has records of this name and type. */
	readonly unique: boolean;
	/** Names in it are whole. */
	readonly data: Uint8Array;
}

/** A message, as far as a responder looks at it. What was read is in lower case, names in the data too. */
export interface Message {
	readonly isResponse: boolean;
	/** More known answers follow. */
	readonly isTruncated?: boolean;
	readonly questions?: readonly Question[];
	readonly answers?: readonly ResourceRecord[];
	readonly authorities?: readonly ResourceRecord[];
	readonly additionals?: readonly ResourceRecord[];
}

/** Writes on and on into memory of a fixed size; what does not fit is left out. */
export class Writer {
	readonly #bytes: Uint8Array;
	#length = 0;

	constructor(lengthBytesMax: number) {
		this.#bytes = new Uint8Array(lengthBytesMax);
	}

	number(value: number, lengthBytes: number): this {
		for (let shift = 8 * (lengthBytes - 1); shift >= 0; shift -= 8) {
			this.#bytes[this.#length++] = value >>> shift & 0xff;
		}
		return this;
	}

	/** Characters below 256, behind their number. */
	text(text: string): this {
		this.number(text.length, 1);
		for (let index = 0; index < text.length; index++) {
			this.number(text.charCodeAt(index), 1);
		}
		return this;
	}

	/** Without compression. */
	name(name: string): this {
		name.split(".").forEach(label => this.text(label));
		return this.number(0, 1);
	}

	bytes(bytes: Uint8Array): this {
		if (this.#length + bytes.length <= this.#bytes.length) {
			this.#bytes.set(bytes, this.#length);
		}
		this.#length += bytes.length;
		return this;
	}

	/** What was written; undefined when something was left out. */
	get written(): Uint8Array | undefined {
		return this.#length > this.#bytes.length ? undefined : this.#bytes.slice(0, this.#length);
	}
}

/**
 * The bytes of a message, with the number 0, as RFC 6762 section 18.1 asks.
 *
 * @returns undefined when it has more than `lengthBytesMax`.
 */
export function emitMessage({ isResponse, questions = [], answers = [], authorities = [], additionals = [] }: Message, lengthBytesMax: number): Uint8Array | undefined {
	const writer = new Writer(lengthBytesMax).number(0, 2).number(isResponse ? flagsResponse : 0, 2);
	for (const { length } of [questions, answers, authorities, additionals]) {
		writer.number(length, 2);
	}
	for (const { name, type } of questions) {
		writer.name(name).number(type, 2).number(classIn, 2);
	}
	for (const section of [answers, authorities, additionals]) {
		for (const { name, type, ttlSeconds, unique, data } of section) {
			// In a probe the bit has no meaning, and is 0 (section 10.2).
			writer.name(name).number(type, 2).number(classIn | (unique && isResponse ? topBit : 0), 2);
			writer.number(ttlSeconds, 4).number(data.length, 2).bytes(data);
		}
	}
	return writer.written;
}

/**
 * Reads a message.
 *
 * @param isWanted of which names, in lower case, questions and records are kept; others are passed over. 24 are kept at most.
 * @returns undefined for what is none: nobody believes the first half of it.
 */
export function parseMessage(bytes: Uint8Array, isWanted: (name: string) => boolean = () => true): Message | undefined {
	const reader = new Reader(bytes);
	if (bytes.length < headerBytes) {
		return undefined;
	}
	reader.at = 2;
	const flags = reader.number(2);
	const counts = [reader.number(2), reader.number(2), reader.number(2), reader.number(2)] as const;
	if (flags & opcodeMask || counts.reduce((sum, count) => sum + count) > recordsMax) {
		return undefined;
	}
	const questions: Question[] = [];
	for (let index = 0; index < counts[0] && !reader.failed; index++) {
		const question = { name: reader.name(), type: reader.number(2) };
		reader.number(2);
		if (questions.length < keptMax && isWanted(question.name)) {
			questions.push(question);
		}
	}
	let kept = 0;
	const records = counts.slice(1).map((count) => {
		const section: ResourceRecord[] = [];
		for (let index = 0; index < count && !reader.failed; index++) {
			const record = reader.record();
			if (kept < keptMax && isWanted(record.name)) {
				kept++;
				section.push(record);
			}
		}
		return section;
	});
	return reader.failed ? undefined : {
		isResponse: (flags & flagResponse) !== 0, isTruncated: (flags & flagTruncated) !== 0, questions, answers: records[0]!, authorities: records[1]!, additionals: records[2]!,
	};
}

/** Reads on and on; what is beyond the end is zeros, and `failed` says so. */
class Reader {
	readonly #bytes: Uint8Array;
	/** Names by the place where they begin. */
	readonly #names = new Map<number, string>();
	#labels = 0;
	at = 0;
	failed = false;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	number(lengthBytes: number): number {
		let value = 0;
		for (let index = 0; index < lengthBytes; index++) {
			value = value * 256 + this.#byte(this.at++);
		}
		return value;
	}

	/** A name, in lower case. A pointer leads before the piece that it ends, so that there is an end; names that were read are known. */
	name(): string {
		const startAt = this.at;
		const labels: string[] = [];
		let at = startAt;
		let pieceAt = at;
		let lengthBytes = 1;
		let endAt: number | undefined;
		while (!this.failed) {
			const length = this.#byte(at++);
			if (length === 0) {
				break;
			}
			if (length >= pointer) {
				const target = (length & 0x3f) << 8 | this.#byte(at++);
				endAt ??= at;
				const known = this.#names.get(target);
				if (known !== undefined) {
					if (known !== "") {
						labels.push(known);
					}
					break;
				}
				this.failed ||= target >= pieceAt;
				at = pieceAt = target;
				continue;
			}
			lengthBytes += 1 + length;
			if (length > labelBytesMax || lengthBytes > nameBytesMax || ++this.#labels > labelsMax) {
				this.failed = true;
				break;
			}
			let label = "";
			for (const end = at + length; at < end; at++) {
				label += String.fromCharCode(this.#byte(at));
			}
			labels.push(label.toLowerCase().replace(/[.\\]/g, "\\$&"));
		}
		this.at = endAt ?? at;
		const name = labels.join(".");
		this.#names.set(startAt, name);
		this.failed ||= name.length > nameBytesMax;
		return name;
	}

	record(): ResourceRecord {
		const name = this.name();
		const type = this.number(2);
		const unique = this.number(2) >= topBit;
		const ttlSeconds = this.number(4);
		const lengthBytes = this.number(2);
		const end = this.at + lengthBytes;
		if (end > this.#bytes.length) {
			this.failed = true;
		}
		let data: Uint8Array;
		if (type === typePTR || type === typeCNAME || type === typeSRV) {
			const writer = new Writer(srvNumbersBytes + nameBytesMax);
			if (type === typeSRV) {
				writer.bytes(this.#bytes.subarray(this.at, this.at += srvNumbersBytes));
			}
			data = writer.name(this.name()).written ?? new Uint8Array(0);
			if (this.at !== end) {
				this.failed = true;
			}
		} else {
			data = this.#bytes.slice(this.at, end);
		}
		this.at = end;
		return { name, type, ttlSeconds, unique, data };
	}

	#byte(at: number): number {
		if (at >= this.#bytes.length) {
			this.failed = true;
			return 0;
		}
		return this.#bytes[at]!;
	}
}
