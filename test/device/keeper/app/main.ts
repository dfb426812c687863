// Keeps a network, and asks an echo server over it once a second. Each change and each answer is a line; "end" is the last.

import config from "mc/config";
import TCP from "embedded:io/socket/tcp";
import Keeper, { type KeeperOptions } from "wifi/keeper";

const { ssid, password, seconds, attempts = Infinity, quiet = false, hostName, powerSaving } = config as {
	ssid: string; password: string; seconds: number; attempts?: number; quiet?: boolean;
} & Pick<KeeperOptions, "hostName" | "powerSaving">;
let asked = 0;
let answered = 0;

const keeper = new Keeper({
	ssid, password, attempts, hostName, powerSaving,
	onChanged(state) {
		console.log(`${state}${state === "joined" ? ` ${this.network?.address}` : this.failure ? ` ${this.failure.code}` : ""}`);
		if (state === "ended") {
			this.close();
			console.log("end");
		}
	},
});
keeper.joined().then(({ address }) => console.log(`promised ${address}`), (error: Error & { code?: string }) => console.log(`promised ${error.code}`));

function ask(): void {
	const number = ++asked;
	new TCP({
		address: "203.0.113.10",
		port: 7,
		onWritable() {
			this.write(Uint8Array.from([number]));
		},
		onReadable() {
			this.read();
			this.close();
			answered++;
		},
		onError() {},
	});
}

const every = setInterval(() => {
	if (keeper.state === "joined" && !quiet) {
		ask();
	}
}, 1000);
setTimeout(() => {
	clearInterval(every);
	if (keeper.state !== "ended") {
		console.log(`asked ${asked} answered ${answered}`);
		keeper.close();
		keeper.close();
		console.log("end");
	}
}, seconds * 1000);
