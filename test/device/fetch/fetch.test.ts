// fetch by the real firmware: through HTTP, TLS, lwIP, driver and radio, against a server of Node's inside the test.

import assert from "node:assert/strict";
import { duplexPair, type Duplex } from "node:stream";
import { issue } from "../../../tools/certificates/issue.ts";
import { deviceTest, type DeviceRun, type DeviceScene } from "../../support/device.ts";
import type { TcpConnection } from "../../support/tcp-connection.ts";
import { TlsServer } from "../../support/tls-server.ts";

const host = "site.example";
const longBytes = 60_000;
/** Of a response, as picofetch reads it. */
const mostFields = 96;

/** Header lines of so many names. */
function fields(count: number, value = ""): string {
	return Array.from({ length: count }, (_, index) => `${index.toString(36)}:${value}\r\n`).join("");
}

const pages: Record<string, (socket: Duplex, connection: TcpConnection, request: string) => void> = {
	"/length": socket => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
	"/chunked": socket => {
		for (const piece of ["HTTP/1.1 200 OK\r\nTransfer-Enc", "oding: chunked\r\n\r\n5;a=b\r\nhel", "lo\r\n7\r\n, world\r\n0\r\nX: y\r\n", "\r\n"]) socket.write(piece);
		socket.end();
	},
	"/close": socket => socket.end("HTTP/1.1 200 OK\r\n\r\nto the end"),
	"/redirect": socket => socket.end("HTTP/1.1 301 Moved\r\nLocation: /length\r\nContent-Length: 0\r\n\r\n"),
	"/echo": (socket, _connection, request) => {
		const body = `${/x-own: (.*)/.exec(request)?.[1]} ${/content-length: (.*)/.exec(request)?.[1]}`;
		socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
	},
	"/other-day": socket => socket.end("HTTP/1.1 200 OK\r\nDate: Fri, 13 Nov 2026 08:49:37 GMT\r\nContent-Length: 5\r\n\r\nhello"),
	"/json": socket => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"a": [1, "b"]}'),
	"/cut": (socket, connection) => {
		socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
		connection.cut();
	},
	"/reset": (socket, connection) => {
		socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
		connection.reset();
	},
	"/short": socket => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
	"/cut-chunks": socket => socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"),
	"/unsaid": (socket, connection) => {
		socket.write("HTTP/1.1 200 OK\r\n\r\nto the end?");
		connection.cut();
	},
	"/large-head": socket => socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\n${fields(mostFields - 1, "x".repeat(75))}\r\nhello`),
	"/tiny-fields": socket => socket.end(`HTTP/1.1 200 OK\r\n${fields(1300)}\r\n`),
	"/repeated-field": socket => socket.end(`HTTP/1.1 200 OK\r\n${"a:\r\n".repeat(2000)}\r\n`),
	"/nonsense": socket => socket.end("220 mail.example ESMTP\r\n"),
	"/silent": () => {},
	"/stalled": socket => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
	"/long": socket => {
		socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${longBytes}\r\n\r\n`);
		socket.end(Buffer.alloc(longBytes, "0123456789"));
	},
};

interface Scene extends DeviceScene {
	readonly server: TlsServer;
}

async function scene(stories: readonly string[], more: Partial<DeviceScene> = {}): Promise<Scene> {
	const { chainPem, keyPem } = await issue({ names: [host] });
	const respond = (socket: Duplex, request: string, connection: TcpConnection) =>
		pages[/^\S+ (\S+)/.exec(request)![1]!]!(socket, connection, request);
	const server = new TlsServer({ certificateChainPem: chainPem, keyPem, respond });
	const plain = (): Duplex => {
		const [near, far] = duplexPair();
		far.on("error", () => {});
		far.once("data", () => pages["/length"]!(far, undefined as never, ""));
		return near;
	};
	return {
		server,
		app: "test/device/fetch/app",
		hosts: { [host]: { ports: { 80: { connect: plain }, 443: { connect: () => server.connect() } } } },
		configuration: { host, stories },
		until: /^over\r?$/m,
		timeoutMs: 30_000 + 15_000 * stories.length,
		...more,
	};
}

/** What the device says of each story: the text behind its name. */
function said(run: DeviceRun): Record<string, string> {
	assert.equal(run.end.reason, "matched", run.console);
	return Object.fromEntries([...run.console.matchAll(/^([\w' ]+): (.*?)\r?$/gm)].map(([, name, text]) => [name!, text!]));
}

deviceTest("bodies by length, in chunks and to the connection's end come whole; redirects, JSON and a POST work",
	() => scene(["length", "chunked", "close", "redirect", "json", "post", "plain"]), (run, { server }) => {
		assert.deepEqual(said(run), {
			length: `200 https://${host}/length hello`,
			chunked: `200 https://${host}/chunked hello, world`,
			close: `200 https://${host}/close to the end`,
			redirect: `200 https://${host}/length hello`,
			json: '{"a":[1,"b"]}',
			post: `200 https://${host}/echo mine 8`,
			plain: "200 undefined hello",
		});
		assert.equal(server.requests.length, 7);
	});

deviceTest("a proven server that says another day is told of once, the clock stays, and setting it ends the doubt",
	() => scene(["length", "doubted", "other day", "other day", "doubted", "clock set", "doubted", "other day", "doubted"]), run => {
		const lines = run.console.split(/\r?\n/).filter(line => /^(doubted|other day|fetch )/.test(line));
		const day = `other day: 200 https://${host}/other-day hello`;
		const warned = lines.filter(line => line.startsWith("fetch "));
		assert.equal(warned.length, 2, run.console);
		for (const line of warned) assert.match(line, /^fetch https:\/\/site\.example\/other-day: .* 2026-11-13T08:49:37\.000Z, the clock says 2026-01-15T12:0/);
		assert.deepEqual(lines.filter(line => !line.startsWith("fetch ")), ["doubted: false", day, day, "doubted: true", "doubted: false", day, "doubted: true"]);
	});

deviceTest("a body that is cut is an error, however it is cut",
	() => scene(["cut by FIN", "cut by RST", "cut before its length", "cut chunks", "no close_notify", "no HTTP", "length"]), run => {
		const lines = said(run);
		for (const story of ["cut by FIN", "cut by RST", "cut before its length", "cut chunks", "no close_notify"]) {
			assert.match(lines[story]!, /^TypeError ERR_HTTP_BODY_CUT /, story);
		}
		assert.match(lines["cut by FIN"]!, /after 5 bytes, 5 before its end/);
		assert.match(lines["no HTTP"]!, /^TypeError ERR_HTTP_SYNTAX .*220 mail\.example ESMTP/);
		assert.match(lines["length"]!, /hello$/, "and the next fetch works");
	});

deviceTest("a head of as many bytes and fields as are read comes whole; one with more fields is refused before it fills the memory",
	() => scene(["large head", "tiny fields", "a field that comes again and again", "length"]), run => {
		const lines = said(run);
		assert.match(lines["large head"]!, /^200 \S+ hello$/);
		for (const story of ["tiny fields", "a field that comes again and again"]) {
			assert.match(lines[story]!, /^TypeError ERR_HTTP_TOO_LARGE the response's head has more fields than picofetch reads: 96/, story);
		}
		assert.match(lines["length"]!, /hello$/, "and the next fetch works");
	});

deviceTest("a server that says nothing, or nothing more, is given up in time or by a signal",
	() => scene(["time over", "time over in the body", "aborted", "aborted in the body", "signal's time over", "length"]), run => {
		const lines = said(run);
		assert.match(lines["time over"]!, /^TypeError ERR_HTTP_TIMEOUT no whole response within 2000 ms/);
		assert.match(lines["time over in the body"]!, /^TypeError ERR_HTTP_TIMEOUT /);
		assert.match(lines["aborted"]!, /^AbortError /);
		assert.match(lines["aborted in the body"]!, /^RangeError enough/);
		assert.match(lines["signal's time over"]!, /^TimeoutError /);
		assert.match(lines["length"]!, /hello$/, "and the next fetch works");
	});

deviceTest("a long body is read in pieces at the reader's pace, refused whole, and can be left",
	() => scene(["long", "too long", "left early", "two at once"]), run => {
		const lines = said(run);
		assert.equal(lines["long"], `${longBytes} bytes`);
		assert.match(lines["too long"]!, /^TypeError ERR_HTTP_TOO_LARGE .*maximumBodyBytes/);
		assert.equal(lines["left early"], "true");
		assert.equal(lines["two at once"], "ERR_TLS_BUSY, then hello");
	});

deviceTest("a name that nobody has and a port where nobody listens have their codes", () => scene(["no such name", "port closed"]), run => {
	const lines = said(run);
	assert.match(lines["no such name"]!, /^TypeError ENOTFOUND .*nobody\.example/);
	assert.match(lines["port closed"]!, /^TypeError ECONNREFUSED /);
});
