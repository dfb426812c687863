// What keys and values do on the device: told line by line. Each start counts itself in flash.

import KeyValue from "embedded:storage/key-value";
import config from "mc/config";
import Preference from "preference";
import { restart } from "reset";

function tell(what: string, value: unknown): void {
	console.log(`${what} ${JSON.stringify(value, (_, inner) => typeof inner === "bigint" ? `${inner}n` : inner instanceof ArrayBuffer ? [...new Uint8Array(inner)] : inner)}`);
}

/** The console's turn: it holds 2 KB. */
function pause(): Promise<void> {
	return new Promise(resolve => setTimeout(resolve, 2));
}

function thrown(action: () => unknown): unknown {
	try {
		return action();
	} catch (error) {
		return `${(error as { code?: string }).code}: ${(error as Error).message}`;
	}
}

async function values(): Promise<void> {
	const store = KeyValue.open({ path: "values" });
	store.write("bytes", Uint8Array.of(1, 2, 3));
	const room = new Uint8Array(4);
	tell("bytes", [store.read("bytes"), store.read("bytes", room), [...room], store.read("none"), store.read("none", room)]);
	await pause();
	tell("small", thrown(() => store.read("bytes", new Uint8Array(2))));
	store.format = "string";
	store.write("text", "grüße");
	store.write("number", 12);
	tell("text", [store.read("text"), store.read("number"), thrown(() => store.read("bytes"))]);
	await pause();
	for (const [format, good, bad] of [["uint8", 255, 256], ["int8", -128, 128], ["uint16", 65535, -1], ["int16", -32768, 1.5],
		["uint32", 4294967295, 4294967296], ["int32", -2147483648, 2147483648], ["uint64", 0xffff_ffff_ffff_ffffn, -1n], ["int64", -5n, 1n << 63n]] as const) {
		store.format = format;
		store.write(format, good);
		tell(format, [store.read(format), thrown(() => store.write(format, bad)), thrown(() => store.read("text"))]);
		await pause();
	}
	store.delete("text");
	store.delete("text");
	tell("keys", [...store]);
	await pause();
	store.close();
	store.close();
	tell("closed", thrown(() => store.read("bytes")));
	await pause();
	const reader = KeyValue.open({ path: "values", mode: "r" });
	tell("reader", [reader.read("bytes"), thrown(() => reader.write("bytes", new Uint8Array(1))), thrown(() => reader.delete("bytes"))]);
	await pause();
	tell("refused", [{ path: "" }, { path: "x".repeat(64) }, { path: "a", mode: "w" }, { path: "a", format: "float" }].map(options =>
		thrown(() => KeyValue.open(options as Parameters<typeof KeyValue.open>[0]))));
	await pause();
	tell("long", [thrown(() => Preference.set("values", "k".repeat(63), "v")), thrown(() => Preference.set("values", "k".repeat(64), "v")),
		thrown(() => Preference.set("values", "long", new Uint8Array(1900))), thrown(() => Preference.set("values", "long", new Uint8Array(1901)))]);
	await pause();
	for (const [key, value] of [["yes", true], ["no", false], ["half", 0.5], ["empty", ""], ["none", new ArrayBuffer(0)], ["minus", -7]] as const) Preference.set("kinds", key, value);
	tell("kinds", Object.fromEntries(Preference.keys("kinds").map(key => [key, Preference.get("kinds", key)])));
	await pause();
	tell("domains", [Preference.keys("nobody"), Preference.get("nobody", "yes") ?? null]);
}

function full(): void {
	let count = 0;
	let refusal: unknown;
	while (refusal === undefined) refusal = thrown(() => Preference.set("full", String(count++), "x".repeat(400)));
	tell("full", [count - 1, refusal]);
	for (const key of Preference.keys("full")) Preference.delete("full", key);
	tell("emptied", [Preference.keys("full"), thrown(() => Preference.set("full", "again", "x".repeat(400)))]);
}

const starts = Number(Preference.get("starts", "count") ?? 0) + 1;
Preference.set("starts", "count", starts);
tell("start", starts);
if (config.values) await values();
if (config.full) full();
if (config.turns) for (let turn = 1; turn <= Number(config.turns); turn++) {
	Preference.set("turns", "turn", `${turn} ${"x".repeat(turn % 90)}`);
	tell("turn", turn);
	await pause();
}
tell("last", Preference.get("turns", "turn") ?? null);
if (starts < Number(config.starts ?? 1)) restart();
console.log("over");
