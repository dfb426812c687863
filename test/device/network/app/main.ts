// What the network tests run on the device: one story, chosen by config.story. Each step says one line; "end" is the last.

import config from "mc/config";
import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import Resolver from "embedded:network/dns/resolver/udp";
import WiFi from "embedded:network/interface/wifi";
import { networkInstrumentation } from "network/instrumentation";
import { synchronizeClock } from "network/ntp";
import { isTimeSet, setTime, timeBounds } from "time";
import { join, type JoinOptions } from "wifi";
import { echo } from "./echo.ts";

const { story, wrongPassword = "not the passphrase", timeoutMs = 30_000, seconds = 0, lengthBytes = 100 * 1024, security, bssid, channel, servers = "pool.ntp.org", joins = [] } = config as {
	story: string; wrongPassword?: string; timeoutMs?: number; seconds?: number; lengthBytes?: number; security?: JoinOptions["security"]; bssid?: string; channel?: number;
	servers?: string | string[]; joins?: JoinOptions[];
};
const names = ["echo.example", "nobody.example"];

/** The code of an error, or its name. */
function code(error: unknown): string {
	const { code, name, message } = error as { code?: string; name?: string; message?: string };
	return `${code ?? name}: ${message}`;
}

async function attempt(what: string, promise: Promise<unknown>): Promise<boolean> {
	try {
		const value = await promise;
		console.log(`${what} ok ${value === undefined ? "" : JSON.stringify(value)}`);
		return true;
	} catch (error) {
		console.log(`${what} ${code(error)}`);
		return false;
	}
}

function address(host: string): Promise<string> {
	return new Promise((resolve, reject) => {
		const resolver = new Resolver();
		resolver.resolve({ host }, (error, found) => {
			resolver.close();
			resolver.close();
			if (error) {
				reject(error);
			} else {
				resolve(found!);
			}
		});
	});
}

/** Connects, and tells the first thing that happens; closes inside the callback named, twice. */
function closing(host: string, port: number, where: "onWritable" | "onReadable" | "onError"): Promise<string> {
	return new Promise((resolve) => {
		const after: string[] = [];
		const seen = (callback: string, tcp: TCP, detail: string) => {
			after.push(callback);
			if (callback === where) {
				tcp.close();
				tcp.close();
				// Whatever came after close() would be in the list by then.
				setTimeout(() => resolve(`${after.join(" ")}${detail}`), 300);
			}
		};
		const tcp = new TCP({
			address: host,
			port,
			onWritable() {
				if (where !== "onWritable" && !after.includes("onWritable")) {
					this.write(Uint8Array.from([1, 2, 3, 4]));
				}
				seen("onWritable", this, "");
			},
			onReadable(count) {
				if (where !== "onReadable") {
					this.read();
				}
				seen("onReadable", this, ` ${count}`);
			},
			onError(error) {
				seen("onError", this, ` ${error.code}`);
			},
		});
	});
}

/** One datagram there and back. */
function ping(host: string, port: number): Promise<string> {
	return new Promise((resolve) => {
		const udp = new UDP({
			onReadable() {
				const datagram = this.read()!;
				this.close();
				this.close();
				resolve(`${datagram.address}:${datagram.port} ${new Uint8Array(datagram).join(",")}`);
			},
		});
		udp.write(Uint8Array.from([1, 2, 3]), host, port);
	});
}

/** So many datagrams there and back, one behind the other: each is sent again until its own answer has come. Tells how often that was. */
function pingsUntilAnswered(host: string, port: number, count: number): Promise<string> {
	return new Promise((resolve, reject) => {
		let number = 0;
		let asked = 0;
		const ask = () => {
			asked++;
			udp.write(pattern(number), host, port);
		};
		const again = setInterval(ask, 1000);
		const udp = new UDP({
			onReadable() {
				for (let datagram = this.read(); datagram; datagram = this.read()) {
					const answer = new Uint8Array(datagram).reverse();
					if (answer[0]! < number) continue;	// it came late, or twice
					if (answer.join() !== pattern(number).join()) {
						reject(new Error(`datagram ${number} came back as ${answer.join()}`));
					} else if (++number < count) {
						ask();
						continue;
					}
					clearInterval(again);
					this.close();
					resolve(`${number} of ${count}, asked ${asked} times`);
					return;
				}
			},
		});
		ask();
	});
}

/** The datagram of a number below 256, which is its first byte. */
function pattern(number: number): Uint8Array {
	return Uint8Array.from({ length: 100 }, (_, index) => number + index * 7);
}

/** Asks for so many datagrams of so many bytes, reads when they must have come, and tells what was there, what was not, and what is left. */
async function burst(host: string, bursts: readonly [count: number, lengthBytes: number][]): Promise<string> {
	const udp = new UDP();
	const seen: string[] = [];
	const pools = () => {
		const { packets, heap } = networkInstrumentation();
		return `${packets.used} ${heap.used}`;
	};
	const before = pools();
	let dropped = 0;
	for (const [count, lengthBytes] of bursts) {
		udp.write(new Uint16Array([count, lengthBytes]), host, 5001);
		await new Promise(resolve => setTimeout(resolve, 500));
		const numbers: number[] = [];
		for (let datagram = udp.read(); datagram; datagram = udp.read()) {
			if (datagram.byteLength === lengthBytes && datagram.address === host && datagram.port === 5001) numbers.push(new Uint8Array(datagram)[0]!);
		}
		seen.push(`${numbers.length}${numbers.every((number, index) => number === index) ? "" : " out of order"} and ${udp.dropped - dropped}`);
		({ dropped } = udp);
	}
	udp.write(new Uint16Array([20, 100]), host, 5001);
	await new Promise(resolve => setTimeout(resolve, 500));
	udp.close();
	return `${seen.join(", ")}; ${pools() === before ? "nothing" : `${before}, then ${pools()},`} kept`;
}

/** A datagram into a buffer that is too small, the same into a part of one, and a read after the end. */
function pingInto(host: string, port: number): Promise<string> {
	return new Promise((resolve) => {
		const part = new DataView(new ArrayBuffer(6), 1, 4) as DataView & { address?: string; port?: number };
		const datagram = Uint8Array.from([1, 2, 3]);
		let refusal: string | undefined;
		const udp = new UDP({
			target: "an app's own",
			onReadable() {
				if (refusal === undefined) {
					try {
						this.read(new Uint8Array(2));
					} catch (error) {
						refusal = (error as Error).name;
					}
					this.write(datagram, host, port);
					return;
				}
				const count = this.read(part);
				this.close();
				try {
					this.read();
				} catch (error) {
					resolve(`${refusal} ${count} ${new Uint8Array(part.buffer).join(",")} of ${part.address}:${part.port} for ${this.target}, then ${code(error)}`);
				}
			},
		});
		udp.write(datagram, host, port);
	});
}

function scan(): Promise<string> {
	return new Promise((resolve) => {
		const found: string[] = [];
		const wifi = new WiFi();
		wifi.scan({
			onFound: ({ SSID, BSSID, RSSI, channel, secure }) => found.push(`${SSID} ${BSSID} ${RSSI} ${channel} ${secure}`),
			onComplete: () => {
				wifi.close();
				resolve(found.join(", "));
			},
		});
	});
}

/** The states of an interface while it joins and leaves. */
function states(): Promise<string> {
	return new Promise((resolve) => {
		const seen: number[] = [];
		const wifi = new WiFi({
			onChanged() {
				seen.push(this.connection);
				if (this.connection === 500) {
					this.disconnect();
				} else if (this.connection === 200) {
					this.close();
					this.close();
					resolve(seen.join(" "));
				}
			},
		});
		seen.push(wifi.connection);
		const { ssid, password } = config as { ssid: string; password: string };
		wifi.connect({ SSID: ssid, password });
	});
}

/** Joined, then thrown out: tells what the interface says of it. */
function lost(): Promise<string> {
	return new Promise((resolve) => {
		const wifi = new WiFi({
			onChanged() {
				if (this.failure) {
					const { code } = this.failure;
					const { connection } = this;
					this.close();
					resolve(`${connection} ${code}`);
				}
			},
		});
	});
}

/** Opens connections until one is refused. */
function flood(host: string, port: number): string {
	const open: TCP[] = [];
	try {
		for (;;) {
			open.push(new TCP({ address: host, port }));
		}
	} catch (error) {
		return `${open.length} then ${code(error)}`;
	} finally {
		for (const tcp of open) {
			tcp.close();
		}
	}
}

async function joined(then: () => Promise<unknown>): Promise<void> {
	const network = await join();
	console.log(`address ${network.address} ${network.gateway} ${network.mac}`);
	await then();
}

const stories: Readonly<Record<string, () => Promise<unknown>>> = {
	"join": () => attempt("join", join({ timeoutMs, security, bssid, channel })),
	"joins, and a name": async () => {
		for (const options of joins) {
			await attempt("join", join(options));
			await attempt("name", address("echo.example"));
		}
	},
	"join and say where": async () => {
		await attempt("join", join({ security, bssid, channel }));
		const wifi = new WiFi();
		console.log(`at ${wifi.BSSID} ${wifi.channel} ${wifi.RSSI}`);
	},
	"join wrong, then right": async () => {
		const { ssid } = config as { ssid: string };
		await attempt("wrong", join({ ssid, password: wrongPassword, security }));
		await attempt("right", join({ security }));
	},
	"join, leave, join": () => joined(async () => {
		const tcp = new TCP({ address: await address("echo.example"), port: 7, onError: ({ code }) => console.log(`connection ${code}`) });
		await new Promise<void>((resolve) => setTimeout(resolve, 200));
		const wifi = new WiFi();
		wifi.disconnect();
		wifi.close();
		await attempt("again", join({ timeoutMs }));
		tcp.close();
	}),
	"join WPA2, then WPA3 alone": async () => {
		await attempt("first", join({ security: "wpa2" }));
		await attempt("second", join({ security: "wpa3" }));
	},
	"short passphrase": async () => attempt("join", join({ ssid: "x", password: "short" })),
	"scan": async () => attempt("scan", scan()),
	"scan beside an echo": () => joined(async () => {
		const host = await address("echo.example");
		await Promise.all([attempt("scan", scan()), attempt("echo", echo(host, 7, 48 * 1024))]);
	}),
	"states": async () => attempt("states", states()),
	"names": () => joined(async () => {
		for (const name of names) {
			await attempt(name, address(name));
		}
		await attempt("empty", address(""));
	}),
	"echo": () => joined(async () => attempt("echo", echo(await address("echo.example"), 7, 100 * 1024))),
	"everything": async () => {
		if (!await attempt("join", join({ timeoutMs, security }))) return;
		for (const name of names) {
			await attempt(name, address(name));
		}
		while (!await attempt("clock", synchronizeClock({ server: servers }))) {
			// A server is asked twice, and each question or its answer can get lost.
		}
		const host = await address("echo.example");
		await attempt("datagrams", pingsUntilAnswered(host, 5000, 50));
		await attempt("echo", echo(host, 7, lengthBytes));
	},
	"port closed": () => joined(async () => attempt("closed", closing(await address("echo.example"), 9, "onError"))),
	"port silent": () => joined(async () => attempt("silent", closing(await address("echo.example"), 11, "onError"))),
	"close in onWritable": () => joined(async () => attempt("close", closing(await address("echo.example"), 7, "onWritable"))),
	"close in onReadable": () => joined(async () => attempt("close", closing(await address("echo.example"), 7, "onReadable"))),
	"close in onError": () => joined(async () => attempt("close", closing(await address("echo.example"), 13, "onError"))),
	"many connections": () => joined(async () => {
		const host = await address("echo.example");
		for (let round = 0; round < 12; round++) {
			await attempt(`round ${round}`, closing(host, 7, "onReadable"));
		}
	}),
	"too many connections": () => joined(async () => {
		const host = await address("echo.example");
		console.log(`flood ${flood(host, 7)}`);
		await attempt("after", closing(host, 7, "onReadable"));
	}),
	"lost": () => joined(async () => {
		await attempt("lost", lost());
		await attempt("again", join());
		await attempt("echo", closing(await address("echo.example"), 7, "onReadable"));
	}),
	"lost, then another": () => joined(async () => {
		await attempt("lost", lost());
		await attempt("another", join({ ssid: "another", password: "its passphrase" }));
	}),
	"lost, and tried until it is back": () => joined(async () => {
		await attempt("lost", lost());
		while (!await attempt("again", join())) {
			// Its access point is away for a while.
		}
	}),
	"lease": () => joined(async () => {
		const wifi = new WiFi();
		let last: string | undefined;
		for (let second = 0; second <= seconds; second += 5) {
			const address = wifi.address ?? "none";
			if (address !== last) {
				console.log(`${second} s ${address}`);
				last = address;
			}
			await new Promise<void>((resolve) => setTimeout(resolve, 5000));
		}
		wifi.close();
		await attempt("datagram", address("echo.example").then((host) => ping(host, 5000)));
	}),
	"datagram into a buffer": () => joined(async () => attempt("buffer", address("echo.example").then((host) => pingInto(host, 5000)))),
	"closed resolver": () => joined(async () => {
		const resolver = new Resolver();
		let told = 0;
		resolver.resolve({ host: "echo.example" }, () => told++);
		resolver.resolve({ host: "nobody.example" }, () => told++);
		resolver.close();
		await attempt("echo.example", address("echo.example"));
		console.log(`told ${told}`);
	}),
	"burst": () => joined(async () => attempt("burst", burst(await address("echo.example"), config.bursts as [number, number][]))),
	"datagram": () => joined(async () => attempt("datagram", ping(await address("echo.example"), 5000))),
	"set clock": async () => {
		const { earliest, latest } = timeBounds();
		console.log(`bounds ${earliest.toISOString()} ${latest.toISOString()}`);
		for (const time of [earliest.getTime() - 1, earliest.getTime(), latest.getTime(), latest.getTime() + 1, -1, NaN]) {
			await attempt("set", new Promise((resolve) => {
				setTime(time);
				resolve(new Date(time));
			}));
			console.log(`is set ${isTimeSet()}`);
		}
	},
	"clock": () => joined(async () => {
		await attempt("clock", synchronizeClock({ server: servers, timeoutMs: 6000 }));
		console.log(`is set ${isTimeSet()}`);
	}),
	"without network": async () => {
		await attempt("name", address("echo.example"));
		try {
			new TCP({ address: "192.0.2.1", port: 80 });
		} catch (error) {
			console.log(`tcp ${code(error)}`);
		}
	},
};

try {
	await stories[story]!();
} catch (error) {
	console.log(`failed ${code(error)}`);
}
console.log("end");
