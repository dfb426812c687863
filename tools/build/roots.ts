// The roots that an image trusts: PEM files of certs/, and those given by --ca.

import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { UserError } from "../user-error.ts";

export interface Root {
	readonly der: Uint8Array;
	/** The certificate's subject on one line, the most particular part first: "CN=ISRG Root X1, O=...". */
	readonly subject: string;
	readonly notAfter: string;
	/** The file it came from, as the user knows it. */
	readonly file: string;
}

const certificatesFolder = join(resolve(import.meta.dirname, "../.."), "certs");

/** The roots that every image trusts. */
export function committedRoots(): Root[] {
	return readdirSync(certificatesFolder).filter(name => name.endsWith(".pem")).sort().flatMap(name => rootsOf(join(certificatesFolder, name)));
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
