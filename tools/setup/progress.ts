// Tells the user what the set-up is doing: on a terminal the line being worked on, elsewhere one line a thing done.

export interface Progress {
	/** Something begins that takes a while. */
	begin(what: string): void;
	/** It is done. */
	done(what: string): void;
	/** Takes an unfinished line off the terminal, before an error is printed. */
	stop(): void;
}

const eraseLine = "\r\x1b[K";

export function consoleProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
	const onTerminal = stream.isTTY ? (text: string) => void stream.write(text) : () => {};
	return {
		begin: what => onTerminal(`${eraseLine}${what} ...`),
		done: what => {
			onTerminal(eraseLine);
			stream.write(`${what}\n`);
		},
		stop: () => onTerminal(eraseLine),
	};
}
