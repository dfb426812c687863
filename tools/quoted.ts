// Paths in commands that a person is to type.

/** The word as a shell takes it for one: a POSIX shell, or on Windows cmd and PowerShell. */
export function quoted(word: string, platform: NodeJS.Platform = process.platform): string {
	if (platform === "win32") return /^[\w.:\\/+-]+$/.test(word) ? word : `"${word}"`;
	return /^[\w.:/+@%,=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
