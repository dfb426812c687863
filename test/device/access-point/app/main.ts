// A network of the board's own, as its configuration says, with a page; told line by line.

import Listener from "embedded:io/socket/listener";
import HTTPServer from "embedded:network/http/server";
import config from "mc/config";
import { join } from "wifi";
import WiFi from "embedded:network/interface/wifi";
import AccessPoint, { type AccessPointOptions } from "wifi/access-point";

function thrown(options: unknown): string {
	try {
		new AccessPoint(options as AccessPointOptions).close();
		return "nothing";
	} catch (error) {
		return `${(error as { code?: string }).code}: ${(error as Error).message}`;
	}
}

if (config.refuse) {
	for (const options of [{ SSID: "" }, { SSID: "x".repeat(33) }, { SSID: "a", channel: 15 }, { SSID: "a", password: "short" }, { SSID: "a", security: "wep" },
		{ SSID: "a", address: "192.168.73" }, { SSID: "a", address: "192.168.73.256" }, { SSID: "a", address: "192.168.73.20" }, { SSID: "a", address: "192.168.73.255" }]) {
		console.log(thrown(options));
	}
}

if (config.joins) console.log(`joined as ${(await join()).address}`);
const { security, channel, key: password } = config as unknown as AccessPointOptions & { key?: string };
const point = new AccessPoint({
	SSID: "board", ...password !== undefined && { password }, ...security !== undefined && { security }, ...channel !== undefined && { channel },
	onReady() {
		console.log(`ready ${this.SSID} ${this.address} ${this.ready}`);
		if (config.scans) scan();
	},
	onChanged(name) {
		console.log(`${name} ${this.guests.map(({ MAC, address }) => `${MAC} ${address}`).join(", ")}`);
		if (config.closes) {
			this.close();
			console.log(`closed ${this.ready} ${this.guests.length}`);
			again();
		}
	},
	onError(error) {
		console.log(`${error.code}: ${error.message}`);
	},
});
console.log(thrown({ SSID: "second" }));

function scan(): void {
	new WiFi().scan({
		onFound: ({ SSID, channel }) => console.log(`heard ${SSID} ${channel}`),
		onComplete: () => console.log("scanned"),
	});
}

function again(): void {
	new AccessPoint({ SSID: "again", onReady() { console.log(`ready ${this.SSID}`); } });
}

new HTTPServer({
	io: Listener,
	onConnect(client) {
		client.accept({
			onResponse(response) {
				console.log(`asked by ${client.remoteAddress}`);
				response.headers.set("content-length", "6");
				this.respond(response);
			},
			onWritable(count) {
				if (count >= 6) this.write(new TextEncoder().encode("hello\n"));
			},
		});
	},
});
