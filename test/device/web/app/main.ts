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

await new Promise<void>(resolve => setTimeout(resolve, 2000));	// until a terminal reads: more is said here than is kept for one

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

/** Everything beyond ASCII as \u escapes, so that the console's own encoding has no part in it. */
function say(what: string, value: unknown): void {
	let line = "";
	for (const character of JSON.stringify(value)) {
		const code = character.codePointAt(0)!;
		if (code >= 0x20 && code <= 0x7e) line += character;
		else if (code > 0xffff) line += escape(0xd800 + ((code - 0x10000) >> 10)) + escape(0xdc00 + ((code - 0x10000) & 0x3ff));
		else line += escape(code);
	}
	console.log(`${what} ${line}`);
}

function escape(unit: number): string {
	return `\\u${unit.toString(16).padStart(4, "0")}`;
}

function decoded(decode: () => string): string {
	try {
		return decode();
	} catch (error) {
		return (error as Error).name;
	}
}
