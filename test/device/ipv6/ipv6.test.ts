// IPv6 by the real firmware: addresses, names, TCP and TLS over it, beside IPv4 and alone.

import assert from "node:assert/strict";
import test from "node:test";
import { duplexPair, type Duplex } from "node:stream";
import { issue } from "../../../tools/certificates/issue.ts";
import { deviceTest, sceneBoard, type DeviceRun, type DeviceScene } from "../../support/device.ts";
import { TlsServer } from "../../support/tls-server.ts";

const app = "test/device/ipv6/app";
const site = "2001:db8::10";
const ownNetwork = /fd50:4650:0:4:[0-9a-f:]+/;

function scene(steps: readonly Record<string, unknown>[], more: Partial<DeviceScene> = {}): DeviceScene {
	return { app, configuration: { steps }, until: /^end\r?$/m, timeoutMs: 120_000, ...more };
}

function said(run: DeviceRun): string[] {
	assert.equal(run.end.reason, "matched", run.console);
	return run.console.split(/\r?\n/).filter(line => /^(?:join|addresses|resolve|clock|fetch|say|listen|wait|[A-Z_]+:)/.test(line));
}

/** A web server of that IPv6 address, and of an IPv4 one only where `address` says so. */
async function server(names: readonly string[], address: string | null = null) {
	const { chainPem, keyPem } = await issue({ names });
	const tls = new TlsServer({ certificateChainPem: chainPem, keyPem, respond: (socket: Duplex) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") });
	return { tls, host: { address, ipv6: site, ports: { 443: { connect: () => tls.connect() } } } };
}

const echo = () => {
	const [near, far] = duplexPair();
	far.on("data", (bytes: Buffer) => far.write(bytes)).on("error", () => {});
	return near;
};

deviceTest("with both families the lease is the address, and the router's network gives another", scene([{ join: {} }, { waitMs: 3_000 }, { addresses: true }]), run => {
	const [join, , addresses] = said(run);
	assert.equal(join, "join 192.168.4.2 by 192.168.4.1, 500");
	assert.match(addresses!, new RegExp(`^addresses 192\\.168\\.4\\.2 ${ownNetwork.source}$`));
});

deviceTest("a network of IPv6 alone is joined, tells the time, and gives a verified page", async () => {
	const { host, tls } = await server(["six.example"]);
	return { ...scene([{ join: {} }, { addresses: true }, { clock: true }, { fetch: "https://six.example/" }], { hosts: { "six.example": host }, faults: { dhcpSilent: true } }), tls };
}, (run, { tls }) => {
	const [join, addresses, clock, page] = said(run);
	assert.match(join!, new RegExp(`^join ${ownNetwork.source} by fe80::[0-9a-f:]+, 500$`));
	assert.match(addresses!, new RegExp(`^addresses (${ownNetwork.source}) \\1$`));
	assert.deepEqual([clock, page], ["clock set", "fetch 200 https://six.example/ hello"]);
	assert.equal(tls.requests.length, 1);
});

deviceTest("beside IPv4, a name that has IPv6 alone is reached, and one that has both by IPv4", async () => {
	const six = await server(["six.example"]);
	return scene([{ join: {} }, { waitMs: 3_000 }, { resolve: "six.example" }, { resolve: "both.example" }, { resolve: "both.example", family: 6 }, { resolve: "six.example", family: 4 },
		{ resolve: "nobody.example" }, { clock: true }, { fetch: "https://six.example/" }], {
		hosts: { "six.example": six.host, "both.example": { address: "203.0.113.77", ipv6: "2001:db8::77" } },
	});
}, run => {
	const lines = said(run).slice(2);
	assert.deepEqual(lines.slice(0, 3), [`resolve ${site}`, "resolve 203.0.113.77", "resolve 2001:db8::77"]);
	assert.match(lines[3]!, /^ENOTFOUND: dns six\.example: the name has no address of this family/);
	assert.match(lines[4]!, /^ENOTFOUND: dns nobody\.example: there is no such name/);
	assert.deepEqual(lines.slice(5), ["clock set", "fetch 200 https://six.example/ hello"]);
});

deviceTest("a server is reached and proved by its address in the URL, and refused under another", async () => {
	const good = await server([site]);
	const other = await server(["2001:db8::66", "six.example"]);
	return scene([{ join: {} }, { waitMs: 3_000 }, { clock: true }, { fetch: "https://[2001:DB8:0::10]/" }, { fetch: "https://[2001:db8::20]/" }], {
		hosts: { "six.example": good.host, "other.example": { ...other.host, ipv6: "2001:db8::20" } },
	});
}, run => {
	const [, , , page, refused] = said(run);
	assert.equal(page, `fetch 200 https://[${site}]/ hello`);
	assert.match(refused!, /^ERR_TLS_CERT_ALTNAME_INVALID: .*for 2001:db8::66, six\.example, not for 2001:db8::20/);
});

deviceTest("routers of a second network are asked at once", scene([{ join: { ssid: "first", password: "simulated network" } }, { join: { ssid: "second" } }, { waitMs: 2_200 }, { addresses: true }],
	{ accessPoints: [{ ssid: "first", password: "simulated network" }, { ssid: "second" }] }), run => {
	assert.match(said(run).at(-1)!, ownNetwork);
});

deviceTest("without a router that advertises, IPv4 goes on alone", scene([{ join: {} }, { waitMs: 3_000 }, { addresses: true }, { resolve: "six.example" }, { say: { address: site, port: 7 } },
	{ clock: true }, { fetch: `https://[${site}]/` }], {
	ipv6: false, hosts: { "six.example": { address: null, ipv6: site } },
}), run => {
	const [, , addresses, name, say, , fetch] = said(run);
	assert.equal(addresses, "addresses 192.168.4.2 undefined");
	assert.match(name!, /^ENOTFOUND: dns six\.example: the name has no address of this family/);
	assert.match(say!, /^ENETUNREACH: /);
	assert.match(fetch!, /^ENETUNREACH: /);
	assert.ok(run.board.clock.micros < 6e6, "at once");
});

deviceTest("TCP goes over IPv6, an address that nobody has and a port that is closed are told", scene([{ join: {} }, { waitMs: 3_000 }, { say: { address: site, port: 7 } },
	{ say: { address: site, port: 8 } }, { say: { address: "2001:db8::dead", port: 7 } }, { say: { address: "2001:db8::x", port: 7 } }],
	{ hosts: { "six.example": { address: null, ipv6: site, ports: { 7: { connect: echo } } } } }), run => {
	const [, , echoed, closed, absent, malformed] = said(run);
	assert.equal(echoed, `say hello from ${site}`);
	assert.match(closed!, /^ECONNREFUSED: tcp 2001:db8::10:8: /);
	assert.match(absent!, /^(?:ETIMEDOUT|ECONNREFUSED|EHOSTUNREACH): /);
	assert.match(malformed!, /^EINVAL: tcp: address "2001:db8::x" is no IPv4 or IPv6 address/);
});

deviceTest("a page comes over IPv6 while frames are lost, doubled and out of order", async () => {
	const { host } = await server(["six.example"]);
	return scene([{ join: {} }, { clock: true }, { fetch: "https://six.example/" }, { fetch: "https://six.example/" }],
		{ hosts: { "six.example": host }, faults: { dhcpSilent: true, loss: 0.1, duplicate: 0.1, reorder: 0.1 }, timeoutMs: 300_000 });
}, run => {
	assert.deepEqual(said(run).slice(1), ["clock set", "fetch 200 https://six.example/ hello", "fetch 200 https://six.example/ hello"]);
});

deviceTest("the own part of the address is another in each network, and the same when one is joined again", scene([
	{ join: { ssid: "first", password: "simulated network" } }, { waitMs: 3_000 }, { addresses: true }, { join: { ssid: "second" } }, { waitMs: 3_000 }, { addresses: true },
	{ join: { ssid: "first", password: "simulated network" } }, { waitMs: 3_000 }, { addresses: true },
], { accessPoints: [{ ssid: "first", password: "simulated network" }, { ssid: "second" }] }), run => {
	const own = said(run).filter(line => line.startsWith("addresses")).map(line => ownNetwork.exec(line)![0]);
	assert.equal(own.length, 3);
	assert.notEqual(own[0], own[1]);
	assert.equal(own[0], own[2]);
	assert.ok(own.every(address => !address.includes("ff:fe")), "of no hardware address");
});

deviceTest("in a network of IPv6 alone nobody asks the name servers of the one before", scene([
	{ join: { ssid: "first", password: "simulated network", fixed: { address: "192.168.4.50", gateway: "192.168.4.1", nameServers: ["192.0.2.53"] } } },
	{ join: { ssid: "second" } }, { resolve: "six.example" },
], { accessPoints: [{ ssid: "first", password: "simulated network" }, { ssid: "second" }], faults: { dhcpSilent: true }, hosts: { "six.example": { address: null, ipv6: site } } }), run => {
	const [first, second, name] = said(run);
	assert.equal(first, "join 192.168.4.50 by 192.168.4.1, 500");
	assert.match(second!, new RegExp(`^join ${ownNetwork.source} by fe80::`));
	assert.equal(name, `resolve ${site}`);
});

deviceTest("a radio that hangs and is started anew does not give its hardware address away", () => scene([{ join: {} }, { join: {} }, { waitMs: 10_000 }, { addresses: true }],
	{ radioFaults: { hangAfterMicros: 150e3, failures: 1 } }), run => {
	const [refused, joined, , addresses] = said(run);
	assert.match(refused!, /^ERR_WIFI_CHIP: /);
	assert.match(joined!, /^join 192/);
	assert.match(addresses!, ownNetwork);
	assert.ok(!addresses!.includes("ff:fe"), `${addresses} is of the hardware address`);
});
