// The web's classes and functions in the engine beside Node's: one table of cases, run in both.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { deviceTest } from "../../support/device.ts";

/** Cases that answer otherwise on the device, and why. Each must really differ. */
const differences: Readonly<Record<string, string>> = {
	"EventTarget #12": "DOM 2.9: listeners are those of the moment when the event begins; Node calls one that was added meanwhile",
	"EventTarget #16": "DOM 2.8: a passive listener cannot cancel; in Node it can",
	"EventTarget #18": "DOM 2.9: an InvalidStateError; Node throws an Error of its own",
	"console, formats #22": "parseInt of \"-0.5\" is 0 in XS, and -0 by ECMA-262 19.2.5",
	"URL #10": "an empty query or fragment is left out",
	"URL #12": "a host that is a number in disguise is refused, not guessed at",
	"URL #14": "backslashes are refused, not taken for slashes",
	"URL #15": "blanks around a URL are refused",
	"URL #16": "tabs and line ends in a URL are refused",
	"URL #17": "port 0 is none",
	"URL #19": "http: and https: only",
	"URL with a base #8": "a scheme without \"//\" is refused",
};

/** By the case's name: its answer, and before it what it printed. */
function answers(text: string): Map<string, string> {
	const found = new Map<string, string>();
	let printed = "";
	for (const line of text.split(/\r?\n/)) {
		const name = /^.+? #\d+(?=: )/.exec(line)?.[0];
		if (name === undefined) printed += `${line}\n`;
		else {
			found.set(name, printed + line.slice(name.length + 2));
			printed = "";
		}
	}
	assert.equal(printed.trim(), "over", "main.ts came to its end");
	return found;
}

async function inNode(): Promise<Map<string, string>> {
	const main = join(import.meta.dirname, "app/main.ts");
	const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", main], { env: { ...process.env, TZ: "UTC", NO_COLOR: "1" } });
	return answers(stdout);
}

deviceTest("the table of web-platform cases answers on the device as in Node", { app: "test/device/web/app", network: false, until: /^over\r?$/m }, async ({ console: text }) => {
	const device = answers(text);
	const node = await inNode();
	assert.deepEqual([...device.keys()], [...node.keys()]);
	assert.ok(device.size >= 200, `${device.size} cases`);
	const unlike = [...node].filter(([name, answer]) => device.get(name) !== answer);
	const unexplained = unlike.filter(([name]) => !Object.hasOwn(differences, name)).map(([name, answer]) => `${name}\n  Node    ${answer}\n  device  ${device.get(name)}`);
	assert.equal(unexplained.length, 0, unexplained.join("\n"));
	assert.deepEqual(Object.keys(differences).filter(name => !unlike.some(([other]) => other === name)), [], "these differ no more");
});
