/** Connections of platform/tls alone, on the host, to a server: the lines that the program `fetch` prints, one for each. */
import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildBare } from "./build.ts";

/** What the program says of one connection, by name. */
export type Line = Readonly<Record<string, string>>;

const folder = mkdtempSync(join(tmpdir(), "picofetch-tls-"));
let files = 0;

/** Where a certificate lies for the program, DER. */
export function fileOf(bytes: Uint8Array): string {
	const file = join(folder, `${files++}.der`);
	writeFileSync(file, bytes);
	return file;
}

/**
 * @param settings of fetch.c; an empty text leaves one out
 * @throws Error when the program ends with another status than 0: a sanitizer's word is in it
 */
export async function connectBare(settings: Readonly<Record<string, string>>): Promise<Line[]> {
	const program = await buildBare("host", "fetch");
	const given = Object.entries(settings).filter(([, value]) => value !== "").map(([name, value]) => `${name}=${value}`);
	const { stdout } = await promisify(execFile)(program, given, { timeout: 60_000 });
	return stdout.trim().split("\n").map(line => Object.fromEntries(line.trim().split("\t").map(pair => pair.split(/=(.*)/s).slice(0, 2))) as Line);
}
