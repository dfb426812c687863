// The web's classes in the engine give Node's answers.

import assert from "node:assert/strict";
import { deviceTest } from "../../support/device.ts";

const samples = {
	texts: ["", "plain", "a\u00e9\u20ac\u{1f600}", "nul\0inside", "\ud83d", "\ude00x", "a\ud83d\ud83d\ude00", "\uffff\ue000\u0080"],
	bytes: [
		[], [0x61], [0x61, 0, 0x62], [0xc3, 0xa9], [0xe2, 0x82, 0xac], [0xf0, 0x9f, 0x98, 0x80], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xff, 0x61],
		[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe0, 0x80, 0x80], [0xf0, 0x80, 0x80, 0x80], [0xe2, 0x28, 0xa1], [0xf0, 0x28, 0x8c, 0xbc],
		[0xef, 0xbb, 0xbf, 0x61], [0x61, 0xef, 0xbb, 0xbf], [0x80, 0x80], [0xf0, 0x9f, 0x98, 0x61], [0xc3, 0xc3, 0xa9], [0xf5, 0x80],
	],
	urls: ["https://a.example", "HTTP://A.example:80/a b/../\u00e9?q=\u20ac x#f g", "https://a.example:444/%41/./?a'b"],
	queries: ["a=1&b=%C3%A9+x&a=2&c", "?%41=%2"],
};

/** What the app prints, as Node would have it. */
function expected(): string[] {
	const line = (what: string, value: unknown) => `${what} ${JSON.stringify(value).replace(/[^\x20-\x7e]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)}`;
	const fatal = (sample: readonly number[]) => {
		try {
			return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(sample));
		} catch (error) {
			return (error as Error).name;
		}
	};
	return [
		...samples.texts.map(text => line("encode", [...new TextEncoder().encode(text)])),
		...samples.bytes.flatMap(sample => [
			line("decode", new TextDecoder().decode(Uint8Array.from(sample))),
			line("fatal", fatal(sample)),
			line("stream", new TextDecoder().decode(Uint8Array.from(sample))),
		]),
		...samples.urls.map(url => {
			const { href, host, pathname, search, hash } = new URL(url);
			return line("url", [href, host, pathname, search, hash]);
		}),
		...samples.queries.map(query => line("query", [...new URLSearchParams(query)])),
		line("headers", [["a", "2"], ["b", "1, 3"]]),
		line("abort", ["abort", "AbortError"]),
		line("timeout", "TimeoutError"),
		"over",
	];
}

deviceTest("text, URLs, headers and signals in the engine are as in Node", { app: "test/device/web/app", configuration: { samples }, network: false, until: /^over\r?$/m }, ({ console: text }) => {
	assert.deepEqual(text.split(/\r?\n/).filter(line => line !== "").filter(line => /^[a-z]+(?: |$)/.test(line)), expected());
});
