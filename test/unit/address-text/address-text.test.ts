// Addresses as text and as bytes, in the firmware's C, beside Node's own reader.

import assert from "node:assert/strict";
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import test from "node:test";
import { hostProgram } from "../../support/host-program.ts";

const platform = resolve(import.meta.dirname, "../../../platform/lwip");
const program = hostProgram([join(import.meta.dirname, "address-text.c"), join(platform, "address_text.c")], platform);

function read(texts: readonly string[]): string[] {
	const { status, stdout, stderr } = program.run(texts);
	assert.equal(status, 0, String(stderr));
	return String(stdout).trimEnd().split("\n");
}

/** The URL Standard's form, which is that of RFC 5952. */
const canonical = (text: string) => isIP(text) === 6 ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : text;

/** Bytes of what `canonical` wrote. */
function hexadecimal(text: string): string {
	if (isIP(text) === 4) return Buffer.from(text.split(".").map(Number)).toString("hex");
	const [first, last = ""] = text.split("::") as [string, string?];
	const groups = [first, last].map(half => half === "" ? [] : half.split(":"));
	const missing = text.includes("::") ? 8 - groups[0]!.length - groups[1]!.length : 0;
	return [...groups[0]!, ...Array<string>(missing).fill("0"), ...groups[1]!].map(group => group.padStart(4, "0")).join("");
}

test("IPv4 is four decimal numbers, and no other form", () => {
	assert.deepEqual(read(["192.0.2.10", "0.0.0.0", "255.255.255.255"]), ["c000020a 192.0.2.10", "00000000 0.0.0.0", "ffffffff 255.255.255.255"]);
	const others = ["", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4.", "0x1.2.3.4", "1.2.3.-4", "1..2.3", "1.2.3.4 ", "1.2.3.1234", "a.b.c.d"];
	assert.deepEqual(read(others), others.map(() => "refused"));
});

test("IPv6 is read in each of its forms and written in one", () => {
	const texts = ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "2001:DB8::A:0:1", "2001:db8:0:0:1:0:0:1", "2001:db8:0:1:1:1:1:1",
		"0001:0000:0000:0002:0000:0000:0000:0003", "fe80::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "0:0:0:0:0:ffff:c000:20a"];
	assert.deepEqual(read(texts), texts.map(text => `${hexadecimal(canonical(text))} ${canonical(text)}`));
});

test("what is no IPv6 address is refused", () => {
	const texts = [":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2:3:4:5:6:7:8", "1::2::3", ":1:2:3:4:5:6:7:8", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:",
		"1:2:3:4:5:6:7:", "1:::2", "12345::", "g::", "::g", "fe80::1%1", "[::1]", "::1 ", " ::1", "1:2:3:4:5:6:7:8::"];
	for (const text of texts) assert.equal(isIP(text) === 6 && !text.includes("%"), false, text);
	assert.deepEqual(read(texts), texts.map(() => "refused"));
	// Node takes it; the firmware has no use for it, and one form less to get wrong.
	assert.deepEqual(read(["::1.2.3.4", "64:ff9b::192.0.2.1"]), ["refused", "refused"]);
});

test("any address is written as it is read", () => {
	let state = 1;
	const draw = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 16;
	const texts = Array.from({ length: 500 }, () => Array.from({ length: 8 }, () => draw() % 3 === 0 ? (draw() % 65536).toString(16) : "0").join(":"));
	assert.deepEqual(read(texts), texts.map(text => `${hexadecimal(canonical(text))} ${canonical(text)}`));
});
