// Values as the console shows them: what the table of cases in test/device/web cannot hold beside Node's, because stacks and classes are the device's own.

import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "../../../modules/base/inspect.ts";

/** An error with a stack as XS writes it. */
function thrown(message: string, frames: readonly string[], cause?: Error): Error {
	const error = new Error(message, cause && { cause });
	error.stack = [`Error: ${message}`, ...frames].join("\n");
	return error;
}

test("lines of a stack that name nothing are left out", () => {
	assert.equal(inspect(thrown("a", [" at read (main.ts:3)", " at ()", " at (main.ts:9)", " at ()"])), "Error: a\n at read (main.ts:3)\n at (main.ts:9)");
});

test("of a cause's stack, what stands above already is counted", () => {
	const shared = [" at two (main.ts:2)", " at ()", " at (main.ts:1)"];
	const cause = thrown("inner", [" at four (main.ts:4)", ...shared]);
	assert.equal(inspect(thrown("outer", [" at three (main.ts:3)", ...shared], cause)), [
		"Error: outer", " at three (main.ts:3)", " at two (main.ts:2)", " at (main.ts:1) {",
		"  [cause]: Error: inner", " at four (main.ts:4)", " ... 2 more as above", "}",
	].join("\n"));
});

test("a cause that was made elsewhere keeps its stack", () => {
	const text = inspect(thrown("outer", [" at (main.ts:1)"], thrown("inner", [" at (main.ts:2)", " at fired (timer.ts:70)"])));
	assert.match(text, /Error: inner\n at \(main\.ts:2\)\n at fired \(timer\.ts:70\)/);
});

test("lists of pairs show them, and objects that say what they are are shown so", () => {
	assert.equal(inspect(new URLSearchParams({ a: "1", b: "2" })), "URLSearchParams { 'a' => '1', 'b' => '2' }");
	assert.equal(inspect(new Headers({ Accept: "*/*" })), "Headers { 'accept' => '*/*' }");
	assert.equal(inspect([new URL("https://a.example/?b")]), "[ [URL: https://a.example/?b] ]");
	assert.equal(inspect(new (class Empty {})()), "Empty {}");
});
