// What an app begins with.

export interface Template {
	readonly summary: string;
	readonly manifest: object;
	readonly main: string;
}

export const templates: Readonly<Record<string, Template>> = {
	hello: {
		summary: "prints a line each second",
		manifest: { include: ["$(MODULES)/base/manifest.json"], modules: { main: "./main" } },
		main: `// Prints a line each second.

let seconds = 0;

setInterval(() => {
	seconds++;
	console.log(\`hello, \${seconds} s\`);
}, 1000);
`,
	},
	fetch: {
		summary: "joins Wi-Fi, sets the clock and fetches a page over verified HTTPS",
		manifest: {
			include: ["$(MODULES)/wifi/manifest.json", "$(MODULES)/network/ntp/manifest.json", "$(MODULES)/fetch/manifest.json"],
			modules: { main: "./main" },
			config: { url: "https://example.com/" },
		},
		main: `// Joins Wi-Fi, sets the clock and fetches a page; the server has to prove who it is.

import config from "mc/config";
import { join } from "wifi";
import { synchronizeClock } from "network/ntp";

const network = await join();
console.log("joined as", network.address);

await synchronizeClock();
const response = await fetch(config.url);
console.log(response.status, response.tls?.subject);
console.log(await response.text());
`,
	},
};
