/**
 * What the host set for one interface (bsscfg): 0 the station, 1 the network of its own. Ioctls name it in their header,
 * "bsscfg:" variables in their first word. PROTOCOL.md, section 8.
 */
import { REFUSED } from "./ioctls.ts";
import { AES, SAE, TKIP, WPA2_PSK, WPA_PSK, type Security } from "./security.ts";

const LONGEST_SAE_PASSWORD_BYTES = 128;
const DEFAULT_SUPPLICANT_TIMEOUT_MS = 2500;

export class BssSettings {
	ssid: Uint8Array = new Uint8Array();
	/** WSEC, WPA_AUTH and mfp, see `OfferedSecurity`. */
	wirelessSecurity = 0;
	wpaAuth = 0;
	managementFrameProtection = 0;
	/** SET_AUTH: 0 open, 3 SAE. */
	authentication = 0;
	/** sup_wpa: the firmware does the four-way handshake. */
	supplicant = false;
	/** sup_wpa_tmo. */
	supplicantTimeoutMs = DEFAULT_SUPPLICANT_TIMEOUT_MS;
	/** The passphrase (8 to 63 bytes), or 64 hexadecimal digits. */
	passphrase: Uint8Array | undefined;
	/** "sae_password". */
	password: Uint8Array | undefined;

	/** WSEC_PMK: length, flags, passphrase. @returns 0 or the reason of the refusal. */
	setPassphrase(value: Uint8Array): number {
		if (value.length < 4) {
			return REFUSED.badLength;
		}
		const length = value[0] | (value[1] << 8);
		if (length > 64 || value.length < 4 + length) {
			return REFUSED.badArgument;
		}
		this.passphrase = length ? value.slice(4, 4 + length) : undefined;
		return 0;
	}

	/** "sae_password": length, password. @returns 0 or the reason of the refusal. */
	setPassword(value: Uint8Array): number {
		if (value.length < 2) {
			return REFUSED.badLength;
		}
		const length = value[0] | (value[1] << 8);
		if (length > LONGEST_SAE_PASSWORD_BYTES || value.length < 2 + length) {
			return REFUSED.badArgument;
		}
		this.password = length ? value.slice(2, 2 + length) : undefined;
		return 0;
	}

	/** Length (a word), 32 bytes of name. @returns 0 or the reason of the refusal. */
	setSsid(value: Uint8Array): number {
		const length = value.length < 4 ? 0 : new DataView(value.buffer, value.byteOffset).getUint32(0, true);
		if (value.length < 4 || length > 32 || value.length < 4 + length) {
			return REFUSED.badArgument;
		}
		this.ssid = value.slice(4, 4 + length);
		return 0;
	}

	/** How a network of this interface is protected; undefined: it asks for keys of no kind that goes with its ciphers. */
	get security(): Security | undefined {
		const { wirelessSecurity, wpaAuth } = this;
		if ((wirelessSecurity & (AES | TKIP)) === 0) {
			return "open";
		}
		if (wpaAuth & SAE) {
			return wpaAuth & WPA2_PSK ? "wpa2/wpa3" : "wpa3";
		}
		if (wpaAuth & WPA2_PSK) {
			// Drivers set the bit of WPA 1 beside it also for AES alone.
			return wirelessSecurity & TKIP ? "wpa/wpa2" : "wpa2";
		}
		return wpaAuth & WPA_PSK ? "wpa" : undefined;
	}
}
