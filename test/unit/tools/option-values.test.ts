// Values of options are looked at before anything is done.

import assert from "node:assert/strict";
import test from "node:test";
import { Command, InvalidArgumentError } from "commander";
import { port, refuseForgottenValues, seconds, wholeNumber } from "../../../tools/option-values.ts";
import { UserError } from "../../../tools/user-error.ts";

test("a time limit is a number above 0", () => {
	assert.equal(seconds("0.5"), 0.5);
	assert.equal(seconds("60"), 60);
	for (const text of ["", " ", "0", "-1", "soon", "NaN", "Infinity", "1e999", "5s"]) assert.throws(() => seconds(text), InvalidArgumentError, text);
});

test("a port to listen on is a whole number up to 65535, 0 for any", () => {
	assert.equal(port("0"), 0);
	assert.equal(port("65535"), 65_535);
	for (const text of ["", " ", "-1", "65536", "80.5", "http", "80:80"]) assert.throws(() => port(text), InvalidArgumentError, text);
});

test("a seed or a count is a whole number, 0 or more", () => {
	assert.equal(wholeNumber("0"), 0);
	assert.equal(wholeNumber("719303"), 719_303);
	for (const text of ["", " ", "-1", "1.5", "x", "NaN", "1e99"]) assert.throws(() => wholeNumber(text), InvalidArgumentError, text);
});

test("the name of an option is no value of the one before it", () => {
	const parse = (...words: string[]) => refuseForgottenValues(new Command()
		.option("--port <path>", "")
		.option("--ca <file>", "", (file, files: string[] = []) => [...files, file])
		.option("-j, --json", "")
		.parse(words, { from: "user" }));
	parse("--port", "/dev/ttyACM0", "--ca", "a.pem", "--ca", "--strange.pem", "--json");
	parse("--json");
	assert.throws(() => parse("--port", "--json"), new UserError("--port: its value is missing before --json"));
	assert.throws(() => parse("--ca", "a.pem", "--ca", "-j"), new UserError("--ca: its value is missing before -j"));
});
