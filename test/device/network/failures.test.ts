// Single failures in which lwIP's pools or a peer play the part: each is told once, behind the data that came before it, the next
// attempt works, and pools and heap are what they were.

import test from "node:test";
import { soakFailures } from "../../bench/soak-failures.ts";

for (const [behaviour, kind] of Object.entries({
	"a connection that is reset in mid-stream tells so behind the bytes that came": "reset in mid-stream",
	"a connection whose peer goes away with its last bytes ends as ETIMEDOUT": "peer that goes away",
	"a connection whose peer does not read takes no more, and is closed without a trace": "peer that stops reading",
	"a request that the server does not read ends by its time limit": "request that is not read",
	"a name is answered while what nobody reads holds the frames": "hardly a frame left",
	"connections whose peers do not read take the memory to send, and a datagram is told so": "no room to send",
	"a name too many is refused, and those before it are answered": "no resolver left",
})) {
	test(behaviour, async () => {
		await soakFailures({ seed: 1, count: 1, kinds: [kind] });
	});
}
