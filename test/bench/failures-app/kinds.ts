// The kinds of failure. Each ends when its failure has been told, and puts into `told` whatever came, in order.

import config from "mc/config";
import Listener from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import Resolver from "embedded:network/dns/resolver/udp";
import WiFi from "embedded:network/interface/wifi";
import { join } from "wifi";
import Keeper from "wifi/keeper";
import { plainFetch } from "./plain-fetch.ts";

type Told = string[];

const { address, ssid, password } = config as unknown as { address: string; ssid: string; password: string };

// Ports of the host, as soak-failures.ts has them.
const echoPort = 7, closedPort = 9, silentPort = 11, endingPort = 13, resettingPort = 14, mutePort = 15, stuckPort = 16, floodPort = 17;
/** On which others connect to us. */
const ownPort = 8;
/** Bytes that each connection of `hardly a frame left` gets. */
const floodBytes = 12_000;

export function codeOf(error: unknown): string {
	const { code, cause, message } = error as { code?: string; cause?: { code?: string }; message?: string };
	return code ?? cause?.code ?? String(message);
}

export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

let number = 0;
/** A name that no cache knows. */
function freshName(): string {
	return `name-${number++}.example`;
}

function resolved(host: string): Promise<string> {
	return new Promise((resolve, reject) => {
		const resolver = new Resolver();
		resolver.resolve({ host }, (error, found) => {
			resolver.close();
			if (error) {
				reject(error);
			} else {
				resolve(found!);
			}
		});
	});
}

/** The network, a name, and bytes there and back. @returns "ok", or what is wrong. */
export async function works(): Promise<string> {
	try {
		await join();
		const found = await resolved("echo.example");
		return await new Promise<string>((resolve) => {
			let received = 0;
			const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
			const end = (tcp: TCP, what: string) => {
				clearTimeout(timer);
				tcp.close();
				resolve(what);
			};
			const tcp = new TCP({
				address: found,
				port: echoPort,
				onWritable() {
					if (bytes.length > 0 && received === 0) {
						this.write(bytes);
						received = -1;
					}
				},
				onReadable() {
					const came = new Uint8Array(this.read() as ArrayBuffer);
					received = Math.max(received, 0);
					if (came.some((byte, index) => byte !== received + index)) {
						end(this, "other bytes");
					} else if ((received += came.length) === bytes.length) {
						end(this, "ok");
					}
				},
				onError(error) {
					end(this, error.code);
				},
			});
			const timer = setTimeout(() => end(tcp, "no echo"), 20_000);
		});
	} catch (error) {
		return codeOf(error);
	}
}

interface Acts {
	writable?(tcp: TCP, count: number): void;
	readable?(tcp: TCP, count: number): void;
}

/** A connection until its end is told; bytes that come are counted. */
function connection(told: Told, port: number, { writable, readable }: Acts = {}): Promise<void> {
	return new Promise((resolve) => {
		let received = 0;
		new TCP({
			address,
			port,
			onWritable(count) {
				writable?.(this, count);
			},
			onReadable(count) {
				received += (this.read() as ArrayBuffer).byteLength;
				readable?.(this, count);
			},
			onError(error) {
				if (received > 0) {
					told.push(`${received} bytes`);
				}
				told.push(error.code);
				resolve();
			},
		});
	});
}

/** Says one byte. */
function asking(): Acts {
	let asked = false;
	return {
		writable(tcp) {
			if (!asked) {
				asked = true;
				tcp.write(Uint8Array.of(1));
			}
		},
	};
}

/** Closes in one of its callbacks, twice; each callback is told. */
function closing(told: Told, port: number, where: "onWritable" | "onReadable" | "onError"): Promise<void> {
	return new Promise((resolve) => {
		const seen = (callback: string, tcp: TCP) => {
			if (callback === where || told.at(-1) !== callback) {
				told.push(callback);
			}
			if (callback === where) {
				tcp.close();
				tcp.close();
				setTimeout(resolve, 300);
			}
		};
		let asked = false;
		new TCP({
			address,
			port,
			onWritable() {
				if (!asked && where !== "onWritable") {
					asked = true;
					this.write(Uint8Array.of(1, 2, 3, 4));
				}
				seen("onWritable", this);
			},
			onReadable() {
				if (where !== "onReadable") {
					this.read();
				}
				seen("onReadable", this);
			},
			onError() {
				seen("onError", this);
			},
		});
	});
}

/** Makes things until one is refused, and closes them all. */
function exhausting(told: Told, make: () => { close(): void }): void {
	const made: { close(): void }[] = [];
	try {
		for (;;) {
			made.push(make());
		}
	} catch (error) {
		told.push(`${made.length} then ${codeOf(error)}`);
	} finally {
		for (const one of made) {
			one.close();
		}
	}
}

/** Writes as long as there is room. @returns the connection when there was none for ten seconds; undefined when it ended before. */
function filled(told: Told): Promise<TCP | undefined> {
	return new Promise((resolve) => {
		const bytes = new Uint8Array(1024);
		const tcp = new TCP({
			address,
			port: stuckPort,
			onWritable(count) {
				while (count > 0) {
					count = this.write(bytes.subarray(0, Math.min(count, bytes.length)));
				}
				clearTimeout(timer);
				timer = setTimeout(() => resolve(this), 10_000);
			},
			onError(error) {
				clearTimeout(timer);
				told.push(error.code);
				resolve(undefined);
			},
		});
		let timer = setTimeout(() => resolve(tcp), 10_000);
	});
}

async function failing(told: Told, attempt: Promise<unknown>): Promise<void> {
	try {
		await attempt;
		told.push("no failure");
	} catch (error) {
		told.push(codeOf(error));
	}
}

/** Leaves the network. */
async function left(): Promise<void> {
	const wifi = new WiFi();
	wifi.disconnect();
	wifi.close();
	await pause(500);
}

function accepted(act: (listener: Listener) => void): Promise<void> {
	return new Promise((resolve) => {
		const listener: Listener = new Listener({
			port: ownPort,
			onReadable() {
				act(this);
				setTimeout(() => {
					listener.close();
					resolve();
				}, 1000);
			},
		});
		console.log("listening");
	});
}

/** Their names are those of soak-failures.ts. */
export const kinds: Readonly<Record<string, (told: Told) => Promise<unknown>>> = {
	"wrong passphrase": (told) => failing(told, join({ ssid, password: "not the passphrase" })),
	"absent network": (told) => failing(told, join({ ssid: "elsewhere", password })),
	"DHCP silence": async (told) => {
		await left();
		await failing(told, join({ ssid, password, timeoutMs: 6000 }));
	},
	"thrown out": (told) => new Promise<void>((resolve) => {
		const wifi = new WiFi({
			onChanged() {
				const { failure } = this;
				if (failure) {
					told.push(failure.code);
					wifi.close();
					resolve();
				}
			},
		});
		console.log("throw out");
	}),
	"kept, and absent": (told) => new Promise<void>((resolve) => {
		const keeper = new Keeper({
			ssid: "elsewhere", password, attempts: 2,
			onChanged(state) {
				told.push(state);
				if (state === "ended") {
					setTimeout(resolve, 300);
				}
			},
		});
		keeper.joined().catch((error: unknown) => told.push(codeOf(error)));
	}),
	"DNS silence": (told) => failing(told, resolved(freshName())),
	"no such name": (told) => failing(told, resolved(freshName())),
	"port closed": (told) => connection(told, closedPort),
	"port silent": (told) => connection(told, silentPort),
	"peer that goes away": (told) => connection(told, mutePort, {
		async readable(tcp) {
			console.log("mute");
			await pause(100);
			tcp.write(Uint8Array.of(1));
		},
	}),
	"peer that stops reading": async (told) => {
		const tcp = await filled(told);
		told.push(tcp && tcp.writable === 0 ? "full" : "not full");
		tcp?.close();
	},
	"request that is not read": (told) => failing(told, plainFetch(`http://${address}:${stuckPort}/`, { method: "POST", body: new Uint8Array(12_000), timeoutMs: 15_000 })),
	"reset in mid-stream": (told) => connection(told, resettingPort, asking()),
	"end in mid-stream": (told) => connection(told, endingPort, asking()),
	"reset in mid-body": (told) => failing(told, plainFetch("http://echo.example/reset").then((response) => response.text())),
	"end in mid-body": (told) => failing(told, plainFetch("http://echo.example/end").then((response) => response.text())),
	"close in onWritable": (told) => closing(told, echoPort, "onWritable"),
	"close in onReadable": (told) => closing(told, echoPort, "onReadable"),
	"close in onError": (told) => closing(told, closedPort, "onError"),
	"close in the callbacks of names and datagrams": (told) => new Promise<void>((resolve) => {
		const resolver = new Resolver();
		for (const host of ["echo.example", freshName(), freshName()]) {
			resolver.resolve({ host }, (error) => {
				told.push(error ? error.code : "found");
				resolver.close();
				resolver.close();
			});
		}
		const udp = new UDP({
			onReadable() {
				told.push("datagram");
				this.close();
				this.close();
				setTimeout(resolve, 300);
			},
		});
		setTimeout(() => {
			udp.write(Uint8Array.of(1), address, 5000);
			udp.write(Uint8Array.of(2), address, 5000);
		}, 300);
	}),
	"close in a scan": async (told) => {
		for (const where of ["onFound", "onComplete"]) {
			await new Promise<void>((resolve) => {
				const wifi = new WiFi();
				const seen = (callback: string) => {
					if (callback === where) {
						told.push(callback);
						wifi.close();
						wifi.close();
						setTimeout(resolve, 5000);
					}
				};
				wifi.scan({ onFound: () => seen("onFound"), onComplete: () => seen("onComplete") });
			});
		}
	},
	"close in onChanged": async (told) => {
		await new Promise<void>((resolve) => {
			const wifi = new WiFi({
				onChanged() {
					told.push("changed");
					this.close();
					this.close();
					setTimeout(resolve, 300);
				},
			});
			wifi.connect({ SSID: ssid, password });
		});
		await new Promise<void>((resolve) => {
			const keeper: Keeper = new Keeper({
				ssid, password,
				onChanged(state) {
					told.push(state);
					this.close();
					this.close();
					setTimeout(resolve, 300);
				},
			});
			keeper.joined().catch((error: unknown) => told.push(codeOf(error)));
		});
	},
	"close in a listener's onReadable": (told) => accepted((listener) => {
		const tcp = listener.read()!;
		listener.close();
		listener.close();
		told.push("accepted");
		new TCP({
			from: tcp,
			onWritable() {
				told.push("onWritable");
				this.close();
				this.close();
			},
			onReadable() {
				told.push("onReadable");
			},
		});
	}),
	"accepted, and never read": (told) => accepted((listener) => {
		told.push("accepted");
		listener.close();
	}),
	"no connection left": async (told) => exhausting(told, () => new TCP({ address, port: echoPort })),
	"no socket left": async (told) => exhausting(told, () => new UDP()),
	"no listener left": async (told) => exhausting(told, () => new Listener()),
	"no interface left": async (told) => exhausting(told, () => new WiFi()),
	"no resolver left": async (told) => {
		const resolver = new Resolver();
		const answers: Promise<unknown>[] = [];
		for (let count = 0; count < 9; count++) {
			answers.push(new Promise<void>((resolve) => {
				try {
					resolver.resolve({ host: freshName() }, (error) => {
						told.push(error ? error.code : "found");
						resolve();
					});
				} catch (error) {
					told.push(`thrown ${codeOf(error)}`);
					resolve();
				}
			}));
		}
		await Promise.all(answers);
		resolver.close();
	},
	/** What comes in on two connections that nobody reads would take every frame. A name is answered all the same, and nothing is lost. */
	"hardly a frame left": async (told) => {
		let mayRead = false;
		const unread: (() => void)[] = [];
		const ends = Array.from({ length: 2 }, () => new Promise<void>((resolve) => {
			let received = 0;
			const tcp = new TCP({
				address,
				port: floodPort,
				onReadable() {
					if (mayRead) {
						read();
					}
				},
				onError(error) {
					told.push(error.code);
					resolve();
				},
			});
			const read = () => {
				received += (tcp.read() as ArrayBuffer | undefined)?.byteLength ?? 0;
				if (received >= floodBytes) {
					told.push(`${received} bytes`);
					tcp.close();
					resolve();
				}
			};
			unread.push(read);
		}));
		await pause(3000);
		await failing(told, resolved(freshName()));
		mayRead = true;
		unread.forEach((read) => read());
		await Promise.all(ends);
	},
	/** Connections whose peers do not read hold all that is to be sent. */
	"no room to send": async (told) => {
		const stuck = [await filled(told), await filled(told), await filled(told)];
		const udp = new UDP();
		try {
			for (let count = 0; count < 20; count++) {
				udp.write(new Uint8Array(1400), address, 5000);
			}
			told.push("sent");
		} catch (error) {
			told.push(codeOf(error));
		}
		udp.close();
		for (const tcp of stuck) {
			tcp?.close();
		}
	},
};
