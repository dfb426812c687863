/**
 * Serves the page of a board on 127.0.0.1: files, a stream of events (server-sent events), and orders by POST.
 *
 * Pages of other sites run in the same browser, so who may talk to it is checked three ways: a random token in the path,
 * which nobody can guess; the Host header, so that no name that was bound to 127.0.0.1 serves (DNS rebinding); and the
 * Origin of what a script asks for. What the board prints is text in the page, never markup, and the page's policy allows
 * no script but its own.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ElfSymbol } from "../flash/elf.ts";
import type { PacedRun } from "../paced-run.ts";
import type { PicoW } from "../simulator.ts";
import { BoardView } from "./board-view.ts";

export interface ServedPage {
	/**
	 * Shows a board that runs, in the place of one before.
	 *
	 * @param objects variables of the program, for the picture of its memory.
	 */
	show(board: PicoW, run: PacedRun, objects?: readonly ElfSymbol[]): void;
	/** With the token. */
	readonly url: string;
	/** The same page, once: for the command line of a browser, which others on this machine can read. */
	readonly ticketUrl: string;
	close(): Promise<void>;
}

/** What the page orders. */
type Order =
	| { order: "hold" | "go" | "reset" }
	/** Null: as fast as it can. */
	| { order: "speed"; speed: number | null }
	| { order: "type"; text: string };

const TOKEN_BYTES = 24;
const MOMENT_MS = 100;
const CLOSE_MS = 1_000;
const LONGEST_ORDER_BYTES = 65_536;
/** A browser that takes no more is not sent more. */
const MOST_WAITING_BYTES = 1_000_000;
const FILES: ReadonlyMap<string, string> = new Map([
	["page.html", "text/html; charset=utf-8"],
	["page.css", "text/css; charset=utf-8"],
	["page.js", "text/javascript; charset=utf-8"],
]);
const HEADERS = {
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"Cross-Origin-Opener-Policy": "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Referrer-Policy": "no-referrer",
	"X-Content-Type-Options": "nosniff",
	"Cache-Control": "no-store",
};

/** A browser that listens, and up to where it has been told. */
interface Listener {
	response: ServerResponse;
	console: number;
	packets: number;
}

interface Shown {
	board: PicoW;
	run: PacedRun;
	view: BoardView;
}

class PageServer implements ServedPage {
	#shown: Shown | undefined;
	readonly #server: Server;
	readonly #token = randomBytes(TOKEN_BYTES).toString("base64url");
	#ticket: string | undefined = randomBytes(TOKEN_BYTES).toString("base64url");
	readonly #listeners = new Set<Listener>();
	readonly #timer: NodeJS.Timeout;

	constructor() {
		this.#server = createServer((request, response) => this.#answer(request, response));
		this.#timer = setInterval(() => this.#tell(), MOMENT_MS);
	}

	show(board: PicoW, run: PacedRun, objects: readonly ElfSymbol[] = []): void {
		const view = new BoardView(board, run, objects);
		run.result.then((result) => view.over(result), () => {});
		this.#shown = { board, run, view };
		for (const listener of this.#listeners) {
			this.#greet(listener);
		}
	}

	listen(port: number): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#server.once("error", (cause: NodeJS.ErrnoException) => {
				clearInterval(this.#timer);
				reject(new Error(`port ${port} of 127.0.0.1 cannot be listened on (${cause.code}): choose another one for --page`, { cause }));
			});
			this.#server.listen(port, "127.0.0.1", resolve);
		});
	}

	get #host(): string {
		return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	get url(): string {
		return `http://${this.#host}/${this.#token}/`;
	}

	get ticketUrl(): string {
		return `http://${this.#host}/${this.#ticket}`;
	}

	async close(): Promise<void> {
		clearInterval(this.#timer);
		this.#tell();
		const told = [...this.#listeners].map(({ response }) => new Promise<void>((resolve) => {
			response.on("close", resolve);
			response.end("event: closed\ndata: \n\n", resolve);
		}));
		// A browser that does not read is not waited for.
		const late = new Promise<void>((resolve) => void setTimeout(resolve, CLOSE_MS).unref());
		await Promise.race([Promise.all(told), late]);
		await new Promise<void>((resolve) => {
			this.#server.close(() => resolve());
			this.#server.closeAllConnections();
		});
	}

	// ---- requests ---------------------------------------------------------------------------------------------------

	#answer(request: IncomingMessage, response: ServerResponse): void {
		for (const [name, value] of Object.entries(HEADERS)) {
			response.setHeader(name, value);
		}
		const { method = "", url = "" } = request;
		const { host, origin } = request.headers;
		if (host !== this.#host) {
			refuse(response, 403, "this page is reached by its own address only");
			return;
		}
		if (origin === undefined ? method === "POST" : origin !== `http://${this.#host}`) {
			refuse(response, 403, "this page answers its own script only");
			return;
		}
		const [, token, path, ...more] = url.split("/");
		if (this.#ticket !== undefined && method === "GET" && path === undefined && same(token, this.#ticket)) {
			this.#ticket = undefined;
			response.writeHead(303, { Location: `/${this.#token}/` }).end();
			return;
		}
		if (path === undefined || more.length || !same(token, this.#token)) {
			refuse(response, 403, "the address of this page has a token that the simulator printed; this one is wrong or has been used");
			return;
		}
		const file = path === "" ? "page.html" : path;
		const type = FILES.get(file);
		if (method === "POST" && path === "order") {
			void this.#takeOrder(request, response);
		} else if (method === "GET" && path === "events") {
			this.#listen(response);
		} else if (method === "GET" && type !== undefined) {
			response.writeHead(200, { "Content-Type": type }).end(readFileSync(new URL(file, import.meta.url)));
		} else {
			refuse(response, 404, "there is nothing of this name");
		}
	}

	async #takeOrder(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const pieces: Buffer[] = [];
		let length = 0;
		for await (const piece of request as AsyncIterable<Buffer>) {
			length += piece.length;
			if (length > LONGEST_ORDER_BYTES) {
				refuse(response, 413, `an order has at most ${LONGEST_ORDER_BYTES} bytes`);
				request.destroy();
				return;
			}
			pieces.push(piece);
		}
		const order = parseOrder(Buffer.concat(pieces).toString());
		if (!order) {
			refuse(response, 400, "this is no order");
			return;
		}
		if (!this.#shown) {
			refuse(response, 409, "no board is shown yet");
			return;
		}
		obey(order, this.#shown);
		response.writeHead(204).end();
	}

	// ---- events -----------------------------------------------------------------------------------------------------

	#listen(response: ServerResponse): void {
		response.writeHead(200, { "Content-Type": "text/event-stream" });
		const listener: Listener = { response, console: 0, packets: 0 };
		this.#listeners.add(listener);
		response.on("close", () => this.#listeners.delete(listener));
		this.#greet(listener);
	}

	/** Begins with a board: its histories come from their beginning. */
	#greet(listener: Listener): void {
		if (this.#shown) {
			listener.console = listener.packets = 0;
			const objects = this.#shown.view.objects.map(({ name, start, end }) => ({ name, start, bytes: end - start }));
			send(listener.response, "hello", { objects });
		}
	}

	#tell(): void {
		if (!this.#shown || !this.#listeners.size) {
			return;
		}
		const { view } = this.#shown;
		const now = view.now();
		for (const listener of this.#listeners) {
			const { response } = listener;
			if (response.writableLength > MOST_WAITING_BYTES) {
				continue;
			}
			const text = view.consoleFrom(listener.console);
			if (text) {
				listener.console = view.consoleEnd;
				send(response, "console", text);
			}
			const packets = view.packets.from(listener.packets);
			if (packets.length) {
				listener.packets = view.packets.end;
				send(response, "packets", packets);
			}
			send(response, "now", now);
		}
	}
}

/**
 * Serves the page; a board is to be shown on it.
 *
 * @param port of 127.0.0.1; 0: a free one.
 * @throws Error with a sentence when the port cannot be had.
 */
export async function servePage(port: number): Promise<ServedPage> {
	const page = new PageServer();
	await page.listen(port);
	return page;
}

function obey(order: Order, { board, run }: Shown): void {
	switch (order.order) {
		case "hold":
			run.paused = true;
			break;
		case "go":
			run.paused = false;
			break;
		case "reset":
			board.pressRun();
			break;
		case "speed":
			run.speed = order.speed ?? Infinity;
			break;
		case "type":
			board.console.write(order.text);
			break;
	}
}

function send(response: ServerResponse, event: string, data: unknown): void {
	response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
	response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(`${sentence}\n`);
}

function same(given: string, expected: string): boolean {
	const [one, other] = [Buffer.from(given), Buffer.from(expected)];
	return one.length === other.length && timingSafeEqual(one, other);
}

function parseOrder(text: string): Order | undefined {
	let value: Partial<Record<string, unknown>> | null;
	try {
		value = JSON.parse(text) as typeof value;
	} catch {
		return undefined;
	}
	const { order, speed, text: typed } = value ?? {};
	if (order === "hold" || order === "go" || order === "reset") {
		return { order };
	}
	if (order === "speed" && (speed === null || (typeof speed === "number" && speed >= 0.001 && speed <= 1000))) {
		return { order, speed };
	}
	return order === "type" && typeof typed === "string" ? { order, text: typed } : undefined;
}
