// A sample of a suite's cases through the firmware itself: the .uf2 with the case's roots meets a server that shows the case's
// certificates.

import { isIP } from "node:net";
import { rootFault } from "../certificates/root-store.ts";
import { certificateServer } from "./certificate-server.ts";
import { runDevice } from "./device.ts";
import type { SuiteCase } from "./suites.ts";

/** Why a case cannot be put to a device; undefined when it can. */
export function reasonToLeaveToHost({ host, intermediatesMax, now }: SuiteCase): string | undefined {
	if (host === undefined) {
		return "the device proves servers, by their names";
	}
	if (isIP(host) === 6) {
		return "the device has no IPv6";
	}
	if (!(now.getTime() >= 24 * 3600 * 1000)) {
		return "a time before 1970";
	}
	return intermediatesMax === undefined ? undefined : "the device takes no path length";
}

/** So many of the cases, the same ones for the same seed, in the order of the suite. */
export function drawSample(cases: readonly SuiteCase[], count: number, seed: number): SuiteCase[] {
	const left = cases.map((_, index) => index);
	const chance = generator(seed);
	const drawn = new Set<number>();
	while (drawn.size < count && left.length > 0) {
		const at = chance() % left.length;
		drawn.add(left[at]!);
		left[at] = left[left.length - 1]!;
		left.pop();
	}
	return cases.filter((_, index) => drawn.has(index));
}

/** Numbers below 2^32 (xorshift32, G. Marsaglia 2003). */
function generator(seed: number): () => number {
	let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
	return () => {
		state ^= state << 13;
		state ^= state >>> 17;
		state = (state ^ state << 5) >>> 0;
		return state;
	};
}

/**
 * Judges one case on a device of its own. Roots of the web lie in its root store, where it takes them; others are refused by the build.
 *
 * @returns the code of the refusal; none when the device waited for the proof of the key: the path is trusted
 * @throws Error with the console when the firmware does not come to its end
 */
export async function judgeOnDevice({ name, sent, roots, host, now, authorities }: SuiteCase): Promise<{ readonly code?: string }> {
	const isOwn = authorities === "own";
	const [end] = await runDevice({
		tls: { host: host! },
		server: certificateServer(sent),
		now,
		ownRoots: isOwn ? roots : [],
		webRoots: isOwn ? [] : roots.filter(der => rootFault(der) === undefined).map(der => ({ label: name, der })),
	});
	return end!.code === "ERR_TLS_ALERT" ? {} : { code: end!.code };
}
