// What console prints, as lines: only what is the same wherever it runs.

import type { Case } from "../tell.ts";

/** The lines come between the answers: each case prints, and answers nothing. */
export const consoles: Readonly<Record<string, readonly Case[]>> = {
	"console": [
		() => console.log("text", 1, -0, 1.5, true, null, undefined, 12n), () => console.log([1, "a", [2, { b: 3 }]], { a: { b: { c: { d: 1 } } } }), () => console.log("%s is %d of %i and %f", "one", "2", 3.9, "4.5", "rest"),
		() => console.log("%j %o %% %c.", { a: 1 }, 5, "css"), () => console.log("%s", { a: 1 }, "%s"), () => console.log(new Map([["a", 1]]), new Set([1, "b"])), () => console.log([, 1, , ,]), () => console.log({ "a-b": 1, c: "it's" }),
		() => console.log(Symbol("s"), function named() {}, class Thing {}, () => {}), () => console.log(new Date(0)), () => console.log(/a/g), () => console.log(Uint8Array.of(1, 2)), () => console.log(""), () => console.log(), () => console.log("a\nb"),
		() => console.info("info"), () => console.log({ get a() { return 1; }, set b(_value: number) {} }), () => { const ring: { ring?: unknown } = {}; ring.ring = { ring }; return console.log(Object.keys(ring)); },
		() => console.dir({ a: "text" }), () => console.debug("debug"),
	],
	"console, formats": [
		() => console.log("100%%"), () => console.log("100%%", 1), () => console.log("%d %f %s", -0, "-0", -0), () => console.log("%s %s %d", 12n, { toString() { return "own"; } }, 12n), () => console.log("%d", {}, "%i"), () => console.log("%x %", 1),
		() => { class Named { toString() { return "a name"; } } console.log("%s", new Named()); }, () => console.log("%s", null, undefined), () => console.log("%d|%i|%f", "", "", "x"), () => console.log("%j", () => {}), () => console.log("%s %d", Symbol("a"), Symbol("b")), () => console.log("%s", new Date(0)),
		() => console.log("%d", new Date(5)), () => console.log("%d %d", [5], null), () => console.log("%s", /a/g), () => console.log("%s", [1, 2]), () => console.log("%i", 1e3), () => console.log("%O", "text"), () => console.log("%o"), () => console.log("%", "%s"), () => console.log(1, "%s", 2), () => console.log("%i", -0.5),
	],
	"console, more": [
		() => { console.group("outer"); console.log("in"); console.group(); console.log("a\nb"); console.groupEnd(); console.groupEnd(); console.log("out"); }, () => { console.count(); console.count(); console.count("x"); console.countReset(); console.count(); },
		() => console.table([{ a: 1, b: "x" }, { a: 2, c: [1] }]), () => console.table([1, "two"]), () => console.table({ x: { y: 1, z: 2 } }, ["y"]), () => console.table(new Map([["k", { a: 1 }]])), () => console.table(new Set([5])), () => console.table("text"), () => console.table([]),
		() => console.table([[1, 2], [3]]), () => console.assert(true, "silent"), () => console.groupCollapsed("folded"), () => console.groupEnd(), () => console.log(new URLSearchParams("a=1&b=2"), [new URLSearchParams()]),
	],
};
