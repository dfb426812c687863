// fetch over a network in the test's hand: it always settles, and says why.

import "../web/natives.ts";
import assert from "node:assert/strict";
import test, { mock } from "node:test";
import { CodedError } from "../../../modules/base/error.ts";
import type { FetchOptions } from "../../../modules/fetch/fetch-over.ts";
import type { Response } from "../../../modules/fetch/response.ts";
import { FakeNetwork, turns, type FakeSocket } from "./fake-network.ts";

const { fetchOver } = await import("../../../modules/fetch/fetch-over.ts");
const { URLSearchParams } = await import("../../../modules/url/url-search-params.ts");
const { AbortController, AbortSignal } = await import("../../../modules/web/abort-controller.ts");

const url = "https://a.example/page";

function response(body: string, head = ""): string {
	return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${head}\r\n${body}`;
}

/** A network whose server answers each connection with the next of these texts, byte by byte, and closes. */
function serving(...texts: string[]): FakeNetwork {
	const network = new FakeNetwork();
	network.server = async socket => {
		for (const byte of texts.shift() ?? "") {
			socket.feed(byte);
			await Promise.resolve();
		}
		socket.end();
	};
	return network;
}

function fetchFrom(network: FakeNetwork, to: string | { href: string } = url, options: FetchOptions = {}): Promise<Response> {
	return fetchOver(network as never, to, options);
}

/** The code of the error that a fetch rejects with; it is a TypeError's cause, and its sentence stands in the message. */
async function refusal(promise: Promise<unknown>): Promise<string> {
	try {
		await promise;
	} catch (error) {
		assert.ok(error instanceof TypeError, String(error));
		assert.ok(error.cause instanceof CodedError, String(error));
		assert.ok(error.message.startsWith("fetch ") && error.message.endsWith(error.cause.message), error.message);
		return error.cause.code;
	}
	return "settled well";
}

test("a response tells what came and what was proven", async () => {
	const network = serving(response("hello", "X-A: b\r\n"));
	const got = await fetchFrom(network);
	assert.deepEqual([got.status, got.statusText, got.ok, got.url, got.redirected, got.headers.get("x-a")], [200, "OK", true, url, false, "b"]);
	assert.deepEqual([got.tls?.protocol, got.tls?.subject], ["TLSv1.3", "CN=a.example"]);
	assert.equal(await got.text(), "hello");
	assert.deepEqual(network.names, ["a.example"]);
	assert.deepEqual([network.last.options.port, network.last.options.tls], [443, { host: "a.example" }]);
	assert.equal(network.last.written, "GET /page HTTP/1.1\r\nhost: a.example\r\naccept: */*\r\nconnection: close\r\nuser-agent: picofetch\r\n\r\n");
	assert.ok(network.last.closed);
});

/** What a fetch of a response with these headers warns of, at noon of 2026-06-01. */
async function warnings(head: string, to = url, more: object = { doubtTime: () => true }): Promise<string[]> {
	mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-06-01T12:00:00Z") });
	const warn = mock.method(console, "warn", () => {});
	try {
		assert.equal(await (await fetchFrom(Object.assign(serving(response("hello", head)), more), to)).text(), "hello");
		return warn.mock.calls.map(call => String(call.arguments[0]));
	} finally {
		warn.mock.restore();
		mock.timers.reset();
	}
}

test("a proven server that says another time is told of once, and the response is what it is", async () => {
	const late = "Date: Wed, 03 Jun 2026 12:00:00 GMT\r\n";
	const [told, ...more] = await warnings(late);
	assert.match(told!, /^fetch https:\/\/a\.example\/page: .* 2026-06-03T12:00:00\.000Z, the clock says 2026-06-01T12:00:00\.000Z\./);
	assert.deepEqual(more, []);
	assert.equal((await warnings("Date: Sunday, 31-May-26 12:00:00 GMT\r\n")).length, 1);
	assert.equal((await warnings("Date: Sun, 31 May 2026 12:00:00 GMT\r\nAge: 3600\r\n")).length, 1);
	assert.deepEqual(await warnings(late, url, { doubtTime: () => false }), [], "not the first");
	assert.deepEqual(await warnings(late, url, {}), [], "nobody wants to know");
	assert.deepEqual(await warnings(late, "http://a.example/"), [], "plain http: proves nothing");
});

for (const head of ["Date: Mon, 01 Jun 2026 12:00:00 GMT", "Date: Mon, 01 Jun 2026 11:00:00 GMT", "X: no date", "Date: yesterday", "Date: Sun, 31 May 2026 12:00:00 GMT\r\nAge: 86400",
	"Date: Sun, 31 May 2026 12:00:00 GMT\r\nAge: old", "Date: Sun, 31 May 2026 12:00:00 GMT\r\nAge: 1e300", "Date: +275760-09-13T00:00:00Z"]) {
	test(`a server that says ${head.replace("\r\n", ", ")} is not doubted`, async () => assert.deepEqual(await warnings(`${head}\r\n`), []));
}

test("plain http: is fetched only when the URL says so, and has no facts of TLS", async () => {
	const network = serving(response("hello"));
	const got = await fetchFrom(network, { href: "http://a.example:8080" });
	assert.deepEqual([network.last.options.port, network.last.options.tls, got.tls], [8080, undefined, undefined]);
	assert.match(network.last.written, /^GET \/ HTTP\/1.1\r\nhost: a.example:8080\r\n/);
	assert.equal(await got.text(), "hello");
});

test("a body is text, JSON, bytes, or pieces", async () => {
	const body = '{"a": ["\u20ac"]}';
	const sent = response(Buffer.from(body).toString("latin1"));
	assert.equal(await (await fetchFrom(serving(sent))).text(), body);
	assert.deepEqual(await (await fetchFrom(serving(sent))).json(), { a: ["\u20ac"] });
	assert.deepEqual(Buffer.from(await (await fetchFrom(serving(sent))).bytes()), Buffer.from(body));
	assert.deepEqual(Buffer.from(await (await fetchFrom(serving(sent))).arrayBuffer()), Buffer.from(body));
	let pieces = "";
	for await (const piece of (await fetchFrom(serving(sent))).body) pieces += Buffer.from(piece).toString("latin1");
	assert.equal(Buffer.from(pieces, "latin1").toString(), body);
});

test("a body is read once", async () => {
	const got = await fetchFrom(serving(response("hello")));
	assert.equal(got.bodyUsed, false);
	await got.text();
	assert.equal(got.bodyUsed, true);
	await assert.rejects(got.text(), TypeError);
});

test("a body that is not JSON rejects json() and nothing else", async () => {
	await assert.rejects((await fetchFrom(serving(response("<html>")))).json(), SyntaxError);
});

test("a body longer than its limit is refused, and its connection ended; in pieces it can be read", async () => {
	const long = "x".repeat(33_000);
	const network = serving(response(long));
	assert.equal(await (await fetchFrom(network)).text().then(() => "", (error: TypeError) => (error.cause as CodedError).code), "ERR_HTTP_TOO_LARGE");
	assert.ok(network.last.closed);
	assert.equal((await (await fetchFrom(serving(response(long)), url, { maximumBodyBytes: 40_000 })).text()).length, 33_000);
	let length = 0;
	for await (const piece of (await fetchFrom(serving(response(long)))).body) {
		assert.ok(piece.length <= 4096);
		length += piece.length;
	}
	assert.equal(length, 33_000);
});

test("leaving the loop over a body ends the connection", async () => {
	const network = new FakeNetwork();
	network.server = socket => socket.feed("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
	for await (const piece of (await fetchFrom(network)).body) {
		assert.equal(piece.length, 5);
		break;
	}
	assert.ok(network.last.closed);
});

test("a cut body rejects the reader with ERR_HTTP_BODY_CUT, at any byte", async () => {
	const sent = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
	for (let at = sent.indexOf("\r\n\r\n") + 4; at < sent.length; at++) {
		const network = new FakeNetwork();
		network.server = socket => {
			socket.feed(sent.slice(0, at));
			socket.end();
		};
		const got = await fetchFrom(network);
		assert.equal(await refusal(got.text()), "ERR_HTTP_BODY_CUT", `cut at ${at}`);
	}
});

test("a body that is POSTed goes out with its length and type", async () => {
	const network = new FakeNetwork();
	network.server = socket => {
		for (let i = 0; i < 40; i++) socket.writable(7);
		socket.feed(response("ok"));
		socket.end();
	};
	await (await fetchFrom(network, url, { method: "post", body: "h\u00e9" })).text();
	assert.match(network.last.written, /^POST .*\r\ncontent-length: 3\r\ncontent-type: text\/plain;charset=UTF-8\r\n/s);
	assert.ok(network.last.written.endsWith("\r\n\r\nh\xc3\xa9"));
	await (await fetchFrom(network, url, { method: "PUT", body: Uint8Array.of(1, 2), headers: { "content-type": "a/b" } })).text();
	assert.match(network.last.written, /content-length: 2\r\ncontent-type: a\/b\r\n/);
	await (await fetchFrom(network, url, { method: "POST", body: new URLSearchParams({ name: "a b", other: "ä" }) })).text();
	assert.match(network.last.written, /content-length: 21\r\ncontent-type: application\/x-www-form-urlencoded;charset=UTF-8\r\n.*\r\n\r\nname=a\+b&other=%C3%A4$/s);
	await (await fetchFrom(network, url, { method: "POST", body: new DataView(Uint8Array.of(1, 65, 66, 1).buffer, 1, 2) })).text();
	assert.match(network.last.written, /content-length: 2\r\n(?!content-type).*\r\n\r\nAB$/s);
	await (await fetchFrom(network, url, { method: "POST", body: null })).text();
	assert.match(network.last.written, /content-length: 0\r\n/);
	await (await fetchFrom(network, url, { method: "POST" })).text();
	assert.match(network.last.written, /content-length: 0\r\n/);
});

for (const [name, options] of Object.entries<FetchOptions>({
	"a body on GET": { body: "x" },
	"a body on HEAD": { method: "HEAD", body: "x" },
	"a method that is none": { method: "GET / HTTP/1.1\r\nX:" },
	"an object that nobody made text of": { method: "POST", body: { a: 1 } as never },
	"a content-length of its own": { method: "POST", body: "x", headers: { "Content-Length": "5" } },
	"a transfer-encoding of its own": { method: "POST", headers: { "Transfer-Encoding": "chunked" } },
	"a host of its own": { headers: { host: "b.example" } },
})) {
	test(`a fetch with ${name} is refused`, async () => {
		assert.equal(await refusal(fetchFrom(serving(""), url, options)), "ERR_HTTP_REQUEST");
	});
}

test("a fetch with a header that breaks out of its line is refused with a TypeError", async () => {
	await assert.rejects(fetchFrom(serving(""), url, { headers: { a: "b\r\nc: d" } }), TypeError);
});

for (const bad of ["", "a.example", "/page", "ftp://a.example/", "https://", "https:///page", "https://a b/", "https://user:pw@a.example/",
	"https://a.example:0/", "https://a.example:65536/", "https://a.example:1x/", "https://[::1/", "https://[fe80::1%251]/", "https://-a.example/", "https://a..example/",
	"https://a.example\r\nX: y/", `https://a.example/${"x".repeat(2048)}`, "javascript:alert(1)"]) {
	test(`${JSON.stringify(bad.slice(0, 40))} is no URL to fetch`, async () => {
		const network = serving("");
		assert.equal(await refusal(fetchFrom(network, bad)), "ERR_URL");
		assert.equal(network.sockets.length, 0);
	});
}

test("what may not stand in a request line is escaped", async () => {
	const network = serving(response(""));
	await fetchFrom(network, "https://A.Example/a b/../c/./\u00e9?q=\r\n\"#fragment");
	assert.match(network.last.written, /^GET \/c\/%C3%A9\?q=%0D%0A%22 HTTP\/1\.1\r\nhost: a\.example\r\n/);
});

test("a redirect is followed, with its reference resolved", async () => {
	for (const [location, path] of [["/b?c", "/b?c"], ["b", "/b"], ["?q", "/page?q"], ["https://a.example/x", "/x"], ["//a.example/y", "/y"], ["./d/../e", "/e"]] as const) {
		for (const rest of ["Content-Length: 0\r\n\r\n", "Content-Length: 100\r\n\r\nmoved", "\r\nmoved"]) {
			const network = serving(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\n${rest}`, response("there"));
			const got = await fetchFrom(network);
			assert.deepEqual([got.redirected, got.url, await got.text()], [true, `https://a.example${path}`, "there"]);
			assert.ok(network.sockets[0]!.closed);
		}
	}
});

test("a redirect to another server takes no credentials along", async () => {
	const network = serving("HTTP/1.1 307 Temporary Redirect\r\nLocation: https://b.example/\r\n\r\n", response("ok"));
	const got = await fetchFrom(network, url, { headers: { authorization: "Basic x", cookie: "a=b", "x-own": "1" } });
	assert.match(network.sockets[0]!.written, /authorization: Basic x/);
	assert.doesNotMatch(network.last.written, /authorization|cookie/);
	assert.match(network.last.written, /host: b\.example\r\n.*x-own: 1/s);
	assert.deepEqual(network.names, ["a.example", "b.example"]);
	assert.equal(await got.text(), "ok");
});

for (const [status, method, expected] of [
	[301, "POST", "GET"], [302, "POST", "GET"], [303, "POST", "GET"], [307, "POST", "POST"], [308, "POST", "POST"],
	[301, "PUT", "PUT"], [303, "PUT", "GET"], [303, "HEAD", "HEAD"], [302, "GET", "GET"],
] as const) {
	test(`a ${method} that is answered ${status} is followed by ${expected}`, async () => {
		const network = serving(`HTTP/1.1 ${status} Moved\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n`, response(""));
		await fetchFrom(network, url, { method, ...["POST", "PUT"].includes(method) ? { body: "body" } : {} });
		const { written } = network.last;
		assert.ok(written.startsWith(`${expected} /b `));
		assert.equal(written.includes("content-length: 4"), ["POST", "PUT"].includes(expected));
		assert.equal(written.endsWith("\r\n\r\nbody"), ["POST", "PUT"].includes(expected));
	});
}

test("redirects are bounded, and none leads out of https:", async () => {
	const again = "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n";
	const endless = serving(...Array<string>(20).fill(again));
	assert.equal(await refusal(fetchFrom(endless)), "ERR_HTTP_REDIRECT");
	assert.equal(endless.sockets.length, 6);
	const down = serving("HTTP/1.1 302 Found\r\nLocation: http://a.example/\r\nContent-Length: 0\r\n\r\n", response("plain"));
	assert.equal(await refusal(fetchFrom(down)), "ERR_HTTP_REDIRECT");
	assert.equal(down.sockets.length, 1);
	assert.equal(await refusal(fetchFrom(serving(again), url, { redirect: "error" })), "ERR_HTTP_REDIRECT");
	assert.equal((await fetchFrom(serving(again), url, { redirect: "manual" })).status, 302);
	assert.equal(await refusal(fetchFrom(serving("HTTP/1.1 302 Found\r\nLocation: ftp://b/\r\nContent-Length: 0\r\n\r\n"))), "ERR_URL");
});

test("a redirect without a location is the answer", async () => {
	const got = await fetchFrom(serving("HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nok"));
	assert.deepEqual([got.status, await got.text()], [302, "ok"]);
});

for (const code of ["ENOTFOUND", "EAI_AGAIN"]) {
	test(`a name that cannot be resolved rejects with ${code}`, async () => {
		const network = new FakeNetwork();
		network.answer = { code };
		assert.equal(await refusal(fetchFrom(network)), code);
	});
}

for (const code of ["ECONNREFUSED", "ETIMEDOUT", "CERT_HAS_EXPIRED", "ERR_TLS_CERT_ALTNAME_INVALID", "ERR_TLS_CUT"]) {
	test(`a connection that fails rejects with ${code}`, async () => {
		const network = new FakeNetwork();
		const promise = refusal(fetchFrom(network));
		await turns();
		network.last.end(code);
		assert.equal(await promise, code);
	});
}

test("a connection that cannot be begun rejects, with a name and with an address", async () => {
	for (const to of [url, "https://192.0.2.7/"]) {
		const network = new FakeNetwork();
		network.openError = new CodedError("ERR_TLS_CLOCK_UNSET", "the clock is not set");
		assert.equal(await refusal(fetchFrom(network, to)), "ERR_TLS_CLOCK_UNSET");
	}
});

test("a server that is none of HTTP rejects with ERR_HTTP_SYNTAX", async () => {
	assert.equal(await refusal(fetchFrom(serving("\x15\x03\x03\x00\x02\x02\x46\r\n"))), "ERR_HTTP_SYNTAX");
});

test("a server that closes without a word rejects with ERR_HTTP_CLOSED", async () => {
	assert.equal(await refusal(fetchFrom(serving(""))), "ERR_HTTP_CLOSED");
});

/** The states a fetch can be caught in, each with a network that stays in it. */
const states: Record<string, () => FakeNetwork> = {
	"while the name is resolved": () => Object.assign(new FakeNetwork(), { answer: undefined }),
	"while it connects": () => new FakeNetwork(),
	"before the head": () => stuck(socket => socket.writable()),
	"while the request goes out": () => stuck(socket => socket.writable(3)),
	"inside the head": () => stuck(socket => {
		socket.writable();
		socket.feed("HTTP/1.1 200 OK\r\nContent-Le");
	}),
	"after an empty redirect": () => {
		const network = new FakeNetwork();
		network.server = socket => network.sockets.length === 1
			? socket.feed("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")
			: undefined;
		return network;
	},
};

function stuck(act: (socket: FakeSocket) => void): FakeNetwork {
	const network = new FakeNetwork();
	network.server = act;
	return network;
}

for (const [name, make] of Object.entries(states)) {
	test(`an abort ${name} rejects with the signal's reason and ends the connection`, async () => {
		const network = make();
		const controller = new AbortController();
		const promise = fetchFrom(network, url, { signal: controller.signal });
		await turns(8);
		controller.abort();
		await assert.rejects(promise, { name: "AbortError" });
		assert.ok(network.sockets.every(socket => socket.closed));
		const sockets = network.sockets.length;
		await turns(8);
		assert.equal(network.sockets.length, sockets, "nothing goes on");
	});

	test(`time that runs out ${name} rejects with ERR_HTTP_TIMEOUT and ends the connection`, async () => {
		mock.timers.enable({ apis: ["setTimeout"] });
		try {
			const network = make();
			const code = refusal(fetchFrom(network, url, { timeoutMs: 500 }));
			await turns(8);
			mock.timers.tick(499);
			await turns(1);
			assert.ok(network.sockets.length === 0 || !network.last.closed);
			mock.timers.tick(1);
			assert.equal(await code, "ERR_HTTP_TIMEOUT");
			assert.ok(network.sockets.every(socket => socket.closed));
		} finally {
			mock.timers.reset();
		}
	});
}

test("an abort or a time limit inside the body rejects its reader", async () => {
	const halfway = () => stuck(socket => {
		socket.writable();
		socket.feed("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
	});
	const controller = new AbortController();
	const aborted = halfway();
	const text = (await fetchFrom(aborted, url, { signal: controller.signal })).text();
	await turns();
	controller.abort(new RangeError("mine"));
	await assert.rejects(text, RangeError);
	assert.ok(aborted.last.closed);

	mock.timers.enable({ apis: ["setTimeout"] });
	try {
		const late = await fetchFrom(halfway(), url, { timeoutMs: 500 });
		const code = refusal(late.text());
		await turns();
		mock.timers.tick(500);
		assert.equal(await code, "ERR_HTTP_TIMEOUT");

		const unread = halfway();
		const response = await fetchFrom(unread, url);
		mock.timers.tick(60_000);
		assert.ok(unread.last.closed, "a body that nobody reads does not hold its connection for ever");
		assert.equal(await refusal(response.text()), "ERR_HTTP_TIMEOUT");

		const signalled = (await fetchFrom(halfway(), url, { signal: AbortSignal.timeout(100) })).text();
		mock.timers.tick(100);
		await assert.rejects(signalled, { name: "TimeoutError" });
	} finally {
		mock.timers.reset();
	}
});

test("an abort before the call, or after the body, changes nothing else", async () => {
	const network = serving(response("hello"));
	await assert.rejects(fetchFrom(network, url, { signal: AbortSignal.abort() }), { name: "AbortError" });
	assert.equal(network.names.length, 0);
	const controller = new AbortController();
	const got = await fetchFrom(network, url, { signal: controller.signal });
	const body = await got.text();
	controller.abort();
	assert.equal(body, "hello");
});

test("a fetch that is over holds no timer", async () => {
	mock.timers.enable({ apis: ["setTimeout"] });
	const running = new Set<unknown>();
	const { setTimeout: set, clearTimeout: clear } = globalThis;
	globalThis.setTimeout = ((...values: Parameters<typeof set>) => {
		const timer = set(...values);
		running.add(timer);
		return timer;
	}) as typeof set;
	globalThis.clearTimeout = timer => {
		running.delete(timer);
		clear(timer);
	};
	try {
		await (await fetchFrom(serving(response("hello")))).text();
		await fetchFrom(serving(response("")));
		await (await fetchFrom(serving("HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", response("x")))).text();
		await refusal(fetchFrom(serving("")));
		await refusal(fetchFrom(serving(""), "nonsense"));
		await (await fetchFrom(serving(response("hello")))).body.cancel();
		await turns();
		assert.equal(running.size, 0);
	} finally {
		globalThis.setTimeout = set;
		globalThis.clearTimeout = clear;
		mock.timers.reset();
	}
});
