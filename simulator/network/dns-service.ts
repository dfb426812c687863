/** The router's DNS server: knows the hosts, asks the real Internet where there is one, fails as it is told to. Over UDP and TCP. */
import type { Clock } from "../wires.ts";
import { parseIpv4 } from "./addresses.ts";
import { answerDns } from "./dns-server.ts";
import type { Hosts, NameRecord } from "./hosts.ts";
import type { NetworkFaults } from "./options.ts";

export interface DnsServiceOptions {
	clock: Clock;
	hosts: Hosts;
	faults: NetworkFaults;
	trace: ((line: string) => void) | undefined;
	malformed(text: string): void;
}

export class DnsService {
	readonly #options: DnsServiceOptions;
	/** Names of the real Internet, as they were told last. */
	readonly #outside = new Map<string, NameRecord | undefined>();

	constructor(options: DnsServiceOptions) {
		this.#options = options;
	}

	/** @param truncates when a fault orders it: not over TCP. @param reply is not called for what is not answered. */
	ask(query: Uint8Array, truncates: boolean, reply: (answer: Uint8Array) => void): void {
		const { clock, hosts, malformed, trace } = this.#options;
		const faults = { ...this.#options.faults, ...(!truncates && { dnsTruncated: false }) };
		const unknown = new Set<string>();
		const answer = answerDns(query, (name) => {
			const record = this.#lookUp(name);
			if (!record) {
				unknown.add(name);
			}
			return record;
		}, faults);
		if (typeof answer === "string") {
			malformed(answer);
			return;
		}
		if (unknown.size && hosts.hasOutside) {
			// Virtual time stands while the real Internet is asked.
			clock.schedule(0, () => this.#askOutside(query, unknown, faults, reply));
			return;
		}
		trace?.(`dns ${answer.text}${faults.dnsSilent ? " (not answered: fault)" : ""}`);
		if (!faults.dnsSilent) {
			reply(answer.message);
		}
	}

	async #askOutside(query: Uint8Array, names: ReadonlySet<string>, faults: NetworkFaults, reply: (answer: Uint8Array) => void): Promise<void> {
		for (const name of names) {
			this.#outside.set(name, await this.#options.hosts.lookUpOutside(name));
		}
		const answer = answerDns(query, (name) => this.#lookUp(name) ?? this.#outside.get(name), faults);
		if (typeof answer !== "string") {
			this.#options.trace?.(`dns ${answer.text} (by the gateway)`);
			reply(answer.message);
		}
	}

	#lookUp(name: string): NameRecord | undefined {
		const { faults, hosts } = this.#options;
		const forced = faults.dnsAnswer === undefined ? undefined : parseIpv4(faults.dnsAnswer);
		return forced === undefined ? hosts.lookUp(name) : { ipv4: forced };
	}
}
