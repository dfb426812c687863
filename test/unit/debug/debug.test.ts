// The words of the xsbug protocol, and the paths in them, without a device.

import assert from "node:assert/strict";
import test from "node:test";
import { devicePath, localPath, PathRewriter } from "../../../tools/debug/source-paths.ts";
import { XsbugReader, parseElements } from "../../../tools/debug/xsbug-messages.ts";

const message = '\r\n<xsbug><frames><frame name="f &#60;x&#62;" value="@20018060" path="a/b.ts" line="6"/></frames>'
	+ '<break path="a/b.ts" line="6"># Break: breakpoint!\n</break></xsbug>\r\n';

test("a message that comes byte by byte, after noise, is read once it is whole", () => {
	const reader = new XsbugReader();
	const bytes = Buffer.from(`half of a message</property></xsb\r\n${message}${message}`);
	const elements = [...bytes].flatMap(byte => reader.read(Uint8Array.of(byte)));
	assert.deepEqual(elements.map(({ name }) => name), ["frames", "break", "frames", "break"]);
	assert.deepEqual(elements[0]!.children[0]!.attributes, { name: "f <x>", value: "@20018060", path: "a/b.ts", line: "6" });
	assert.equal(elements[1]!.text, "# Break: breakpoint!\n");
});

test("what is no XML of XS is refused with its text", () => {
	assert.throws(() => parseElements("<a><b></a>"), /<\/a> closes <b>/);
	assert.throws(() => parseElements("<a x=1/>"), /no XML at "<a x=1\/>"/);
	assert.throws(() => parseElements("<a>"), /<a> is not closed/);
	assert.throws(() => new XsbugReader().read(Buffer.alloc(5 * 1024 * 1024, "x")), /is this an XS debugger's port/);
});

test("paths are local for the debugger, the project's for the device, and come back the same", () => {
	assert.equal(localPath("modules/base/timer.ts", "/home/me/project"), "/home/me/project/modules/base/timer.ts");
	assert.equal(devicePath("/home/me/app/main.ts", "/home/me/project"), "../app/main.ts");
	assert.equal(localPath("../app/main.ts", "/home/me/project"), "/home/me/app/main.ts");
	assert.equal(devicePath("exceptions", "/home/me/project"), "exceptions");
});

test("wherever a stream is cut, its paths are rewritten, the rest is untouched, and ends of commands are not held back", () => {
	const rewritten = message.replaceAll('path="', 'path="/here/');
	for (let cut = 1; cut < message.length; cut++) {
		const rewriter = new PathRewriter(path => `/here/${path}`);
		const parts = [message.slice(0, cut), message.slice(cut)].map(part => Buffer.from(rewriter.pass(Buffer.from(part))).toString());
		assert.equal(parts.join(""), rewritten, `cut at ${cut}`);
	}
	const commands = new PathRewriter(path => path);
	assert.equal(Buffer.from(commands.pass(Buffer.from("\r\n<go/>\r\n"))).toString(), "\r\n<go/>\r\n");
});
