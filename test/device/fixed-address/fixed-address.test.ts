// A network that is joined with an address of one's own choice.

import assert from "node:assert/strict";
import { deviceTest, type DeviceRun, type DeviceScene } from "../../support/device.ts";

const fixed = { address: "192.168.4.50", gateway: "192.168.4.1" };

function scene(tries: readonly unknown[], more: DeviceScene = {}, configuration: Record<string, unknown> = {}): DeviceScene {
	return { app: "test/device/fixed-address/app", configuration: { tries, ...configuration }, until: /^end\r?$/m, timeoutMs: 120_000, ...more };
}

function said(run: DeviceRun): string[] {
	assert.equal(run.end.reason, "matched", run.console);
	return run.console.split(/\r?\n/).filter(line => /^(join|time|left) /.test(line));
}

deviceTest("a network without a DHCP server is joined, and names are found by the router", scene([fixed], { faults: { dhcpSilent: true } }), run => {
	assert.deepEqual(said(run), ["join 192.168.4.50 192.168.4.1 500", "time ok"]);
});

for (const leaves of [false, true]) {
	deviceTest(`fixed addresses and DHCP follow one another${leaves ? ", with the network left between" : ""}`, scene([null, fixed, { ...fixed, address: "192.168.4.51" }, null, fixed], {}, { leaves }), run => {
		assert.deepEqual(said(run), ["join 192.168.4.2 192.168.4.1 500", "time ok", "join 192.168.4.50 192.168.4.1 500", "time ok",
			"join 192.168.4.51 192.168.4.1 500", "time ok", "join 192.168.4.2 192.168.4.1 500", "time ok", "join 192.168.4.50 192.168.4.1 500", "time ok"]);
	});
}

deviceTest("without a gateway there is an address and no way out", scene([{ address: "192.168.4.50" }]), run => {
	const [join, time] = said(run);
	assert.equal(join, "join 192.168.4.50 0.0.0.0 500");
	assert.match(time!, /^time (?!ok)\w+: /);
});

deviceTest("addresses that cannot be are refused before anything is joined", scene([{ address: "192.168.4" }, { address: "192.168.4.256" }, { address: "192.168.4.255" },
	{ address: "192.168.4.0" }, { address: "224.0.0.1" }, { ...fixed, mask: "255.0.255.0" }, { ...fixed, mask: "255.255.255.255" }, { ...fixed, gateway: "192.168.5.1" },
	{ ...fixed, gateway: "192.168.4.50" }, { ...fixed, nameServers: ["1.1.1.1", "9.9.9.9", "8.8.8.8"] }]), run => {
	const joins = said(run).filter(line => line.startsWith("join"));
	assert.equal(joins.length, 10);
	for (const line of joins) assert.match(line, /^join EINVAL: wifi "picofetch": /);
	assert.match(joins[1]!, /"192\.168\.4\.256" is no IPv4 address in dotted form/);
	assert.match(joins[7]!, /gateway 192\.168\.5\.1/);
});

deviceTest("a fixed address that another host has is not used for long, and the app is told; the network's own is there then", scene([fixed, null], {
	hosts: { "squatter.example": { address: fixed.address } },
}), run => {
	const [, time, left, ...next] = said(run);
	assert.match(time!, /^time (?!ok)\w+: /);
	assert.equal(left, `left ERR_WIFI_ADDRESS: 200 wifi "picofetch": another host has the fixed address. Choose another one, or leave it to the network (DHCP).`);
	assert.deepEqual(next, ["join 192.168.4.2 192.168.4.1 500", "time ok"]);
});

for (const [what, atMicros, left] of [["once is kept", [15e6], []], ["twice within ten seconds is left", [15e6, 20e6], [/^left ERR_WIFI_ADDRESS: /]]] as const) {
	deviceTest(`a fixed address that another host announces ${what}`, scene([fixed], {
		faults: { announces: atMicros.map(micros => ({ address: fixed.address, atMicros: micros })) },
	}, { staysMs: 25_000 }), run => {
		const [join, time, ...rest] = said(run);
		assert.deepEqual([join, time], ["join 192.168.4.50 192.168.4.1 500", "time ok"]);
		assert.equal(rest.length, left.length, run.console);
		for (const [index, line] of left.entries()) assert.match(rest[index]!, line);
	});
}
