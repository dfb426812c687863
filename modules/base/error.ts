// CodedError: the one shape of an error that a program may want to tell from others.

/** What may stand beside the message: `cause`, and the facts that went into it. */
export interface ErrorFacts {
	readonly cause?: unknown;
	readonly [fact: string]: unknown;
}

/**
 * An error with a stable code, a sentence with the facts and what to do, and the cause where another error came first.
 * Facts become properties.
 */
export class CodedError extends Error {
	readonly code: string;
	readonly [fact: string]: unknown;

	constructor(code: string, sentence: string, { cause, ...facts }: ErrorFacts = {}) {
		super(sentence, cause === undefined ? undefined : { cause });
		this.code = code;
		for (const [name, value] of Object.entries(facts)) {
			if (value !== undefined && !(name in this)) Object.defineProperty(this, name, { value, enumerable: true });
		}
	}

	override get name(): string {
		return "CodedError";
	}
}
