// Public suites of certificate paths as cases: x509-limbo's limbo.json, and what BetterTLS's `export-tests` writes.

import type { PathCase } from "./judge.ts";

/** A case of a suite, with the verdict that the suite expects. */
export interface SuiteCase extends PathCase {
	/** The part of the suite that it is counted in. */
	readonly suite: string;
	readonly expected: "accept" | "refuse";
	/** True when the suite itself calls another verdict a warning only. */
	readonly isSoft: boolean;
}

export interface Suite {
	readonly cases: readonly SuiteCase[];
	/** Cases that ask for what this validator does not do, by name, with the reason. */
	readonly left: readonly { readonly name: string; readonly suite: string; readonly reason: string }[];
}

interface LimboCase {
	readonly id: string;
	readonly features: readonly string[];
	readonly validation_kind: "SERVER" | "CLIENT";
	readonly trusted_certs: readonly string[];
	readonly untrusted_intermediates: readonly string[];
	readonly peer_certificate: string;
	readonly validation_time: string | null;
	readonly expected_result: "SUCCESS" | "FAILURE";
	readonly expected_peer_name: { readonly kind: "DNS" | "IP" | "RFC822"; readonly value: string } | null;
	readonly max_chain_depth: number | null;
	readonly crls?: readonly string[];
}

interface BetterTlsCase {
	readonly id: number;
	readonly suite: string;
	readonly certificates: readonly string[];
	readonly hostname: string;
	readonly expected: "ACCEPT" | "REJECT";
	readonly failureIsWarning: boolean;
}

/**
 * Reads a suite in either form.
 *
 * @param value what JSON.parse gave
 * @param now the moment for cases that name none
 * @param isClient true to leave out what a client never asks: cases of a client's certificate
 * @returns undefined when it is neither
 */
export function readSuite(value: unknown, now: Date, isClient: boolean): Suite | undefined {
	if (typeof value !== "object" || value === null) {
		return undefined;
	}
	if ("testcases" in value && Array.isArray(value.testcases)) {
		return limbo(value.testcases as LimboCase[], now, isClient);
	}
	if ("trustRoot" in value && "suites" in value) {
		return betterTls(value as { trustRoot: string; suites: Record<string, { testCases: BetterTlsCase[] }> }, now);
	}
	return undefined;
}

function limbo(all: readonly LimboCase[], now: Date, isClient: boolean): Suite {
	const cases: SuiteCase[] = [];
	const left: Suite["left"][number][] = [];
	for (const one of all) {
		const area = one.id.split("::")[0]!;
		const suite = ["bettertls", "online", "crl"].includes(area) ? `limbo ${area}` : "limbo core";
		const reason = reasonToLeave(one, isClient);
		if (reason !== undefined) {
			left.push({ name: one.id, suite, reason });
			continue;
		}
		cases.push({
			name: one.id,
			suite,
			sent: [one.peer_certificate, ...one.untrusted_intermediates].map(fromPem),
			roots: one.trusted_certs.map(fromPem),
			host: one.expected_peer_name?.value,
			now: one.validation_time === null ? now : new Date(one.validation_time),
			authorities: ["rfc5280", "bettertls"].includes(area) ? "own" : "web",
			...(one.max_chain_depth === null ? {} : { intermediatesMax: one.max_chain_depth }),
			expected: one.expected_result === "SUCCESS" ? "accept" : "refuse",
			isSoft: false,
		});
	}
	return { cases, left };
}

function reasonToLeave(one: LimboCase, isClient: boolean): string | undefined {
	if ((one.crls ?? []).length > 0) {
		return "asks for revocation lists";
	}
	const isServer = one.validation_kind === "SERVER";
	if (!isServer && isClient) {
		return "a client's certificate";
	}
	if (isServer !== (one.expected_peer_name !== null)) {
		return isServer ? "no server's name" : "a name of a client";
	}
	return one.expected_peer_name?.kind === "RFC822" ? "a mailbox" : undefined;
}

function betterTls(value: { trustRoot: string; suites: Record<string, { testCases: BetterTlsCase[] }> }, now: Date): Suite {
	const root = Buffer.from(value.trustRoot, "base64");
	const cases = Object.values(value.suites).flatMap(({ testCases }) => testCases.map((one): SuiteCase => ({
		name: `bettertls::${one.suite}::${one.id}`,
		suite: `bettertls ${one.suite}`,
		sent: one.certificates.map(text => Buffer.from(text, "base64")),
		roots: [root],
		host: one.hostname,
		now,
		authorities: "own",
		expected: one.expected === "ACCEPT" ? "accept" : "refuse",
		isSoft: one.failureIsWarning,
	})));
	return { cases, left: [] };
}

function fromPem(text: string): Buffer {
	return Buffer.from(text.replace(/-----[^-]+-----/g, "").replace(/\s/g, ""), "base64");
}
