// Resource: a file of the manifest's "data", in flash ("Resource", as in the Moddable SDK).

const find = native<(name: string) => number>("xs_resource_find");
const copy = native<(index: number, begin: number, end: number) => ArrayBuffer>("xs_resource_copy");
const length = native<(index: number) => number>("xs_resource_length");

/**
 * A file that the build put into the image. It stays in flash: what `slice` answers is a copy of that part alone, so a large file
 * can be read piece by piece.
 */
export default class Resource {
	readonly #index: number;
	/** Bytes in all. */
	readonly byteLength: number;

	/**
	 * @param path the name with its ending, "page.html"
	 * @throws Error when the image has no such file
	 */
	constructor(path: string) {
		this.#index = find(String(path));
		if (this.#index < 0) throw new Error(`Resource: the image has no ${path}: name it in "data" of manifest.json`);
		this.byteLength = length(this.#index);
	}

	/** Whether the image has a file of this name. */
	static exists(path: string): boolean {
		return find(String(path)) >= 0;
	}

	/** The bytes from `begin` to before `end`, a copy; as ArrayBuffer.prototype.slice has it, negative ones count from the end. */
	slice(begin = 0, end = this.byteLength): ArrayBuffer {
		const from = this.#within(begin);
		return copy(this.#index, from, Math.max(from, this.#within(end)));
	}

	#within(position: number): number {
		const whole = Math.trunc(position) || 0;
		return Math.min(Math.max(whole < 0 ? this.byteLength + whole : whole, 0), this.byteLength);
	}
}
