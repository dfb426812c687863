// Reads the map that GNU ld writes (ld(1), --Map): which part of which object went to which address.

export interface Contribution {
	/** The output section, ".bss". */
	readonly output: string;
	/** The section of the object, ".bss.heap". */
	readonly section: string;
	/** Path of the object, with the member in parentheses when it comes from an archive. */
	readonly object: string;
	readonly address: number;
	readonly sizeBytes: number;
}

const outputSection = /^(\.\S+)(?:\s+0x[0-9a-f]+\s+0x[0-9a-f]+.*)?$/;
const contribution = /^ (\.\S+|COMMON)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$/;
const nameAlone = /^ (\.\S+|COMMON)$/;
const restOfLine = /^\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$/;

/** Everything with a size that an object contributed, in the order of the map. Fill between objects has no object and is not among it. */
export function readLinkMap(text: string): Contribution[] {
	const contributions: Contribution[] = [];
	let output = "";
	// A name that is too long for its column has a line to itself.
	let pending: string | undefined;
	const start = text.indexOf("Linker script and memory map");
	for (const line of text.slice(Math.max(start, 0)).split("\n")) {
		const rest = pending === undefined ? null : restOfLine.exec(line);
		const whole = rest ? [line, pending!, rest[1]!, rest[2]!, rest[3]!] : contribution.exec(line);
		pending = nameAlone.exec(line)?.[1];
		if (whole) {
			const [, section, address, size, object] = whole as [string, string, string, string, string];
			const sizeBytes = Number.parseInt(size, 16);
			if (sizeBytes !== 0) {
				contributions.push({ output, section, object, address: Number.parseInt(address, 16), sizeBytes });
			}
		} else {
			output = outputSection.exec(line)?.[1] ?? output;
		}
	}
	return contributions.map((each, index) => withoutMerged(each, contributions[index + 1]));
}

/** The map gives strings their length before equal ones were merged: what remains ends where the next contribution begins. */
function withoutMerged(each: Contribution, next: Contribution | undefined): Contribution {
	const end = each.address + each.sizeBytes;
	return next?.output === each.output && next.address >= each.address && next.address < end
		? { ...each, sizeBytes: next.address - each.address }
		: each;
}
