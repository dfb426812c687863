// Runs the table of cases: a line each, after what the case itself has printed.

import { cloning } from "./cases/cloning.ts";
import { consoles } from "./cases/consoles.ts";
import { encoding } from "./cases/encoding.ts";
import { events } from "./cases/events.ts";
import { urls } from "./cases/urls.ts";
import { tell } from "./tell.ts";

for (const [group, cases] of Object.entries({ ...encoding, ...cloning, ...events, ...urls, ...consoles })) {
	for (const [index, run] of cases.entries()) {
		let answer: string;
		try {
			answer = tell(await run());
		} catch (error) {
			answer = `${tell(error)} thrown`;
		}
		console.log(`${group} #${index + 1}: ${answer}`);
		await new Promise<void>(resolve => setTimeout(resolve, 20));	// so fast reads a host that has just been plugged in
	}
}
console.log("over");
