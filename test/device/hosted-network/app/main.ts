// Opens a network of the board's own for five seconds and tells who came; twice, and again under another name.

import config from "mc/config";
import { close, frames, guests, link, open } from "./hosted.ts";

const { name, key, security } = config as { name: string; key: string; security: string };
const kind = ["open", "wpa2", "wpa2/wpa3", "wpa3"].indexOf(security);

function wait(ms: number): Promise<void> {
	return new Promise(resolve => setTimeout(resolve, ms));
}

for (const called of [name, name, "another"]) {
	console.log(`open ${called} ${open(called, key, kind, 11)}`);
	await wait(5000);
	console.log(`link ${link()} guests ${guests() || "none"}`);
	close();
	close();
	console.log(`closed, link ${link()} guests ${guests() || "none"}`);
	await wait(500);
}
console.log(`frames ${frames() > 0 ? "came" : "none"}`);
console.log("end");
