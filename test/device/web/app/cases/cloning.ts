// structuredClone.

import { thrown, type Case } from "../tell.ts";

const clone = <T>(value: T): T => structuredClone(value);
const refused = (value: unknown): unknown => {
	try {
		return structuredClone(value);
	} catch (error) {
		return error;
	}
};

class Point {
	#hidden = 1;
	constructor(readonly x: number) {}
	get double(): number { return this.x * 2 + this.#hidden; }
}

export const cloning: Readonly<Record<string, readonly Case[]>> = {
	"structuredClone of primitives": [undefined, null, true, 1, -0, NaN, "text", 12n].map(value => () => clone(value)),
	"structuredClone of objects": [
		() => clone({ a: 1, b: { c: [1, 2, { d: "x" }] } }), () => clone([]), () => clone([1, , 3]).length, () => 1 in clone([1, , 3]), () => clone({}),
		() => clone(new Date(86_400_000)), () => clone(new Date(NaN)), () => clone(/a(b)/gi), () => { const from = /a/g; from.lastIndex = 3; return clone(from).lastIndex; },
		() => clone(new Map<unknown, unknown>([["a", 1], [{ k: 1 }, [2]]])), () => clone(new Set<unknown>([1, "two", { three: 3 }])), () => clone(Object(5)) instanceof Number,
		() => { const copy = clone(Object(7n)); return [typeof copy, copy.valueOf()]; }, () => clone(Object("text")).valueOf(), () => clone(Object(false)).valueOf(), () => clone({ when: undefined, no: null }), () => Object.keys(clone({ z: 1, a: 2 })),
	],
	"structuredClone of buffers": [
		() => clone(Uint8Array.of(1, 2, 3)), () => clone(Float64Array.of(1.5, -0, NaN)), () => clone(Uint8Array.of(1, 2, 3).buffer), () => clone(BigInt64Array.of(-1n)),
		() => { const from = Uint8Array.of(1, 2, 3, 4); const copy = clone(from.subarray(1, 3)); return [copy, copy.buffer.byteLength, copy.byteOffset]; },
		() => { const from = Uint8Array.of(1, 2); const copy = clone([from, from]); return [copy[0] === copy[1], copy[0] === from]; },
		() => { const from = Uint8Array.of(1, 2, 3, 4); const copy = clone([from, new Uint16Array(from.buffer)]); copy[0]![0] = 9; return copy[1]![0]! & 255; },
		() => new Uint8Array(clone(new DataView(Uint8Array.of(5, 6, 7).buffer, 1)).buffer),
	],
	"structuredClone, independent": [
		() => { const from = { list: [1] }; const copy = clone(from); copy.list.push(2); return [from.list, copy.list]; },
		() => { const from = new Map([["a", { b: 1 }]]); clone(from).get("a")!.b = 2; return from.get("a")!.b; },
	],
	"structuredClone of what refers to itself": [
		() => { const from: { self?: unknown } = {}; from.self = from; const copy = clone(from); return [copy.self === copy, copy === from]; },
		() => { const from: unknown[] = []; from.push(from); const copy = clone(from); return copy[0] === copy; },
		() => { const from = new Map<string, unknown>(); from.set("me", from); const copy = clone(from); return copy.get("me") === copy; },
		() => { const shared = { a: 1 }; const copy = clone({ one: shared, two: shared }); return copy.one === copy.two; },
	],
	"structuredClone of errors": [
		() => { const copy = clone(new RangeError("far")); return [copy instanceof RangeError, copy.name, copy.message]; },
		() => { const copy = clone(new Error("outer", { cause: { why: 1 } })); return [copy.message, copy.cause]; },
		() => { const from = new Error("x"); from.name = "Odd"; const copy = clone(from); return [copy instanceof Error, copy.name]; },
		() => { class Own extends TypeError {} const copy = clone(new Own("mine")); return [copy instanceof Own, copy instanceof TypeError, copy.message]; },
		() => Object.keys(clone(Object.assign(new Error("x"), { extra: 1 }))),
	],
	"structuredClone of instances": [
		() => { const copy = clone(new Point(3)); return [copy instanceof Point, Object.keys(copy), copy.double]; },
		() => Object.keys(clone(Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true }, hidden: { value: 3 } }))),
		() => clone({ get value() { return 7; } }), () => { const key = Symbol("k"); return Object.getOwnPropertySymbols(clone({ [key]: 1 })).length; },
	],
	"structuredClone, refused": [
		() => refused(() => {}), () => refused(Symbol("s")), () => refused({ deep: [{ f() {} }] }), () => refused(new WeakMap()), () => refused(Promise.resolve()), () => refused(new WeakSet()),
		() => refused(new Map([[Symbol("k"), 1]])), () => refused(Object(Symbol("s"))), () => thrown(() => (structuredClone as unknown as () => unknown)()),
		() => thrown(() => structuredClone({ get value(): never { throw new RangeError("got"); } })),
	],
	"structuredClone, transfer": [
		() => { const from = Uint8Array.of(1, 2, 3); const copy = structuredClone(from, { transfer: [from.buffer as ArrayBuffer] }); return [copy, from.length, from.buffer.byteLength]; },
		() => { const buffer = new ArrayBuffer(4); const copy = structuredClone({ a: buffer, b: 1 }, { transfer: [buffer] }); return [copy.a.byteLength, buffer.byteLength, copy.b]; },
		() => { const buffer = new ArrayBuffer(4); return [thrown(() => structuredClone(() => {}, { transfer: [buffer] })), buffer.byteLength]; },
		() => { const buffer = new ArrayBuffer(4); return thrown(() => structuredClone(1, { transfer: [buffer, buffer] })); },
	],
};
