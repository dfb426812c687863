/**
 * Settings of the firmware that are kept and handed back, and change nothing in this model.
 *
 * PROTOCOL.md, sections 6.2 and 8; names of the vendor's WHD (whd_wlioctl.h).
 */
import { IOCTL, REFUSED } from "./ioctls.ts";

/** Words that drivers set at their start, with what they hold before (fit: no document tells it). */
const WORDS: ReadonlyMap<string, number> = new Map(Object.entries({
	"2g_mrate": 0,
	"allmulti": 0,
	"ampdu_ba_wsize": 64,
	"ampdu_mpdu": 16,
	"ampdu_rx_factor": 3,
	"apsta": 0,
	"assoc_listen": 10,
	"bcn_li_bcn": 1,
	"bcn_li_dtim": 1,
	"bus:txglom": 0,
	"pm2_sleep_ret": 200,
	/** Quarters of a dBm; the regulatory table sets a limit below. */
	"qtxpower": 31 * 4,
	"roam_off": 0,
	"sae_max_pwe_loop": 5,
}));

/** Words of the vendor's driver whose effect would be seen on a real chip: they are kept too, and it is said. */
const WORDS_WITHOUT_EFFECT: ReadonlySet<string> = new Set([
	"2g_rate", "a_rate", "ampdu_hostreorder", "ampdu_rx", "arp_ol", "arp_peerage", "arpoe", "autocountry", "bg_rate", "closednet",
	"dutycycle_cck", "dutycycle_ofdm", "intol40", "ldpc_cap", "ldpc_tx", "mimo_bw_cap", "mpc", "ndoe", "nmode", "nphy_antsel", "nrate",
	"pkt_filter_mode", "pm_limit", "roam_time_thresh", "sae_transition_mode", "scan_assoc_time", "scan_home_time", "scan_nprobes",
	"scan_passive_time", "scan_unassoc_time", "sgi_rx", "sgi_tx", "swdiv_timeout", "tlv", "wme_ac_sta",
]);

/** Ioctls with a word: the one that sets it, the one that hands it back. */
const IOCTL_WORDS: readonly (readonly [set: number, get?: number])[] = [
	[IOCTL.setAccessPoint],
	[IOCTL.setInfra],
	[IOCTL.setAntennaDiversity, IOCTL.getAntennaDiversity],
	[IOCTL.setDtimPeriod],
	[IOCTL.setPowerMode, IOCTL.getPowerMode],
	[IOCTL.setGmode],
	[IOCTL.setBand],
	[IOCTL.setScanChannelTime],
];

/** How the radio sleeps between beacons while it is joined, by the names of its settings (cyw43_wifi_pm in the vendor's driver). */
export interface PowerSaving {
	/** The mode: 0 never, 1 always, 2 some time after the last frame. */
	PM: number;
	/** That time, milliseconds. */
	pm2_sleep_ret: number;
	/** Beacons, DTIMs that it wakes for, and that interval as it is told to the access point. */
	bcn_li_bcn: number;
	bcn_li_dtim: number;
	assoc_listen: number;
}

export class PlainSettings {
	readonly #words = new Map<string | number, Uint8Array>();
	readonly #withoutEffect: (name: string) => void;

	/** @param withoutEffect told of a variable that the model keeps, and a real chip would act on. */
	constructor(withoutEffect: (name: string) => void) {
		this.#withoutEffect = withoutEffect;
	}

	/** @returns 0, a refusal, or undefined when there is no such variable here. */
	setVariable(name: string, value: Uint8Array): number | undefined {
		if (!WORDS.has(name)) {
			if (!WORDS_WITHOUT_EFFECT.has(name)) {
				return undefined;
			}
			this.#withoutEffect(name);
		}
		return this.#set(name, value);
	}

	/** @returns the word, or undefined when there is no such variable here. */
	getVariable(name: string): Uint8Array | undefined {
		return WORDS.has(name) || WORDS_WITHOUT_EFFECT.has(name) ? this.#words.get(name) ?? word(WORDS.get(name) ?? 0) : undefined;
	}

	/** @returns 0, a refusal, or undefined when there is no such ioctl here. */
	setIoctl(command: number, value: Uint8Array): number | undefined {
		return IOCTL_WORDS.some(([set]) => set === command) ? this.#set(command, value) : undefined;
	}

	/** @returns the word, or undefined when there is no such ioctl here. */
	getIoctl(command: number): Uint8Array | undefined {
		const row = IOCTL_WORDS.find(([, get]) => get === command);
		return row && (this.#words.get(row[0]) ?? word(0));
	}

	get powerSaving(): PowerSaving {
		const number = (key: string | number) => {
			const bytes = this.#words.get(key) ?? word(WORDS.get(String(key)) ?? 0);
			return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
		};
		return {
			PM: number(IOCTL.setPowerMode), pm2_sleep_ret: number("pm2_sleep_ret"), bcn_li_bcn: number("bcn_li_bcn"), bcn_li_dtim: number("bcn_li_dtim"),
			assoc_listen: number("assoc_listen"),
		};
	}

	#set(key: string | number, value: Uint8Array): number {
		if (value.length < 4) {
			return REFUSED.badLength;
		}
		this.#words.set(key, value.slice(0, 4));
		return 0;
	}
}

function word(value: number): Uint8Array {
	return Uint8Array.from([value, value >>> 8, value >>> 16, value >>> 24]);
}
