// Starts every npm script: `node tools/bootstrap.mjs <command> [arguments]`. Node 20 runs no TypeScript by itself
// and a fresh clone has no node_modules, so this one file is plain JavaScript: it brings node_modules in line with
// package-lock.json when it is not, then hands over to tools/main.ts.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 15)) {
	fail(`picofetch needs Node.js 20.15 or newer, this is ${process.versions.node}: install a newer one from nodejs.org`);
}
if (!isInstalled()) {
	console.error("npm packages: npm ci");
	const npm = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
		cwd: root,
		stdio: ["ignore", "ignore", "inherit"],
	});
	if (npm.error) {
		fail(`npm packages: npm could not be started (${npm.error.message}): install npm, which comes with Node.js`);
	}
	if (npm.status !== 0) {
		fail("npm packages: npm ci failed, see above: run the command again when the npm registry can be reached");
	}
}
const { register } = await import("tsx/esm/api");
register();
await import("./main.ts");

/**
 * True when node_modules holds what package-lock.json asks for. npm writes node_modules/.package-lock.json as its
 * last step, so an interrupted installation is never taken for a whole one. Optional packages are those of other
 * machines.
 */
function isInstalled() {
	const wanted = packages("package-lock.json");
	const present = packages("node_modules/.package-lock.json");
	return present !== undefined && Object.entries(wanted).every(([path, wantedPackage]) =>
		path === "" || wantedPackage.optional ||
		(path in present && present[path].integrity === wantedPackage.integrity));
}

function packages(lockFile) {
	try {
		return JSON.parse(readFileSync(new URL(`../${lockFile}`, import.meta.url), "utf8")).packages;
	} catch (error) {
		if (error.code === "ENOENT") {
			return undefined;
		}
		throw error;
	}
}

function fail(sentence) {
	console.error(sentence);
	process.exit(1);
}
