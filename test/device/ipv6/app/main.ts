// Joins, and does the steps of the configuration one after another; a line for each.

import config from "mc/config";
import { join, type JoinOptions } from "wifi";
import WiFi from "embedded:network/interface/wifi";
import { address } from "network/ipv6";
import { synchronizeClock } from "network/ntp";
import Resolver from "embedded:network/dns/resolver/udp";
import TCP from "embedded:io/socket/tcp";
import fetch from "fetch";

interface Step {
	readonly join?: JoinOptions;
	readonly addresses?: true;
	readonly waitMs?: number;
	readonly resolve?: string;
	readonly family?: 4 | 6;
	readonly clock?: true;
	readonly fetch?: string;
	/** A line over TCP, and what comes back. */
	readonly say?: { readonly address: string; readonly port: number };
}

const wifi = new WiFi();
const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));

const resolve = (host: string, family: 4 | 6 | undefined) => new Promise<string>((done, failed) => {
	new Resolver().resolve({ host, ...family && { family } }, (error, found) => error ? failed(error) : done(String(found)));
});

const say = ({ address, port }: { readonly address: string; readonly port: number }) => new Promise<string>((done, failed) => {
	let told = "";
	let asked = false;
	const socket = new TCP({
		address, port,
		onWritable() {
			if (!asked) this.write(new TextEncoder().encode("hello\n"));
			asked = true;
		},
		onReadable(count) {
			told += new TextDecoder().decode(this.read(count));
			if (!told.endsWith("\n")) return;
			done(`${told.trim()} from ${this.remoteAddress}`);
			this.close();
		},
		onError: error => failed(error),
	});
	void socket;
});

async function done(step: Step): Promise<string> {
	if (step.join) {
		const joined = await join(step.join);
		return `join ${joined.address} by ${joined.gateway}, ${wifi.connection}`;
	}
	if (step.addresses) return `addresses ${wifi.address} ${address()}`;
	if (step.waitMs !== undefined) return pause(step.waitMs).then(() => "wait");
	if (step.resolve !== undefined) return `resolve ${await resolve(step.resolve, step.family)}`;
	if (step.clock) return synchronizeClock().then(() => "clock set");
	if (step.fetch !== undefined) {
		const response = await fetch(step.fetch);
		return `fetch ${response.status} ${response.url} ${await response.text()}`;
	}
	return `say ${await say(step.say!)}`;
}

for (const step of config.steps as unknown as readonly Step[]) {
	try {
		console.log(await done(step));
	} catch (error) {
		const { code, cause } = error as { code?: string; cause?: { code?: string } };
		console.log(`${code ?? cause?.code}: ${(error as Error).message}`);
	}
	await pause(20); // the console holds 2 KB
}
console.log("end");
