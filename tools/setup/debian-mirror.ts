// Where this machine gets Debian from, read out of its own apt configuration: sources.list (sources.list(5), one-line
// style) and *.sources (deb822 style). The set-up asks the same mirror for newer suites.

import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

export interface DebianMirror {
	/** Base of the archive: of trixie, forky, sid. */
	readonly archive: string;
	/** Base of the security archive: of trixie-security. */
	readonly security: string;
}

/** Debian's own addresses, for a machine whose configuration names none. */
const debianItself: DebianMirror = {
	archive: "http://deb.debian.org/debian",
	security: "http://deb.debian.org/debian-security",
};

const archiveSuite = /^(?:bookworm|trixie|forky|duke|sid|oldstable|stable|testing|unstable)(?:-updates|-backports)?$/;
const securitySuite = /^(?:bookworm|trixie|forky|duke|oldstable|stable|testing)(?:-security|\/updates)$/;

interface Entry {
	readonly uri: string;
	readonly suite: string;
}

/** The mirror that the configuration in `aptFolder` (/etc/apt) names. */
export async function debianMirror(aptFolder: string): Promise<DebianMirror> {
	const entries: Entry[] = [];
	for (const file of await configurationFiles(aptFolder)) {
		const text = await readFile(file, "utf8");
		entries.push(...file.endsWith(".sources") ? deb822Entries(text) : oneLineEntries(text));
	}
	const usable = entries.filter(entry => /^https?:/.test(entry.uri));
	const find = (suite: RegExp) => usable.find(entry => suite.test(entry.suite))?.uri.replace(/\/+$/, "");
	return {
		archive: find(archiveSuite) ?? debianItself.archive,
		security: find(securitySuite) ?? debianItself.security,
	};
}

async function configurationFiles(aptFolder: string): Promise<string[]> {
	const list = join(aptFolder, "sources.list");
	const folder = join(aptFolder, "sources.list.d");
	const names = existsSync(folder) ? (await readdir(folder)).sort() : [];
	return [
		...existsSync(list) ? [list] : [],
		...names.filter(name => /\.(?:list|sources)$/.test(name)).map(name => join(folder, name)),
	];
}

/** `deb [ option=value ... ] uri suite component ...`, one a line. */
function oneLineEntries(text: string): Entry[] {
	const entries: Entry[] = [];
	for (const line of text.split("\n")) {
		const found = /^\s*deb(?:-src)?\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)/.exec(line);
		if (found) {
			entries.push({ uri: found[1]!, suite: found[2]! });
		}
	}
	return entries;
}

/** Paragraphs of `Field: values`, a value continued on lines that begin with a space. */
function deb822Entries(text: string): Entry[] {
	const entries: Entry[] = [];
	const withoutComments = text.split("\n").filter(line => !line.startsWith("#")).join("\n");
	for (const paragraph of withoutComments.split(/\n\s*\n/)) {
		const field = (name: string): string[] => {
			const found = new RegExp(`^${name}:(.*(?:\\n[ \\t].*)*)`, "im").exec(paragraph);
			return found?.[1]?.split(/\s+/).filter(word => word !== "") ?? [];
		};
		if (field("Enabled")[0] === "no") {
			continue;
		}
		for (const uri of field("URIs")) {
			entries.push(...field("Suites").map(suite => ({ uri, suite })));
		}
	}
	return entries;
}
