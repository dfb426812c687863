// Every code by which a chain can be refused has a sentence of its own.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { tlsError } from "../../../modules/io/socket/tls/failure.ts";

const codes = ["platform/trust/code.c", "platform/tls/verify.c", "platform/tls/tls_client.c", "platform/tls/identity.c"]
	.flatMap(path => [...readFileSync(path, "utf8").matchAll(/"([A-Z][A-Z_]{5,})"/g)].map(([, code]) => code!))
	.filter(code => !code.startsWith("TLS_"));

test("each code of platform/trust and platform/tls is told in a sentence", () => {
	assert.ok(codes.includes("INVALID_CA") && codes.includes("CERT_UNTRUSTED") && codes.includes("ERR_TLS_ALERT"), codes.join(" "));
	for (const code of codes) {
		const { message } = tlsError({ code, host: "a.example" });
		assert.doesNotMatch(message, /TLS failed$/, code);
		assert.ok(message.length > 20, message);
	}
});

test("each sentence is whole when its facts are there", () => {
	const facts = { host: "a.example", subject: "CN=a.example", issuer: "CN=R", notBefore: "2026-01-01T00:00:00Z", notAfter: "2026-02-01T00:00:00Z", names: "b.example", alert: 40 };
	for (const code of codes) {
		for (const phase of ["open", "connect", "handshake", "data"]) {
			const { message } = tlsError({ code, phase, ...facts });
			assert.doesNotMatch(message, /[<>]|undefined/, code);
		}
	}
});

test("what a certificate says is told as it stands", () => {
	const { message } = tlsError({ code: "INVALID_CA", host: "a.example", subject: "CN=<host> $& {}", issuer: "CN=R" });
	assert.equal(message.startsWith('a.example: certificate "CN=<host> $& {}", issued by "CN=R", is not one of an authority'), true, message);
});
