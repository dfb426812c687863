// The roots that an image trusts: those of the web by a profile, and the PEM files of certs/ and of --ca.

import { X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { liteLabels } from "../certificates/lite-roots.ts";
import { fingerprint, mozillaRootsPath, readMozillaRoots } from "../certificates/mozilla-roots.ts";
import { compileRootStore, type WebRoot } from "../certificates/root-store.ts";
import { UserError } from "../user-error.ts";

export interface Root {
	readonly der: Uint8Array;
	/** The certificate's subject on one line, the most particular part first: "CN=ISRG Root X1, O=...". */
	readonly subject: string;
	readonly notAfter: string;
	/** The file it came from, as the user knows it. */
	readonly file: string;
}

/** Which of the web's roots: all of Mozilla's, those that most hosts end in, or none but those in certs/. */
export const rootsProfiles = ["full", "lite", "own"] as const;
export type RootsProfile = typeof rootsProfiles[number];

export interface TrustedRoots {
	/** Of the web, by the table that the device reads; held to the CA/B Baseline Requirements. */
	readonly store: Uint8Array;
	/** The user's own, held to RFC 5280 alone. */
	readonly own: readonly Root[];
	/** "150 of Mozilla's (ca-certificates 20250419)", or "none". */
	readonly webSummary: string;
}

const certificatesFolder = join(resolve(import.meta.dirname, "../.."), "certs");

/**
 * The roots of an app. A PEM file in certs/, the project's or the app's, adds what is in it: a root of Mozilla's as one of the web,
 * any other as the user's own.
 * @throws UserError for a file that holds no root
 */
export function trustedRoots(profile: RootsProfile, appFolder: string): TrustedRoots {
	const { source, roots } = readMozillaRoots();
	const folders = [...new Set([certificatesFolder, join(appFolder, "certs")])];
	const added = folders.flatMap(folder => pemFiles(folder)).flatMap(rootsOf);
	const names = new Set(added.map(({ der }) => fingerprint(der)));
	const web = roots.filter(root => profile === "full" || (profile === "lite" && liteLabels.includes(root.label)) || names.has(fingerprint(root.der)));
	const known = new Set(roots.map(({ der }) => fingerprint(der)));
	return {
		store: compileRootStore(web),
		own: added.filter(({ der }) => !known.has(fingerprint(der))),
		webSummary: web.length === 0 ? "none" : web.length === roots.length ? `all ${web.length} of Mozilla's (${source})` : `${namesOf(web)} (Mozilla's, ${source})`,
	};
}

/** The roots of an app that has no TLS. */
export const noRoots: TrustedRoots = { store: compileRootStore([]), own: [], webSummary: "none: the app has no TLS" };

function namesOf(web: readonly WebRoot[]): string {
	return web.length > 8 ? `${web.length}` : web.map(({ label }) => label).join(", ");
}

/** The files with roots that the user has added. */
export function pemFiles(folder: string): string[] {
	return existsSync(folder) ? readdirSync(folder).filter(name => name.endsWith(".pem") && name !== basename(mozillaRootsPath)).sort().map(name => join(folder, name)) : [];
}

/**
 * The roots of a PEM file.
 * @throws UserError when it cannot be read, holds none, or one that is no certificate authority
 */
export function rootsOf(path: string): Root[] {
	const file = relative(process.cwd(), path) || path;
	let text: string;
	try {
		text = readFileSync(path, "utf8");
	} catch (cause) {
		throw new UserError(`${file}: found no file that can be read (${(cause as NodeJS.ErrnoException).code}), expected certificates in PEM`, { cause });
	}
	return parseRoots(text, file);
}

/**
 * The roots in a PEM text, DER.
 * @param file the name by which a fault calls the text
 * @throws UserError as `rootsOf`
 */
export function certificatesOf(pemText: string, file: string): Uint8Array[] {
	return parseRoots(pemText, file).map(({ der }) => der);
}

function parseRoots(pemText: string, file: string): Root[] {
	const blocks = pemText.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
	if (blocks === null) {
		throw new UserError(`${file}: found no "BEGIN CERTIFICATE", expected certificates in PEM`);
	}
	return blocks.map((pem, index) => {
		let certificate: X509Certificate;
		try {
			certificate = new X509Certificate(pem);
		} catch (cause) {
			throw new UserError(`${file}: found damage in certificate ${index + 1}, expected an X.509 certificate`, { cause });
		}
		const subject = certificate.subject.split("\n").reverse().join(", ");
		if (!certificate.ca) {
			throw new UserError(`${file}: found the certificate of ${subject}, which is no certificate authority, expected one`);
		}
		return { der: new Uint8Array(certificate.raw), subject, notAfter: certificate.validTo, file };
	});
}
