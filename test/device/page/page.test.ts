// The page of a board in a real browser: what it shows of real firmware, by keyboard, in both colour schemes, in a narrow window.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test, { type TestContext } from "node:test";
import type { Page } from "playwright-core";
import { objectSymbols, PacedRun, type PicoW, servePage } from "../../../simulator/simulator.ts";
import { launchBrowser, noBrowser } from "../../support/browser.ts";
import { builtApp, sceneBoard } from "../../support/device.ts";

const app = "examples/http-server";

interface Scene {
	readonly board: PicoW;
	readonly run: PacedRun;
	readonly url: string;
}

/** The board of the example serves its page and its LED; ours shows it. */
async function scene(context: TestContext, speed = Infinity): Promise<Scene> {
	const board = await sceneBoard({ app });
	const run = new PacedRun(board, { speed });
	const page = await servePage(0);
	page.show(board, run, objectSymbols((await builtApp(app)).elf));
	context.after(async () => {
		run.end();
		await run.result;
		await page.close();
		board.close();
	});
	return { board, run, url: page.url };
}

/** What somebody in the board's network does. */
function post(board: PicoW, path: string): void {
	const stream = board.radio!.connect(80);
	stream.resume().on("error", () => {});
	stream.write(`POST ${path} HTTP/1.1\r\nHost: board\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}

test("console, LED, packets, memory and milestones of real firmware appear; keys hold it and let it go", { skip: noBrowser }, async context => {
	const { board, run, url } = await scene(context);
	const browser = await launchBrowser(context);
	const page = await browser.newPage();
	const faults: string[] = [];
	page.on("console", message => message.type() === "error" && faults.push(message.text()));
	page.on("pageerror", error => faults.push(error.message));
	await page.goto(url);
	await page.locator("#console", { hasText: "http://192.168.4.2:80/" }).waitFor();
	await page.locator("#milestones li", { hasText: "ms address" }).waitFor();
	await page.locator("#packets tr", { hasText: "DHCP" }).filter({ hasText: "acknowledge" }).waitFor();
	assert.equal(await page.locator("#board .led.on").count(), 0);
	assert.equal(await page.locator("#led-text").textContent(), "off");
	post(board, "/led");
	await page.locator("#board .led.on").waitFor();
	await page.locator("#packets tr", { hasText: "TCP" }).first().waitFor();
	await page.locator("#console", { hasText: "POST /led 200" }).waitFor();
	assert.equal(await page.locator("#led-text").textContent(), "on");
	assert.ok(await page.locator("#memory rect.used").count() > 20);
	assert.ok(await page.locator("#memory rect.stack").count() >= 1);
	await page.locator("#objects tr", { hasText: "stack of core 0" }).waitFor();
	assert.ok(await page.locator("#objects tr").count() > 3, "large variables of the ELF file");
	assert.equal(await page.locator("#violations .error").count(), 0);
	assert.equal(await page.locator("#board .pin").count(), 26);

	// The wire of a pin that the board's surroundings drive.
	board.pin(2).drive(true);
	await page.locator('#board .pin.high:has-text("GP2 high")').waitFor();

	// By keyboard alone: the first stop is the button that holds the run.
	await page.keyboard.press("Tab");
	assert.equal(await page.evaluate("document.activeElement.id"), "hold");
	await page.keyboard.press("Enter");
	await page.locator("#status", { hasText: "held" }).waitFor();
	assert.equal(run.paused, true);
	await page.keyboard.press("Enter");
	await page.locator("#status", { hasText: "running" }).waitFor();
	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	await page.locator("#milestones li", { hasText: "reset: RUN pin" }).waitFor();
	await page.locator("#speed").selectOption("1");
	while (run.speed !== 1) await new Promise(resolve => setImmediate(resolve));
	assert.deepEqual(faults, [], "nothing in the page's own console");
});

test("a page of another site, and an address with a wrong token, reach nothing", { skip: noBrowser }, async context => {
	const { run, url } = await scene(context);
	const browser = await launchBrowser(context);
	const page = await browser.newPage();
	const wrong = url.replace(/.\/$/, end => end === "A/" ? "B/" : "A/");
	const answer = await page.goto(wrong);
	assert.equal(answer?.status(), 403);
	assert.match(await page.locator("body").textContent() ?? "", /this one is wrong/);

	const other = createServer((_request, response) => response.setHeader("Content-Type", "text/html").end("<title>another site</title>"));
	await new Promise<void>(resolve => other.listen(0, "127.0.0.1", resolve));
	context.after(() => other.close());
	await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
	// It even knows the token.
	const reached = await page.evaluate(`(async () => {
		const url = ${JSON.stringify(url)};
		const body = '{"order":"hold"}';
		const asked = [fetch(url), fetch(url + "order", { method: "POST", body }), fetch(url + "order", { method: "POST", mode: "no-cors", body })];
		const events = new Promise(resolve => {
			const source = new EventSource(url + "events");
			source.onopen = () => resolve("open");
			source.onerror = () => resolve("refused");
		});
		const framed = new Promise(resolve => {
			const frame = document.createElement("iframe");
			frame.onload = () => resolve(frame.contentDocument === null ? "not read" : "read");
			frame.src = url;
			document.body.append(frame);
		});
		return [...(await Promise.allSettled(asked)).map(({ status, value }) => status === "fulfilled" && value.type !== "opaque" ? "reached" : "refused"), await events, await framed];
	})()`);
	assert.deepEqual(reached, ["refused", "refused", "refused", "refused", "not read"]);
	assert.equal(run.paused, false);
});

for (const colorScheme of ["light", "dark"] as const) {
	test(`in ${colorScheme} colours the page is readable, and in a narrow window nothing is cut off`, { skip: noBrowser }, async context => {
		const { url } = await scene(context);
		const browser = await launchBrowser(context);
		for (const width of [1400, 360]) {
			const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
			await page.goto(url);
			await page.locator("#packets tr").first().waitFor();
			const wide = await page.evaluate("document.documentElement.scrollWidth");
			assert.ok(Number(wide) <= width, `${wide} pixels in a window of ${width}`);
			const poor = await poorContrasts(page);
			assert.deepEqual(poor, [], `${width} pixels wide`);
			await page.close();
		}
	});
}

/** Texts whose contrast with their ground is below 4.5 (WCAG 2.2, 1.4.3). */
function poorContrasts(page: Page): Promise<string[]> {
	return page.evaluate(`(() => {
		const parts = colour => (colour.match(/[\\d.]+/g) ?? []).map(Number);
		const luminance = colour => parts(colour).slice(0, 3).map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
			.reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
		const ground = element => {
			const colour = getComputedStyle(element).backgroundColor;
			return parts(colour)[3] === 0 && element.parentElement ? ground(element.parentElement) : colour;
		};
		return [...document.querySelectorAll("body *:not(svg *)")]
			.filter(element => [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim() !== ""))
			.map(element => {
				const [light, dark] = [luminance(getComputedStyle(element).color), luminance(ground(element))].sort((one, other) => other - one);
				return { element, ratio: (light + 0.05) / (dark + 0.05) };
			})
			.filter(({ ratio }) => ratio < 4.5)
			.map(({ element, ratio }) => element.tagName + " " + element.textContent.slice(0, 30) + " " + ratio.toFixed(2));
	})()`);
}
