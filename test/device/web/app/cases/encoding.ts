// Text, Base64 and random numbers.

import { thrown, type Case } from "../tell.ts";

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const decode = (...values: number[]): string => new TextDecoder().decode(bytes(...values));
const fatal = (...values: number[]): unknown => thrown(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes(...values)));
const stream = (...values: number[]): string => {
	const decoder = new TextDecoder();
	return values.map(byte => decoder.decode(bytes(byte), { stream: true })).join("") + decoder.decode();
};
const into = (text: string, room: number): unknown => {
	const target = new Uint8Array(room);
	const { read, written } = new TextEncoder().encodeInto(text, target);
	return [read, written, [...target]];
};

export const encoding: Readonly<Record<string, readonly Case[]>> = {
	"TextEncoder.encode": ["", "plain", "a\u00e9\u20ac\u{1f600}", "nul\0inside", "\ud83d", "\ude00x", "a\ud83d\ud83d\ude00", "\uffff\ue000\u0080"]
		.map(text => () => [...new TextEncoder().encode(text)]),
	"TextEncoder": [
		() => new TextEncoder().encoding, () => new TextEncoder().encode(), () => new TextEncoder().encode(undefined),
		() => new TextEncoder().encode(12 as unknown as string),
	],
	"TextEncoder.encodeInto": [
		() => into("", 2), () => into("ab", 2), () => into("abc", 2), () => into("\u00e9", 1), () => into("\u00e9x", 3), () => into("a\u20acb", 3), () => into("\u{1f600}", 3),
		() => into("\u{1f600}a", 4), () => into("\u{1f600}a", 5), () => into("\0a", 2), () => into("\ud83d", 3), () => into("\ud83d!", 2),
		() => thrown(() => new TextEncoder().encodeInto("a", [] as unknown as Uint8Array)),
		() => { const target = new Uint8Array(6); new TextEncoder().encodeInto("abc", target.subarray(2, 4)); return target; },
	],
	"TextDecoder.decode": [
		() => decode(), () => decode(0x61), () => decode(0x61, 0, 0x62), () => decode(0xc3, 0xa9), () => decode(0xe2, 0x82, 0xac), () => decode(0xf0, 0x9f, 0x98, 0x80),
		() => decode(0xc3), () => decode(0xe2, 0x82), () => decode(0xff, 0x61), () => decode(0xc0, 0x80), () => decode(0xed, 0xa0, 0x80),
		() => decode(0xf4, 0x90, 0x80, 0x80), () => decode(0xe0, 0x80, 0x80), () => decode(0xe2, 0x28, 0xa1), () => decode(0xf0, 0x28, 0x8c, 0xbc),
		() => decode(0xef, 0xbb, 0xbf, 0x61), () => decode(0x61, 0xef, 0xbb, 0xbf), () => decode(0xf0, 0x9f, 0x98, 0x61), () => decode(0xc3, 0xc3, 0xa9),
	],
	"TextDecoder.decode, fatal": [
		() => fatal(0x61), () => fatal(0xc3, 0xa9), () => fatal(0xc3), () => fatal(0xff), () => fatal(0xc0, 0x80), () => fatal(0xed, 0xa0, 0x80), () => fatal(0xf5, 0x80),
	],
	"TextDecoder.decode, a byte at a time": [
		() => stream(0xe2, 0x82, 0xac), () => stream(0xf0, 0x9f, 0x98, 0x80), () => stream(0xf0, 0x9f, 0x98, 0x61), () => stream(0xe2, 0x82), () => stream(0xef, 0xbb, 0xbf, 0x61),
		() => stream(0xc3, 0xc3, 0xa9), () => stream(0x80, 0x80),
	],
	"TextDecoder": [
		() => new TextDecoder().encoding, () => new TextDecoder("UTF8").encoding, () => new TextDecoder(" utf-8 ").encoding, () => thrown(() => new TextDecoder("no such")),
		() => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes(0xef, 0xbb, 0xbf, 0x61)),
		() => [new TextDecoder().fatal, new TextDecoder("utf-8", { fatal: true }).fatal, new TextDecoder().ignoreBOM],
		() => new TextDecoder().decode(bytes(0x61, 0x62, 0x63).buffer as ArrayBuffer), () => new TextDecoder().decode(new DataView(bytes(0x61, 0x62, 0x63).buffer as ArrayBuffer, 1)),
		() => thrown(() => new TextDecoder().decode("a" as unknown as ArrayBuffer)),
		() => { const decoder = new TextDecoder("utf-8", { fatal: true }); return [thrown(() => decoder.decode(bytes(0xff))), decoder.decode(bytes(0x62))]; },
	],
	"btoa": ["", "a", "ab", "abc", "abcd", "\0", "\0\0\xff", "\u00e9", "<<???>>", "Hello, world!"].map(text => () => btoa(text)),
	"btoa, refused": [() => thrown(() => btoa("\u20ac")), () => thrown(() => btoa("\u0100")), () => { try { return btoa("\u{1f600}"); } catch (error) { return error; } }],
	"btoa of what is no string": [() => btoa(12 as unknown as string), () => btoa(null as unknown as string), () => btoa(undefined as unknown as string), () => btoa(true as unknown as string)],
	"atob": ["", "YQ==", "YQ", "YWI=", "YWI", "YWJj", " Y W\tJ\nj ", "AAAA", "/+8=", "gICA", "AP8A"].map(text => () => atob(text)),
	"atob, refused": ["Y", "YQ=", "YQ===", "Y=Q=", "====", "=", "YWJj=", "YQ==YQ==", "Y-", "\u20ac", "YWJjZ"].map(text => () => thrown(() => atob(text))),
	"atob and btoa": [
		() => { let text = ""; for (let code = 0; code < 256; code++) text += String.fromCharCode(code); return atob(btoa(text)) === text; },
		() => { try { return atob("?"); } catch (error) { return [(error as DOMException).name, (error as DOMException).code, error instanceof DOMException]; } },
	],
	"crypto.getRandomValues": [
		() => { const array = new Uint8Array(8); return [crypto.getRandomValues(array) === array, array.some(byte => byte !== 0)]; },
		() => crypto.getRandomValues(new Uint32Array(0)).length,
		() => { const array = new Uint8Array(64); crypto.getRandomValues(array.subarray(16, 32)); return [array.subarray(0, 16).every(byte => byte === 0), array.subarray(32).every(byte => byte === 0)]; },
		() => thrown(() => crypto.getRandomValues(new Float32Array(2) as unknown as Uint8Array)), () => thrown(() => crypto.getRandomValues(new DataView(new ArrayBuffer(2)) as unknown as Uint8Array)),
		() => thrown(() => crypto.getRandomValues([1] as unknown as Uint8Array)),
		() => { try { return crypto.getRandomValues(new Float64Array(1) as unknown as Uint8Array); } catch (error) { return [error instanceof DOMException, error]; } },
		() => { const one = crypto.getRandomValues(new BigUint64Array(2)); return one[0] !== one[1]; },
	],
	"crypto.randomUUID": [
		() => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()), () => crypto.randomUUID() !== crypto.randomUUID(), () => crypto.randomUUID().length,
	],
};
