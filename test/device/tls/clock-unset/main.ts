// An app that fetches without having set the clock. Its last line is like that of the project's main.ts.

import config from "mc/config";
import { join } from "wifi";
import { isTimeSet } from "time";

try {
	await join();
	console.log(`clock set: ${isTimeSet()}`);
	const response = await fetch(config.url);
	console.log(`received ${(await response.bytes()).length} bytes`);
} catch (error) {
	const first = (error as Error).cause ?? error;
	console.log(`refused: ${(first as { code?: string }).code} ${(first as Error).message}`);
}
