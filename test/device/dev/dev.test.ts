// A new app, the edit loop with the real compiler and the real firmware; and the same sources give the same bytes.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import test, { type TestContext } from "node:test";
import { buildApp } from "../../../tools/build/build-app.ts";
import { withRecords } from "../../../tools/build/records.ts";
import { assembleUf2 } from "../../../tools/build/uf2-file.ts";
import { listenOn, parseForwardedPort } from "../../../simulator/simulator.ts";
import { newApp } from "../../../tools/new/new-app.ts";
import { runDevice, sceneUf2 } from "../../support/device.ts";

const projectFolder = resolve(import.meta.dirname, "../../..");
const manifest = JSON.stringify({ include: ["$(MODULES)/base/manifest.json"], modules: { main: "./main", part: "./part" }, preload: ["part"] });

async function appFolder(context: TestContext): Promise<string> {
	const above = await mkdtemp(join(tmpdir(), "picofetch-"));
	context.after(() => rm(above, { recursive: true, force: true }));
	const folder = join(above, "edited");
	await mkdir(folder);
	await writeFile(join(folder, "manifest.json"), manifest);
	await writeFile(join(folder, "part.ts"), "export const part = new Map([[1, { deep: /x/g }]]);\n");
	await writeFile(join(folder, "main.ts"), 'import { part } from "./part.ts";\nconsole.log("first", part.size);\n');
	return folder;
}

test("npm run dev shows a change of main.ts, here and on its page, tells a type error and goes on, and ends with status 0 on Ctrl-C", async context => {
	const folder = await appFolder(context);
	const child = spawn(process.execPath, ["--import", "tsx", "tools/main.ts", "dev", "--app", folder, "--page", "0"], { cwd: projectFolder, stdio: ["ignore", "pipe", "pipe"] });
	context.after(() => child.kill("SIGKILL"));
	let output = "";
	for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => { output += text; });
	const until = async (text: RegExp): Promise<void> => {
		const from = output.length;
		for (let turns = 0; !text.test(output.slice(from)); turns++) {
			assert.ok(turns < 1200 && child.exitCode === null, `${text} did not come:\n${output}`);
			await new Promise(resolve => setTimeout(resolve, 50));
		}
	};
	await until(/^first 1$/m);
	const [, url] = /the board is shown at (http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/)$/m.exec(output) ?? assert.fail(output);
	const events = fetch(`${url}events`).then(page => page.text());
	await writeFile(join(folder, "main.ts"), 'console.log("second");\n');
	await until(/main\.ts changed: running after \d+\.\d s [^]*^second$/m);
	await writeFile(join(folder, "main.ts"), "const text: string = 3;\n");
	await until(/main\.ts\(1,7\): error TS2322: [^]*not built/);
	await writeFile(join(folder, "main.ts"), 'console.log("third");\n');
	await until(/^third$/m);
	child.kill("SIGINT");
	const status = await new Promise(resolve => child.once("exit", resolve));
	assert.equal(status, 0, output);
	const told = await events;
	const shown = [...told.matchAll(/^event: console\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data!) as string).join("");
	// A busy machine may tell of one change twice.
	assert.match(shown, /^first 1\r\n(?:second\r\n)+(?:third\r\n)+$/);
	assert.match(told, /event: closed\ndata: \n\n$/);
});

/** Starts a command that runs the echo server, gets an answer of it through a port of this machine, and ends it by Ctrl-C. */
async function echoesThroughPort(context: TestContext, parameters: readonly string[], statusAtEnd: number): Promise<void> {
	const port = await freePort();
	const child = spawn(process.execPath, ["--import", "tsx", "tools/main.ts", ...parameters, "--forward", `${port}:7`], { cwd: projectFolder, stdio: ["ignore", "pipe", "pipe"] });
	context.after(() => child.kill("SIGKILL"));
	let output = "";
	for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => { output += text; });
	for (let turns = 0; !/^listening at /m.test(output); turns++) {
		assert.ok(turns < 6000 && child.exitCode === null, output);
		await new Promise(resolve => setTimeout(resolve, 50));
	}
	const socket = connect({ port, host: "127.0.0.1" });
	context.after(() => socket.destroy());
	socket.end("what is sent comes back");
	let text = "";
	for await (const bytes of socket.setEncoding("utf8")) text += bytes;
	assert.equal(text, "what is sent comes back");
	child.kill("SIGINT");
	assert.equal(await new Promise(resolve => child.once("exit", resolve)), statusAtEnd, output);
}

test("npm run dev lets programs of this machine connect to the board", async context => {
	await echoesThroughPort(context, ["dev", "--app", "examples/echo-server"], 0);
});

test("npm run simulate lets programs of this machine connect to any program's ports, in real time", async context => {
	const folder = await mkdtemp(join(tmpdir(), "picofetch-"));
	context.after(() => rm(folder, { recursive: true, force: true }));
	const program = join(folder, "echo.uf2");
	await writeFile(program, await sceneUf2({ app: "examples/echo-server" }));
	await echoesThroughPort(context, ["simulate", program], 130);
});

test("a port to forward is two numbers, and one that is taken is told", async context => {
	for (const text of ["8080", "0:7", "1:2:3", "a:7"]) {
		assert.throws(() => parseForwardedPort(text), /HOSTPORT:DEVICEPORT is expected/);
	}
	const ports = [parseForwardedPort(`${await freePort()}:7`)];
	const servers = await listenOn(ports, () => {});
	context.after(() => servers.forEach(server => server.close()));
	await assert.rejects(listenOn(ports, () => {}), /cannot be listened on \(EADDRINUSE\)/);
});

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise(resolve => server.close(resolve));
	return port;
}

test("the same sources in two folders give the same .uf2, byte for byte", async context => {
	const [one, other] = [await appFolder(context), await appFolder(context)];
	const uf2 = async (app: string) => {
		const built = await buildApp({ app, quiet: true });
		return assembleUf2({ elf: built.elf, image: withRecords(built.image, { configuration: built.configuration, roots: [] }) });
	};
	assert.notEqual(one, other);
	assert.deepEqual(Buffer.compare(await uf2(one), await uf2(other)), 0);
});

test("the folder that npm run new makes boots and says hello", async context => {
	const above = await mkdtemp(join(tmpdir(), "picofetch-"));
	context.after(() => rm(above, { recursive: true, force: true }));
	const app = join(above, "mine");
	newApp(app, "hello");
	const { end, console: text } = await runDevice({ app, network: false, until: /^hello, 2 s\r$/m, timeoutMs: 5000 });
	assert.equal(end.reason, "matched", text);
});
