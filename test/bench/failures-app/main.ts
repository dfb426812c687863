// Meets one failure after the other, and tells of each what came of it and that the next attempt works. soak-failures.ts makes
// them happen and knows what should have come.

import { arena } from "base/instrumentation";
import config from "mc/config";
import { instrumentation } from "instrumentation";
import { networkInstrumentation } from "network/instrumentation";
import { join } from "wifi";
import { codeOf, kinds, pause, works } from "./kinds.ts";

const { names, plan } = config as unknown as { names: string[]; plan: string };

/** Behind the last failure that a connection is still remembered for: TIME-WAIT of lwIP, and some. */
const settleMs = 150_000;
/** For the console: the world outside must have heard which failure comes. */
const announceMs = 50;

await join();
console.log(`works ${await works()}`);
await settled("begun");
for (let number = 0; number < plan.length; number++) {
	const kind = names[parseInt(plan[number]!, 36)]!;
	console.log(`failure ${number} ${kind}`);
	await pause(announceMs);
	const told: string[] = [];
	try {
		await kinds[kind]!(told);
	} catch (error) {
		told.push(`thrown ${codeOf(error)}`);
	}
	console.log("good");
	await pause(announceMs);
	const after = await works();
	// What came late is in the list too.
	console.log(`outcome ${number} ${kind}: ${told.join(" ")}, then ${after}`);
	if (number === names.length - 1) {
		await settled("met");
	}
}
await settled("over");
console.log("end");

async function settled(when: string): Promise<void> {
	await pause(settleMs);
	const { packets, segments, connections, connectionsWaiting, listeners, sockets, heap } = networkInstrumentation();
	console.log(`${when} pools ${connections.used - connectionsWaiting} ${listeners.used} ${sockets.used} ${packets.used} ${segments.used} ${heap.used} ${instrumentation().nativeHeap.used}`);
	const { free } = arena();
	const { slots, chunks } = instrumentation();
	console.log(`${when} script ${free} ${slots.used} ${chunks.used}`);
}
