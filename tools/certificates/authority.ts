// The test authority: a P-256 root that signs the servers of `npm start` and of the tests. Its key is made once
// per checkout, in the ignored folder certs/authority/, and is never committed; `npm run build` never trusts it.

import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { X509Certificate } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Issued, issue } from "./issue.ts";

/** Where the authority of this checkout lives: authority.pem (certificate) and authority.key.pem (PKCS #8 key). */
export const authorityFolder = fileURLToPath(new URL("../../certs/authority", import.meta.url));

const certificateFile = "authority.pem";
const keyFile = "authority.key.pem";

/**
 * The test authority, made when `folder` has none yet.
 *
 * The folder appears whole or not at all: two callers at the same time end with the same authority, and an
 * interrupted one leaves none.
 *
 * @param folder where to keep it. Default the one of this checkout.
 */
export async function authority(folder: string = authorityFolder): Promise<Issued> {
	return await readAuthority(folder) ?? await makeAuthority(folder);
}

async function readAuthority(folder: string): Promise<Issued | undefined> {
	let certificatePem: string;
	let keyPem: string;
	try {
		certificatePem = await readFile(join(folder, certificateFile), "utf8");
		keyPem = await readFile(join(folder, keyFile), "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") {
			return undefined;
		}
		throw error;
	}
	const certificateDer = new Uint8Array(new X509Certificate(certificatePem).raw);
	return { certificatePem, certificateDer, keyPem, chainPem: certificatePem };
}

async function makeAuthority(folder: string): Promise<Issued> {
	const made = await issue({ subject: "picofetch test authority", issuer: "self", ca: true });
	await mkdir(dirname(folder), { recursive: true });
	const temporary = await mkdtemp(`${folder}.new-`);
	try {
		await writeFile(join(temporary, keyFile), made.keyPem, { mode: 0o600 });
		await writeFile(join(temporary, certificateFile), made.certificatePem);
		await rename(temporary, folder);
		return made;
	} catch (error) {
		await rm(temporary, { recursive: true, force: true });
		const other = await readAuthority(folder);
		if (other === undefined) {
			throw new Error(
				`the test authority could not be written to ${folder}: remove that folder, it is made anew`,
				{ cause: error },
			);
		}
		return other;
	}
}
