// Something happens every 100 ms, for a debugger to stop at; each third time something is thrown and caught.

import config from "mc/config";
import { Station } from "./station.ts";

const station = new Station("north");
let turn = 0;

function refuse(text: string): unknown {
	const value: unknown = JSON.parse(text);	// a call behind "return" would leave no frame: XS reuses it
	return value;
}

function spin(milliseconds: number): number {
	let rounds = 0;
	for (const end = Date.now() + milliseconds; Date.now() < end;) {
		rounds += 1;
	}
	return rounds;
}

setInterval(() => {
	turn += 1;
	const mean = station.measure(turn);
	console.log(`turn ${turn}: ${mean}`);
	if (turn % 3 === 0) {
		try {
			refuse("{\"a\": ");
		} catch (error) {
			console.log(`caught ${(error as Error).name}`);
		}
	}
	if (turn === config.debuggerAt) {
		debugger;
		console.log("past the debugger statement");
	}
	if (turn === config.spinAt) {
		console.log("spinning");
		console.log(spin(3000) > 0 ? "has spun" : "");
	}
}, 100);

console.log("main.ts has run");
