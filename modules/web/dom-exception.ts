// DOMException (Web IDL 2.8.1): an error that is told by its name.

/** Legacy codes of the names in use. */
const codes: Readonly<Record<string, number>> = { AbortError: 20, QuotaExceededError: 22, TimeoutError: 23, DataCloneError: 25 };

export class DOMException extends Error {
	override readonly name: string;

	constructor(message = "", name = "Error") {
		super(message);
		this.name = name;
	}

	/** The number that older programs know the name by; 0 when it has none. */
	get code(): number {
		return codes[this.name] ?? 0;
	}
}
