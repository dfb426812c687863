// npm run certs: the roots that images trust.

import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { Command } from "commander";
import { readManifest } from "../build/manifest.ts";
import { pemFiles, type Root, rootsOf, trustedRoots } from "../build/roots.ts";
import { coloursFor } from "../colours.ts";
import { UserError } from "../user-error.ts";
import { hostRoot, pem } from "./host-root.ts";
import { liteLabels } from "./lite-roots.ts";
import { emitMozillaRoots, fingerprint, mozillaRootsPath, readMozillaRoots } from "./mozilla-roots.ts";
import { differences, newestRoots, usableRoots } from "./refresh.ts";
import { readRootStore, rootFault, type WebRoot } from "./root-store.ts";

const projectFolder = resolve(import.meta.dirname, "../..");

export function command(): Command {
	const certs = new Command().description("Lists, adds and refreshes the roots that an image trusts.");
	certs.command("list", { isDefault: true })
		.description("Lists what an app trusts.")
		.option("--app <folder>", "the app, a folder with a manifest.json (default: the project's own)")
		.action(list);
	certs.command("add")
		.description("add the root that a host needs, or the roots of a PEM file, to the certs/ of an app")
		.argument("<host>", "HOST or HOST:PORT ([IPV6]:PORT), or a file of roots in PEM")
		.option("--app <folder>", "the app, a folder with a manifest.json (default: the project's own)")
		.action(add);
	certs.command("refresh")
		.description("Brings the newest of Mozilla's roots into certs/mozilla.pem.")
		.option("--from <file>", "take this certdata.txt, not the newest of Debian's ca-certificates")
		.action(refresh);
	return certs;
}

function list({ app = projectFolder }: { app?: string }): void {
	const folder = resolve(app);
	const { roots: profile } = readManifest(folder);
	const { store, own, webSummary } = trustedRoots(profile, folder);
	const labels = new Set(readRootStore(store).map(({ label }) => label));
	const colours = coloursFor(process.stdout);
	const roots = readMozillaRoots().roots.filter(({ label }) => labels.has(label));
	const width = Math.max(0, ...roots.map(({ label }) => label.length));
	for (const { label, der, distrustAfter } of roots) {
		const notes = [...liteLabels.includes(label) ? ["lite"] : [], ...distrustAfter ? [`distrusted for what begins after ${day(distrustAfter)}`] : []];
		console.log(`${label.padEnd(width)}  until ${day(new Date(new X509Certificate(der).validTo))}  ${notes.join(", ")}`.trimEnd());
	}
	for (const { subject, notAfter, file } of own) {
		console.log(`${subject}  until ${day(new Date(notAfter))}  your own, ${file}`);
	}
	console.log(colours.bold(`"roots": "${profile}": ${webSummary}, ${own.length} of your own`));
}

async function add(what: string, { app = projectFolder }: { app?: string }): Promise<void> {
	const folder = resolve(app);
	const { roots } = readMozillaRoots();
	const found = existsSync(what) || what.endsWith(".pem")
		? rootsOf(what).map(root => roots.find(({ der }) => fingerprint(der) === fingerprint(root.der)) ?? ownRoot(root))
		: [await hostRoot(hostOf(what), roots)];
	for (const root of found) {
		addRoot(root, what, folder, roots);
	}
}

function ownRoot({ der, subject, file }: Root): WebRoot {
	if (!new X509Certificate(der).checkIssued(new X509Certificate(der))) {
		throw new UserError(`${file}: found ${subject}, which another authority has signed, expected a root, which signs itself`);
	}
	return { label: /CN=([^,]+)/.exec(subject)?.[1] ?? subject, der };
}

/** Writes the root into the app's certs/, unless it is trusted already. */
function addRoot(root: WebRoot, what: string, folder: string, ofTheWeb: readonly WebRoot[]): void {
	const name = fingerprint(root.der);
	const { roots: profile } = readManifest(folder);
	const trusted = trustedRoots(profile, folder);
	const until = day(new Date(new X509Certificate(root.der).validTo));
	console.log(`${what} needs "${root.label}", until ${until}, SHA-256 ${name}`);
	if (root.distrustAfter !== undefined) {
		console.log(`certificates under it that begin after ${day(root.distrustAfter)} are not trusted`);
	}
	const isWeb = ofTheWeb.includes(root);
	if (isWeb ? readRootStore(trusted.store).some(({ label }) => label === root.label) : trusted.own.some(({ der }) => fingerprint(der) === name)) {
		console.log(`it is trusted already ("roots": "${profile}", and certs/)`);
		return;
	}
	const fault = isWeb ? undefined : rootFault(root.der);
	if (fault !== undefined) console.log(`a chain under it may be refused: it ${fault}`);
	mkdirSync(join(folder, "certs"), { recursive: true });
	const path = join(folder, "certs", `${root.label.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "") || name.slice(0, 12)}.pem`);
	if (pemFiles(join(folder, "certs")).includes(path)) throw new UserError(`${relative(process.cwd(), path)}: there is a file of that name, with another root`);
	writeFileSync(path, pem(root.der));
	console.log(`added: ${relative(process.cwd(), path)}${isWeb ? "" : ". It is your own: compare its SHA-256 with what its owner says"}`);
}

async function refresh({ from }: { from?: string }): Promise<void> {
	const before = readMozillaRoots();
	const after = from === undefined ? await newestRoots() : { source: basename(from), roots: usableRoots(readText(from)) };
	const lines = differences(before.roots, after.roots);
	const lost = liteLabels.filter(label => after.roots.every(root => root.label !== label));
	writeFileSync(mozillaRootsPath, emitMozillaRoots(after));
	console.log([...lines, ...lost.map(label => `tools/certificates/lite-roots.ts names "${label}", which is gone`)].join("\n") || "nothing has changed");
	console.log(`${relative(process.cwd(), mozillaRootsPath)}: ${after.roots.length} roots, ${after.source}`);
}

function readText(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (cause) {
		throw new UserError(`${path}: found no file that can be read (${(cause as NodeJS.ErrnoException).code}), expected a certdata.txt`, { cause });
	}
}

/** "a.example:8443". @throws UserError for anything else */
function hostOf(text: string): { host: string; port?: number } {
	const [, name, address, port] = /^(?:([A-Za-z0-9][A-Za-z0-9.-]*)|\[([0-9A-Fa-f:.]+)\])(?::(\d{1,5}))?$/.exec(text) ?? [];
	const host = name ?? address;
	if (host === undefined || Number(port ?? 1) < 1 || Number(port ?? 1) > 65535) {
		throw new UserError(`found ${JSON.stringify(text)}, expected HOST, HOST:PORT, [IPV6]:PORT or a PEM file`);
	}
	return { host, ...port === undefined ? {} : { port: Number(port) } };
}

function day(date: Date): string {
	return date.toISOString().slice(0, 10);
}
