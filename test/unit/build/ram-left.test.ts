// An app that leaves no RAM is refused when it is built, not when it starts.

import assert from "node:assert/strict";
import test from "node:test";
import { checkRamLeft } from "../../../tools/build/ram-left.ts";
import { UserError } from "../../../tools/user-error.ts";

const symbol = (name: string, address: number) => [name, { name, address, sizeBytes: 0, isFunction: false }] as const;
const symbols = new Map([symbol("__end__", 0x2002_0000), symbol("__HeapLimit", 0x2004_0000)]);

test("an arena that leaves 4 KB is taken, and one byte more is refused with what there is", () => {
	const most = 0x2_0000 - 4096;
	checkRamLeft(symbols, { static: most });
	checkRamLeft(symbols, {});
	assert.throws(() => checkRamLeft(symbols, { static: most + 1 }), error => error instanceof UserError
		&& error.message.startsWith(`creation.static: found ${most + 1} bytes for script, expected ${most} at most: `));
});

test("an app whose firmware leaves less than script's usual share is refused too", () => {
	assert.throws(() => checkRamLeft(new Map([symbol("__end__", 0x2003_0000), symbol("__HeapLimit", 0x2004_0000)]), {}), /creation\.static: found 88064 bytes for script, expected 61440 at most/);
});
