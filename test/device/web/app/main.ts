// The web's classes in the engine: for each sample of the configuration a line with what they make of it. web.test.ts has
// Node's answers.

import config from "mc/config";

interface Samples {
	readonly texts: readonly string[];
	readonly bytes: readonly (readonly number[])[];
	readonly urls: readonly string[];
	readonly queries: readonly string[];
}

const { texts, bytes, urls, queries } = config.samples as Samples;

for (const text of texts) say("encode", [...new TextEncoder().encode(text)]);
for (const sample of bytes) {
	say("decode", decoded(() => new TextDecoder().decode(Uint8Array.from(sample))));
	say("fatal", decoded(() => new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(sample))));
	const decoder = new TextDecoder();
	say("stream", sample.map(byte => decoder.decode(Uint8Array.of(byte), { stream: true })).join("") + decoder.decode());
}
for (const url of urls) {
	const { href, host, pathname, search, hash } = new URL(url);
	say("url", [href, host, pathname, search, hash]);
}
for (const query of queries) say("query", [...new URLSearchParams(query)]);

const headers = new Headers([["B", " 1 "], ["a", "2"], ["b", "3"]]);
say("headers", [...headers]);
const controller = new AbortController();
const any = AbortSignal.any([controller.signal, AbortSignal.timeout(1)]);
controller.signal.addEventListener("abort", event => say("abort", [event.type, (any.reason as Error).name]), { once: true });
controller.abort();
controller.abort();
AbortSignal.timeout(20).addEventListener("abort", event => {
	say("timeout", ((event.target as AbortSignal).reason as Error).name);
	queueMicrotask(() => console.log("over"));
});

/** Lone surrogates and control characters as \u escapes, so that the console's own encoding has no part in it. */
function say(what: string, value: unknown): void {
	console.log(`${what} ${JSON.stringify(value).replace(/[^\x20-\x7e]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)}`);
}

function decoded(decode: () => string): string {
	try {
		return decode();
	} catch (error) {
		return (error as Error).name;
	}
}
