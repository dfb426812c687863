// A tenth of the soak "rough-air".

import test from "node:test";
import { protections, soakRoughAir } from "../../bench/soak-rough-air.ts";

for (const security of protections) {
	const bytes = security === "wpa2" ? 100_000 : 10_000;
	test(`join (${security}), address, names, time, datagrams and ${bytes} bytes each way work while of the frames a tenth gets lost, a tenth comes twice and a tenth is overtaken (seed 1)`, async () => {
		await soakRoughAir({ seed: 1, security, bytes });
	});
}
