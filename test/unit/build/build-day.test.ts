// The day that the device's clock refuses to be set before.

import assert from "node:assert/strict";
import test from "node:test";
import { buildDay } from "../../../tools/build/build-day.ts";

const now = new Date("2026-11-26T09:30:00Z");

test("a build is of today, from midnight UTC on", () => {
	assert.equal(buildDay({}, now).toISOString(), "2026-11-26T00:00:00.000Z");
});

test("SOURCE_DATE_EPOCH names another day", () => {
	assert.equal(buildDay({ SOURCE_DATE_EPOCH: "1767225599" }, now).toISOString(), "2025-12-31T00:00:00.000Z");
});

test("a SOURCE_DATE_EPOCH that is no time is refused", () => {
	for (const SOURCE_DATE_EPOCH of ["", "tomorrow", "-1", "1.5", "1767225599000"]) {
		assert.throws(() => buildDay({ SOURCE_DATE_EPOCH }, now), /expected seconds since 1970-01-01/);
	}
});
