// Keeps a network, and asks an echo server over it once a second. Each change and each answer is a line; "end" is the last.

import config from "mc/config";
import TCP from "embedded:io/socket/tcp";
import WiFi from "embedded:network/interface/wifi";
import { join } from "wifi";
import Keeper, { type KeeperOptions } from "wifi/keeper";

const { ssid, password, seconds, attempts = Infinity, quiet = false, hostName, powerSaving, meddles, meddlesMs = 3_000 } = config as {
	ssid: string; password: string; seconds: number; attempts?: number; quiet?: boolean; meddles?: keyof typeof meddling; meddlesMs?: number;
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

/** What others of the app do to the network that is kept. */
const meddling = {
	leave: () => new WiFi().disconnect(),
	joinAnother: () => void join({ ssid: "second" }).then(({ address }) => console.log(`elsewhere ${address}`), (error: { code?: string }) => console.log(`elsewhere ${error.code}`)),
	keepTwice() {
		const other = new Keeper({ ssid, password });
		void other.joined().then(({ address }) => {
			console.log(`twice ${address}`);
			other.close();
		});
	},
	closeAndKeepAgain() {
		keeper.close();
		console.log(`closed ${keeper.state}`);
		const other = new Keeper({ ssid, password });
		void other.joined().then(({ address }) => console.log(`again ${address}`));
	},
	scan: () => new WiFi().scan({ onFound: ({ SSID }) => console.log(`heard ${SSID}`), onComplete: () => console.log("scanned") }),
};
if (meddles !== undefined) setTimeout(() => meddling[meddles](), meddlesMs);

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
	if (keeper.state !== "joined" || quiet) return;
	try {
		ask();
	} catch (error) {
		console.log(`left ${(error as { code?: string }).code}`);	// before the keeper knows
	}
}, 1000);
setTimeout(() => {
	clearInterval(every);
	if (meddles === "closeAndKeepAgain") {
		console.log("end");
	} else if (keeper.state !== "ended") {
		console.log(`asked ${asked} answered ${answered}`);
		keeper.close();
		keeper.close();
		console.log("end");
	}
}, seconds * 1000);
