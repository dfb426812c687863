// An app that speaks TLS itself: a root of its own, ALPN, a second socket beside the first, and what the trust modules say.

import config from "mc/config";
import { join } from "wifi";
import { setTime, isTimeSet } from "time";
import { trustedRoots } from "certificates";
import { getRandomValues } from "crypto";
import TLSSocket from "embedded:io/socket/tcp/tls";

const { address, host, ca, now, clientKey, clientCertificate } = config as unknown as Record<"address" | "host" | "ca" | "clientKey" | "clientCertificate", string> & { now: number };

function codeOf(act: () => void): string {
	try {
		act();
		return "none";
	} catch (error) {
		return (error as { code?: string; name: string }).code ?? (error as Error).name;
	}
}

console.log(`roots ${trustedRoots().join("; ")}`);
console.log(`clock ${isTimeSet()} ${codeOf(() => setTime(-1))}`);
console.log(`random ${getRandomValues(new Uint8Array(8)).join() !== getRandomValues(new Uint8Array(8)).join()}`);
await join();
setTime(now);
console.log(`clock ${isTimeSet()} ${new Date().getUTCFullYear()}`);
console.log(`off ${codeOf(() => new TLSSocket({ address, port: 443, tls: { host, verify: false } as never }))}`);
console.log(`address ${codeOf(() => new TLSSocket({ address: host, port: 443, tls: { host } }))}`);

for (const [what, tls] of Object.entries({
	fragment: { maximumFragmentLength: 1000 },
	names: { applicationLayerProtocol: ["a", "b", "c", "d", "e"] },
	blank: { applicationLayerProtocol: "h 2" },
	keyAlone: { clientKey },
	damaged: { clientKey: clientKey.replace("MIG", "M*G"), clientCertificate },
	noKey: { clientKey: clientCertificate, clientCertificate },
	otherKey: { clientKey, clientCertificate: ca },
	cutKey: { clientKey: new Uint8Array(40), clientCertificate },
})) {
	console.log(`option ${what} ${codeOf(() => new TLSSocket({ address, port: 443, tls: { host, ca, ...tls } }))}`);
}

/** The options as Moddable spells them. */
function connectAsModdable(): void {
	const moddable = new TLSSocket({
		address,
		port: 443,
		secure: { serverName: host, certificate: ca, protocolVersion: ["1.2", "1.3"], applicationLayerProtocolNegotiation: "http/1.1", clientKey, clientCertificates: clientCertificate },
		onWritable() {
			console.log(`moddable ${this.session?.protocol} ${this.session?.subject}`);
			moddable.close();
			console.log("done");
		},
	});
}

let received = 0;
let asked = false;
const socket = new TLSSocket({
	address,
	port: 443,
	keepAlive: 60_000,
	tls: {
		host, ca, clientKey, clientCertificate, maximumVersion: "1.2", maximumFragmentLength: 2048,
		applicationLayerProtocol: [Uint8Array.from("http/1.1", (letter) => letter.charCodeAt(0))],
	},
	onWritable() {
		if (asked) return;
		asked = true;
		console.log(`session ${JSON.stringify(this.session)}`);
		console.log(`second ${codeOf(() => new TLSSocket({ address, port: 443, tls: { host, ca } }))}`);
		console.log(`remote ${this.remoteAddress} ${this.remotePort}`);
		this.write(Uint8Array.from("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", (letter) => letter.charCodeAt(0)));
	},
	onReadable(count) {
		received += this.read(10)?.byteLength ?? 0;
		const taken = new TLSSocket({
			from: this,
			onReadable(count) {
				received += this.read(count)?.byteLength ?? 0;
			},
			onError(error) {
				console.log(`memory ${this.memory === undefined}`);
				console.log(`end ${error.code} after ${received} bytes`);
				this.close();
				connectAsModdable();
			},
		});
		console.log(`taken ${this.remotePort} ${taken.remotePort} ${taken.session?.protocol} ${count > 10} ${codeOf(() => new TLSSocket({ from: this }))}`);
	},
});
console.log(`arena ${socket.memory!.used > 0 && socket.memory!.used < socket.memory!.size}`);
