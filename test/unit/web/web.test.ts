// The web's classes as modules/web has them, beside Node's own.

import { written } from "./natives.ts";
import assert from "node:assert/strict";
import test, { mock } from "node:test";

const { AbortController, AbortSignal } = await import("../../../modules/web/abort-controller.ts");
const { DOMException } = await import("../../../modules/web/dom-exception.ts");
const { Event, EventTarget } = await import("../../../modules/web/event-target.ts");
const { Headers } = await import("../../../modules/web/headers.ts");
const { console: deviceConsole } = await import("../../../modules/base/console.ts");
const { getRandomValues } = await import("../../../modules/crypto/crypto.ts");
const text = await import("../../../modules/web/text.ts");

test("headers are found in any case, joined when they repeat, and come in the order of their names", () => {
	for (const Class of [Headers, globalThis.Headers]) {
		const headers = new Class([["X-B", " two "], ["a", "1"], ["x-b", "three"]]);
		headers.append("A", "2");
		headers.set("c", "gone");
		headers.delete("C");
		assert.deepEqual([...headers], [["a", "1, 2"], ["x-b", "two, three"]]);
		assert.deepEqual([headers.get("X-b"), headers.get("c"), headers.has("A"), headers.has("z")], ["two, three", null, true, false]);
		assert.deepEqual([[...headers.keys()], [...headers.values()]], [["a", "x-b"], ["1, 2", "two, three"]]);
		assert.deepEqual([...new Class(headers as never)], [...headers]);
		assert.deepEqual([...new Class({ Q: "r" })], [["q", "r"]]);
		const seen: string[] = [];
		headers.forEach((value, name) => seen.push(`${name}=${value}`));
		assert.deepEqual(seen, ["a=1, 2", "x-b=two, three"]);
	}
});

test("a header that would break out of its line is refused", () => {
	for (const Class of [Headers, globalThis.Headers]) {
		for (const [name, value] of [["a\r\nb", "c"], ["", "c"], ["a b", "c"], ["a:", "c"], ["a", "b\r\nc: d"], ["a", "b\0"], ["a", "\u20ac"]] as const) {
			assert.throws(() => new Class([[name, value]]), TypeError, JSON.stringify([name, value]));
		}
	}
	assert.equal(new Headers([["a", "\t b \t "]]).get("a"), "b");
	assert.equal(new Headers([["a", "voil\xc3\xa0"]]).get("a"), "voil\xc3\xa0", "a byte A0 at the end is no blank");
});

test("an aborted signal tells each listener once, with the event's target", () => {
	const controller = new AbortController();
	const { signal } = controller;
	const seen: string[] = [];
	signal.onabort = event => seen.push(`on ${event.type}`);
	signal.addEventListener("abort", event => seen.push(`listener ${event.target === signal}`));
	const removed = () => seen.push("removed");
	signal.addEventListener("abort", removed);
	signal.removeEventListener("abort", removed);
	assert.equal(signal.aborted, false);
	signal.throwIfAborted();
	controller.abort();
	controller.abort(new Error("second"));
	assert.equal(seen.length, 2);
	assert.ok(seen.includes("on abort") && seen.includes("listener true"));
	assert.equal((signal.reason as Error).name, "AbortError");
	assert.ok(signal.reason instanceof DOMException);
	assert.throws(() => signal.throwIfAborted(), { name: "AbortError" });
});

test("an abort keeps the reason it was given", () => {
	const reason = { why: "bored" };
	const controller = new AbortController();
	controller.abort(reason);
	assert.equal(controller.signal.reason, reason);
	assert.equal(AbortSignal.abort(reason).reason, reason);
	assert.equal((AbortSignal.abort().reason as Error).name, "AbortError");
});

test("a listener that throws does not keep the others from being called", async () => {
	const uncaught: unknown[] = [];
	const listeners = process.listeners("uncaughtException");
	process.removeAllListeners("uncaughtException");
	process.once("uncaughtException", error => uncaught.push(error));
	const controller = new AbortController();
	let called = 0;
	controller.signal.onabort = () => {
		throw new Error("of onabort");
	};
	controller.signal.addEventListener("abort", () => called++);
	controller.abort();
	assert.equal(called, 1);
	await new Promise(resolve => setImmediate(resolve));
	for (const listener of listeners) process.on("uncaughtException", listener);
	assert.deepEqual(uncaught.map(String), ["Error: of onabort"]);
});

test("a signal with a time limit aborts when it is over", () => {
	mock.timers.enable({ apis: ["setTimeout"] });
	try {
		const signal = AbortSignal.timeout(100);
		mock.timers.tick(99);
		assert.equal(signal.aborted, false);
		mock.timers.tick(1);
		assert.equal((signal.reason as Error).name, "TimeoutError");
	} finally {
		mock.timers.reset();
	}
});

test("a signal of several aborts with the first of them", () => {
	const [one, two] = [new AbortController(), new AbortController()];
	const any = AbortSignal.any([one.signal, two.signal]);
	two.abort("two");
	one.abort("one");
	assert.equal(any.reason, "two");
	assert.equal(AbortSignal.any([AbortSignal.abort("early"), one.signal]).reason, "early");
	assert.equal(AbortSignal.any([]).aborted, false);
});

test("an event can be cancelled, stopped, and heard once", () => {
	const target = new EventTarget();
	const seen: string[] = [];
	target.addEventListener("a", () => seen.push("once"), { once: true });
	target.addEventListener("a", { handleEvent: event => seen.push(event.type) });
	target.addEventListener("a", event => event.preventDefault());
	assert.equal(target.dispatchEvent(new Event("a")), true);
	assert.equal(target.dispatchEvent(new Event("a", { cancelable: true })), false);
	assert.deepEqual(seen, ["once", "a", "a"]);
	target.addEventListener("b", event => event.stopImmediatePropagation());
	target.addEventListener("b", () => seen.push("never"));
	target.dispatchEvent(new Event("b"));
	const controller = new AbortController();
	target.addEventListener("c", () => seen.push("never"), { signal: controller.signal });
	controller.abort();
	target.dispatchEvent(new Event("c"));
	assert.ok(!seen.includes("never"));
});

test("a DOMException is an error told by its name", () => {
	const error = new DOMException("too late", "TimeoutError");
	assert.ok(error instanceof Error);
	assert.deepEqual([error.name, error.message, error.code], ["TimeoutError", "too late", 23]);
	assert.deepEqual([new DOMException().name, new DOMException("", "Odd").code], ["Error", 0]);
});

test("text becomes UTF-8 and comes back, whole or in pieces cut anywhere", () => {
	const sample = "a\u00e9\u20ac\u{1f600}z";
	const bytes = new text.TextEncoder().encode(sample);
	assert.deepEqual(Buffer.from(bytes), Buffer.from(sample));
	for (let first = 0; first <= bytes.length; first++) {
		for (let second = first; second <= bytes.length; second++) {
			const decoder = new text.TextDecoder();
			const pieces = [bytes.slice(0, first), bytes.slice(first, second), bytes.slice(second)];
			const result = pieces.map(piece => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
			assert.equal(result, sample);
		}
	}
});

test("malformed bytes are replaced, or refused when that is asked for", () => {
	const bytes = Uint8Array.of(0x61, 0xff, 0xe2, 0x82);
	assert.equal(new text.TextDecoder().decode(bytes), "a\ufffd\ufffd");
	assert.throws(() => new text.TextDecoder("utf-8", { fatal: true }).decode(bytes), TypeError);
	assert.throws(() => new text.TextDecoder("latin1"), RangeError);
});

test("a byte order mark is dropped at the beginning only, also when it is cut", () => {
	const bytes = new text.TextEncoder().encode("\ufeffa\ufeff");
	assert.equal(new text.TextDecoder().decode(bytes), "a\ufeff");
	assert.equal(new text.TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), "\ufeffa\ufeff");
	const decoder = new text.TextDecoder();
	assert.equal(decoder.decode(bytes.slice(0, 1), { stream: true }) + decoder.decode(bytes.slice(1), { stream: true }) + decoder.decode(), "a\ufeff");
	assert.equal(decoder.decode(bytes), "a\ufeff", "the next text begins anew");
});

test("a failed assertion prints its message with what its format asks for, and one that holds prints nothing", () => {
	written.length = 0;
	deviceConsole.assert(true, "silent");
	deviceConsole.assert(false);
	deviceConsole.assert(false, "%s is %d", "x", 2, "rest");
	deviceConsole.assert(false, { a: 1 });
	assert.deepEqual(written, ["Assertion failed\n", "Assertion failed: x is 2 rest\n", "Assertion failed: { a: 1 }\n"]);
});

test("random numbers come 65,536 bytes at a time at most, into arrays of integers only", () => {
	for (const random of [getRandomValues, (array: Uint8Array) => crypto.getRandomValues(array)]) {
		assert.equal(random(new Uint8Array(65_536)).length, 65_536);
		assert.throws(() => random(new Uint8Array(65_537)), { name: "QuotaExceededError", code: 22 });
		assert.throws(() => random(new Uint32Array(16_385) as never), { name: "QuotaExceededError", code: 22 });
		for (const wrong of [new Float32Array(1), new Float64Array(1), new DataView(new ArrayBuffer(1)), [1]]) {
			assert.throws(() => random(wrong as never), { name: "TypeMismatchError", code: 17 });
		}
	}
});
