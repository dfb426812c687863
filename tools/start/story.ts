// How a run of main.ts is judged by what it prints. Used by `npm start` and by tests.

/** The last line of main.ts: a page that came whole, or the refusal. */
export const storyEnd = /^(?:received (\d+) bytes|refused: (\S+) .*)\r?\n/m;

/** What a board says that has begun anew after a failure (platform/failure.c), and the failure's own first line. */
export const failureLine = /^picofetch: the last run failed .*:\r?\n(.*?)\r?\n/m;

/** What the last line says. */
export type Outcome =
	| { readonly kind: "received"; readonly bytes: number }
	| { readonly kind: "refused"; readonly code: string }
	/** The device said neither. */
	| { readonly kind: "nothing" };

/** Reads the outcome out of the console's text; the first of the two lines counts. */
export function outcome(consoleText: string): Outcome {
	const match = storyEnd.exec(consoleText);
	if (match?.[1] !== undefined) {
		return { kind: "received", bytes: Number(match[1]) };
	}
	if (match?.[2] !== undefined) {
		return { kind: "refused", code: match[2] };
	}
	return { kind: "nothing" };
}
