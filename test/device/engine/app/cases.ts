// Cases of the language, run on the device and in Node: each answers what JSON can hold. Those of preloaded objects come first,
// for they change what they look at.

import * as kept from "./kept.ts";
import { account, Account, awaited, count, day, increment, invalidDay, Left, list, makers, nested, pages, plain, Right, ring, settled, table, untouched, words } from "./kept.ts";

type Answer = unknown;

export const cases: readonly (readonly [name: string, run: () => Answer | Promise<Answer>])[] = [
	// What a preloaded module keeps is written to as if it lay in RAM.
	["all private fields of a preloaded instance stay when one is written", () => {
		account.label = "purse";
		account.put(5);
		account.put(7);
		return [account.tell(), untouched.tell()];
	}],
	["an instance that is first written through a private field keeps its others", () => {
		untouched.put(1);
		return untouched.tell();
	}],
	["a new instance of a preloaded class is its own", () => {
		const own = new Account("Eve");
		own.put(2);
		return own.tell();
	}],
	["methods that are alike stay two", () => {
		const turns = [new Left().turn(), new Left().turn(), new Right().turn()];
		const names = (f: { readonly name: string; readonly length: number }) => [Object.getOwnPropertyNames(f), f.name, f.length];
		return [turns, Object.is(Left.prototype.turn, Right.prototype.turn), names(Left.prototype.turn), names(Right.prototype.turn), names(Array.prototype.at), names(String.prototype.at)];
	}],
	["functions made of one text keep their own variables", () => [makers[0]!.next(), makers[0]!.next(), makers[1]!.next(), makers[0]!.next()]],
	["a preloaded constructor whose length is defined anew leaves others as they are", () => {
		const before = [Left.length, Right.length, Left.name, Right.name];
		Object.defineProperty(Left, "length", { value: 7 });
		Object.defineProperty(Left, "name", { value: "Other" });
		return [before, Left.length, Right.length, Left.name, Right.name, Account.length, Account.name];
	}],
	["an exported variable is seen changed by import and by namespace", () => {
		increment();
		increment();
		return [count, kept.count, Object.entries(kept).find(([name]) => name === "count")];
	}],
	["a preloaded date can be set, and is read where it was set", () => {
		const before = day.getTime();
		day.setTime(before + 86_400_000);
		day.setUTCHours(1);
		return [before, day.getTime(), day.valueOf(), day.toISOString(), new Date(day).getTime(), +day];
	}],
	["an invalid preloaded date becomes valid", () => {
		invalidDay.setUTCFullYear(2000, 1, 29);
		return invalidDay.toISOString();
	}],
	["a preloaded global regular expression goes on from its last match", () => {
		const found = [];
		for (let match = words.exec("ab cde f"); match; match = words.exec("ab cde f")) found.push([match[0], match.index, words.lastIndex]);
		return [found, words.lastIndex, "x yz".replace(words, "$2$1"), [..."one two".matchAll(words)].map(match => match[2])];
	}],
	["a preloaded regular expression without state matches again and again", () => [plain.test("foo"), plain.exec("boo")?.index, plain.source, "moon".search(plain)]],
	["a preloaded array is sorted, grown and cut", () => {
		list.sort();
		list.push(9, 8);
		list.splice(1, 1);
		return [list, list.length, list.indexOf(9)];
	}],
	["many preloaded arrays are copied while memory is collected", () => {
		for (const page of pages) page[0] = -1;
		return pages.reduce((sum, page) => sum + page[0]! + page[29]!, 0);
	}],
	["a preloaded object becomes JSON, and what is in it", () => [nested, JSON.stringify(nested, null, 1), JSON.stringify({ inside: nested, twice: [nested.list, nested.list] })]],
	["a preloaded ring is refused by JSON", () => {
		try {
			return JSON.stringify({ ring });
		} catch (error) {
			return (error as Error).name;
		}
	}],
	["a preloaded ring that is opened becomes JSON", () => {
		delete ring.next!.next;
		return JSON.stringify(ring);
	}],
	["a preloaded map is read", () => [table.get("one"), [...table], table.size, table.has("three")]],
	["a preloaded promise is awaited", async () => [await settled, awaited]],
	["a preloaded prototype takes a method", () => {
		(Account.prototype as unknown as { shout: () => string }).shout = function (this: Account) {
			return this.tell().toUpperCase();
		};
		return (account as unknown as { shout: () => string }).shout();
	}],

	// The language, ES2022.
	["class fields, static blocks and accessors", () => {
		class Shape {
			static made = 0;
			static { this.made = 10; }
			static #hidden = "h";
			sides = 3;
			["computed"] = 1;
			get double(): number { return this.sides * 2; }
			set double(value: number) { this.sides = value / 2; }
			static reveal(): string { return Shape.#hidden; }
		}
		const shape = new Shape();
		shape.double = 10;
		return [Shape.made, Shape.reveal(), shape, shape.double, Object.keys(shape)];
	}],
	["private methods, accessors and brand checks", () => {
		class Box {
			#value = 1;
			#add(more: number): number { return this.#value += more; }
			get #twice(): number { return this.#value * 2; }
			static has(candidate: object): boolean { return #value in candidate; }
			run(): number[] { return [this.#add(4), this.#twice]; }
		}
		return [new Box().run(), Box.has(new Box()), Box.has({})];
	}],
	["a private field of another object is a TypeError", () => {
		class Box {
			#value = 1;
			static read(from: Box): number { return from.#value; }
		}
		return Box.read({} as Box);
	}],
	["optional chaining and nullish assignment", () => {
		const from: { a?: { b?: () => number }; c?: number | null; d?: number } = { a: {}, c: null, d: 0 };
		from.c ??= 5;
		from.d ||= 6;
		from.d &&= 7;
		return [from.a?.b?.() ?? "none", from.c, from.d, from?.["a"]];
	}],
	["big integers", () => [(2n ** 100n).toString(), (-7n / 2n).toString(), BigInt.asUintN(8, 257n).toString(), String(5n > 4), (0xffn << 4n).toString(16), typeof 1n]],
	["named groups, lookbehind, sticky, dotAll and indices", () => {
		const match = /(?<year>\d{4})-(?<month>\d\d)/.exec("on 2026-11-25")!;
		const sticky = /a/y;
		sticky.lastIndex = 1;
		return [match.groups, "3 EUR 4 USD".match(/(?<=\s)[A-Z]+/g), sticky.test("ba"), /a.b/s.test("a\nb"), [...(/b(c)/d.exec("abc")!.indices ?? [])], /(?<!x)y/.test("xy")];
	}],
	["at, replaceAll, hasOwn, flat and findLast", () => [
		[1, 2, 3].at(-1), "abc".at(-2), "a-b-c".replaceAll("-", "+"), Object.hasOwn({ a: 1 }, "a"), [1, [2, [3]]].flat(Infinity),
		([5, 6, 7] as number[] & { findLast(test: (value: number) => boolean): number }).findLast(value => value < 7), Object.fromEntries([["k", 1]]),
	]],
	["errors with a cause, and several at once", () => {
		const error = new Error("outer", { cause: new RangeError("inner") });
		const all = new AggregateError([new TypeError("a"), "b"], "many");
		return [(error.cause as Error).message, all.errors.length, all.message, all instanceof Error, String(error)];
	}],
	["weak references, weak maps and registries exist", () => {
		const target = {};
		const map = new WeakMap([[target, 1]]);
		return [new WeakRef(target).deref() === target, map.get(target), typeof new FinalizationRegistry(() => {}).register];
	}],
	["generators are driven, thrown into and returned from", () => {
		function* steps(): Generator<unknown, string, any> {
			try {
				const got = yield 1;
				yield* [got, got * 2];
				return "end";
			} finally {
				yield "cleaned";
			}
		}
		const run = steps();
		// The values at once: behind yield*, XS hands out the one result object of an array's iterator again and again.
		const values = [run.next().value, run.next(4).value, run.next().value];
		return [values, run.return("early"), run.next(), [...steps()].length];
	}],
	["asynchronous generators and for await", async () => {
		async function* numbers(): AsyncGenerator<number> {
			yield 1;
			await null;
			yield 2;
		}
		const got: number[] = [];
		for await (const value of numbers()) got.push(value);
		for await (const value of [Promise.resolve(3), 4]) got.push(value);
		return got;
	}],
	["promises settle in order", async () => {
		const order: string[] = [];
		const jobs = [Promise.resolve().then(() => order.push("then")), (async () => { order.push("now"); await 0; order.push("await"); })()];
		queueMicrotask(() => order.push("microtask"));
		await Promise.all(jobs);
		const states = await Promise.allSettled([1, Promise.reject(new Error("no"))]);
		return [order, states.map(({ status }) => status), await Promise.any([Promise.reject(0), 7]), await Promise.race([8, new Promise(() => {})])];
	}],
	["destructuring, spread, defaults and tagged templates", () => {
		const [first = 9, , ...rest] = [undefined, 2, 3, 4];
		const { a, ...others } = { a: 1, b: 2, c: 3 };
		const tag = (strings: TemplateStringsArray, ...values: unknown[]) => `${strings.raw.join("|")}/${values.join()}`;
		return [first, rest, a, others, tag`x${1}\n${2}z`, Math.max(...[1, 5, 3])];
	}],
	["proxies and Reflect", () => {
		const seen: string[] = [];
		const proxy = new Proxy({ a: 1 } as Record<string, number>, {
			get: (target, key, receiver) => { seen.push(`get ${String(key)}`); return Reflect.get(target, key, receiver) ?? 42; },
			has: () => true,
			ownKeys: () => ["a", "b"],
		});
		return [proxy["a"], proxy["zz"], "anything" in proxy, Reflect.ownKeys(proxy), seen];
	}],
	["symbols, iterators and toPrimitive", () => {
		const range = { *[Symbol.iterator]() { yield* [1, 2, 3]; }, [Symbol.toPrimitive]: (hint: string) => hint === "number" ? 7 : "seven" };
		return [[...range], +range, `${range}`, Symbol.for("k") === Symbol.for("k"), Symbol("d").description];
	}],
	["typed arrays, views and resizable buffers", () => {
		const Resizable = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer & { resize(length: number): void };
		const buffer = new Resizable(4, { maxByteLength: 8 });
		const bytes = new Uint8Array(buffer);
		bytes.set([1, 2, 255]);
		const view = new DataView(buffer);
		buffer.resize(8);
		view.setFloat32(4, 1.5, true);
		return [[...bytes], view.getInt16(1), view.getUint32(4, true), Array.from(new Float64Array([0.1])), new Uint8ClampedArray([300])[0]];
	}],
	["big integers in arrays and views", () => {
		const view = new DataView(new ArrayBuffer(17));
		view.setBigInt64(1, -2n, true);
		view.setBigUint64(9, 2n ** 63n + 5n);
		return [
			...BigInt64Array.of(-1n, 2n ** 62n, -(2n ** 40n)), ...BigUint64Array.of(-1n, 1n), view.getBigInt64(1, true), view.getBigUint64(9), view.getBigInt64(9), view.getUint8(1),
			BigInt64Array.of(3n, -4n, 2n).sort().join(),
		].map(String);
	}],
	["maps and sets keep their order and their identity", () => {
		const map = new Map<unknown, unknown>([[NaN, 1], [0, 2]]);
		map.set(-0, 3).delete(NaN);
		return [[...map], new Set([1, 1, 2, NaN, NaN]).size, [...new Set("hello")].join("")];
	}],
	["labels, switch and exponent", () => {
		let total = 0;
		outer: for (let i = 0; i < 3; i++) {
			for (let j = 0; ; j++) {
				if (j === 2) continue outer;
				switch (i) {
					case 0:
					case 1: total += 10; break;
					default: total += 1;
				}
			}
		}
		return [total, 2 ** 10, (-2) ** 3, 7 % -3, -7 % 3];
	}],
	["closures of a loop are their own", () => {
		const made: (() => number)[] = [];
		for (let i = 0; i < 3; i++) made.push(() => i);
		return made.map(run => run());
	}],
	["getters, setters, sealed and frozen objects", () => {
		const object = Object.freeze({ a: [1] });
		object.a.push(2);
		try {
			(object as { a: number[] }).a = [];
			return "written";
		} catch (error) {
			return [(error as Error).name, object, Object.isFrozen(object), Object.getOwnPropertyDescriptor(object, "a")];
		}
	}],
	["numbers print and parse as they do elsewhere", () => [
		0.1 + 0.2, 1e21, 1 / 3, 5e-324, 123456789012345680000, (255).toString(16), (0.5).toFixed(2), (1234.5678).toExponential(2), (0.000001234).toPrecision(2),
		parseInt("12px"), parseFloat("3.14abc"), Number(""), Number("0x1f"), Number.EPSILON, Math.hypot(3, 4), Math.fround(5.5), Math.clz32(1), Math.sign(-0) === 0,
	]],
	["numbers that JSON cannot hold", () => [String(NaN), String(-Infinity), Object.is(-0, 0), (25).toString(36)]],
	["strings of the basic plane", () => [
		"straße".length, "abc".padStart(5, "*"), "a,b,,c".split(","), "Hello".codePointAt(1), "x".repeat(3), " trim\t".trim(), "äöü".toUpperCase(), "abc".localeCompare("abd"), escape("ä b"), encodeURIComponent("ä/ b"),
	]],
	["sorting is stable and by comparison", () => [[3, 1, 10, 2].sort(), [3, 1, 10, 2].sort((a, b) => a - b), ["b1", "a1", "b0", "a0"].sort((a, b) => a.charCodeAt(0) - b.charCodeAt(0))]],
	["dates are parsed, counted and printed", () => [
		Date.UTC(2024, 1, 29), new Date("2026-03-01T00:00:00Z").getTime(), new Date(0).toISOString(), new Date("2026-11-25T10:00:00+02:00").toJSON(), new Date(8.64e15 + 1).getTime(), Date.parse("Wed, 25 Nov 2026 10:00:00 GMT"),
	]],
	["JSON is read and written with revivers, replacers and limits", () => [
		JSON.parse('{"a":[1,2,{"b":null}],"c":"\\u00e4\\n"}'), JSON.parse("[1,2]", (key, value) => typeof value === "number" ? value * 2 : value),
		JSON.stringify({ a: 1, b: [undefined, () => {}], c: undefined, d: new Date(0) }), JSON.stringify({ a: 1, b: 2 }, ["b"]), JSON.stringify("\u2028"),
	]],
	["text that is no JSON is a SyntaxError", () => JSON.parse("{'a': 1}")],
	["an undeclared name is a ReferenceError", () => (undeclaredName as unknown)],
	["null has no properties: TypeError", () => (null as unknown as { a: number }).a],
	["a length that cannot be is a RangeError", () => new Array(-1)],
	["import() finds a preloaded module", async () => (await import("./kept.ts")).account === account],
	["a module knows itself", () => typeof import.meta],
	["getters of arguments, rest and this", () => {
		function strict(this: unknown, ..._rest: unknown[]): unknown[] { return [arguments.length, this === undefined]; }
		return [strict(1, 2), strict.length, strict.name, (() => {}).name, (class Named {}).name];
	}],
];

declare const undeclaredName: unknown;
