// Issues X.509 certificates (RFC 5280) for the servers of tests and of `npm start`: leaves, intermediates,
// roots, self-signed, expired and not yet valid ones. Everything handed out is plain PEM and DER, so that an
// issued certificate can itself issue. Node makes the keys; @peculiar/x509 writes the certificates.

import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { authority } from "./authority.ts";

/** The kinds of key that a certificate can be made for. */
export type KeyAlgorithm = "P-256" | "P-384" | "RSA-2048" | "RSA-4096";

/** A certificate with its private key, as text and bytes only. */
export interface Issued {
	/** The certificate alone. */
	readonly certificatePem: string;
	readonly certificateDer: Uint8Array;
	/** Its private key, PKCS #8. */
	readonly keyPem: string;
	/** What a server sends: the certificate, then its issuers up to the root, which stays away. */
	readonly chainPem: string;
}

export interface CertificateRequest {
	/** DNS names and IP addresses for the subject alternative name, in this order. Default none. */
	readonly names?: readonly string[];
	/** Common name of the subject. Default the first of `names`. */
	readonly subject?: string;
	/** First instant of validity, whole seconds. Default that of the issuer (2024-01-01 for "self"). */
	readonly notBefore?: Date;
	/** Last instant of validity, whole seconds. Default that of the issuer (2044-01-01 for "self"). */
	readonly notAfter?: Date;
	/** Who signs: an issued CA certificate, or "self". Default the test authority of this checkout. */
	readonly issuer?: Issued | "self";
	/** True for a certificate that may issue others. Default false. */
	readonly ca?: boolean;
	/** Kind of the new key. Default "P-256". */
	readonly algorithm?: KeyAlgorithm;
	/** Extensions beyond the usual ones, or in place of the usual one of that kind. */
	readonly extensions?: readonly ExtensionRequest[];
	/** An issued certificate whose key is certified again (cross-signing). Default a new key. */
	readonly sameKeyAs?: Issued;
}

export interface ExtensionRequest {
	/** The kind as dotted numbers. */
	readonly oid: string;
	readonly critical?: boolean;
	/** DER of the value; undefined leaves the usual extension of this kind out. */
	readonly value: Uint8Array | undefined;
}

/** Validity of the test authority and of whatever signs itself: long enough for every instant a test chooses. */
export const validFrom = new Date("2024-01-01T00:00:00Z");
export const validUntil = new Date("2044-01-01T00:00:00Z");

/**
 * Issues one certificate with a new key.
 *
 * A CA gets `basicConstraints` CA and the usages keyCertSign and cRLSign; a leaf gets digitalSignature and
 * serverAuth, and keyEncipherment when its key is RSA (RFC 5280 section 4.2.1).
 *
 * @throws RangeError when neither `names` nor `subject` says whose it is
 */
export async function issue(request: CertificateRequest): Promise<Issued> {
	const { names = [], ca = false, algorithm = "P-256" } = request;
	const subject = request.subject ?? names[0];
	if (subject === undefined) {
		throw new RangeError("a certificate needs a name: give `names` or `subject`");
	}
	const key = request.sameKeyAs ? createPrivateKey(request.sameKeyAs.keyPem) : generateKey(algorithm);
	const issuer = request.issuer === "self" ? undefined : request.issuer ?? await authority();
	const issuerCertificate = issuer && new x509.X509Certificate(issuer.certificatePem);
	const issuerKey = issuer ? createPrivateKey(issuer.keyPem) : key;
	const subjectName = distinguishedName(subject);

	const usual = [
		new x509.BasicConstraintsExtension(ca, undefined, true),
		new x509.KeyUsagesExtension(keyUsages(ca, algorithm), true),
		...(ca ? [] : [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth])]),
		...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names.map(generalName))]),
		await x509.SubjectKeyIdentifierExtension.create(new x509.PublicKey(publicKeyInfo(key))),
		await x509.AuthorityKeyIdentifierExtension.create(new x509.PublicKey(publicKeyInfo(issuerKey))),
	];
	const { extensions = [] } = request;
	const certificate = await x509.X509CertificateGenerator.create({
		serialNumber: serialNumber(),
		subject: subjectName,
		issuer: issuerCertificate ? issuerCertificate.subjectName : subjectName,
		notBefore: request.notBefore ?? issuerCertificate?.notBefore ?? validFrom,
		notAfter: request.notAfter ?? issuerCertificate?.notAfter ?? validUntil,
		publicKey: publicKeyInfo(key),
		signingKey: await signingKey(issuerKey),
		signingAlgorithm: signatureAlgorithm(issuerKey),
		extensions: [
			...usual.filter(({ type }) => extensions.every(({ oid }) => oid !== type)),
			...extensions.flatMap(({ oid, critical = false, value }) => value ? [new x509.Extension(oid, critical, Uint8Array.from(value))] : []),
		],
	});

	const certificatePem = pemText(certificate);
	const issuerIsRoot = issuerCertificate === undefined || issuerCertificate.subject === issuerCertificate.issuer;
	return {
		certificatePem,
		certificateDer: new Uint8Array(certificate.rawData),
		keyPem: key.export({ type: "pkcs8", format: "pem" }).toString(),
		chainPem: issuer && !issuerIsRoot ? certificatePem + issuer.chainPem : certificatePem,
	};
}

function generateKey(algorithm: KeyAlgorithm): KeyObject {
	switch (algorithm) {
		case "P-256":
		case "P-384":
			return generateKeyPairSync("ec", { namedCurve: algorithm }).privateKey;
		case "RSA-2048":
			return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
		case "RSA-4096":
			return generateKeyPairSync("rsa", { modulusLength: 4096 }).privateKey;
	}
}

/** The curve of a P-256 or P-384 key, undefined for an RSA key. OpenSSL has its own names for the two. */
function namedCurve(key: KeyObject): "P-256" | "P-384" | undefined {
	switch (key.asymmetricKeyDetails?.namedCurve) {
		case "prime256v1":
			return "P-256";
		case "secp384r1":
			return "P-384";
		default:
			return undefined;
	}
}

interface SignatureAlgorithm {
	readonly name: "ECDSA" | "RSASSA-PKCS1-v1_5";
	readonly namedCurve?: "P-256" | "P-384";
	readonly hash: "SHA-256" | "SHA-384";
}

/** How a key signs: with a hash as strong as itself. */
function signatureAlgorithm(key: KeyObject): SignatureAlgorithm {
	const curve = namedCurve(key);
	return curve === undefined
		? { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }
		: { name: "ECDSA", namedCurve: curve, hash: curve === "P-384" ? "SHA-384" : "SHA-256" };
}

function signingKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
	const bytes = key.export({ type: "pkcs8", format: "der" });
	return webcrypto.subtle.importKey("pkcs8", bytes, signatureAlgorithm(key), false, ["sign"]);
}

function publicKeyInfo(key: KeyObject): Uint8Array<ArrayBuffer> {
	return Uint8Array.from(createPublicKey(key).export({ type: "spki", format: "der" }));
}

function keyUsages(ca: boolean, algorithm: KeyAlgorithm): x509.KeyUsageFlags {
	if (ca) {
		return x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;
	}
	return algorithm.startsWith("RSA")
		? x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment
		: x509.KeyUsageFlags.digitalSignature;
}

function generalName(name: string): x509.GeneralName {
	return new x509.GeneralName(isIP(name) === 0 ? "dns" : "ip", name);
}

function distinguishedName(commonName: string): x509.Name {
	return new x509.Name([{ O: ["picofetch test"] }, { CN: [commonName] }]);
}

/** A positive serial number of 16 bytes (RFC 5280 section 4.1.2.2), in hexadecimal. */
function serialNumber(): string {
	const bytes = Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)));
	bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
	return bytes.toString("hex");
}

function pemText(certificate: x509.X509Certificate): string {
	return `${certificate.toString("pem").trimEnd()}\n`;
}
