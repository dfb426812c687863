// What the tests of the resolver run on the device: steps out of config.steps, each said in a line for each name. "end" is the last.

import config from "mc/config";
import Resolver from "embedded:network/dns/resolver/udp";
import { networkInstrumentation } from "network/instrumentation";
import { uptimeMs } from "base/uptime";
import { join } from "wifi";

/** One thing to do. */
interface Step {
	/** Names to resolve, all at once. */
	ask?: string[];
	family?: 4 | 6;
	timeoutMs?: number;
	servers?: string[];
	/** Closes the resolver inside its first callback. */
	closes?: boolean;
	/** Asks for this name inside the callback, by the same resolver. */
	then?: string;
	waitMs?: number;
	/** Does it so often, and says only how often what was said. */
	repeat?: number;
	/** Moddable's form: callbacks among the options. */
	callbacks?: boolean;
}

function describe(error: unknown): string {
	const { code, name, message } = error as { code?: string; name?: string; message?: string };
	return `${code ?? name}: ${message}`;
}

/** Resolves names side by side, and tells each with the time that it took. */
async function ask({ ask: names = [], family, timeoutMs, servers, closes, then, callbacks, repeat }: Step, say: (line: string) => void): Promise<void> {
	const startMs = uptimeMs();
	const resolver = new Resolver({ servers });
	const lines: string[] = [];
	await new Promise<void>((resolve) => {
		let left = names.length;
		const tell = (host: string, said: string) => {
			say(`${host} ${said} ${Math.round(uptimeMs() - startMs)} ms`);
			if (closes) {
				resolver.close();
				resolver.close();
				setTimeout(resolve, repeat ? 0 : 3000); // whatever came after close() would be said by then
				return;
			}
			if (--left === 0) {
				resolve();
			}
		};
		for (const host of names) {
			try {
				if (callbacks) {
					resolver.resolve({
						host,
						onResolved: (name, address) => tell(name, address),
						onError: error => tell(host, describe(error)),
					});
					continue;
				}
				resolver.resolve({ host, family, timeoutMs }, (error, address) => {
					if (then !== undefined) {
						resolver.resolve({ host: then }, (failure, found) => tell(then, failure ? describe(failure) : found!));
					} else {
						tell(host, error ? describe(error) : address!);
					}
				});
			} catch (error) {
				left--;
				lines.push(`${host} threw ${describe(error)}`);
			}
		}
		if (left === 0) {
			resolve();
		}
	});
	lines.forEach(say);
	resolver.close();
}

/** What lwIP has given out. */
function pools(): string {
	const { sockets, packets, heap } = networkInstrumentation();
	return `pools ${sockets.used} ${packets.used} ${heap.used}`;
}

await join();
console.log(pools());
for (const step of config.steps as Step[]) {
	if (step.waitMs) {
		await new Promise<void>(resolve => setTimeout(resolve, step.waitMs!));
	}
	if (step.repeat) {
		const counts = new Map<string, number>();
		for (let round = 0; round < step.repeat; round++) {
			await ask(step, (line) => {
				const what = line.split(/[: ]/, 2)[1]!;
				counts.set(what, (counts.get(what) ?? 0) + 1);
			});
		}
		console.log(`repeated ${[...counts].sort().join(" ")}`);
	} else if (step.ask) {
		await ask(step, line => console.log(line));
	}
}
console.log(pools());
console.log("end");
