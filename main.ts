// Joins Wi-Fi, sets the clock, fetches a page over HTTPS and tells what was proven on the way.
// `npm start` runs this on a simulated Pico W, `npm run build` makes the .uf2 of it.

import config from "mc/config";
import { join } from "wifi";
import { synchronizeClock } from "network/ntp";

try {
	const network = await join();
	console.log(`network   ${network.ssid}`);
	console.log(`address   ${network.address}`);

	const now = await synchronizeClock({ server: config.timeServer });
	console.log(`time      ${now.toISOString()}`);

	const response = await fetch(config.url);
	if (response.tls) {
		console.log(`server    ${response.tls.subject}`);
		console.log(`issuer    ${response.tls.issuer}`);
		console.log(`protocol  ${response.tls.protocol}, ${response.tls.cipher}`);
	}
	console.log(`status    ${response.status} ${response.statusText}`);

	const body = await response.bytes();
	console.log(new TextDecoder().decode(body));
	console.log(`received ${body.length} bytes`);
} catch (error) {
	console.log(`refused: ${describe(error)}`);
}

/** The code and the sentence of what went wrong first: `fetch` has it as the cause of its TypeError. */
function describe(error: unknown): string {
	const first = error instanceof Error && error.cause instanceof Error ? error.cause : error;
	const { code, name = "Error", message } = first as { code?: string; name?: string; message?: string };
	return `${code ?? name} ${message ?? String(first)}`;
}
