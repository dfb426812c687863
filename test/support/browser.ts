// A real browser for tests of pages: Debian's chromium, or another of its kind that is on the path.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestContext } from "node:test";
import { type Browser, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome"];

/** Why there is none; undefined when there is one. */
export const noBrowser = browserPath() === undefined
	? `none of ${names.join(", ")} is on the path: \`npm run setup -- --browser\` installs Debian's chromium`
	: undefined;

export async function launchBrowser(context: TestContext): Promise<Browser> {
	const browser = await chromium.launch({
		executablePath: browserPath()!,
		// Chromium's sandbox refuses root, which is who tests in a container are. All it opens is our own page.
		chromiumSandbox: process.getuid?.() !== 0,
	});
	context.after(() => browser.close());
	return browser;
}

function browserPath(): string | undefined {
	const paths = (process.env["PATH"] ?? "").split(delimiter).flatMap(folder => names.map(name => join(folder, name)));
	return paths.find(path => {
		try {
			accessSync(path, constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}
