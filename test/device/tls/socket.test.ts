/** The TLS socket and the trust modules as an app uses them, on the whole firmware. */
import assert from "node:assert/strict";
import { issue, type Issued } from "../../../tools/certificates/issue.ts";
import { deviceTest, powerOn, type DeviceScene } from "../../support/device.ts";
import { TlsServer, respondWith } from "../../support/tls-server.ts";

const name = "site.example";
const address = "198.51.100.7";

interface Scene extends DeviceScene {
	readonly server: TlsServer;
	readonly trusted: Issued;
}

deviceTest("a socket with a root of its own proves the server, tells its session, and has the one arena", async (): Promise<Scene> => {
	const trusted = await issue({ subject: "Own root", issuer: "self", ca: true });
	const leaf = await issue({ names: [name], issuer: trusted });
	const clients = await issue({ subject: "Clients", issuer: "self", ca: true });
	const board = await issue({ subject: "board 7", issuer: clients, extensions: [{ oid: "2.5.29.37", value: Buffer.from("300a06082b06010505070302", "hex") }] });
	const server = new TlsServer({ certificateChainPem: leaf.chainPem, keyPem: leaf.keyPem, clientAuthorityPem: clients.certificatePem, respond: respondWith("x".repeat(5000)) });
	return {
		server,
		trusted,
		app: "test/device/tls/socket",
		hosts: { [name]: { address, ports: { 443: { connect: () => server.connect() } } } },
		configuration: { address, host: name, ca: trusted.certificatePem, clientKey: board.keyPem, clientCertificate: board.certificatePem, now: powerOn.getTime() },
		until: /^(?:done|Uncaught).*\n/m,
		timeoutMs: 20_000,
	};
}, ({ console: text }, { server }) => {
	const said = (line: RegExp): void => assert.match(text, line);
	said(/^roots .*CN=/m);
	said(/^clock false RangeError\r?$/m);
	said(/^random true\r?$/m);
	said(/^clock true 2026\r?$/m);
	said(/^off ERR_TLS_OPTION\r?$/m);
	said(/^address ERR_TLS_ADDRESS\r?$/m);
	for (const [what, code] of Object.entries({
		fragment: "ERR_TLS_OPTION", names: "ERR_TLS_OPTION", blank: "ERR_TLS_OPTION", keyAlone: "ERR_TLS_OPTION", damaged: "ERR_TLS_OPTION",
		noKey: "ERR_TLS_OPTION", otherKey: "ERR_TLS_KEY_MISMATCH", cutKey: "ERR_TLS_KEY",
	})) said(new RegExp(`^option ${what} ${code}\\r?$`, "m"));
	said(/^remote 198\.51\.100\.7 443\r?$/m);
	said(/^taken undefined 443 TLSv1\.2 true ECLOSED\r?$/m);
	said(/^moddable TLSv1\.3 .*CN=site\.example\r?$/m);
	assert.deepEqual(server.clients, ["board 7", "board 7"]);
	said(/^arena true\r?$/m);
	said(/^session {"protocol":"TLSv1\.2","cipher":"TLS_ECDHE_ECDSA_WITH_\w+","subject":"[^"]*CN=site\.example","issuer":"[^"]*CN=Own root","notAfter":"2044-/m);
	said(/^second ERR_TLS_BUSY\r?$/m);
	said(/^memory true\r?$/m);
	said(/^end ECLOSED after 5\d{3} bytes\r?$/m);
	assert.equal(server.requests.length, 1);
});
