// `npm run soak`: the same again and again, by chance, for as long as the budget says. A tenth of it runs in `npm test`.

import { Command, InvalidArgumentError, Option } from "commander";
import { collectionParts } from "./soak-collections.ts";
import { soakConnections } from "./soak-connections.ts";
import { soakFailures } from "./soak-failures.ts";
import { soakFetch } from "./soak-fetch.ts";
import { soakHandshakes } from "./soak-handshakes.ts";
import { soakHttp } from "./soak-http.ts";
import { soakJudgements } from "./soak-judgements.ts";
import { soakLockStep } from "./soak-lock-step.ts";
import { protections, soakRoughAir } from "./soak-rough-air.ts";
import { soakStories } from "./soak-stories.ts";
import { soakTrust } from "./soak-trust.ts";
import { soakWeek } from "./soak-week.ts";

interface Options {
	readonly only?: string;
	readonly seed: number;
	readonly budget: number;
}

/** Each answers a line on what it did; it throws at the first fault. */
const soaks: Readonly<Record<string, { readonly what: string; run(seed: number, isOver: () => boolean): Promise<string> }>> = {
	http: {
		what: "20,000 responses to the HTTP client in Node, split and cut by chance",
		async run(seed, isOver) {
			const { whole, cut } = await soakHttp({ seed, count: 20_000, isOver });
			return `${whole} responses whole, ${cut} cut`;
		},
	},
	trust: {
		what: "chains of certificates changed by chance through the validator, and through both judgements, until the budget is spent",
		async run(seed, isOver) {
			const total = { rounds: 0, trusted: 0, both: 0 };
			for (let part = 0; part === 0 || !isOver(); part++) {
				const { rounds, trusted } = await soakTrust({ seed: seed + part, rounds: 50_000 });
				total.rounds += rounds;
				total.trusted += trusted;
				total.both += (await soakJudgements({ seed: seed + part, count: 1000 })).trusted;
			}
			return `${total.rounds} chains judged, ${total.trusted} of them trusted with every signature taken for right; ${total.both} trusted by both`;
		},
	},
	tls: {
		what: "TLS connections of both ends whose other side, memory and owner are changed by chance, until the budget is spent",
		async run(seed, isOver) {
			const total = { rounds: 0, open: 0, resumed: 0 };
			for (let part = 0; part === 0 || !isOver(); part++) {
				const { rounds, open, resumed } = await soakStories({ seed: seed + part, rounds: 10_000 });
				total.rounds += rounds;
				total.open += open;
				total.resumed += resumed;
			}
			return `${total.rounds} connections, ${total.open} of them came to open, ${total.resumed} by resumption; memory came back each time`;
		},
	},
	fetch: {
		what: "boots of the firmware that fetch 50 times each, until the budget is spent",
		async run(seed, isOver) {
			const total = { boots: 0, whole: 0, cut: 0 };
			do {
				const { whole, cut } = await soakFetch({ seed: seed + total.boots, count: 50, secureEvery: 5 });
				total.boots++;
				total.whole += whole;
				total.cut += cut;
			} while (total.boots < 10 && !isOver());
			return `${total.boots} boots, ${total.whole} fetches whole, ${total.cut} cut; memory came back each time`;
		},
	},
	handshakes: {
		what: "500 TLS handshakes on one boot, new and resumed, in turn with every kind that must fail",
		async run(seed) {
			const { succeeded, resumed, failed } = await soakHandshakes({ seed, count: 500 });
			return `${succeeded} handshakes succeeded, ${resumed} of them resumed, ${failed} failed as they must; memory is what it was`;
		},
	},
	failures: {
		what: "1,000 failures of the network on one boot, of every kind: each told once, and the next attempt works",
		async run(seed) {
			const { kinds, seconds } = await soakFailures({ seed, count: 1000 });
			return `1,000 failures of ${kinds} kinds in ${seconds.toFixed(0)} virtual s, each told once; memory is what it was`;
		},
	},
	week: {
		what: "a week of virtual time with a page by plain HTTP every ten minutes and a lease that is renewed; it ends where it began",
		async run(seed) {
			const { pages, renewals, awake } = await soakWeek({ seed, hours: 168 });
			return `${pages} pages, ${renewals} renewals; the processor executed for ${(awake * 100).toFixed(2)} % of the week, and memory is what it was`;
		},
	},
	connections: {
		what: "1,000 connections in a row to the board, and 10 MB each way, while 5 % of the frames get lost",
		async run(seed) {
			const { connectionsSeconds, bytesSeconds } = await soakConnections({ seed, connections: 1000, bytes: 10_000_000, loss: 0.05 });
			return `1,000 connections in ${connectionsSeconds.toFixed(0)} virtual s, 10 MB each way in ${bytesSeconds.toFixed(0)}; all whole, memory flat`;
		},
	},
	"rough-air": {
		what: "join, address, names, time, datagrams and 1 MB each way, open, by WPA2 and by WPA3, while of the frames 10 % get lost, 10 % come twice and 10 % are overtaken",
		async run(seed) {
			const told = [];
			for (const security of protections) {
				told.push(`${security} in ${(await soakRoughAir({ seed, security, bytes: 1_000_000 })).toFixed(0)}`);
			}
			return `${told.join(", ")} virtual s; all whole`;
		},
	},
	"lock-step": {
		what: "boots up to a page over HTTPS, every other one with the cache of flash, and programs for two cores, by the simulator's loop and by the plain interpreter, until the budget is spent",
		async run(seed, isOver) {
			const total = { boots: 0, stretches: 0, exceptions: 0, cycles: 0 };
			do {
				const { boot, pair } = await soakLockStep({ seed: seed + total.boots, xip: total.boots % 2 === 1 });
				total.boots++;
				for (const { stretches, exceptions, activeCycles } of [boot, pair]) {
					total.stretches += stretches;
					total.exceptions += exceptions;
					total.cycles += activeCycles[0] + activeCycles[1];
				}
			} while (!isOver());
			return `${total.boots} boots, ${Math.round(total.cycles / 1e6)} million cycles: the same at ${total.stretches} stretches and ${total.exceptions} exceptions`;
		},
	},
	collections: {
		what: "language, fetch and refusal with a collection at each allocation, while freezing too",
		async run(seed, isOver) {
			const told = [];
			for (const [name, part] of Object.entries(collectionParts)) {
				if (isOver()) break;
				const { report } = await part(seed);
				told.push(`${name} in ${Math.round(report.activeCycles / 1e6)} million cycles`);
			}
			return told.join(", ");
		},
	},
};

export function command(): Command {
	return new Command()
		.description("Runs the same again and again, by chance, and stops at the first fault.")
		.addOption(new Option("--only <name>", "one of them alone").choices(Object.keys(soaks)))
		.option("--seed <number>", "seed of chance", number, Math.floor(Date.now() / 1000) % 1_000_000)
		.option("--budget <seconds>", "time for each soak; one that has begun is finished", number, 120)
		.addHelpText("after", `\n${Object.entries(soaks).map(([name, { what }]) => `${name.padEnd(13)}${what}`).join("\n")}`)
		.action(async ({ only, seed, budget }: Options) => {
			console.log(`seed ${seed}, at most ${budget} s each`);
			for (const [name, { run }] of Object.entries(soaks)) {
				if (only !== undefined && only !== name) continue;
				const startedAtMs = performance.now();
				const told = await run(seed, () => performance.now() - startedAtMs > budget * 1000);
				console.log(`${name}: ${told}, ${((performance.now() - startedAtMs) / 1000).toFixed(0)} s`);
			}
		});
}

function number(text: string): number {
	if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("a whole number is expected.");
	return Number(text);
}
