// Which Wi-Fi networks are in reach: name, channel, how strong, whether they ask for a passphrase.

import WiFi, { type WiFiFound } from "embedded:network/interface/wifi";

const found = new Map<string, WiFiFound>();

const wifi = new WiFi();
wifi.scan({
	onFound(network) {
		found.set(network.BSSID, network);
	},
	onComplete() {
		wifi.close();
		const strongestFirst = [...found.values()].sort((one, other) => other.RSSI - one.RSSI);
		console.table(strongestFirst.map(({ SSID, channel, RSSI, secure }) => ({ name: SSID || "(hidden)", channel, dBm: RSSI, secure })));
	},
});
