// A tenth of the soak "connections".

import test from "node:test";
import { soakConnections } from "../../bench/soak-connections.ts";

test("100 connections in a row and a megabyte each way over a lossy network arrive whole, and memory comes back (seed 1)", async () => {
	await soakConnections({ seed: 1, connections: 100, bytes: 1_000_000, loss: 0.05 });
});
