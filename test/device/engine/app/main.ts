// Runs the cases, a line each, and no faster than a host that has just been plugged in reads them.

import { cases } from "./cases.ts";

for (const [name, run] of cases) {
	let answer: string;
	try {
		answer = JSON.stringify(await run()) ?? "undefined";
	} catch (error) {
		answer = error instanceof Error ? `${error.name} thrown` : `${String(error)} thrown`;
	}
	console.log(`${name}: ${answer}`);
	await new Promise<void>(resolve => setTimeout(resolve, 50));
}
console.log("over");
