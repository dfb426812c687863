// Colours, for a terminal only: what goes into a file or through a pipe stays plain, also where CI is set. NO_COLOR (no-color.org) switches them off.

import pico from "picocolors";

/** The colours for what is written to a stream. */
export function coloursFor({ isTTY }: { readonly isTTY?: boolean }, { NO_COLOR = "", TERM }: NodeJS.ProcessEnv = process.env): ReturnType<typeof pico.createColors> {
	return pico.createColors(isTTY === true && NO_COLOR === "" && TERM !== "dumb");
}
