// The roots that an image trusts: PEM files of certs/, and those given by --ca.

import { X509Certificate } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { UserError } from "../user-error.ts";

export interface Root {
	readonly der: Uint8Array;
	/** The certificate's subject on one line: "CN=ISRG Root X1, O=...". */
	readonly subject: string;
	readonly notAfter: string;
	readonly file: string;
}

const committedRoots = join(resolve(import.meta.dirname, "../.."), "certs");

/** The roots that every image trusts. */
export function committed(): Root[] {
	return readdirSync(committedRoots).filter(name => name.endsWith(".pem")).sort().flatMap(name => rootsOf(join(committedRoots, name)));
}

/**
 * The certificates of a PEM file.
 * @throws UserError when there is none, or one cannot sign others
 */
export function rootsOf(file: string): Root[] {
	const name = relative(process.cwd(), file) || file;
	let text: string;
	try {
		text = readFileSync(file, "utf8");
	} catch (cause) {
		throw new UserError(`${name}: found no file that can be read, expected certificates in PEM`, { cause });
	}
	const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
	if (blocks === null) {
		throw new UserError(`${name}: found no "BEGIN CERTIFICATE", expected certificates in PEM`);
	}
	return blocks.map((pem, index) => {
		let certificate: X509Certificate;
		try {
			certificate = new X509Certificate(pem);
		} catch (cause) {
			throw new UserError(`${name}: found damage in certificate ${index + 1}, expected an X.509 certificate`, { cause });
		}
		const subject = certificate.subject.split("\n").reverse().join(", ");
		if (!certificate.ca) {
			throw new UserError(`${name}: found the certificate of ${subject}, which is no certificate authority, expected one`);
		}
		return { der: new Uint8Array(certificate.raw), subject, notAfter: certificate.validTo, file: name };
	});
}
