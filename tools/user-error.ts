// The error of everything that the person at the keyboard can put right.

/**
 * A refusal with one sentence that says what was found and what to do. tools/main.ts prints the sentence alone and
 * ends with its status; any other error is a fault of ours and shows its stack.
 */
export class UserError extends Error {
	override readonly name = "UserError";
	/** Exit status: 1, something has to be put right first, unless the command's help says what another one means. */
	readonly status: number;

	constructor(sentence: string, { status = 1, ...options }: ErrorOptions & { readonly status?: number } = {}) {
		super(sentence, options);
		this.status = status;
	}
}
