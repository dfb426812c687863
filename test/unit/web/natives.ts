// The natives of modules/web as Node has them, so that their TypeScript runs in Node. Import this before any module.

/// <reference path="../../../modules/base/native.d.ts" />

/** What the console was told to write. */
export const written: string[] = [];

const natives: Readonly<Record<string, (...values: never[]) => unknown>> = {
	xs_text_encode: (text: string) => new Uint8Array(Buffer.from(text, "utf8")).buffer,
	xs_text_encode_into: (text: string, bytes: Uint8Array) => new TextEncoder().encodeInto(text, bytes),
	xs_text_decode(bytes: Uint8Array, more: boolean, fatal: boolean) {
		const whole = more ? bytes.subarray(0, bytes.length - left(bytes)) : bytes;
		try {
			return new TextDecoder("utf-8", { fatal, ignoreBOM: true }).decode(whole);
		} catch {
			return null;
		}
	},
	xs_text_left: left,
	xs_console_write: (text: string) => void written.push(text),
	xs_uptime_milliseconds: () => 0,
	xs_crypto_fill: (bytes: Uint8Array) => bytes.fill(1) !== undefined,
};

/** How many bytes at the end begin a character that may go on: those that a streaming decoder keeps back. */
function left(bytes: Uint8Array): number {
	for (let count = 1; count <= Math.min(3, bytes.length); count++) {
		const end = bytes.subarray(bytes.length - count);
		const lead = end[0]!;
		if (lead >= 0x80 && lead < 0xc0) continue;
		const decoder = new TextDecoder("utf-8");
		return lead >= 0xc2 && decoder.decode(end, { stream: true }) === "" ? count : 0;
	}
	return 0;
}

(globalThis as { native?: unknown }).native = (name: string) => {
	const implementation = natives[name];
	if (implementation === undefined) throw new Error(`no stand-in for the native ${name}: add it here`);
	return implementation;
};
