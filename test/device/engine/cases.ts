// The app whose cases run on the device and in Node.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

/** Its folder, from the project's. */
export const app = "test/device/engine/app";

/** The lines that its main.ts prints in Node. */
export async function inNode(): Promise<string[]> {
	const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", join(import.meta.dirname, "app/main.ts")], { env: { ...process.env, TZ: "UTC" } });
	return stdout.trimEnd().split("\n");
}
