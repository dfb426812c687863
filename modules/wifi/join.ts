// Joining a Wi-Fi network as one promise, on top of the interface of ECMA-419 (wifi.ts).

import config from "mc/config";
import { CodedError } from "../base/error.ts";
import WiFi, { type FixedAddress, type WiFiConnectOptions } from "./wifi.ts";

/** What `join` needs. */
export interface JoinOptions {
	/** Name of the network: 1 to 32 bytes of UTF-8. Default: the one that the build was given (`--ssid`), with its password and security. */
	ssid?: string;
	/** 8 to 63 characters, or 64 hexadecimal digits; none for an open network. */
	password?: string;
	/** Until there is an address. Default 30,000. */
	timeoutMs?: number;
	/** Default "wpa2" with a password, "open" without. */
	security?: WiFiConnectOptions["security"];
	/** A certain access point, such as "02:50:46:00:00:01". Default: the strongest. */
	bssid?: string;
	/** Looks only there. */
	channel?: number;
	/** Addresses to use instead of asking the network for one (DHCP). */
	fixed?: FixedAddress;
	/** As `WiFiConnectOptions`. */
	hostName?: string;
	/** As `WiFiConnectOptions`. */
	powerSaving?: WiFiConnectOptions["powerSaving"];
	/** As `WiFiConnectOptions`. */
	country?: string;
}

/** A joined network. */
export interface Joined {
	readonly ssid: string;
	/** Our address: IPv4, or on a network of IPv6 alone that (`network/ipv6`). */
	readonly address: string;
	/** The router's address. */
	readonly gateway: string;
	/** Our hardware address, such as "28:cd:c1:0a:0b:0c". */
	readonly mac: string;
}

/** A network that one scan does not hear is looked for again: beacons are missed. */
const scansMax = 2;

/**
 * Joins a network and waits for an address. It always settles, `timeoutMs` after the call at the latest.
 *
 * @returns rejects with CodedError ERR_WIFI_NO_NETWORK, ERR_WIFI_PASSPHRASE, ERR_WIFI_SECURITY, ERR_WIFI_TIMEOUT, ERR_WIFI_FAILED,
 * ERR_WIFI_LOST, ERR_WIFI_ADDRESS (the fixed one is another host's), ERR_WIFI_COUNTRY, ERR_WIFI_CHIP, ERR_WIFI_UNCONFIGURED (no name anywhere) or EINVAL; then this network is not joined.
 */
export function join({ ssid, password, timeoutMs = 30_000, security, bssid, channel, fixed, hostName, powerSaving, country }: JoinOptions = {}): Promise<Joined> {
	if (ssid === undefined) {
		({ ssid, password } = config as { ssid?: string; password?: string });
		security ??= config.security;
	}
	return ssid === undefined
		? Promise.reject(new CodedError("ERR_WIFI_UNCONFIGURED", "wifi: no network is named. Build with --ssid NAME --password PASSPHRASE, or call join({ssid, password})."))
		: joinNamed({ SSID: ssid, password, security, BSSID: bssid, channel, fixed, hostName, powerSaving, country }, timeoutMs);
}

function joinNamed(wish: WiFiConnectOptions, timeoutMs: number): Promise<Joined> {
	const { SSID: ssid } = wish;
	return new Promise((resolve, reject) => {
		let scans = 1;
		const settle = (error?: CodedError) => {
			clearTimeout(timer);
			const { address = "", gateway = "", MAC: mac = "", connection, SSID } = wifi;
			if (error && (connection < 400 || SSID === ssid)) {
				wifi.disconnect();	// what others of the app have joined meanwhile stays theirs
			}
			wifi.close();
			if (error) {
				reject(error);
			} else {
				resolve({ ssid, address, gateway, mac });
			}
		};
		const attempt = () => {
			try {
				wifi.connect(wish);
			} catch (error) {
				settle(error as CodedError);
			}
		};
		const wifi = new WiFi({
			onChanged() {
				if (wifi.connection === 500) {
					settle(wifi.SSID === ssid ? undefined : new CodedError("ERR_WIFI_LOST", `wifi "${ssid}": another network was joined instead`));
					return;
				}
				const { failure } = wifi;
				if (failure?.code === "ERR_WIFI_NO_NETWORK" && scans < scansMax) {
					scans++;
					attempt();
				} else if (failure) {
					settle(failure);
				}
			},
		});
		const timer = setTimeout(() => {
			const joined = wifi.connection >= 400;
			settle(new CodedError("ERR_WIFI_TIMEOUT", joined
				? `wifi "${ssid}": joined, but no address came within ${timeoutMs} ms. Does the network have a DHCP server?`
				: `wifi "${ssid}": not joined within ${timeoutMs} ms`));
		}, timeoutMs);
		attempt();
	});
}
