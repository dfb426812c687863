// Escape codes are for terminals.

import assert from "node:assert/strict";
import test from "node:test";
import { coloursFor } from "../../../tools/colours.ts";

const isColoured = (...of: Parameters<typeof coloursFor>): boolean => coloursFor(...of).red("x") !== "x";

test("a terminal gets colours, a file and a pipe none, also where CI or FORCE_COLOR is set", () => {
	assert.ok(isColoured({ isTTY: true }, {}));
	assert.ok(!isColoured({}, { CI: "1" }));
	assert.ok(!isColoured({ isTTY: false }, { CI: "1", FORCE_COLOR: "1" }));
});

test("NO_COLOR and a terminal that is too simple switch them off; an empty NO_COLOR does not", () => {
	assert.ok(!isColoured({ isTTY: true }, { NO_COLOR: "1" }));
	assert.ok(!isColoured({ isTTY: true }, { TERM: "dumb" }));
	assert.ok(isColoured({ isTTY: true }, { NO_COLOR: "", TERM: "xterm" }));
});
