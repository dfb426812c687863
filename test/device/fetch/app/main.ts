// Fetches in every way that fetch.test.ts asks about; a line for each.

import config from "mc/config";
import fetch from "fetch";
import type { FetchOptions } from "fetch/fetch-over";
import { join } from "wifi";
import { synchronizeClock } from "network/ntp";
import { isTimeDoubted, setTime } from "time";

async function text(path: string, options?: FetchOptions): Promise<string> {
	const response = await fetch(`https://${config.host}${path}`, options);
	return `${response.status} ${response.url} ${await response.text()}`;
}

const stories: Record<string, () => Promise<string>> = {
	length: () => text("/length"),
	chunked: () => text("/chunked"),
	close: () => text("/close"),
	redirect: () => text("/redirect"),
	post: () => text("/echo", { method: "POST", body: "h\u00e9 \u{1f600}", headers: { "x-own": "mine" } }),
	"other day": () => text("/other-day"),
	doubted: async () => `${isTimeDoubted()}`,
	"clock set": async () => `${setTime(Date.now())}`,
	json: async () => JSON.stringify(await (await fetch(`https://${config.host}/json`)).json()),
	"cut by FIN": () => text("/cut"),
	"cut by RST": () => text("/reset"),
	"cut before its length": () => text("/short"),
	"cut chunks": () => text("/cut-chunks"),
	"no close_notify": () => text("/unsaid"),
	"large head": () => text("/large-head"),
	"tiny fields": () => text("/tiny-fields"),
	"a field that comes again and again": () => text("/repeated-field"),
	"no HTTP": () => text("/nonsense"),
	"time over": () => text("/silent", { timeoutMs: 2000 }),
	"time over in the body": () => text("/stalled", { timeoutMs: 2000 }),
	aborted: () => {
		const controller = new AbortController();
		setTimeout(() => controller.abort(), 1500);
		return text("/silent", { signal: controller.signal });
	},
	"aborted in the body": async () => {
		const controller = new AbortController();
		const response = await fetch(`https://${config.host}/stalled`, { signal: controller.signal });
		setTimeout(() => controller.abort(new RangeError("enough")), 100);
		return response.text();
	},
	"signal's time over": () => text("/silent", { signal: AbortSignal.timeout(1500) }),
	long: async () => {
		let length = 0;
		let pieces = 0;
		for await (const piece of (await fetch(`https://${config.host}/long`)).body) {
			length += piece.length;
			pieces++;
			if (pieces % 8 === 0) await new Promise<void>(resolve => setTimeout(resolve, 50));	// a reader that dawdles
		}
		return `${length} bytes`;
	},
	"too long": () => text("/long"),
	"left early": async () => {
		for await (const piece of (await fetch(`https://${config.host}/long`)).body) return `${piece.length > 0}`;
		return "nothing came";
	},
	plain: async () => {
		const response = await fetch(`http://${config.host}/length`);
		return `${response.status} ${String(response.tls)} ${await response.text()}`;
	},
	"no such name": () => fetch("https://nobody.example/").then(String),
	"port closed": () => fetch(`https://${config.host}:444/`).then(String),
	"two at once": async () => {
		const first = await fetch(`https://${config.host}/length`);
		const second = await text("/length").catch(error => (error as { cause: { code: string } }).cause.code);
		return `${second}, then ${await first.text()}`;
	},
};

await join();
await synchronizeClock({ server: config.timeServer });
for (const name of config.stories as string[]) {
	try {
		console.log(`${name}: ${await stories[name]!()}`);
	} catch (error) {
		const { name: kind, cause } = error as { name: string; cause?: { code: string; message: string } };
		console.log(`${name}: ${kind}${cause ? ` ${cause.code} ${cause.message}` : ` ${(error as Error).message}`}`);
	}
}
console.log("over");
