// The error of everything that the person at the keyboard can put right.

/**
 * A refusal with one sentence that says what was found and what to do. tools/main.ts prints the sentence alone and
 * ends with status 1; any other error is a fault of ours and shows its stack.
 */
export class UserError extends Error {
	override readonly name = "UserError";

	constructor(sentence: string, options?: ErrorOptions) {
		super(sentence, options);
	}
}
