// HTTPServer against sockets in the test's hand: requests at each cut, what is refused with which status, what is said to whom (RFC 9112).

import "../web/natives.ts";
import assert from "node:assert/strict";
import test from "node:test";
import type { CodedError } from "../../../modules/base/error.ts";
import HTTPServer from "../../../modules/network/http/server.ts";
import type { HTTPRequestHandler, HTTPResponse, HTTPServerConnection, StandardRequestHandler } from "../../../modules/network/http/server-connection.ts";
import { FakeSocket, turns } from "./fake-network.ts";

/** The socket that took over the last one. */
let taken: FakeSocket;

class Accepted extends FakeSocket {
	constructor(options: ConstructorParameters<typeof FakeSocket>[0]) {
		super(options);
		taken = this;
	}
}

const inert = { address: "", port: 0, onReadable() {}, onWritable() {}, onError() {} };

interface Served {
	readonly requests: string[];
	readonly errors: string[];
	body: string;
	done: number;
	connection?: HTTPServerConnection;
	readonly server: HTTPServer;
	connect(room?: number): FakeSocket;
}

/** A server that answers each request with `answer`, unless the handler says otherwise. */
function serve(answer = "hello", more: Partial<HTTPRequestHandler> = {}, options: { idleMs?: number; mostClients?: number } = {}): Served {
	let accept: (() => void) | undefined;
	let sent = 0;
	const waiting: FakeSocket[] = [];
	class Listener {
		port: number | undefined;
		constructor({ port, onReadable }: { port: number; onReadable(this: Listener, count: number): void }) {
			this.port = port;
			accept = () => onReadable.call(this, waiting.length);
		}
		read(): FakeSocket | undefined {
			return waiting.shift();
		}
		close(): void {
			this.port = undefined;
		}
	}
	const served: Served = {
		requests: [], errors: [], body: "", done: 0,
		server: new HTTPServer({
			io: Listener as never, port: 8080, ...options,
			onConnect(client) {
				served.connection = client;
				client.accept({
					onRequest({ method, path }) {
						served.requests.push(`${method} ${path}`);
					},
					onReadable(count) {
						served.body += Buffer.from(this.read(count)!).toString("latin1");
					},
					onResponse(response) {
						response.headers.set("content-length", String(answer.length));
						this.respond(response);
					},
					onWritable(count) {
						const piece = answer.slice(sent, sent + count);
						sent += piece.length;
						this.write(new TextEncoder().encode(piece));
					},
					onDone() {
						sent = 0;
						served.done++;
					},
					onError({ code }: CodedError) {
						served.errors.push(code);
					},
					...more,
				});
			},
		}),
		connect(room = 1460) {
			waiting.push(new Accepted(inert));
			accept!();
			taken.writable(room);
			return taken;
		},
	};
	return served;
}

/** A client that was sent away may go on sending until it has read why; the connection ends when it goes. */
function leaves(socket: FakeSocket): void {
	const { written } = socket;
	assert.equal(socket.closed, false);
	for (let pieces = 0; pieces < 100; pieces++) socket.feed("x".repeat(10_000));
	assert.deepEqual([socket.closed, socket.written], [false, written]);
	socket.end();
	assert.equal(socket.closed, true);
}

const request = "GET /a?b=c HTTP/1.1\r\nHost: board\r\n\r\n";
const hello = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

test("a request is answered however it is cut, and the connection serves the next one", async () => {
	for (let cut = 0; cut <= request.length; cut++) {
		const served = serve();
		const socket = served.connect();
		socket.feed(request.slice(0, cut));
		await turns(1);
		socket.feed(request.slice(cut));
		await turns(1);
		assert.equal(socket.written, hello, `cut at ${cut}`);
		socket.feed(request);
		await turns(1);
		assert.equal(socket.written, hello + hello);
		assert.deepEqual([served.requests, served.done, socket.closed], [["GET /a?b=c", "GET /a?b=c"], 2, false]);
		served.connection!.close();
	}
});

test("requests that come in one piece are served one after another", async () => {
	const served = serve();
	const socket = served.connect();
	socket.feed(request + request + request);
	await turns(3);
	assert.equal(socket.written, hello + hello + hello);
	served.server.close();
	assert.ok(socket.closed);
});

test("a body comes by length and in chunks, is dropped when nobody reads it, and 100-continue is said", async () => {
	for (const [body, framed] of [["by length", "Content-Length: 9\r\n\r\nby length"], ["in chunks", "Transfer-Encoding: chunked\r\n\r\n4\r\nin c\r\n5\r\nhunks\r\n0\r\nX: y\r\n\r\n"]] as const) {
		for (const size of [1, 7, 1000]) {
			const served = serve();
			const socket = served.connect();
			const text = `POST / HTTP/1.1\r\nHost: board\r\n${framed}`;
			for (let at = 0; at < text.length; at += size) {
				socket.feed(text.slice(at, at + size));
				await turns(1);
			}
			assert.deepEqual([served.body, socket.written, served.errors], [body, hello, []]);
			served.connection!.close();
		}
	}
	const unread = serve("hello", { onReadable: undefined });
	const socket = unread.connect();
	socket.feed("POST / HTTP/1.1\r\nHost: board\r\nContent-Length: 70000\r\nExpect: 100-continue\r\n\r\n");
	await turns(1);
	assert.equal(socket.written, "HTTP/1.1 100 Continue\r\n\r\n");
	socket.feed("x".repeat(60_000));
	socket.feed("x".repeat(10_000));
	await turns(1);
	assert.match(socket.written, /413 Content Too Large\r\nconnection: close/);
	assert.deepEqual(unread.errors, ["ERR_HTTP_SYNTAX"]);
	leaves(socket);
});

test("a response may begin before the body has come: the rest is dropped, 100-continue is not said, and the client may read it in peace", async () => {
	const refuses: HTTPRequestHandler = {
		onRequest() {
			this.respond({ status: 413, headers: new Map([["content-length", 5]]) });
		},
	};
	for (const expect of ["", "Expect: 100-continue\r\n"]) {
		const served = serve("hello", refuses);
		const socket = served.connect();
		socket.feed(`POST / HTTP/1.1\r\nHost: board\r\nContent-Length: 1000000\r\n${expect}\r\nbeginning`);
		await turns(2);
		assert.equal(socket.written, "HTTP/1.1 413 Content Too Large\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello");
		assert.deepEqual([served.body, served.done, served.errors], ["", 1, []]);
		leaves(socket);
		assert.deepEqual(served.errors, []);
	}
	const late = serve("hello", {
		onReadable(count) {
			this.read(count);
			this.respond({ status: 413, headers: new Map([["content-length", 0]]) });
		},
	});
	const socket = late.connect();
	socket.feed("POST / HTTP/1.1\r\nHost: board\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
	await turns(2);
	assert.match(socket.written, /^HTTP\/1\.1 413 /);
	leaves(socket);
	const whole = serve("hello", refuses);
	const again = whole.connect();
	again.feed(`${request}${request}`);
	await turns(3);
	assert.deepEqual([whole.done, again.closed], [2, false], "a request without a body came whole");
	whole.server.close();
});

test("HEAD has no body; without a length a body goes out in chunks, and to HTTP/1.0 up to the end", async () => {
	const answer = (text: string, more: Partial<HTTPRequestHandler> = {}) => {
		const served = serve("hello", {
			onResponse(response) {
				this.respond(response);
			},
			onWritable() {
				this.write(new TextEncoder().encode("hi"));
				this.write();
			},
			...more,
		});
		const socket = served.connect();
		socket.feed(text);
		return turns(2).then(() => {
			served.connection!.close();
			return socket.written;
		});
	};
	assert.equal(await answer(request), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
	assert.equal(await answer("GET / HTTP/1.0\r\n\r\n"), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhi");
	assert.equal(await answer("HEAD / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
	assert.equal(await answer(request, {
		onResponse(response) {
			response.status = 204;
			this.respond(response);
		},
	}), "HTTP/1.1 204 No Content\r\n\r\n");
});

test("what two readers could read differently is refused, and the connection closed", async () => {
	const refused: readonly (readonly [text: string, status: number])[] = [
		["GET / HTTP/1.1\r\n\r\n", 400],
		["GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
		["GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
		["GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400],
		["GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", 400],
		["G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
		["GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505],
		["GET / HTTP/1.1\nHost: a\r\n\r\n", 400],
		["GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400],
		["GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400],
		["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400],
		["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400],
		["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
		["POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
		["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501],
		["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400],
		[`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(9000)}\r\n\r\n`, 431],
	];
	for (const [text, status] of refused) {
		const served = serve();
		const socket = served.connect();
		socket.feed(text);
		await turns(1);
		assert.match(socket.written, new RegExp(`^HTTP/1\\.1 ${status} [^]*connection: close\\r\\ncontent-length: 0\\r\\n\\r\\n$`), text.slice(0, 80));
		assert.equal(served.errors.length, 1, text.slice(0, 80));
		leaves(socket);
	}
});

test("the heads of all clients together are bounded, in fields too, and what one lets go of is another's", async () => {
	const many = (fields: number) => Array.from({ length: fields }, (_, index) => `f${index}: x\r\n`).join("");
	for (const [head, status] of [["a".repeat(5000), 503], [`X: y\r\n${many(50)}`, 503], [many(100), 431]] as const) {
		const served = serve();
		const sockets = [1, 2, 3].map(() => served.connect());
		for (const socket of sockets) socket.feed(`GET / HTTP/1.1\r\nHost: a\r\n${head}`);
		await turns(1);
		assert.match(sockets[2]!.written, new RegExp(`^HTTP/1\\.1 ${status} `));
		for (const socket of sockets) socket.end();
		for (let round = 0; round < 100; round++) {
			const socket = served.connect();
			socket.feed(`GET / HTTP/1.1\r\nHost: a\r\n${many(20)}`);
			if (round % 2) socket.end();
			else socket.feed("\r\n");
			await turns(1);
			assert.equal(socket.written, round % 2 ? "" : hello);
			served.connection!.close();
		}
	}
});

test("of more clients than are served at a time one is sent away, and the next one served when another has gone", async () => {
	const served = serve("hello", {}, { mostClients: 2 });
	const [first, second, third] = [served.connect(), served.connect(), served.connect()] as const;
	assert.deepEqual([first.closed, second.closed, third.closed], [false, false, true]);
	first.end();
	const next = served.connect();
	next.feed(request);
	await turns(1);
	assert.equal(next.written, hello);
	served.server.close();
});

test("a small window, a client that leaves and one that is silent", async () => {
	const served = serve();
	const socket = served.connect(10);
	socket.feed(request);
	for (let turn = 0; turn < 20; turn++) {
		await turns(1);
		socket.writable(10);
	}
	assert.equal(socket.written, hello);
	socket.end();
	assert.deepEqual(served.errors, [], "between two requests that is no error");

	const cut = serve();
	const other = cut.connect();
	other.feed(request.slice(0, 20));
	other.end("ECONNRESET");
	await turns(2);
	assert.deepEqual(cut.errors, ["ECONNRESET"]);

	const silent = serve("hello", {}, { idleMs: 20 });
	const [idle, half] = [silent.connect(), silent.connect()];
	half.feed(request.slice(0, 20));
	await new Promise(resolve => setTimeout(resolve, 60));
	assert.deepEqual([idle.closed, idle.written, silent.errors], [true, "", ["ERR_HTTP_TIMEOUT"]]);
	leaves(half);
	assert.match(half.written, /^HTTP\/1\.1 408 /);
});

test("the standard's form of onRequest, a route set from it, and what stays away", async () => {
	const told: string[] = [];
	const page: StandardRequestHandler = {
		onRequest(method, path, headers) {
			told.push(`${method} ${path} ${headers.get("host")}`);
		},
		onDone() {
			told.push(`done ${this.route === page}`);
		},
	};
	const served = serve("hello", {
		onRequest({ path }) {
			told.push(path);
			this.route = page;
		},
	});
	const socket = served.connect();
	socket.feed(request);
	await turns(2);
	assert.equal(socket.written, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "without onResponse it is 200, without onWritable empty");
	assert.deepEqual(told, ["/a?b=c", "GET /a?b=c board", "done true"]);
	socket.feed(request);
	await turns(2);
	assert.deepEqual(told.slice(3), told.slice(0, 3), "the next request finds the handler again");
	assert.throws(() => served.connection!.accept({}), { code: "ERR_HTTP_TAKEN" });
});

test("bodies come and go in every kind of buffer, and chunks may be asked for by name", async () => {
	const asked = new DataView(new ArrayBuffer(8), 2, 3);
	const reads: (number | undefined)[] = [];
	let pieces: (ArrayBuffer | ArrayBufferView)[] = [];
	const served = serve("", {
		onReadable() {
			for (let count; (count = this.read(asked)) !== undefined;) reads.push(count);
		},
		onResponse(response) {
			pieces = [new DataView(Uint8Array.of(0, 97, 98, 0).buffer, 1, 2), Int8Array.of(99), Uint8Array.of(100).buffer];
			response.headers.set("transfer-encoding", "chunked");
			this.respond(response);
		},
		onWritable() {
			const piece = pieces.shift();
			if (piece) this.write(piece);
			else this.write();
		},
	});
	const socket = served.connect();
	socket.feed("POST / HTTP/1.1\r\nHost: board\r\nContent-Length: 7\r\n\r\nbytes!!");
	await turns(2);
	assert.deepEqual([reads, Buffer.from(asked.buffer).toString("latin1")], [[3, 3, 1], "\0\0!s!\0\0\0"]);
	for (let turn = 0; turn < 4; turn++) socket.writable();
	assert.equal(socket.written, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n1\r\nd\r\n0\r\n\r\n");
	assert.throws(() => served.connection!.write(Uint8Array.of(1)), { code: "ERR_HTTP_RESPONSE" });
});

test("a client is detached before and after it was accepted: nothing of it is told any more", async () => {
	const served = serve("hello", {
		onRequest() {
			assert.equal(this.detach(), taken);
		},
	});
	const first = served.connect();
	first.feed(request);
	await turns(2);
	assert.notEqual(taken, first, "handed over anew, without callbacks");
	assert.deepEqual([first.written, first.closed, taken.closed, served.errors], ["", false, false, []]);
	served.server.close();
	assert.equal(taken.closed, false);
	assert.throws(() => served.connection!.detach(), { code: "ERR_HTTP_TAKEN" });
});

test("what the handler does wrong is its own error, and a response that cannot be is refused", async () => {
	let kept: HTTPResponse | undefined;
	const served = serve("hello", {
		onResponse(response) {
			kept = response;
		},
	});
	const socket = served.connect();
	assert.throws(() => served.connection!.respond({ status: 200, headers: new Map() }), { code: "ERR_HTTP_RESPONSE" });
	socket.feed(request);
	await turns(1);
	for (const [status, headers] of [[99, {}], [600, {}], [200, { "a b": "c" }], [200, { a: "b\r\nc: d" }], [200, { "content-length": "x" }],
		[200, { "content-length": "1", "transfer-encoding": "chunked" }], [200, { "transfer-encoding": "gzip" }]] as const) {
		assert.throws(() => served.connection!.respond({ status, headers: new Map(Object.entries(headers)) }), { code: "ERR_HTTP_RESPONSE" });
	}
	kept!.headers.set("content-length", "5");
	served.connection!.respond(kept!);
	await turns(1);
	assert.equal(socket.written, hello, "the answer may come later");
	assert.throws(() => served.connection!.respond(kept!), { code: "ERR_HTTP_RESPONSE" });

	const faulty = serve("hello", {
		onRequest() {
			throw new RangeError("mine");
		},
	});
	const third = faulty.connect();
	assert.throws(() => third.feed(request), /mine/);
	assert.ok(third.closed);
});
