// The roots that this board trusts, by name.

const name = native<(index: number) => string | undefined>("xs_certificates_name");

/** The web's roots by the names that people call them, then the user's own by their subjects, "C=..., O=..., CN=...". */
export function trustedRoots(): string[] {
	const found: string[] = [];
	for (let one; (one = name(found.length)) !== undefined; ) found.push(one);
	return found;
}
