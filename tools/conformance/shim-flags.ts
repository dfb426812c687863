// The command line of BoringSSL's shim (ssl/test/test_config.cc): single dashes, values behind a blank. What the device cannot do is not
// guessed at: a runner that was told to allow it passes such a test over.

export interface ShimFlags {
	readonly port: number;
	/** Sent first on each connection, 8 bytes little endian, so that a runner tells its shims apart. Undefined: nothing is sent. */
	readonly shimId: bigint | undefined;
	readonly ipv6: boolean;
	readonly hostName: string;
	/** PEM files. */
	readonly trustCert: string | undefined;
	readonly certFile: string | undefined;
	readonly keyFile: string | undefined;
	readonly minimumVersion: "1.2" | "1.3";
	readonly maximumVersion: "1.2" | "1.3";
	readonly protocols: readonly string[];
	readonly expectedProtocol: string | undefined;
	readonly expectedVersion: string | undefined;
	/** Connections behind the first, which go on from its session. */
	readonly resumeCount: number;
	readonly expectsSessionMiss: boolean;
	readonly writesFirst: boolean;
}

/** The flag that the device cannot follow, or that nobody knows. */
export class UnimplementedFlag extends Error {}

const tls12 = 0x0303;
const tls13 = 0x0304;
/** The name in the certificates of BoringSSL's runner, which gives none with most tests. The device proves a name always. */
const nameOfRunner = "test";

/**
 * Reads a shim's arguments.
 * @throws UnimplementedFlag for everything that the device cannot do
 */
export function readShimFlags(words: readonly string[]): ShimFlags {
	let at = 0;
	const next = (flag: string): string => {
		const value = words[at++];
		if (value === undefined) {
			throw new UnimplementedFlag(`${flag} without a value`);
		}
		return value;
	};
	const flags = {
		port: 0, shimId: undefined as bigint | undefined, ipv6: false, hostName: nameOfRunner, trustCert: undefined as string | undefined,
		certFile: undefined as string | undefined, keyFile: undefined as string | undefined, protocols: [] as string[], expectedProtocol: undefined as string | undefined,
		expectedVersion: undefined as string | undefined, resumeCount: 0, expectsSessionMiss: false, writesFirst: false,
	};
	let minimum = 0;
	let maximum = 0xffff;
	const table: Record<string, (flag: string) => void> = {
		"-port": flag => flags.port = whole(flag, next(flag), 65_535),
		"-shim-id": flag => flags.shimId = readId(flag, next(flag)),
		"-ipv6": () => flags.ipv6 = true,
		"-host-name": flag => flags.hostName = next(flag),
		"-trust-cert": flag => flags.trustCert = next(flag),
		"-cert-file": flag => flags.certFile = next(flag),
		"-key-file": flag => flags.keyFile = next(flag),
		"-min-version": flag => minimum = Math.max(minimum, whole(flag, next(flag), 0xffff)),
		"-max-version": flag => maximum = Math.min(maximum, whole(flag, next(flag), 0xffff)),
		"-no-tls13": () => maximum = Math.min(maximum, tls12),
		"-no-tls12": () => minimum = Math.max(minimum, tls13),
		"-advertise-alpn": flag => flags.protocols = readProtocols(flag, next(flag)),
		"-expect-alpn": flag => flags.expectedProtocol = next(flag),
		"-expect-version": flag => flags.expectedVersion = versionName(flag, whole(flag, next(flag), 0xffff)),
		"-resume-count": flag => flags.resumeCount = whole(flag, next(flag), 10),
		"-expect-session-miss": () => flags.expectsSessionMiss = true,
		"-shim-writes-first": () => flags.writesFirst = true,
		// Said again of what the device does always.
		"-verify-peer": () => {},
		"-check-close-notify": () => {},
		"-no-tls1": () => {},
		"-no-tls11": () => {},
		"-write-settings": flag => void next(flag),
	};
	while (at < words.length) {
		const flag = words[at++]!;
		const take = Object.hasOwn(table, flag) ? table[flag] : undefined;
		if (take === undefined) {
			throw new UnimplementedFlag(flag);
		}
		take(flag);
	}
	if (minimum > tls13 || maximum < tls12 || minimum > maximum) {
		throw new UnimplementedFlag("versions beside TLS 1.2 and 1.3");
	}
	return { ...flags, minimumVersion: minimum <= tls12 ? "1.2" : "1.3", maximumVersion: maximum >= tls13 ? "1.3" : "1.2" };
}

function whole(flag: string, text: string, most: number): number {
	const value = Number(text);
	if (!/^\d+$/.test(text) || value > most) {
		throw new UnimplementedFlag(`${flag} ${text}`);
	}
	return value;
}

function readId(flag: string, text: string): bigint {
	if (!/^\d{1,20}$/.test(text) || BigInt(text) >= 2n ** 64n) {
		throw new UnimplementedFlag(`${flag} ${text}`);
	}
	return BigInt(text);
}

function versionName(flag: string, version: number): string {
	if (version !== tls12 && version !== tls13) {
		throw new UnimplementedFlag(`${flag} ${version}`);
	}
	return version === tls13 ? "TLSv1.3" : "TLSv1.2";
}

/** Names behind their lengths, as on the wire (RFC 7301 section 3.1). */
function readProtocols(flag: string, text: string): string[] {
	const names: string[] = [];
	for (let at = 0; at < text.length; at += 1 + text.charCodeAt(at)) {
		const name = text.slice(at + 1, at + 1 + text.charCodeAt(at));
		if (name.length === 0 || name.length !== text.charCodeAt(at)) {
			throw new UnimplementedFlag(`${flag} ${text}`);
		}
		names.push(name);
	}
	return names;
}
