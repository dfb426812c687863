// Asking a user for the network: the board opens one of its own, shows a page there, tries what the user enters, and keeps what works.
//
// The board's own network has a passphrase, for the user's passphrase travels in it; forms carry a token of the page, so that another
// site in the phone's browser cannot choose the network.

import { CodedError } from "../base/error.ts";
import Listener from "../io/socket/tcp/listener.ts";
import HTTPServer from "../network/http/server.ts";
import type { HTTPRequestHandler, HTTPResponse, HTTPServerConnection } from "../network/http/server-connection.ts";
import { TextDecoder, TextEncoder } from "../web/text.ts";
import { URLSearchParams } from "../url/url-search-params.ts";
import AccessPoint, { defaultAddress } from "../wifi/access-point/access-point.ts";
import { join, type Joined } from "../wifi/join.ts";
import WiFi from "../wifi/wifi.ts";
import crypto from "../crypto/crypto.ts";
import { keepNetwork, type KeptNetwork } from "./kept-network.ts";
import { formPage, type HeardNetwork, joinedPage, waitingPage } from "./page.ts";

export { forgetNetwork, keepNetwork, keptNetwork, type KeptNetwork } from "./kept-network.ts";

/** What is asked, and where. */
export interface ProvisionOptions {
	/** Name of the board's own network. */
	ssid: string;
	/** Its passphrase, 8 to 63 characters: print it on the board's case. */
	password: string;
	/** Over the page. Default: the name. */
	title?: string;
	/** The board's address there. Default "192.168.73.1". */
	address?: string;
	/** Gives up after so long. Default: never. */
	timeoutMs?: number;
	/** The page can be opened: at this address. */
	onReady?: (address: string) => void;
	/** A network was entered and is tried. */
	onTry?: (ssid: string) => void;
	/** It could not be joined; the page says so too. */
	onFailure?: (error: CodedError) => void;
}

const formBytesMax = 1024;
/** For one request. Guests are few, and places too: who holds one without a word keeps others away. */
const requestMs = 10_000;
const networksShown = 12;
/** For the last page to arrive. */
const farewellMs = 30_000;
/** What the air calls it, when a network is protected otherwise than the first try supposed. */
const otherSecurity = "wpa3";

/**
 * Opens the board's own network and waits for a user.
 *
 * @returns resolves with the network that was joined, which is kept in flash (`keptNetwork`); rejects with CodedError ERR_WIFI_TIMEOUT,
 * ERR_WIFI_CHIP, EBUSY, EINVAL or ERR_WIFI_PASSPHRASE (its own network cannot be opened so), EADDRINUSE (port 80), ENOSPC, EIO (flash).
 */
export function provision(options: ProvisionOptions): Promise<Joined> {
	return new Promise((resolve, reject) => {
		new Provisioning(options, resolve, reject).begin();
	});
}

function tooLarge(): HTTPResponse {
	return { status: 413, headers: new Map([["content-length", 0]]) };
}

class Provisioning {
	readonly #options: ProvisionOptions;
	readonly #title: string;
	readonly #token = crypto.randomUUID();
	readonly #resolve: (joined: Joined) => void;
	readonly #reject: (error: unknown) => void;
	#wifi: WiFi | undefined;
	#point: AccessPoint | undefined;
	#server: HTTPServer | undefined;
	#networks: HeardNetwork[] = [];
	#message: string | undefined;
	#trying: string | undefined;
	#joined: Joined | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#over = false;

	constructor(options: ProvisionOptions, resolve: (joined: Joined) => void, reject: (error: unknown) => void) {
		this.#options = options;
		this.#title = options.title ?? options.ssid;
		this.#resolve = resolve;
		this.#reject = reject;
	}

	begin(): void {
		const { timeoutMs, password } = this.#options;
		try {
			if (!password) throw new CodedError("ERR_WIFI_PASSPHRASE", `access point "${this.#options.ssid}": it needs a passphrase of its own, for yours is entered in it`);
			if (timeoutMs !== undefined) {
				this.#timer = setTimeout(() => this.#end(new CodedError("ERR_WIFI_TIMEOUT", `access point "${this.#options.ssid}": nobody gave the board a network within ${timeoutMs} ms`)), timeoutMs);
			}
			this.#wifi = new WiFi();
			this.#scan(() => this.#open());
		} catch (error) {
			this.#end(error);
		}
	}

	/** Opens the network; one whose radio went off is opened again. */
	#open(): void {
		const { ssid, password, address = defaultAddress, onReady } = this.#options;
		const provisioning = this;
		if (this.#over) return;
		try {
			this.#server ??= new HTTPServer({ io: Listener, address, port: 80, idleMs: requestMs, onConnect: client => this.#connected(client, address) });
			this.#point = new AccessPoint({
				SSID: ssid, password, address,
				onReady() {
					onReady?.(this.address);
				},
				onError: () => provisioning.#open(),
			});
		} catch (error) {
			this.#end(error);
		}
	}

	/** Guests alone are answered: whoever is in a network that the board has joined is not. What such a one sends under a guest's address is answered to the guest. */
	#connected(client: HTTPServerConnection, address: string): void {
		if (client.remoteAddress?.startsWith(address.slice(0, address.lastIndexOf(".") + 1))) client.accept(this.#requests());
	}

	/** Looks for networks, the strongest first; `done` comes afterwards, or at once while a scan cannot be made. */
	#scan(done?: () => void): void {
		const heard = new Map<string, HeardNetwork>();
		try {
			this.#wifi!.scan({
				onFound: ({ SSID, RSSI, secure }) => {
					const known = heard.get(SSID);
					if (SSID && SSID !== this.#options.ssid && (!known || known.RSSI < RSSI)) heard.set(SSID, { SSID, RSSI, secure });
				},
				onComplete: () => {
					this.#networks = [...heard.values()].sort((one, other) => other.RSSI - one.RSSI).slice(0, networksShown);
					done?.();
				},
			});
		} catch (error) {
			if ((error as CodedError).code !== "EBUSY") throw error;
			done?.();
		}
	}

	/** One client: its requests, one after another. */
	#requests(): HTTPRequestHandler {
		const provisioning = this;
		let method = "";
		let path = "";
		let form = "";
		let out = new Uint8Array();
		let farewell = false;
		let timer: ReturnType<typeof setTimeout>;
		const decoder = new TextDecoder();
		return {
			onRequest(request) {
				method = request.method;
				path = request.path.split("?")[0]!;
				form = "";
				timer = setTimeout(() => this.close(), requestMs);
				if (Number(request.headers.get("content-length") ?? 0) > formBytesMax) this.respond(tooLarge());
			},
			onReadable(count) {
				if (form.length + count > formBytesMax) this.respond(tooLarge());
				else form += decoder.decode(this.read(count), { stream: true });
			},
			onResponse(response) {
				const [status, body] = provisioning.#answer(method, path, form);
				farewell = provisioning.#joined !== undefined && method === "GET";
				form = "";
				out = new TextEncoder().encode(body);
				response.status = status;
				response.headers.set("content-type", "text/html; charset=utf-8").set("content-length", String(out.length)).set("cache-control", "no-store")
					.set("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'");
				if (status === 302) response.headers.set("location", `http://${provisioning.#point?.address}/`);
				this.respond(response);
			},
			onWritable(count) {
				const piece = out.subarray(0, count);
				out = out.subarray(piece.length);
				this.write(piece);
			},
			onDone() {
				clearTimeout(timer);
				if (farewell) provisioning.#end();
			},
			onError() {
				clearTimeout(timer);
			},
		};
	}

	#answer(method: string, path: string, form: string): [status: number, body: string] {
		if (method === "POST" && path === "/join") return this.#entered(form);
		if (method !== "GET" && method !== "HEAD") return [405, ""];
		if (this.#joined) return [200, joinedPage(this.#title, this.#joined.ssid, this.#joined.address)];
		if (this.#trying !== undefined) return [200, waitingPage(this.#title, `The board tries to join ${this.#trying}. Should this page stay away, look for the board's network again.`)];
		if (path === "/scan") {
			this.#scan();
			return [200, waitingPage(this.#title, "The board looks for networks.")];
		}
		// Phones ask for pages of their makers to learn whether there is Internet.
		if (path !== "/") return [302, ""];
		return [200, formPage({ title: this.#title, networks: this.#networks, token: this.#token, ...this.#message !== undefined && { message: this.#message } })];
	}

	#entered(form: string): [status: number, body: string] {
		const fields = new URLSearchParams(form);
		if (fields.get("token") !== this.#token) return [403, waitingPage(this.#title, "This form is of another start of the board. Here comes the new one.")];
		const ssid = fields.get("ssid") || fields.get("other") || "";
		const password = fields.get("password") || undefined;
		if (this.#trying === undefined && !this.#joined) {
			this.#trying = ssid;
			this.#options.onTry?.(ssid);
			// Behind this answer: joining moves the radio to another channel.
			setTimeout(() => void this.#try({ ssid, ...password !== undefined && { password } }), 500);
		}
		return [200, waitingPage(this.#title, `The board tries to join ${this.#trying ?? ssid}.`)];
	}

	async #try(network: KeptNetwork): Promise<void> {
		try {
			let kept = network;
			let joined: Joined;
			try {
				joined = await join(kept);
			} catch (error) {
				if ((error as CodedError).code !== "ERR_WIFI_SECURITY" || network.password === undefined) throw error;
				kept = { ...network, security: otherSecurity };
				joined = await join(kept);
			}
			if (this.#over) return;
			keepNetwork(kept);
			this.#joined = joined;
			clearTimeout(this.#timer);
			this.#timer = setTimeout(() => this.#end(), farewellMs);
		} catch (error) {
			if (this.#over) return;
			if (!(error instanceof CodedError) || error.code === "ENOSPC" || error.code === "EIO") {
				this.#end(error);
				return;
			}
			this.#message = error.message;
			this.#options.onFailure?.(error);
		}
		this.#trying = undefined;
	}

	#end(error?: unknown): void {
		if (this.#over) return;
		this.#over = true;
		clearTimeout(this.#timer);
		this.#server?.close();
		this.#point?.close();
		this.#wifi?.close();
		if (error === undefined) this.#resolve(this.#joined!);
		else this.#reject(error);
	}
}
