// certs/mozilla.pem: the authorities that Mozilla trusts for TLS servers, as `npm run certs -- refresh` has written them. It is text, so
// that what comes and goes is seen when it is committed.

import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { WebRoot } from "./root-store.ts";

export const mozillaRootsPath = resolve(import.meta.dirname, "../../certs/mozilla.pem");

export interface MozillaRoots {
	/** What they were taken from: "ca-certificates 20250419". */
	readonly source: string;
	readonly roots: readonly WebRoot[];
}

/**
 * Names that a root may vouch for, by its SHA-256, beyond what its certificate says. certdata.txt does not have them: Firefox imposes
 * them in its code (NSS, lib/certdb/genname.c).
 */
const imposedNames: Readonly<Record<string, readonly string[]>> = {
	// TUBITAK Kamu SM SSL Kok Sertifikasi - Surum 1
	"46edc3689046d53a453fb3104ab80dcaec658b2660ea1629dd7e867990648716":
		["gov.tr", "k12.tr", "pol.tr", "mil.tr", "tsk.tr", "kep.tr", "bel.tr", "edu.tr", "org.tr"],
};

const distrusted = "distrusted for what begins after ";

/** @throws Error when the file is not as `emitMozillaRoots` writes it */
export function readMozillaRoots(text = readFileSync(mozillaRootsPath, "utf8")): MozillaRoots {
	const [head = "", ...blocks] = text.split(/\n\n/);
	const source = /^# Source: (.+); written by/m.exec(head)?.[1];
	if (source === undefined) {
		throw new Error("certs/mozilla.pem: it does not say what it was taken from");
	}
	return {
		source,
		roots: blocks.filter(block => block.trim() !== "").map(block => {
			const [, label, note, base64] = /^# (.+)\n(?:# (.+)\n)?-----BEGIN CERTIFICATE-----\n([^-]+)-----END CERTIFICATE-----\n?$/.exec(block) ?? [];
			const date = note === undefined ? undefined : new Date(note.slice(distrusted.length));
			if (label === undefined || base64 === undefined || (date !== undefined && Number.isNaN(date.getTime()))) {
				throw new Error(`certs/mozilla.pem: "${block.slice(0, 60)}..." is no root of it`);
			}
			const der = new Uint8Array(Buffer.from(base64, "base64"));
			const permittedNames = imposedNames[fingerprint(der)];
			return { label, der, ...date && { distrustAfter: date }, ...permittedNames && { permittedNames } };
		}),
	};
}

/** The text of certs/mozilla.pem. */
export function emitMozillaRoots({ source, roots }: MozillaRoots): string {
	return [
		"# The authorities that Mozilla trusts for TLS servers (certdata.txt, MPL-2.0), by their labels.\n"
			+ `# Source: ${source}; written by \`npm run certs -- refresh\`, not by hand.`,
		...[...roots].sort((one, other) => one.label < other.label ? -1 : 1).map(({ label, der, distrustAfter }) => [
			`# ${label}`,
			...distrustAfter ? [`# ${distrusted}${distrustAfter.toISOString()}`] : [],
			new X509Certificate(der).toString().trimEnd(),
		].join("\n")),
	].join("\n\n") + "\n";
}

/** SHA-256 of a certificate, as its owner publishes it. */
export function fingerprint(der: Uint8Array): string {
	return createHash("sha256").update(der).digest("hex");
}
