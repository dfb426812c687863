// Puts the time before each line of a stream that comes in pieces.

/** Answers the piece with a stamp before each line that begins in it; the stamp is the time at which its first byte came. */
export class LineStamper {
	readonly #stamp: () => string;
	#atLineStart = true;

	constructor(stamp: () => string) {
		this.#stamp = stamp;
	}

	piece(text: string): string {
		let result = "";
		for (const part of text.split(/(?<=\n)/)) {
			if (part === "") continue;
			result += this.#atLineStart ? `${this.#stamp()} ${part}` : part;
			this.#atLineStart = part.endsWith("\n");
		}
		return result;
	}
}
