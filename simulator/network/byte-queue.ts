/** Bytes waiting in order: appended behind, looked at and dropped in front. */
export class ByteQueue {
	#chunks: Uint8Array[] = [];
	/** Of the first chunk, already dropped. */
	#offset = 0;
	#length = 0;

	get length(): number {
		return this.#length;
	}

	append(bytes: Uint8Array): void {
		if (bytes.length) {
			this.#chunks.push(bytes);
			this.#length += bytes.length;
		}
	}

	/** A copy of up to `count` bytes, `from` bytes behind the front. */
	copy(from: number, count: number): Uint8Array {
		const result = new Uint8Array(Math.max(0, Math.min(count, this.#length - from)));
		let skip = from + this.#offset;
		let at = 0;
		for (const chunk of this.#chunks) {
			if (at === result.length) {
				break;
			}
			if (skip >= chunk.length) {
				skip -= chunk.length;
				continue;
			}
			const part = chunk.subarray(skip, skip + result.length - at);
			result.set(part, at);
			at += part.length;
			skip = 0;
		}
		return result;
	}

	drop(count: number): void {
		this.#length -= count;
		this.#offset += count;
		while (this.#chunks.length && this.#offset >= this.#chunks[0].length) {
			this.#offset -= this.#chunks[0].length;
			this.#chunks.shift();
		}
	}
}
