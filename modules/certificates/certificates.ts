// The roots that this image trusts, by name.

const subject = native<(index: number) => string | undefined>("xs_certificates_subject");

/** The subjects of the trusted roots, "C=..., O=..., CN=...", in the order of the image. */
export function trustedRoots(): string[] {
	const found: string[] = [];
	for (let name; (name = subject(found.length)) !== undefined; ) found.push(name);
	return found;
}
