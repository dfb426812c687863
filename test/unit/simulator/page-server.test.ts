/** The page's server as programs meet it: who is let in, what it answers, what it tells, what it obeys. */
import assert from "node:assert/strict";
import { type IncomingMessage, request } from "node:http";
import test, { type TestContext } from "node:test";
import { PacedRun, PicoW, type ServedPage, servePage } from "../../../simulator/simulator.ts";
import { image, uf2 } from "./tiny-program.ts";

/** UART0 at 115200 baud from the ring oscillator sends back what it receives. Set up as software of the SDK does. */
const ECHOES = [
	0x480f, 0x4910, 0x6001, // RESETS, clear alias: io_bank0, pads_bank0, uart0
	0x4810, 0x2102, 0x6041, 0x60c1, // GPIO 0 and 1: function UART
	0x480f, 0x2103, 0x6241, // UARTIBRD 3
	0x2122, 0x6281, // UARTFBRD 34
	0x2170, 0x62c1, // UARTLCR_H: 8 bits, FIFOs
	0x490d, 0x6301, // UARTCR: enable, transmit, receive
	0x2210, // movs r2, #RXFE
	0x6981, 0x4211, 0xd1fc, // ldr r1, [r0, #UARTFR]; tst r1, r2; bne: nothing there
	0x6801, 0x6001, 0xe7f9, // ldr r1, [r0]; str r1, [r0]; b
];
const LITERALS = [0x4000f000, 0x00400120, 0x40014000, 0x40034000, 0x301];

function echoes(): Uint8Array {
	const code = [...ECHOES];
	while (code.length < 24) {
		code.push(0xbf00);
	}
	const loads: [number, number][] = [[0, 0], [1, 1], [3, 2], [7, 3], [14, 4]];
	for (const [at, word] of loads) {
		code[at] = (code[at] & 0xff00) | ((2 * 24 + 4 * word - ((2 * at + 4) & ~3)) / 4);
	}
	return uf2(image([...code, ...LITERALS.flatMap((word) => [word & 0xffff, word >>> 16])]));
}

interface Scene {
	board: PicoW;
	run: PacedRun;
	page: ServedPage;
}

async function scene(context: TestContext): Promise<Scene> {
	const page = await servePage(0);
	context.after(() => page.close());
	return { ...shown(context, page), page };
}

function shown(context: TestContext, page: ServedPage): Omit<Scene, "page"> {
	const board = new PicoW({ serial: "uart0" });
	board.loadUf2(echoes());
	const run = new PacedRun(board, { speed: Infinity });
	page.show(board, run);
	context.after(async () => {
		run.end();
		await run.result;
	});
	return { board, run };
}

interface Answer {
	status: number;
	headers: IncomingMessage["headers"];
	text: string;
}

/** As it is, with nothing that `fetch` would add or forbid. */
function ask(url: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const asked = request(url, { method: options.method, headers: options.headers, agent: false }, (response) => {
			let text = "";
			response.setEncoding("utf8").on("data", (piece: string) => {
				text += piece;
			});
			response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
			response.on("error", reject);
		});
		asked.on("error", reject);
		asked.end(options.body);
	});
}

function order(page: ServedPage, body: unknown, origin = new URL(page.url).origin): Promise<Answer> {
	return ask(`${page.url}order`, { method: "POST", headers: { Origin: origin }, body: typeof body === "string" ? body : JSON.stringify(body) });
}

/** Reads events until one answers true. */
function listen(page: ServedPage, take: (event: string, data: string) => boolean): Promise<void> {
	return new Promise((resolve, reject) => {
		const asked = request(`${page.url}events`, { agent: false }, (response) => {
			let text = "";
			response.setEncoding("utf8").on("data", (piece: string) => {
				text += piece;
				for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
					const [, event, data] = /^event: (\w+)\ndata: (.*)$/s.exec(text.slice(0, end)) as RegExpExecArray;
					text = text.slice(end + 2);
					if (take(event, data)) {
						asked.destroy();
						resolve();
						return;
					}
				}
			});
			response.on("end", () => reject(new Error("the events ended")));
			response.on("error", () => {});
		});
		asked.on("error", () => {});
		asked.end();
	});
}

test("who does not know the token, comes by another name, or from another site is refused", async (context) => {
	const { page, run } = await scene(context);
	const { origin, host, pathname } = new URL(page.url);
	const token = pathname.slice(1, -1);
	assert.ok(token.length >= 32);
	const wrong = `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`;
	for (const path of ["", "page.html", wrong, `${wrong}/`, `${wrong}/events`, `${token.slice(1)}/`, `x${pathname}`, `${token}/page.js/x`]) {
		assert.equal((await ask(`${origin}/${path}`)).status, 403, path);
	}
	for (const name of [`localhost:${host.split(":")[1]}`, "attacker.example", `attacker.example:${host.split(":")[1]}`, "127.0.0.1"]) {
		assert.equal((await ask(page.url, { headers: { Host: name } })).status, 403, name);
	}
	for (const [headers, method] of [
		[{ Origin: "https://attacker.example" }, "POST"], [{ Origin: "null" }, "POST"], [{ Origin: `http://localhost:${host.split(":")[1]}` }, "POST"], [{}, "POST"],
		[{ Origin: "https://attacker.example" }, "GET"],
	] as const) {
		const { status } = await ask(`${page.url}${method === "POST" ? "order" : "events"}`, { method, headers, body: method === "POST" ? '{"order":"hold"}' : undefined });
		assert.equal(status, 403, JSON.stringify(headers));
	}
	assert.equal(run.paused, false, "nobody's order was obeyed");
});

test("the page comes whole, may run no script but its own, and may not be framed or kept", async (context) => {
	const { page } = await scene(context);
	for (const [file, type] of [["", "text/html"], ["page.css", "text/css"], ["page.js", "text/javascript"]]) {
		const { status, headers, text } = await ask(`${page.url}${file}`);
		assert.equal(status, 200);
		assert.ok(headers["content-type"]?.startsWith(type));
		assert.ok(text.length > 1000);
		const policy = String(headers["content-security-policy"]);
		assert.match(policy, /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/);
		assert.ok(!policy.includes("unsafe"));
		assert.equal(headers["cache-control"], "no-store");
		assert.equal(headers["referrer-policy"], "no-referrer");
	}
	for (const file of ["page-server.ts", "..%2fcli.ts", "constructor", "order", "nothing"]) {
		assert.equal((await ask(`${page.url}${file}`)).status, 404, file);
	}
});

test("a ticket leads to the page once", async (context) => {
	const { page } = await scene(context);
	const { ticketUrl } = page;
	assert.ok(!ticketUrl.includes(new URL(page.url).pathname));
	const first = await ask(ticketUrl);
	assert.deepEqual([first.status, first.headers.location], [303, new URL(page.url).pathname]);
	assert.equal((await ask(ticketUrl)).status, 403);
});

test("what is typed reaches the board, and what the board prints is told", async (context) => {
	const { page } = await scene(context);
	assert.equal((await order(page, { order: "type", text: "<b>hé" })).status, 204);
	let text = "";
	await listen(page, (event, data) => {
		text += event === "console" ? JSON.parse(data) as string : "";
		return text === "<b>hé";
	});
});

test("a browser that comes late is told all, and the facts of the moment are whole", async (context) => {
	const { page, board } = await scene(context);
	await order(page, { order: "type", text: "early" });
	await listen(page, (event) => event === "now" && board.console.text === "early");
	const events: string[] = [];
	await listen(page, (event, data) => {
		events.push(event);
		if (event === "console") {
			assert.equal(JSON.parse(data), "early");
		}
		if (event !== "now") {
			return false;
		}
		const now = JSON.parse(data) as Record<string, unknown>;
		assert.deepEqual([now.held, now.speed, now.end, now.led, String(now.memory).length], [false, null, null, false, 264]);
		return true;
	});
	assert.deepEqual(events, ["hello", "console", "now"]);
});

test("the run is held, goes on, changes its speed, and the board is reset", async (context) => {
	const { page, run, board } = await scene(context);
	assert.equal((await order(page, { order: "hold" })).status, 204);
	assert.equal(run.paused, true);
	await order(page, { order: "go" });
	assert.equal(run.paused, false);
	await order(page, { order: "speed", speed: 0.1 });
	assert.equal(run.speed, 0.1);
	await order(page, { order: "speed", speed: null });
	assert.equal(run.speed, Infinity);
	await listen(page, () => board.clock.micros > 10_000);
	await order(page, { order: "reset" });
	await listen(page, (event, data) => event === "now" && (JSON.parse(data) as { resets: unknown[] }).resets.length === 1);
});

test("what is no order is refused and harms nothing", async (context) => {
	const { page, run } = await scene(context);
	for (const body of ["", "{", "null", "[]", '"hold"', '{"order":"explode"}', '{"order":"speed"}', '{"order":"speed","speed":0}', '{"order":"speed","speed":"1"}', '{"order":"type","text":1}']) {
		assert.equal((await order(page, body)).status, 400, body);
	}
	const long = await order(page, { order: "type", text: "x".repeat(70_000) }).then(({ status }) => status, () => 413);
	assert.equal(long, 413);
	assert.deepEqual([run.paused, run.speed], [false, Infinity]);
});

test("another board takes the place of the first for browsers that listen, and before the first there is none to order", async (context) => {
	const page = await servePage(0);
	context.after(() => page.close());
	assert.equal((await order(page, { order: "hold" })).status, 409);
	const greeted: string[] = [];
	const listening = listen(page, (event, data) => {
		if (event === "hello") {
			greeted.push(data);
			if (greeted.length === 1) {
				shown(context, page);
				void order(page, { order: "type", text: "second" });
			}
		}
		return event === "console" && JSON.parse(data) === "second";
	});
	const first = shown(context, page);
	await listening;
	assert.equal(greeted.length, 2);
	assert.equal(first.board.console.text, "");
});

test("a port that is taken is refused with a sentence", async (context) => {
	const { page } = await scene(context);
	await assert.rejects(servePage(Number(new URL(page.url).port)), /port \d+ of 127\.0\.0\.1 cannot be listened on \(EADDRINUSE\): choose another one for --page/);
});
