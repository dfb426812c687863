// The network that the radio opens itself, by the driver: who may come in, who not, and what is left when it is closed.

import assert from "node:assert/strict";
import test from "node:test";
import { sceneBoard } from "../../support/device.ts";

async function run(security: string, key: string, password: string | undefined): Promise<string[]> {
	const board = await sceneBoard({
		app: "test/device/hosted-network/app",
		configuration: { security, key },
		clients: [{ ssid: "guests", ...password !== undefined && { password } }],
	});
	const end = await board.run({ until: /^end\r$/m, timeoutMicros: 40e6 });
	assert.equal(end.reason, "matched", board.console.text);
	assert.deepEqual(board.report().violations.filter(({ level }) => level === "error"), []);
	board.close();
	return board.console.text.split("\r\n").filter(line => /^(open|link|closed|frames)/.test(line));
}

const guest = "02:50:46:00:01:01";

for (const security of ["wpa2", "wpa2/wpa3", "wpa3"]) {
	test(`a ${security} network of the board's own lets in who has its key, and closes`, async () => {
		const lines = await run(security, "correct horse", "correct horse");
		assert.equal(lines[0], "open guests true");
		assert.equal(lines[1], `link 3 guests ${guest}`);
		assert.equal(lines[2], "closed, link 0 guests none");
		assert.deepEqual(lines.slice(6), ["open another true", "link 3 guests none", "closed, link 0 guests none", "frames came"]);
	});

	test(`a ${security} network of the board's own keeps out who has another key`, async () => {
		const lines = await run(security, "correct horse", "battery staple");
		assert.deepEqual(lines.slice(0, 3), ["open guests true", "link 3 guests none", "closed, link 0 guests none"]);
		assert.equal(lines.at(-1), "frames none");
	});
}

test("an open network of the board's own lets in anybody", async () => {
	assert.equal((await run("open", "", undefined))[1], `link 3 guests ${guest}`);
});

test("a key that cannot be one opens nothing", async () => {
	assert.deepEqual((await run("wpa2", "short", undefined)).slice(0, 2), ["open guests false", "link 0 guests none"]);
});
