// Reads certdata.txt, the list of authorities that Mozilla keeps in NSS (security/nss/lib/ckfw/builtins): objects of PKCS #11, one
// attribute a line, bytes in octal.

import type { WebRoot } from "./root-store.ts";

type Attributes = Map<string, string | Uint8Array>;

/** The authorities that are trusted for TLS servers, in the order of the list. @throws Error when one has no certificate */
export function readCertdata(text: string): WebRoot[] {
	const objects = readObjects(text);
	const key = (object: Attributes) => ["CKA_ISSUER", "CKA_SERIAL_NUMBER"].map(name => Buffer.from(object.get(name) as Uint8Array).toString("hex")).join();
	const ofClass = (name: string) => objects.filter(object => object.get("CKA_CLASS") === name);
	const certificates = new Map(ofClass("CKO_CERTIFICATE").map(object => [key(object), object]));
	return ofClass("CKO_NSS_TRUST").filter(trust => trust.get("CKA_TRUST_SERVER_AUTH") === "CKT_NSS_TRUSTED_DELEGATOR").map(trust => {
		const certificate = certificates.get(key(trust));
		const der = certificate?.get("CKA_VALUE");
		const label = JSON.parse(String(trust.get("CKA_LABEL"))) as string;
		if (!(der instanceof Uint8Array)) {
			throw new Error(`certdata.txt: "${label}" is trusted, and there is no certificate of it`);
		}
		const date = certificate!.get("CKA_NSS_SERVER_DISTRUST_AFTER");
		return { label, der, ...date instanceof Uint8Array ? { distrustAfter: utcTime(date) } : {} };
	});
}

function readObjects(text: string): Attributes[] {
	const objects: Attributes[] = [];
	const lines = text.split("\n");
	for (let at = 0; at < lines.length; at++) {
		const [, name, type, value = ""] = /^(CKA_\w+) (\w+)(?: (.*))?$/.exec(lines[at]!) ?? [];
		if (name === undefined) {
			continue;
		}
		if (name === "CKA_CLASS") {
			objects.push(new Map());
		}
		let bytes = "";
		if (type === "MULTILINE_OCTAL") {
			for (at++; at < lines.length && lines[at] !== "END"; at++) {
				bytes += lines[at]!;
			}
		}
		objects.at(-1)?.set(name, type === "MULTILINE_OCTAL" ? Uint8Array.from(bytes.split("\\").slice(1), octal => Number.parseInt(octal, 8)) : value);
	}
	return objects;
}

/** "241130235959Z". */
function utcTime(bytes: Uint8Array): Date {
	const [, year, month, day, hour, minute, second] = /^(..)(..)(..)(..)(..)(..)Z$/.exec(Buffer.from(bytes).toString("latin1")) ?? [];
	const date = new Date(`20${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
	if (Number.isNaN(date.getTime())) {
		throw new Error("certdata.txt: a date of distrust is none");
	}
	return date;
}
