// A clock that is right: asks the network for the time (SNTP, RFC 4330), again every hour, and shows it each minute.

import { synchronizeClock } from "network/ntp";
import { join } from "wifi";

await join();

async function synchronize(): Promise<void> {
	try {
		await synchronizeClock();
	} catch (error) {
		console.log(String(error));	// the clock goes on as it was
	}
}

function show(): void {
	console.log(new Date().toISOString().slice(0, 16).replace("T", " "), "UTC");
	setTimeout(show, 60_000 - Date.now() % 60_000);
}

await synchronize();
setInterval(synchronize, 3_600_000);
show();
