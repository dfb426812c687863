// Soak "judgements": the two judgements of a board on chains whose certificates are shuffled, doubled, left out and damaged by
// chance, with real signatures. What both trust, platform/trust trusts alone; what it trusts undamaged, both do. The keys are new
// each time: a seed repeats what is done to the certificates.

import assert from "node:assert/strict";
import { issue } from "../../tools/certificates/issue.ts";
import { judge, type PathCase } from "../../tools/conformance/judge.ts";
import { Chance } from "./random.ts";

const host = "site.example";

/** Certificates that offer several ways to a root: cross-signed, self-signed and of equal names. The leaf comes first. */
async function offered(): Promise<{ leaf: Uint8Array; others: Uint8Array[]; roots: Uint8Array[] }> {
	const root = await issue({ subject: "Root", issuer: "self", ca: true });
	const old = await issue({ subject: "Old", issuer: "self", ca: true, algorithm: "P-384" });
	const twin = await issue({ subject: "Root", issuer: "self", ca: true });
	const rootByOld = await issue({ subject: "Root", issuer: old, ca: true, sameKeyAs: root });
	const middle = await issue({ subject: "Middle", issuer: root, ca: true, algorithm: "RSA-2048" });
	const middleByOld = await issue({ subject: "Middle", issuer: old, ca: true, sameKeyAs: middle, algorithm: "RSA-2048" });
	const deep = await issue({ subject: "Deep", issuer: middle, ca: true });
	const leaf = await issue({ names: [host, "*.wild.example"], issuer: deep });
	const bytes = (list: readonly { certificateDer: Uint8Array }[]) => list.map(one => one.certificateDer);
	return { leaf: leaf.certificateDer, others: bytes([deep, middle, middleByOld, rootByOld, root, twin]), roots: bytes([root, old, twin]) };
}

function damaged(chance: Chance, der: Uint8Array): Uint8Array {
	const copy = chance.once(10) ? der.slice(0, 1 + chance.below(der.length)) : Uint8Array.from(der);
	for (let times = 1 + chance.below(3); times > 0; times--) {
		copy[chance.below(copy.length)]! ^= 1 << chance.below(8);
	}
	return copy;
}

/** A fault throws with the seed. */
export async function soakJudgements({ seed, count }: { seed: number; count: number }): Promise<{ trusted: number; refused: number }> {
	const chance = new Chance(seed);
	const { leaf, others, roots } = await offered();
	const harmed = new Set<number>();
	const cases = Array.from({ length: count }, (_, index): PathCase => {
		const list = others.filter(() => !chance.once(4));
		const sent = [leaf, ...list.concat(list.filter(() => chance.once(5))).map(one => ({ one, at: chance.below(1000) })).sort((a, b) => a.at - b.at).map(({ one }) => one)];
		if (chance.once(2)) {
			harmed.add(index);
			const at = chance.below(sent.length);
			sent[at] = damaged(chance, sent[at]!);
		}
		return { name: `${index}`, sent, roots: roots.filter(() => !chance.once(3)), host, now: new Date("2026-06-01T00:00:00Z") };
	});
	const alone = await judge(cases);
	const both = await judge(cases, "both");
	let trusted = 0;
	for (const [index, { code, signatures }] of both.entries()) {
		const of = `judgements, seed ${seed}, case ${index}`;
		if (code === undefined) {
			trusted++;
			assert.equal(alone[index]!.code, undefined, of);
			assert.ok(signatures <= alone[index]!.signatures + 1, `${of}: no signature is computed again, but for a root that was read twice`);
		} else if (!harmed.has(index)) {
			assert.equal(code, alone[index]!.code, of);
		}
	}
	return { trusted, refused: count - trusted };
}
