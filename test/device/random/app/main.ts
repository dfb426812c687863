// Tells the first random bytes of each start, and then does as its configuration says.

import config from "mc/config";
import crypto from "crypto";
import { restart } from "reset";

const { then } = config as unknown as { readonly then: "nothing" | "restart" | "draw" };

/** Past two seeds, as a program draws that lets others have their turns. */
async function draw(): Promise<void> {
	const one = new Uint8Array(1);
	let longestMs = 0;
	for (let draws = 0; draws < 2500; draws++) {
		const fromMs = performance.now();
		crypto.getRandomValues(one);
		longestMs = Math.max(longestMs, performance.now() - fromMs);
		if (draws % 16 === 0) await new Promise<void>(resolve => setTimeout(resolve, 5));
	}
	console.log("longest", longestMs);
}

try {
	const bytes = crypto.getRandomValues(new Uint8Array(32));
	console.log("random", Array.from(bytes, byte => byte.toString(16).padStart(2, "0")).join(""));
} catch (error) {
	console.log("refused", (error as { code?: string }).code);
}
if (then === "restart") setTimeout(restart, 500);	// when the console has told
if (then === "draw") await draw();
