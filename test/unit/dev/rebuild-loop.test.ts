// `npm run dev`, with stand-ins for compiler, board and file system.

import assert from "node:assert/strict";
import test from "node:test";
import { rebuildLoop, type RebuildWorld } from "../../../tools/dev/rebuild-loop.ts";

function world(builds: readonly (string | Error)[]) {
	const events: string[] = [];
	let change: (path: string) => void = () => {};
	let built = 0;
	let filesNow = ["/app/main.ts"];
	const made: RebuildWorld<string> = {
		async build() {
			const next = builds[built++];
			assert.ok(next !== undefined, "built once too often");
			events.push(`build ${built}`);
			if (next instanceof Error) throw next;
			return next;
		},
		run(name) {
			events.push(`run ${name}`);
			return { async stop() { events.push(`stop ${name}`); } };
		},
		files: () => filesNow,
		watch(files, onChange) {
			events.push(`watch ${files.join(" ")}`);
			change = onChange;
			return { update: now => { if (now.length > 1) events.push(`watch ${now.join(" ")}`); }, async close() { events.push("watch no more"); } };
		},
		print: line => events.push(line.replaceAll(/\d+\.\d s/g, "N s")),
		now: () => performance.now(),
		shown: path => path.replace("/app/", ""),
		time: () => "12:00:00",
	};
	return { made, events, change: (path: string) => change(path), setFiles: (files: string[]) => { filesNow = files; } };
}

async function untilEvent(events: readonly string[], wanted: string): Promise<void> {
	for (let turns = 0; !events.includes(wanted); turns++) {
		assert.ok(turns < 500, `${wanted} did not come: ${JSON.stringify(events)}`);
		await new Promise(resolve => setTimeout(resolve, 5));
	}
}

test("a change builds again, stops the old and runs the new; the end stops all", async () => {
	const { made, events, change } = world(["one", "two"]);
	const end = new AbortController();
	const loop = rebuildLoop(made, end.signal);
	await untilEvent(events, "run one");
	change("/app/main.ts");
	await untilEvent(events, "run two");
	end.abort();
	await loop;
	assert.deepEqual(events, [
		"watch /app/main.ts", "build 1", "--- running after N s (12:00:00) ---", "run one",
		"build 2", "stop one", "--- main.ts changed: running after N s (12:00:00) ---", "run two", "stop two", "watch no more",
	]);
});

test("a fault is told, the last good build runs on, and the next change is built", async () => {
	const { made, events, change } = world(["one", new Error("main.ts(1,1): error"), "three"]);
	const end = new AbortController();
	const loop = rebuildLoop(made, end.signal);
	await untilEvent(events, "run one");
	change("/app/main.ts");
	await untilEvent(events, "build 2");
	await untilEvent(events, "main.ts(1,1): error\n--- main.ts changed: not built (12:00:00); the last one runs on, waiting for a change ---");
	assert.ok(!events.includes("stop one"));
	change("/app/main.ts");
	await untilEvent(events, "run three");
	end.abort();
	await loop;
	assert.ok(events.indexOf("stop one") < events.indexOf("run three"));
});

test("a first build that fails waits for a change", async () => {
	const { made, events, change } = world([new Error("no manifest"), "two"]);
	const end = new AbortController();
	const loop = rebuildLoop(made, end.signal);
	await untilEvent(events, "no manifest\n--- not built (12:00:00); waiting for a change ---");
	change("/app/manifest.json");
	await untilEvent(events, "run two");
	end.abort();
	await loop;
});

test("files saved together are one build, and the files of the new build are watched", async () => {
	const { made, events, change, setFiles } = world(["one", "two"]);
	const end = new AbortController();
	const loop = rebuildLoop(made, end.signal);
	await untilEvent(events, "run one");
	setFiles(["/app/main.ts", "/app/more.ts"]);
	change("/app/main.ts");
	change("/app/more.ts");
	change("/app/main.ts");
	await untilEvent(events, "run two");
	await untilEvent(events, "watch /app/main.ts /app/more.ts");
	assert.ok(events.includes("--- main.ts and 1 more changed: running after N s (12:00:00) ---"));
	end.abort();
	await loop;
});

test("a change during a build is built after it", async () => {
	const { made, events, change } = world(["one", "two", "three"]);
	const end = new AbortController();
	const { build } = made;
	const slow = { ...made, build: async () => { const name = await build(); if (name === "two") change("/app/main.ts"); return name; } };
	const loop = rebuildLoop(slow, end.signal);
	await untilEvent(events, "run one");
	change("/app/main.ts");
	await untilEvent(events, "run three");
	end.abort();
	await loop;
});

test("a build that the end has broken off is no fault", async () => {
	const { made, events } = world([]);
	const end = new AbortController();
	await rebuildLoop({ ...made, async build() { end.abort(); throw new Error("cmake was ended"); } }, end.signal);
	assert.deepEqual(events, ["watch /app/main.ts", "watch no more"]);
});
