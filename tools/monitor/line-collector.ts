// Makes whole lines of a stream that comes in pieces, each with the time of its first byte.

export interface Line {
	readonly time: string;
	readonly text: string;
}

/** A line that does not end is cut here: the memory it takes has a limit. */
const longestCharacters = 64 * 1024;

export class LineCollector {
	readonly #now: () => string;
	readonly #take: (line: Line) => void;
	#time = "";
	#text = "";

	/** @param take called with each line, without its end */
	constructor(now: () => string, take: (line: Line) => void) {
		this.#now = now;
		this.#take = take;
	}

	piece(text: string): void {
		for (const part of text.split(/(?<=\n)/)) {
			if (part === "") continue;
			if (this.#text === "") this.#time = this.#now();
			this.#text += part;
			if (part.endsWith("\n") || this.#text.length >= longestCharacters) this.#end();
		}
	}

	#end(): void {
		this.#take({ time: this.#time, text: this.#text.replace(/\r?\n$/, "") });
		this.#text = "";
	}
}
