// A board that asks for its network, seen by a guest's browser.

import assert from "node:assert/strict";
import type { Duplex } from "node:stream";
import test from "node:test";
import type { PicoW } from "../../../simulator/simulator.ts";
import { type DeviceScene, preferencesArea, sceneBoard } from "../../support/device.ts";

const app = "examples/provisioning";
const guest = { ssid: "picofetch-setup", password: "change this one" };
const home = { ssid: "home", password: "battery staple" };

async function board(scene: DeviceScene = {}, flash?: Uint8Array): Promise<PicoW> {
	const made = await sceneBoard({ app, clients: [guest], accessPoints: [home], configuration: { ssid: "", password: "" }, ...scene });
	if (flash) made.flash.set(flash, preferencesArea.start);
	return made;
}

async function until(device: PicoW, text: RegExp, seconds = 60): Promise<void> {
	const end = await device.run({ until: text, timeoutMicros: seconds * 1e6 });
	assert.equal(end.reason, "matched", device.console.text);
}

/** A browser's requests over one connection. */
class Browser {
	readonly #device: PicoW;
	readonly #stream: Duplex;
	#text = "";

	constructor(device: PicoW, index = 0) {
		this.#device = device;
		this.#stream = device.radio!.clients[index]!.connect(80);
		this.#stream.setEncoding("utf8").on("data", (piece: string) => { this.#text += piece; }).on("error", () => {});
	}

	/** Asks, and waits for the whole answer. */
	async ask(request: string, body = ""): Promise<{ status: number; head: string; body: string }> {
		this.#text = "";
		this.#stream.write(`${request} HTTP/1.1\r\nHost: 192.168.73.1\r\n${body ? `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n` : ""}\r\n${body}`);
		for (let tenths = 0; tenths < 150; tenths++) {
			await this.#device.run({ timeoutMicros: 100_000 });
			const [, head, rest] = /^([^]*?)\r\n\r\n([^]*)$/.exec(this.#text) ?? [];
			const length = Number(/content-length: (\d+)/.exec(head ?? "")?.[1]);
			if (rest !== undefined && Buffer.byteLength(rest) >= length) return { status: Number(head!.slice(9, 12)), head: head!, body: rest };
		}
		throw new Error(`no answer to ${request}: ${this.#text}\n${this.#device.console.text}`);
	}

	/** The form's token. */
	async token(): Promise<string> {
		const { body } = await this.ask("GET /");
		return /name="token" value="([^"]+)"/.exec(body)![1]!;
	}
}

function form(fields: Readonly<Record<string, string>>): string {
	return new URLSearchParams(fields).toString();
}

test("a user gives the board a network: a wrong passphrase is told, the right one is kept, and joined at the next start", async () => {
	const device = await board();
	await until(device, /^join "picofetch-setup" with a phone, then http:\/\/192\.168\.73\.1\/\r\n/m);
	const browser = new Browser(device);
	const page = await browser.ask("GET /");
	assert.equal(page.status, 200);
	assert.match(page.head, /content-security-policy: default-src 'none'/);
	assert.match(page.body, /value="home" required> home/);
	assert.doesNotMatch(page.body, /picofetch-setup/);
	assert.match((await browser.ask("GET /generate_204")).head, /^HTTP\/1\.1 302 Found\r\n[^]*location: http:\/\/192\.168\.73\.1\//);
	const token = await browser.token();
	assert.equal((await browser.ask("POST /join", form({ ssid: "home", password: home.password }))).status, 403);
	assert.equal((await browser.ask("POST /join", form({ token: `${token}x`, ssid: "home", password: home.password }))).status, 403);
	assert.doesNotMatch(device.console.text, /^trying/m);
	assert.match((await browser.ask("POST /join", form({ token, ssid: "home", password: "not the one" }))).body, /tries to join home/);
	await until(device, /^ERR_WIFI_PASSPHRASE: .*\r\n/m);
	assert.match((await browser.ask("GET /")).body, /<p class="message">wifi &quot;home&quot;: the passphrase is not accepted/);
	await browser.ask("POST /join", form({ token, ssid: "", other: "home", password: home.password }));
	for (let seconds = 0; /tries to join/.test((await browser.ask("GET /")).body); seconds++) assert.ok(seconds < 30, device.console.text);
	await until(device, /^joined home as 192\.168\.4\.2\r\n/m);
	assert.doesNotMatch(device.console.text, /battery|not the one/, "no passphrase is printed");
	assert.deepEqual(device.report().violations.filter(({ level }) => level === "error"), []);
	const flash = device.flash.slice(preferencesArea.start, preferencesArea.end);
	device.close();

	const again = await board({}, flash);
	await until(again, /^joined home as 192\.168\.4\.2\r\n/m, 10);
	assert.doesNotMatch(again.console.text, /picofetch-setup/);
	again.close();

	const moved = await board({ accessPoints: [{ ssid: "elsewhere", password: "12345678" }] }, flash);
	await until(moved, /^ERR_WIFI_NO_NETWORK: .*\r\n(?:.*\r\n)*join "picofetch-setup" with a phone/m, 20);
	moved.close();
});

test("the user's network may be protected by WPA3 alone, or open", async () => {
	for (const [security, password] of [["wpa3", home.password], ["open", ""]] as const) {
		const device = await board({ accessPoints: [{ ssid: "home", security, ...password && { password } }] });
		await until(device, /^join "picofetch-setup"/m);
		const browser = new Browser(device);
		await browser.ask("POST /join", form({ token: await browser.token(), ssid: "home", password }));
		await until(device, /^joined home as /m);
		device.close();
	}
});

test("guests alone are answered, not who is in the network that was joined", async () => {
	const device = await board();
	await until(device, /^join "picofetch-setup"/m);
	const browser = new Browser(device);
	await browser.ask("POST /join", form({ token: await browser.token(), ssid: "home", password: home.password }));
	await device.run({ timeoutMicros: 10e6 });
	const outside = device.radio!.connect(80);
	let heard = "";
	outside.setEncoding("latin1").on("data", (piece: string) => { heard += piece; }).on("error", () => {});
	outside.write("GET / HTTP/1.1\r\nHost: 192.168.73.1\r\n\r\n");
	await device.run({ timeoutMicros: 2e6 });
	assert.equal(heard, "");
	assert.doesNotMatch(device.console.text, /^joined/m, "nobody has seen the last page yet");
	assert.match((await new Browser(device).ask("GET /")).body, /has joined home as 192\.168\.4\.2/);
	await until(device, /^joined home/m, 5);
	device.close();
});

test("a form that is too long, another method, and a look for networks are answered", async () => {
	const device = await board();
	await until(device, /^join "picofetch-setup"/m);
	const browser = new Browser(device);
	assert.equal((await browser.ask("POST /join", form({ token: await browser.token(), ssid: "x".repeat(2000) }))).status, 413);
	const again = new Browser(device);
	assert.equal((await again.ask("DELETE /")).status, 405);
	assert.match((await again.ask("GET /scan")).body, /looks for networks/);
	await device.run({ timeoutMicros: 4e6 });
	assert.match((await again.ask("GET /")).body, /value="home"/);
	device.close();
});

/** Sends what it is given, as fast as the board takes it, and keeps what comes back. */
class Sender {
	heard = "";
	end: string | undefined;
	readonly #stream: Duplex;

	constructor(device: PicoW) {
		this.#stream = device.radio!.clients[0]!.connect(80);
		this.#stream.setEncoding("latin1").on("data", (piece: string) => { this.heard += piece; });
		this.#stream.on("error", ({ message }) => { this.end ??= message; }).on("end", () => { this.end ??= "closed"; }).on("close", () => { this.end ??= "gone"; });
	}

	send(text: string): this {
		this.#stream.write(text);
		return this;
	}

	leave(): void {
		this.#stream.end();
	}
}

test("a phone that uploads a megabyte reads that it is too much, whether it says so before or not", async () => {
	const device = await board();
	await until(device, /^join "picofetch-setup"/m);
	const megabyte = "x".repeat(1 << 20);
	for (const body of [`Content-Length: ${megabyte.length}\r\n\r\n${megabyte}`, `Transfer-Encoding: chunked\r\n\r\n10000\r\n${megabyte.slice(0, 0x10000)}\r\n0\r\n\r\n`]) {
		const phone = new Sender(device).send(`POST /join HTTP/1.1\r\nHost: board\r\n${body}`);
		await device.run({ timeoutMicros: 4e6 });
		assert.match(phone.heard, /^HTTP\/1\.1 413 Content Too Large\r\n/);
		assert.equal(phone.end, undefined, "no reset");
		phone.leave();
		await device.run({ timeoutMicros: 1e6 });
	}
	assert.equal((await new Browser(device).ask("GET /")).status, 200);
	device.close();
});

test("guests that begin and never end, as many as the board takes, keep nobody away for long, and take no memory away", async () => {
	const device = await board();
	await until(device, /^join "picofetch-setup"/m);
	const begun = "POST /join HTTP/1.1\r\nHost: board\r\nContent-Length: 1000\r\n\r\n";
	const heads = [`${`X: ${"x".repeat(1000)}\r\n`.repeat(5)}X: `, `X: ${"x".repeat(5500)}`, Array.from({ length: 50 }, (_, index) => `f${index}: ${index}\r\n`).join("")].map(fields => `GET / HTTP/1.1\r\nHost: board\r\n${fields}`);
	for (const beginning of ["", "GET / HTTP/1.1\r\nHost: ", ...heads, begun]) {
		const attackers = Array.from({ length: 8 }, () => new Sender(device).send(beginning));
		for (let second = 0; second < 17; second++) {
			await device.run({ timeoutMicros: 1e6 });
			for (const attacker of attackers) attacker.send("x");
		}
		assert.deepEqual(attackers.filter(({ end }) => end === undefined), [], `${device.console.text}\n${attackers.map(({ heard }) => heard).join("")}`);
		assert.equal((await new Browser(device).ask("GET /")).status, 200);
	}
	assert.doesNotMatch(device.console.text, /memory|Uncaught/);
	device.close();
});
