// Waiting for something that another process or the system does.

const pollMs = 10;

/** Settles when `isSo` answers true; the test's own time limit is its end. */
export async function until(isSo: () => boolean, signal: AbortSignal): Promise<void> {
	while (!isSo()) {
		signal.throwIfAborted();
		await new Promise(resolve => setTimeout(resolve, pollMs));
	}
}
