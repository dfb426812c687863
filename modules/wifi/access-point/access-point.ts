// A Wi-Fi network of the board's own, beside the one that it joins or alone. Below it: platform/lwip/access_point.h (access-point.c).
//
// Guests get addresses by DHCP, and every name that they ask for is the board: a phone shows the board's page by itself (a captive
// portal) when a server listens on port 80. Guests do not get into the network that the board has joined.

import { CodedError } from "../../base/error.ts";

/** The network, and whom to tell. Callbacks run with `this` as the access point. */
export interface AccessPointOptions {
	/** Name of the network: 1 to 32 bytes of UTF-8. */
	SSID: string;
	/** 8 to 63 characters; none for an open network, in which everybody near can read everything. */
	password?: string;
	/** How it is protected. Default "wpa2/wpa3" with a password, "open" without. */
	security?: "open" | "wpa2" | "wpa2/wpa3" | "wpa3";
	/** 1 to 14, as the country allows. Default 6. There is one radio: while the board is joined elsewhere, it is that network's channel. */
	channel?: number;
	/** The board's own address; guests get 192.168.73.16 to .25 of the default, "192.168.73.1". Another network of the board's must not have the same first three numbers. */
	address?: string;
	/** It is on the air. */
	onReady?: (this: AccessPoint) => void;
	/** A guest got an address, or gave it back. */
	onChanged?: (this: AccessPoint, name: "guests") => void;
	/** The radio went off: the network is closed. */
	onError?: (this: AccessPoint, error: CodedError) => void;
}

/** Who is in the network. */
export interface AccessPointGuest {
	/** Such as "02:50:46:00:01:01". */
	readonly MAC: string;
	/** IPv4; undefined while it has none. */
	readonly address: string | undefined;
}

/** The access point itself, in C. */
type Handle = object;

const open = native<(told: (event: number) => void, ssid: string, password: string, security: string, channel: number, address: string) => Handle | number>("xs_access_point_open");
const closeHandle = native<(handle: Handle) => void>("xs_access_point_close");
const state = native<() => number>("xs_access_point_state");
const guests = native<() => string[]>("xs_access_point_guests");

// What C tells: xs_access_point_event of access-point.c.
const eventState = 1;

// access_point_state of access_point.h.
const stateClosed = 0;
const stateOpen = 2;

/** The board's own address where none is named. */
export const defaultAddress = "192.168.73.1";

const inUse = -1;
const invalidArgument = -5; // PICO_ERROR_INVALID_ARG

/** A network that is open until `close()`. */
export default class AccessPoint {
	readonly SSID: string;
	/** The board's own address in it. */
	readonly address: string;
	#handle: Handle | undefined;
	readonly #options: AccessPointOptions;

	/** @throws CodedError EBUSY (one is open), EINVAL (name, channel, security, address), ERR_WIFI_PASSPHRASE (its length cannot be), ERR_WIFI_CHIP. */
	constructor(options: AccessPointOptions) {
		const { SSID, password = "", security = password ? "wpa2/wpa3" : "open", channel = 6, address = defaultAddress } = options;
		this.SSID = String(SSID);
		this.address = String(address);
		this.#options = options;
		const name = `access point "${SSID}"`;
		const key = security === "open" ? "" : String(password);
		if (security.startsWith("wpa") && (key.length < 8 || key.length > 63)) {
			throw new CodedError("ERR_WIFI_PASSPHRASE", `${name}: a passphrase has 8 to 63 characters, this one ${key.length}`);
		}
		const opened = open(event => this.#told(event), this.SSID, key, String(security), Number(channel), this.address);
		if (typeof opened === "object") {
			this.#handle = opened;
		} else if (opened === inUse) {
			throw new CodedError("EBUSY", `${name}: another access point is open. Close it first.`);
		} else if (opened === invalidArgument) {
			throw new CodedError("EINVAL", `${name}: the name has 1 to 32 bytes, the channel is 1 to 14, security is open, wpa2, wpa2/wpa3 or wpa3, and the address is IPv4, not one of those that guests get (${address}, channel ${channel})`);
		} else {
			throw new CodedError("ERR_WIFI_CHIP", `${name}: the radio does not open it (${opened})`);
		}
	}

	/** True while it is on the air. */
	get ready(): boolean {
		return this.#handle !== undefined && state() === stateOpen;
	}

	/** Who is in the network, ten at most. Asks the radio. */
	get guests(): AccessPointGuest[] {
		const flat = this.#handle ? guests() : [];
		return flat.flatMap((MAC, index) => index % 2 ? [] : [{ MAC, address: flat[index + 1] || undefined }]);
	}

	/** Sends the guests away. Harmless twice. */
	close(): void {
		const handle = this.#handle;
		this.#handle = undefined;
		if (handle) closeHandle(handle);
	}

	#told(event: number): void {
		if (!this.#handle) return;
		const { onReady, onChanged, onError } = this.#options;
		if (event !== eventState) {
			onChanged?.call(this, "guests");
			return;
		}
		const now = state();
		if (now === stateOpen) {
			onReady?.call(this);
		} else if (now === stateClosed) {
			this.close();
			onError?.call(this, new CodedError("ERR_WIFI_CHIP", `access point "${this.SSID}": the radio went off, and the network with it. Open it again.`));
		}
	}
}
