// Forms that a certificate may not have (RFC 5280 4.1, X.690): each is signed rightly, in a leaf and in an intermediate, and no judgement
// trusts it.

import assert from "node:assert/strict";
import test, { before } from "node:test";
import { judge, type PathCase, type Verdict } from "../../../tools/conformance/judge.ts";
import { type Chain, chain, changed, der, type Forms, question, sequence, text } from "./chain.ts";

const integer = (...bytes: readonly number[]): Uint8Array => der(2, Buffer.from(bytes));
const oid = (hex: string): Uint8Array => der(6, Buffer.from(hex, "hex"));
const ecdsa256 = oid("2a8648ce3d040302");
const utc = (value: string): Uint8Array => text(0x17, value);
const generalized = (value: string): Uint8Array => text(0x18, value);
const until = (end: Uint8Array): Forms => ({ validity: sequence(utc("240101000000Z"), end) });
const ec = oid("2a8648ce3d0201");
const p256 = oid("2a8648ce3d030107");
const rsa = oid("2a864886f70d010101");
const key = (algorithm: Uint8Array, bits: Uint8Array, unused = 0): Forms => ({ key: sequence(algorithm, der(3, Buffer.of(unused), bits)) });
const point = Buffer.alloc(65, 7).fill(4, 0, 1);
const modulus = Buffer.alloc(256, 0xC1);
const rsaKey = (n: Uint8Array, e: Uint8Array, parameters: Uint8Array = Buffer.of(5, 0)): Forms => key(sequence(rsa, parameters), sequence(n, e));
const positive = (bytes: Uint8Array): Uint8Array => der(2, Buffer.of(0), bytes);
const three = integer(1, 0, 1);
/** A subject with one attribute of this kind. */
const subject = (kind: Uint8Array): Forms => ({ subject: sequence(der(0x31, sequence(kind, text(0x0C, "picofetch test")))) });

const bad: Readonly<Record<string, Forms>> = {
	"version 1": { version: Buffer.of(0xA0, 3, 2, 1, 0) },
	"version 2": { version: Buffer.of(0xA0, 3, 2, 1, 1) },
	"version 4": { version: Buffer.of(0xA0, 3, 2, 1, 3) },
	"no version": { version: Buffer.of() },
	"no extensions": { isBare: true },
	"extensions of nothing": { extensions: der(0xA3, sequence()) },
	"a negative serial number": { serial: integer(0x80, 1) },
	"a serial number of zero": { serial: integer(0) },
	"a serial number of 21 bytes": { serial: der(2, Buffer.alloc(21, 1)) },
	"a serial number with zeros in front": { serial: integer(0, 1) },
	"a serial number of no bytes": { serial: integer() },
	"another algorithm outside": { outerAlgorithm: sequence(oid("2a8648ce3d040303")) },
	"an algorithm of ECDSA with NULL": { algorithm: sequence(ecdsa256, Buffer.of(5, 0)) },
	"a signature of which bits are none": { unusedBits: 1 },
	"an issuer without a name": { issuer: sequence() },
	"a name whose kind is cut": subject(oid("55040a80")),
	"a name whose kind has a zero in front": subject(oid("5580040a")),
	"a name of no kind": subject(oid("")),
	"a unique identifier": { more: Buffer.of(0x81, 2, 0, 1) },
	"an end in the past": until(utc("250101000000Z")),
	"an end without seconds": until(utc("3401010000Z")),
	"an end in local time": until(utc("340101000000")),
	"an end with an offset": until(utc("340101000000+0000")),
	"an end on the 30th of February": until(utc("340230000000Z")),
	"an end in hour 24": until(utc("340101240000Z")),
	"an end before 2050 as GeneralizedTime": until(generalized("20340101000000Z")),
	"an end with a fraction": until(generalized("20500101000000.5Z")),
	"three times": { validity: sequence(utc("240101000000Z"), utc("340101000000Z"), utc("350101000000Z")) },
	"a compressed key": key(sequence(ec, p256), Buffer.alloc(33, 7).fill(2, 0, 1)),
	"a hybrid key": key(sequence(ec, p256), Buffer.from(point).fill(6, 0, 1)),
	"a key at infinity": key(sequence(ec, p256), Buffer.of(0)),
	"a key of which bits are none": key(sequence(ec, p256), point, 1),
	"a key without a curve": key(sequence(ec), point),
	"a key of an implied curve": key(sequence(ec, Buffer.of(5, 0)), point),
	"a key of a curve of its own": key(sequence(ec, sequence(integer(1))), point),
	"a key of P-521": key(sequence(ec, oid("2b81040023")), Buffer.alloc(133, 7).fill(4, 0, 1)),
	"a key of a Brainpool curve": key(sequence(ec, oid("2b2403030208010107")), point),
	"an RSA key with the exponent one": rsaKey(positive(modulus), integer(1)),
	"an RSA key with an even exponent": rsaKey(positive(modulus), integer(1, 0, 0)),
	"an RSA key with an even modulus": rsaKey(positive(Buffer.from(modulus).fill(0xC0, 255)), three),
	"an RSA key with a negative modulus": rsaKey(der(2, modulus), three),
	"an RSA key of 2,047 bits": rsaKey(der(2, Buffer.from(modulus).fill(0x41, 0, 1)), three),
	"an RSA key of 1,024 bits": rsaKey(positive(modulus.subarray(0, 128)), three),
	"an RSA key without NULL": rsaKey(positive(modulus), three, Buffer.of()),
	"a key for RSASSA-PSS alone": key(sequence(oid("2a864886f70d01010a")), sequence(positive(modulus), three)),
};

const rows = Object.entries(bad).flatMap(([what, forms]) => (["leaf", "middle"] as const).map(where => ({ what, forms, where })));
let verdicts: Record<"ours" | "both", Verdict[]>;
let plain: Verdict[];

function sent({ root, middle, leaf }: Chain, where: "leaf" | "middle", forms: Forms): Uint8Array[] {
	return where === "leaf" ? [changed(leaf, middle, forms), middle.certificateDer] : [leaf.certificateDer, changed(middle, root, forms)];
}

before(async () => {
	const made = await chain();
	const cases: PathCase[] = rows.map(({ where, forms }) => question(made, { sent: sent(made, where, forms) }));
	verdicts = { ours: await judge(cases), both: await judge(cases, "both") };
	const whole = [["leaf", {}], ["middle", {}], ["leaf", subject(oid("55040a"))]] as const;
	plain = await judge(whole.map(([where, forms]) => question(made, { sent: sent(made, where, forms) })), "both");
});

test("what is signed again as it was, or with another name, is trusted", () => assert.deepEqual(plain.map(({ code }) => code), [undefined, undefined, undefined]));

for (const [index, { what, where }] of rows.entries()) {
	test(`${where === "leaf" ? "a leaf" : "an intermediate"} with ${what} is trusted by neither judgement`, () => {
		assert.notEqual(verdicts.ours[index]!.code, undefined);
		assert.notEqual(verdicts.both[index]!.code, undefined);
	});
}
