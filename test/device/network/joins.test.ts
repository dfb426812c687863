// Joining networks of each kind by the real firmware: with the right password, with a wrong one, and with the wrong idea of the kind.

import assert from "node:assert/strict";
import { duplexPair, type Duplex } from "node:stream";
import type { AccessPointSettings } from "../../../simulator/simulator.ts";
import { simulatedNetwork } from "../../../tools/start/simulated-network.ts";
import { deviceTest, type DeviceRun, type DeviceScene } from "../../support/device.ts";

type NetworkKind = NonNullable<AccessPointSettings["security"]>;
/** What script can ask for. */
type Asked = "open" | "wpa2" | "wpa2/wpa3" | "wpa3";

const { ssid, password } = simulatedNetwork;

function network(security: NetworkKind, more: Partial<AccessPointSettings> = {}): AccessPointSettings {
	return { ssid, ...security !== "open" && { password }, security, ...more };
}

function scene(story: string, accessPoints: readonly AccessPointSettings[], configuration: Record<string, unknown> = {}): DeviceScene {
	return {
		app: "test/device/network/app", accessPoints, configuration: { story, ...configuration }, until: /^end\r?$/m, timeoutMs: 90_000,
		...configuration.security === "open" && { password: "" },
	};
}

function says(run: DeviceRun, ...lines: readonly RegExp[]): void {
	assert.equal(run.end.reason, "matched", run.console);
	for (const line of lines) {
		assert.match(run.console, line);
	}
}

const joined: readonly (readonly [Asked, NetworkKind])[] = [
	["open", "open"], ["wpa2", "wpa/wpa2"], ["wpa2", "wpa2"], ["wpa2", "wpa2/wpa3"],
	["wpa2/wpa3", "wpa2"], ["wpa2/wpa3", "wpa2/wpa3"], ["wpa2/wpa3", "wpa3"], ["wpa3", "wpa2/wpa3"], ["wpa3", "wpa3"],
];
for (const [security, kind] of joined) {
	deviceTest(`who asks for ${security} joins a network of ${kind}`, scene("join", [network(kind)], { security }), run => {
		says(run, /^join ok \{"ssid":"picofetch","address":"192\.168\.4\.2"/m);
	});
}

const pruned: readonly (readonly [Asked, NetworkKind])[] = [["open", "wpa2"], ["wpa2", "open"], ["wpa2", "wpa3"], ["wpa3", "wpa2"], ["wpa3", "open"]];
for (const [security, kind] of pruned) {
	deviceTest(`who asks for ${security} is told that a network of ${kind} is protected otherwise`, scene("join", [network(kind)], { security }), run => {
		says(run, /^join ERR_WIFI_SECURITY: wifi "picofetch": it is protected in another way .*Say how: security is one of open, wpa2, wpa2\/wpa3, wpa3\./m);
	});
}

deviceTest("a build that was told of WPA3 joins it without a word of the script", { ...scene("joins, and a name", [network("wpa3")], { joins: [{}] }), security: "wpa3" }, run => {
	says(run, /^join ok \{"ssid":"picofetch","address":"192\.168\.4\.2"/m);
});

for (const [security, kind] of [["wpa2", "wpa2"], ["wpa2/wpa3", "wpa2"], ["wpa2/wpa3", "wpa2/wpa3"], ["wpa3", "wpa3"]] as const) {
	deviceTest(`a wrong password for ${security} is refused by a network of ${kind}, and the right one taken`,
		scene("join wrong, then right", [network(kind)], { security }), run => {
			says(run, /^wrong ERR_WIFI_PASSPHRASE: wifi "picofetch": the passphrase is not accepted/m, /^right ok/m);
		});
}

deviceTest("a wrong passphrase is told as such by an access point that deauthenticates", scene("join wrong, then right", [network("wpa2", { handshakeTimeoutMs: 1000 })]), run => {
	says(run, /^wrong ERR_WIFI_PASSPHRASE/m, /^right ok/m);
});

deviceTest("after WPA2 was joined, a join of WPA3 alone is not given WPA2", scene("join WPA2, then WPA3 alone", [network("wpa2")]), run => {
	says(run, /^first ok/m, /^second ERR_WIFI_SECURITY/m);
});

/** Answers each byte with itself. */
function echoPeer(): Duplex {
	const [near, far] = duplexPair();
	far.on("error", () => {});
	far.pipe(far);
	return near;
}

const three = [
	network("wpa2", { rssiDbm: -70, channel: 1 }), network("wpa2", { rssiDbm: -40, channel: 6 }), network("wpa2", { rssiDbm: -60, channel: 11 }),
];
for (const [what, configuration, at] of [
	["the strongest", {}, "02:50:46:00:00:02 6 -40"],
	["the one with the BSSID asked for", { bssid: "02:50:46:00:00:01" }, "02:50:46:00:00:01 1 -70"],
	["the one on the channel asked for", { channel: 11 }, "02:50:46:00:00:03 11 -60"],
	["the one with BSSID and channel", { bssid: "02:50:46:00:00:03", channel: 11 }, "02:50:46:00:00:03 11 -60"],
] as const) {
	deviceTest(`of three access points of one name ${what} is joined`, scene("join and say where", three, configuration), run => {
		says(run, /^join ok/m, new RegExp(`^at ${at}`, "m"));
	});
}

deviceTest("a BSSID on another channel than the one asked for is not found", scene("join", three, { bssid: "02:50:46:00:00:01", channel: 11 }), run => {
	says(run, /^join ERR_WIFI_NO_NETWORK/m);
});

deviceTest("a hidden network is joined by its name", scene("join", [network("wpa2", { hidden: true })]), run => says(run, /^join ok/m));

deviceTest("at the edge of reach a join fails as such", scene("join", [network("wpa2", { rssiDbm: -91 })]), run => {
	says(run, /^join ERR_WIFI_FAILED: wifi "picofetch": the access point did not take us/m);
});

deviceTest("an access point that vanishes for a second every five takes frames with it, and nothing else", {
	...scene("echo", [network("wpa2", { vanishes: { everyMicros: 5e6, forMicros: 1e6 } })]),
	hosts: { "echo.example": { ports: { 7: { connect: echoPeer } } } },
	faults: { delayMicros: 200_000 },
	timeoutMs: 300_000,
}, run => {
	says(run, /^echo ok 102400/m);
	assert.ok(run.end.atMicros > 6e6, `it was over before the access point vanished: ${run.end.atMicros}`);
});

deviceTest("an access point that vanished is joined again when it is back", scene("lost, and tried until it is back", [network("wpa2", { goneAtMicros: 2e6, backAtMicros: 16e6 })]), run => {
	says(run, /^lost ok "200 ERR_WIFI_LOST"/m, /^again ERR_WIFI_NO_NETWORK/m, /^again ok/m);
});

const macName = "picofetch-0a0b0c";
for (const [what, hostName, told] of [["no name", undefined, macName], ["an empty name", "", macName], ["a name", "Kitchen-2", "Kitchen-2"], ["a long name", "x".repeat(60), "x".repeat(60)]] as const) {
	deviceTest(`the DHCP server is told the board's name: of one that is given ${what}`, scene("joins, and a name", [network("wpa2")], { joins: [{ ...hostName !== undefined && { hostName } }] }), run => {
		says(run, /^join ok/m);
		assert.equal(run.report.radio?.hostName, told);
	});
}

deviceTest("a host name that is none, and a power saving of no kind, are refused, and the next join works", scene("joins, and a name", [network("wpa2")], {
	joins: [{ hostName: "a.b" }, { hostName: "-a" }, { hostName: "a b" }, { hostName: "x".repeat(61) }, { hostName: "\u00fc" }, { powerSaving: "some" }, {}],
}), run => {
	assert.equal([...run.console.matchAll(/^join EINVAL: .*hostName has 1 to 60 letters, digits and hyphens, powerSaving is none, performance or aggressive/gm)].length, 6, run.console);
	says(run, /^join ok/m);
	assert.equal(run.report.radio?.hostName, macName);
});

const savings = {
	none: { PM: 0, pm2_sleep_ret: 10, bcn_li_bcn: 0, bcn_li_dtim: 0, assoc_listen: 0 },
	performance: { PM: 2, pm2_sleep_ret: 200, bcn_li_bcn: 1, bcn_li_dtim: 1, assoc_listen: 10 },
	aggressive: { PM: 1, pm2_sleep_ret: 10, bcn_li_bcn: 0, bcn_li_dtim: 0, assoc_listen: 0 },
} as const;
const joinsWith = (...powerSavings: (string | undefined)[]) => ({
	...scene("joins, and a name", [network("wpa2")], { joins: powerSavings.map(powerSaving => ({ ...powerSaving !== undefined && { powerSaving } })) }),
	hosts: { "echo.example": {} },
});
for (const [what, asked, set] of [
	["nothing is asked for", [undefined], "performance"], ["none is asked for", ["none"], "none"], ["all is asked for", ["aggressive"], "aggressive"],
	["it is changed while the network is joined", ["none", "aggressive"], "aggressive"], ["it is not asked for any more", ["aggressive", undefined], "performance"],
] as const) {
	deviceTest(`the radio is told how to save power: ${what}`, joinsWith(...asked), run => {
		says(run, /^join ok/m, /^name ok/m);
		assert.deepEqual(run.report.radio?.powerSaving, savings[set]);
		assert.equal(run.report.radio?.dhcp.bound, 1);
	});
}

deviceTest("a radio that hangs and is started anew saves power as before", { ...joinsWith("none"), radioFaults: { hangAfterMicros: 4e6 }, lingerMs: 30_000 }, run => {
	says(run, /^join ok/m);
	assert.deepEqual(run.report.radio?.powerSaving, savings.none);
	assert.equal(run.report.radio?.ssid, ssid);
});

deviceTest("a country that the radio does not know is told, and the next join is by the rules of one that it does", scene("joins, and a name", [network("wpa2")], {
	joins: [{ country: "ZZ" }, { country: "de" }, { country: "DE" }, {}, { country: "JP" }, { country: "ZZ" }, {}],
}), run => {
	const refused = (country: string) => `join ERR_WIFI_COUNTRY: wifi: the radio does not know the country "${country}". It is two capital letters, such as "DE", or "XX" for worldwide rules.`;
	const joins = run.console.split("\r\n").filter(line => line.startsWith("join ")).map(line => line.replace(/^(join ok).*/, "$1"));
	assert.deepEqual(joins, [refused("ZZ"), refused("de"), "join ok", "join ok", "join ok", refused("ZZ"), "join ok"], run.console);
});

deviceTest("a protection that is none is refused, whatever its name", scene("joins, and a name", [network("wpa2")], {
	joins: [{ ssid, password, security: "wep" }, { ssid, password, security: "constructor" }, { ssid, password, security: "wpa2" }],
}), run => {
	const joins = run.console.split("\r\n").filter(line => line.startsWith("join ")).map(line => line.replace(/^(join ok).*/, "$1"));
	const refused = "join EINVAL: wifi \"picofetch\": the name has 1 to 32 bytes, BSSID the form 02:50:46:00:00:01, the channel is 1 to 14, security is open, wpa2, wpa2/wpa3 or wpa3, hostName";
	assert.deepEqual(joins.map(line => line.slice(0, refused.length)), [refused, refused, "join ok"], run.console);
});
