// The story of the project's main.ts, with marks on pins. bench.ts reads them.

import config from "mc/config";
import fetch from "fetch";
import { join } from "wifi";
import { synchronizeClock } from "network/ntp";
import { arena } from "base/instrumentation";
import { mark } from "./mark.ts";

mark("main");
try {
	await join();
	mark("address");
	await synchronizeClock({ server: config.timeServer });
	const response = await fetch(config.url);
	const { free, size } = arena();
	let bytes = 0;
	for await (const piece of response.body) {
		if (bytes === 0) mark("firstByte");
		bytes += piece.byteLength;
	}
	mark("whole");
	const again = await fetch(config.url);
	await again.bytes();
	console.log(`arena ${free} of ${size} bytes free, ${bytes} bytes of body, resumed ${again.tls?.resumed}`);
} catch (error) {
	console.log("failed", error);
}
