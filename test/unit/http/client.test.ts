// HTTPClient against a socket in the test's hand: each message at each cut (RFC 9112).

import assert from "node:assert/strict";
import test from "node:test";
import HTTPClient, { type HTTPRequest, type HTTPRequestOptions } from "../../../modules/network/http/client.ts";
import { CodedError } from "../../../modules/base/error.ts";
import { FakeNetwork, turns, type FakeSocket } from "./fake-network.ts";

interface Seen {
	status?: number;
	statusText?: string;
	headers?: Map<string, string>;
	body: string;
	/** Undefined while under way. */
	done?: CodedError | null;
	doneCalls: number;
}

/** A client on an address, so that nothing is resolved. */
function clientOf(network: FakeNetwork, options: { port?: number; onError?(error: CodedError): void } = {}): HTTPClient {
	return new HTTPClient({ socket: { io: network.tcp }, host: "192.0.2.1", ...options });
}

/** Asks, reads everything that comes, and takes down what was seen. */
function ask(client: HTTPClient, options: HTTPRequestOptions = {}): Seen {
	const seen: Seen = { body: "", doneCalls: 0 };
	client.request({
		onHeaders(status, headers, statusText) {
			Object.assign(seen, { status, headers, statusText });
		},
		onReadable(count) {
			const bytes = this.read(count);
			assert.equal(bytes?.byteLength, count, "what is told can be read");
			seen.body += Buffer.from(bytes!).toString("latin1");
		},
		onDone(error) {
			seen.done = error;
			seen.doneCalls++;
		},
		...options,
	});
	return seen;
}

/** One request answered by these pieces, then by the end of the connection when `end` is given. */
async function exchanged(pieces: readonly string[], end?: string, options: HTTPRequestOptions = {}): Promise<Seen> {
	const network = new FakeNetwork();
	const seen = ask(clientOf(network), options);
	network.last.writable();
	for (const piece of pieces) {
		network.last.feed(piece);
		await Promise.resolve();
	}
	await turns(1);
	if (end !== undefined && !network.last.closed) network.last.end(end);
	await turns(1);
	assert.ok(seen.doneCalls <= 1, "onDone is called once");
	return seen;
}

const messages = {
	"content-length": { text: "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello world", body: "hello world" },
	"an empty body": { text: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", body: "" },
	"chunks with extensions and trailers": {
		text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n006 ; name=\"quoted; text\"\r\n world\r\n0;last\r\nExpires: never\r\nX: \r\n\r\n",
		body: "hello world",
	},
	"an interim response": { text: "HTTP/1.1 103 Early Hints\r\nLink: </style>\r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", body: "ok" },
	"the end of the connection": { text: "HTTP/1.0 200 OK\r\nServer: old\r\n\r\nhello\r\n\r\nworld", body: "hello\r\n\r\nworld" },
};

for (const [name, { text, body }] of Object.entries(messages)) {
	const endsWithConnection = name === "the end of the connection";
	const end = endsWithConnection ? "ECLOSED" : undefined;
	const whole = (seen: Seen, where: string) => assert.deepEqual([seen.status, seen.body, seen.done], [200, body, null], where);

	test(`a response with ${name} is the same at each cut`, async () => {
		for (let at = 1; at < text.length; at++) whole(await exchanged([text.slice(0, at), text.slice(at)], end), `cut at ${at}`);
	});

	test(`a response with ${name} is the same byte by byte`, async () => {
		whole(await exchanged([...text], end), "byte by byte");
	});

	for (const code of ["ECLOSED", "ERR_TLS_CUT", "ECONNRESET"]) {
		test(`a response with ${name} that ends at any byte by ${code} is an error`, async () => {
			const head = text.indexOf("\r\n\r\n", text.indexOf("HTTP/1", 9) > 0 ? text.lastIndexOf("HTTP/1") : 0) + 4;
			for (let at = 0; at < text.length; at++) {
				const seen = await exchanged([text.slice(0, at)], code);
				if (endsWithConnection && at >= head && code === "ECLOSED") {
					assert.equal(seen.done, null);
					assert.equal(seen.body, text.slice(head, at));
					continue;
				}
				const expected = at >= head ? "ERR_HTTP_BODY_CUT" : code === "ECLOSED" ? "ERR_HTTP_CLOSED" : code;
				assert.equal(seen.done?.code, expected, `cut at ${at}`);
				if (at >= head) assert.equal((seen.done?.cause as CodedError).code, code);
			}
		});
	}
}

test("a body that ends with the connection is not whole without close_notify", async () => {
	const seen = await exchanged(["HTTP/1.1 200 OK\r\n\r\nhello"], "ERR_TLS_CUT");
	assert.equal(seen.body, "hello");
	assert.equal(seen.done?.code, "ERR_HTTP_BODY_CUT");
});

test("a cut body's error says how much came and how much is missing", async () => {
	const { done } = await exchanged(["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel"], "ECLOSED");
	assert.match(done!.message, /after 3 bytes, 7 before its end/);
});

for (const [name, text] of Object.entries({
	"another protocol": "SSH-2.0-OpenSSH_9.2\r\n",
	"another version": "HTTP/2.0 200 OK\r\n\r\n",
	"a version in lower case": "http/1.1 200 OK\r\n\r\n",
	"a status of two digits": "HTTP/1.1 20 OK\r\n\r\n",
	"a status and reason run together": "HTTP/1.1 200OK\r\n\r\n",
	"a status of 600": "HTTP/1.1 600 Odd\r\n\r\n",
	"two blanks before the status": "HTTP/1.1  200 OK\r\n\r\n",
	"an empty line in front": "\r\nHTTP/1.1 200 OK\r\n\r\n",
	"a control character in the reason": "HTTP/1.1 200 O\x07K\r\n\r\n",
	"a bare line feed": "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
	"a carriage return inside a value": "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
	"a NUL in a value": "HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n",
	"a header without a colon": "HTTP/1.1 200 OK\r\nContent-Length\r\n\r\n",
	"a header without a name": "HTTP/1.1 200 OK\r\n: 5\r\n\r\n",
	"a blank before the colon": "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n",
	"a folded header": "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
	"two content-lengths": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
	"the same content-length twice": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
	"a list of content-lengths": "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
	"a signed content-length": "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
	"a negative content-length": "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
	"a hexadecimal content-length": "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello",
	"an empty content-length": "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello",
	"a content-length of 20 digits": "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n",
	"transfer-encoding and content-length": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
	"a transfer-encoding that is not chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
	"chunked twice": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
	"transfer-encoding in HTTP/1.0": "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
	"a switch of protocols": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
})) {
	test(`a response with ${name} is refused`, async () => {
		assert.equal((await exchanged([text])).done?.code, "ERR_HTTP_SYNTAX");
		assert.equal((await exchanged([...text])).done?.code, "ERR_HTTP_SYNTAX");
	});
}

for (const [name, chunks] of Object.entries({
	"no size": "\r\nhello\r\n0\r\n\r\n",
	"a size that is no number": "five\r\nhello\r\n",
	"a signed size": "+5\r\nhello\r\n",
	"a size with a prefix": "0x5\r\nhello\r\n",
	"a size of nine digits": "000000005\r\nhello\r\n",
	"a size line with a bare line feed": "5\nhello\r\n0\r\n\r\n",
	"bytes beyond its size": "5\r\nhello!\r\n0\r\n\r\n",
	"bytes that end in a bare line feed": "5\r\nhello\n0\r\n\r\n",
	"text behind its size": "5 hello\r\nhello\r\n",
	"a control character in an extension": "5;a=\x01\r\nhello\r\n",
	"a trailer that is no header": "5\r\nhello\r\n0\r\nodd\r\n\r\n",
})) {
	test(`a chunk with ${name} is refused`, async () => {
		const seen = await exchanged([`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`]);
		assert.equal(seen.done?.code, "ERR_HTTP_SYNTAX");
	});
}

test("a head of 8192 bytes is read, one of 8193 is refused", async () => {
	const head = (bytes: number) => `HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: ${"a".repeat(bytes - 43)}\r\n\r\n`;
	assert.equal(head(8192).length, 8192);
	assert.equal((await exchanged([head(8192)])).done, null);
	assert.equal((await exchanged([head(8193)])).done?.code, "ERR_HTTP_TOO_LARGE");
});

test("a head of 96 fields is read, one of 97 is refused, whatever their names and among how many responses", async () => {
	const empty = (count: number) => Array.from({ length: count }, (_, index) => `a${index}:\r\n`).join("");
	const whole = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
	for (const [read, refused] of [
		[`${whole}${empty(95)}\r\n`, `${whole}${empty(96)}`],
		[`${whole}${"a:\r\n".repeat(95)}\r\n`, `${whole}${"a:\r\n".repeat(96)}`],
		[`HTTP/1.1 103 Wait\r\n${empty(50)}\r\n${whole}${empty(45)}\r\n`, `HTTP/1.1 103 Wait\r\n${empty(50)}\r\n${whole}${empty(46)}`],
	] as const) {
		assert.equal((await exchanged([read])).done, null);
		const { done } = await exchanged([refused]);
		assert.deepEqual([done?.code, done?.message], ["ERR_HTTP_TOO_LARGE", "the response's head has more fields than picofetch reads: 96"]);
	}
});

test("a head that never ends is refused, in one line or in many", async () => {
	assert.equal((await exchanged([`HTTP/1.1 200 ${"a".repeat(9000)}`])).done?.code, "ERR_HTTP_TOO_LARGE");
	assert.equal((await exchanged([`HTTP/1.1 200 OK\r\n${"A: b\r\n".repeat(2000)}`])).done?.code, "ERR_HTTP_TOO_LARGE");
	assert.equal((await exchanged(["HTTP/1.1 103 Wait\r\n\r\n".repeat(1000)])).done?.code, "ERR_HTTP_TOO_LARGE");
});

test("endless lines between chunks are refused", async () => {
	const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
	assert.equal((await exchanged([`${head}5;${"a".repeat(2000)}`])).done?.code, "ERR_HTTP_TOO_LARGE");
	assert.equal((await exchanged([`${head}0\r\n${"A: b\r\n".repeat(1000)}`])).done?.code, "ERR_HTTP_TOO_LARGE");
});

test("headers keep their bytes, names in lower case, repeated ones joined", async () => {
	const { headers, statusText } = await exchanged(["HTTP/1.1 200 G\xfct so\r\nX-A: \t one \t\r\nx-a:two\r\nB: voil\xc3\xa0\r\nC:\r\nContent-Length: 0\r\n\r\n"]);
	assert.deepEqual([...headers!], [["x-a", "one, two"], ["b", "voil\xc3\xa0"], ["c", ""], ["content-length", "0"]]);
	assert.equal(statusText, "G\xfct so");
});

test("only masked headers are told", async () => {
	const { headers } = await exchanged(["HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nContent-Length: 0\r\n\r\n"], undefined, { headersMask: ["b"] });
	assert.deepEqual([...headers!], [["b", "2"]]);
});

for (const [name, method, head] of [
	["HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"],
	["HEAD with chunks", "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
	["204", "GET", "HTTP/1.1 204 No Content\r\n\r\n"],
	["304", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"],
] as const) {
	test(`the response to ${name} has no body`, async () => {
		const seen = await exchanged([head], undefined, { method });
		assert.deepEqual([seen.body, seen.done], ["", null]);
	});
}

test("the request goes out as it should, whatever room there is", async () => {
	const expected = "GET /a?b HTTP/1.1\r\nhost: 192.0.2.1:8080\r\naccept: */*\r\n\r\n";
	for (let room = 1; room <= expected.length + 1; room++) {
		const network = new FakeNetwork();
		ask(clientOf(network, { port: 8080 }), { path: "/a?b", headers: new Map([["accept", "*/*"]]) });
		for (let left = expected.length; left > 0; left -= room) network.last.writable(room);
		assert.equal(network.last.written, expected, `room ${room}`);
	}
});

test("a host header of the caller's own is not doubled", async () => {
	const network = new FakeNetwork();
	ask(clientOf(network), { headers: new Map([["Host", "other.example"]]) });
	network.last.writable();
	assert.equal(network.last.written, "GET / HTTP/1.1\r\nHost: other.example\r\n\r\n");
});

for (const [name, options] of Object.entries<HTTPRequestOptions>({
	"a line end in the path": { path: "/a\r\nX: y" },
	"a blank in the path": { path: "/a b" },
	"an empty path": { path: "" },
	"a letter beyond ASCII in the path": { path: "/\u00e9" },
	"a blank in the method": { method: "GET /" },
	"an empty method": { method: "" },
	"a line end in a header's value": { headers: new Map([["a", "b\r\nc: d"]]) },
	"a line feed in a header's value": { headers: new Map([["a", "b\nc: d"]]) },
	"a NUL in a header's value": { headers: new Map([["a", "b\0"]]) },
	"a letter beyond Latin-1 in a header's value": { headers: new Map([["a", "\u20ac"]]) },
	"a colon in a header's name": { headers: new Map([["a:b", "c"]]) },
	"a line end in a header's name": { headers: new Map([["a\r\nb", "c"]]) },
	"an empty header name": { headers: new Map([["", "c"]]) },
	"a content-length that is no number": { method: "POST", headers: new Map([["content-length", "five"]]) },
	"content-length and transfer-encoding": { method: "POST", headers: new Map([["content-length", "5"], ["Transfer-Encoding", "chunked"]]) },
})) {
	test(`a request with ${name} is refused before a byte is sent`, async () => {
		const network = new FakeNetwork();
		const seen = ask(clientOf(network), options);
		network.last.writable();
		await turns(1);
		assert.equal(seen.done?.code, "ERR_HTTP_REQUEST");
		assert.equal(network.last.written, "");
	});
}

test("a body is written as room comes, by length and in chunks", async () => {
	const body = "0123456789".repeat(30);
	for (const room of [20, 33, 100, 1000]) {
		for (const chunked of [false, true]) {
			const network = new FakeNetwork();
			let sent = 0;
			let ended = false;
			const seen = ask(clientOf(network), {
				method: "POST",
				headers: new Map([chunked ? ["transfer-encoding", "chunked"] : ["content-length", "300"]]),
				onWritable(count) {
					while (count > 0 && sent < body.length) {
						const piece = body.slice(sent, sent + count);
						sent += piece.length;
						count = this.write(Buffer.from(piece));
					}
					if (chunked && sent === body.length && !ended && count >= 0) {
						ended = true;
						this.write();
					}
				},
			});
			for (let i = 0; i < 60; i++) network.last.writable(room);
			network.last.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
			await turns(1);
			assert.deepEqual([seen.body, seen.done], ["ok", null], `room ${room}, ${chunked}`);
			const sentBody = network.last.written.slice(network.last.written.indexOf("\r\n\r\n") + 4);
			assert.equal(chunked ? unchunked(sentBody) : sentBody, body);
		}
	}
});

function unchunked(text: string): string {
	let result = "";
	for (;;) {
		const match = /^([0-9a-f]+)\r\n/.exec(text)!;
		const size = parseInt(match[1]!, 16);
		if (size === 0) {
			assert.equal(text, "0\r\n\r\n");
			return result;
		}
		result += text.slice(match[0].length, match[0].length + size);
		assert.equal(text.slice(match[0].length + size, match[0].length + size + 2), "\r\n");
		text = text.slice(match[0].length + size + 2);
	}
}

test("more body than there is room for is refused", async () => {
	const network = new FakeNetwork();
	let refusal: unknown;
	ask(clientOf(network), {
		method: "POST",
		headers: new Map([["content-length", "5"]]),
		onWritable(count) {
			assert.equal(count, 5);
			try {
				this.write(new Uint8Array(6));
			} catch (error) {
				refusal = error;
			}
		},
	});
	network.last.writable();
	assert.equal((refusal as CodedError).code, "ERR_HTTP_REQUEST");
});

test("a reader that waits holds the sender back, and loses nothing", async () => {
	const network = new FakeNetwork();
	let request: HTTPRequest | undefined;
	let readable = 0;
	const seen = ask(clientOf(network), {
		onReadable(count) {
			request = this;
			readable = count;
		},
	});
	network.last.writable();
	const body = Buffer.alloc(20_000, "0123456789");
	network.last.feed(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
	network.last.feed(body);
	await turns(3);
	assert.ok(network.last.unread >= body.length - 4096, "no more than a piece was taken off the socket");
	let read = Buffer.alloc(0);
	const into = new Uint8Array(700);
	while (read.length < body.length) {
		assert.ok(readable > 0);
		const count = request!.read(into)!;
		readable -= count;
		read = Buffer.concat([read, into.subarray(0, count)]);
		await turns(1);
	}
	assert.deepEqual(read, body);
	assert.equal(seen.done, null);
});

test("requests follow one another on one connection", async () => {
	const network = new FakeNetwork();
	const client = clientOf(network);
	const [first, second, third] = [ask(client, { path: "/1" }), ask(client, { path: "/2" }), ask(client, { path: "/3" })];
	network.last.writable();
	for (const text of ["one", "two"]) {
		network.last.feed(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n${text}`);
		await turns(1);
	}
	assert.deepEqual([first.body, second.body, third.body], ["one", "two", ""]);
	assert.equal(network.sockets.length, 1);
	assert.equal(network.last.written.match(/GET/g)?.length, 3);
});

test("a response that says close is followed by a new connection", async () => {
	for (const head of ["HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"]) {
		const network = new FakeNetwork();
		const client = clientOf(network);
		ask(client);
		const second = ask(client);
		network.last.writable();
		network.last.feed(head);
		await turns(1);
		assert.equal(network.sockets.length, 2);
		assert.ok(network.sockets[0]!.closed);
		network.last.writable();
		network.last.feed(head);
		await turns(1);
		assert.deepEqual([second.body, second.done], ["ok", null]);
	}
});

test("bytes behind a response make no second one", async () => {
	const network = new FakeNetwork();
	const client = clientOf(network);
	const first = ask(client);
	const second = ask(client);
	network.last.writable();
	network.last.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
	await turns(1);
	assert.deepEqual([first.body, first.done], ["ok", null]);
	assert.deepEqual([second.body, network.sockets.length], ["", 2]);
});

test("bytes that belong to no request end an idle connection", async () => {
	const network = new FakeNetwork();
	const errors: string[] = [];
	const client = clientOf(network, { onError: error => errors.push(error.code) });
	ask(client);
	network.last.writable();
	network.last.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	await turns(1);
	network.last.feed("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
	assert.ok(network.last.closed);
	assert.deepEqual(errors, ["ERR_HTTP_SYNTAX"]);
});

test("an idle connection that ends is told, and the next request opens another", async () => {
	const network = new FakeNetwork();
	const errors: string[] = [];
	const client = clientOf(network, { onError: error => errors.push(error.code) });
	ask(client);
	network.last.writable();
	network.last.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	await turns(1);
	network.last.end();
	const second = ask(client);
	assert.equal(network.sockets.length, 2);
	network.last.writable();
	network.last.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	await turns(1);
	assert.deepEqual([errors, second.body], [["ECLOSED"], "ok"]);
});

test("after a request that failed the next one is tried on a new connection", async () => {
	const network = new FakeNetwork();
	const client = clientOf(network);
	const first = ask(client);
	const second = ask(client);
	network.last.writable();
	network.last.break("ECONNRESET");
	assert.equal(first.done?.code, "ECONNRESET");
	network.last.writable();
	network.last.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	await turns(1);
	assert.deepEqual([second.body, second.done], ["ok", null]);
});

test("a connection that breaks with bytes unread ends the reader's wait", async () => {
	const network = new FakeNetwork();
	const seen = ask(clientOf(network), { onReadable() {} });
	network.last.writable();
	network.last.feed("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
	network.last.feed("hello");
	network.last.break("ECONNRESET");
	await turns(1);
	assert.equal(seen.done?.code, "ERR_HTTP_BODY_CUT");
});

test("a socket that refuses a write fails the request", async () => {
	const network = new FakeNetwork();
	const seen = ask(clientOf(network));
	network.last.writeError = new CodedError("ENOMEM", "nothing was taken");
	network.last.writable();
	assert.equal(seen.done?.code, "ENOMEM");
});

test("a socket that cannot be made fails the request", async () => {
	const network = new FakeNetwork();
	network.openError = new CodedError("ERR_TLS_CLOCK_UNSET", "the clock is not set");
	assert.equal(ask(clientOf(network)).done?.code, "ERR_TLS_CLOCK_UNSET");
});

test("a name is resolved, or the request fails with the resolver's code", async () => {
	const network = new FakeNetwork();
	const client = () => new HTTPClient({ socket: { io: network.tcp }, host: "a.example", dns: { io: network.resolver } });
	ask(client());
	await turns(1);
	assert.deepEqual([network.names, network.last.options.address], [["a.example"], "192.0.2.1"]);
	network.answer = { code: "EAI_AGAIN" };
	const seen = ask(client());
	await turns(1);
	assert.equal(seen.done?.code, "EAI_AGAIN");
	assert.equal(ask(new HTTPClient({ socket: { io: network.tcp }, host: "a.example" })).done?.code, "ENOTFOUND");
});

test("closing inside each callback ends everything at once", async () => {
	for (const where of ["onWritable", "onHeaders", "onReadable", "onDone"] as const) {
		const network = new FakeNetwork();
		const client = clientOf(network);
		const calls: string[] = [];
		const told = (name: string) => {
			calls.push(name);
			if (name === where) client.close();
		};
		client.request({
			method: "POST",
			headers: new Map([["content-length", "2"]]),
			onWritable(count) {
				told("onWritable");
				if (where !== "onWritable") this.write(new Uint8Array(count));
			},
			onHeaders: () => told("onHeaders"),
			onReadable(count) {
				told("onReadable");
				if (where === "onReadable") assert.equal(this.read(count), undefined);
				else this.read(count);
			},
			onDone: () => told("onDone"),
		});
		client.request({ onHeaders: () => calls.push("second") });
		const socket: FakeSocket = network.last;
		socket.writable();
		socket.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
		await turns(2);
		assert.equal(calls.at(-1), where);
		assert.ok(socket.closed, where);
		assert.equal(network.sockets.length, 1);
		assert.throws(() => client.request({}), { code: "ERR_HTTP_CLOSED" });
	}
});

test("bodies come and go in every kind of buffer, a header may be a number, and who is not at its turn cannot write", async () => {
	const network = new FakeNetwork();
	const client = clientOf(network);
	const into = new DataView(new ArrayBuffer(6), 1, 4);
	const counts: (number | undefined)[] = [];
	const pieces = [new DataView(Uint8Array.of(0, 97, 98).buffer, 1), Int8Array.of(99)];
	const first = client.request({
		method: "POST",
		headers: new Map<string, string | number>([["content-length", 3]]),
		onWritable() {
			const piece = pieces.shift();
			if (piece) this.write(piece);
		},
		onReadable() {
			for (let count; (count = this.read(into)) !== undefined;) counts.push(count);
		},
	});
	const second = client.request({});
	assert.throws(() => first.write(Uint8Array.of(1)), { code: "ERR_HTTP_REQUEST" }, "not connected yet");
	network.last.writable();
	network.last.writable();
	assert.throws(() => second.write(Uint8Array.of(1)), { code: "ERR_HTTP_REQUEST" }, "it waits for the first");
	network.last.feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
	await turns(1);
	assert.match(network.last.written, /^POST [^]*content-length: 3\r\n\r\nabcGET /);
	assert.deepEqual([counts, Buffer.from(into.buffer).toString("latin1")], [[4, 1], "\0oell\0"]);
	client.close();
});
