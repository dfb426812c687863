// Builds, runs, and builds again when a file has changed. What is built, run and watched is handed in.

export interface Running {
	/** Ends it. */
	stop(): Promise<void>;
}

export interface RebuildWorld<Built> {
	/** @throws when the app has a fault; its message says where */
	build(): Promise<Built>;
	run(built: Built): Running;
	/** The files whose change asks for a new build; called after each build, also a failed one. */
	files(): readonly string[];
	/** Calls back with a file that has changed, until closed; `update` says which files count from now on. */
	watch(files: readonly string[], onChange: (path: string) => void): { update(files: readonly string[]): void; close(): Promise<void> };
	print(line: string): void;
	/** Milliseconds, of a clock that only goes forward. */
	now(): number;
	/** Path of a file as people know it. */
	shown(path: string): string;
	/** The time of day, for the separator. */
	time(): string;
}

/** Editors write a file in several steps, and save several files at once: so long is waited for more. */
const quietMs = 40;

/**
 * Runs until `signal` aborts, then stops what runs. A build that fails leaves the last good one running.
 */
export async function rebuildLoop<Built>(world: RebuildWorld<Built>, signal: AbortSignal): Promise<void> {
	let running: Running | undefined;
	const changed = new Set<string>();
	let wake = () => {};
	const watcher = world.watch(world.files(), path => {
		changed.add(path);
		wake();
	});
	const aborted = new Promise<void>(resolve => signal.addEventListener("abort", () => resolve(), { once: true }));
	const build = async (why: string): Promise<void> => {
		const began = world.now();
		try {
			const built = await world.build();
			if (signal.aborted) return;
			await running?.stop();
			world.print(`--- ${why}running after ${((world.now() - began) / 1000).toFixed(1)} s (${world.time()}) ---`);
			running = world.run(built);
		} catch (error) {
			if (signal.aborted) return;	// Ctrl-C ended the compiler too
			world.print(`${error instanceof Error ? error.message : String(error)}\n--- ${why}not built (${world.time()}); ${running === undefined ? "waiting" : "the last one runs on, waiting"} for a change ---`);
		}
		watcher.update(world.files());
	};
	await build("");
	while (!signal.aborted) {
		if (changed.size === 0) await Promise.race([aborted, new Promise<void>(resolve => { wake = resolve; })]);
		if (signal.aborted) break;
		for (let count = -1; count !== changed.size;) {
			count = changed.size;
			await new Promise(resolve => setTimeout(resolve, quietMs));
		}
		const [first] = changed;
		const why = `${world.shown(first!)}${changed.size > 1 ? ` and ${changed.size - 1} more` : ""} changed: `;
		changed.clear();
		await build(why);
	}
	await running?.stop();
	await watcher.close();
}
