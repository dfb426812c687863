// An echo over TLS that tells everything that happens to it. What is not text is refused before.

import config from "mc/config";
import TLSListener from "embedded:io/socket/listener/tls";
import TLSSocket from "embedded:io/socket/tcp/tls";
import { tlsInstrumentation } from "embedded:io/socket/tcp/tls/instrumentation";
import { join } from "wifi";

const { key, certificate, otherKey } = config as unknown as Record<"key" | "certificate" | "otherKey", string>;

function codeOf(act: () => void): string {
	try {
		act();
		return "none";
	} catch (error) {
		return (error as { code?: string }).code ?? String(error);
	}
}

await join();
console.log(`mismatch ${codeOf(() => new TLSListener({ port: 443, tls: { key: otherKey, certificate } }))}`);
console.log(`nothing ${codeOf(() => new TLSListener({ port: 443, tls: { key: "", certificate } }))}`);
const listener = new TLSListener({
	port: 443,
	tls: { key, certificate, applicationLayerProtocol: ["echo"] },
	handshakeTimeoutMs: 3000,
	onReadable(count) {
		for (; count > 0; count--) serve(this.read());
	},
	onError(error) {
		console.log(`failed ${error.code} ${error.message.includes("the server") ? "wrong end" : "client"}`);
	},
});
console.log(`second ${codeOf(() => new TLSListener({ port: 444, tls: { key, certificate } }))}`);
console.log(`listening ${listener.port} ${listener.format}`);

function serve(accepted: TLSSocket | undefined): void {
	if (accepted === undefined) return;
	const { protocol, applicationLayerProtocol, subject } = accepted.session!;
	console.log(`open ${accepted.remoteAddress} ${protocol} ${applicationLayerProtocol} "${subject}"`);
	let pending: Uint8Array[] = [];
	let asked = "";
	const flush = (socket: TLSSocket, room: number): void => {
		while (room > 0 && pending.length > 0) {
			const piece = pending[0]!.subarray(0, room);
			room = socket.write(piece);
			if (piece.length === pending[0]!.length) pending.shift();
			else pending[0] = pending[0]!.subarray(piece.length);
		}
		if (asked === "bye\n" && pending.length === 0) {
			socket.close();
			console.log(`closed ${tlsInstrumentation().used}`);
		}
		if (asked === "stop\n" && pending.length === 0) {
			listener.close();
			listener.close();
			console.log(`stopped ${listener.port}`);
		}
	};
	new TLSSocket({
		from: accepted,
		onReadable(count) {
			const bytes = new Uint8Array(this.read(count)!);
			asked = String.fromCharCode(...bytes.subarray(0, 5));
			pending.push(bytes);
			flush(this, 512);
		},
		onWritable(count) {
			flush(this, count);
		},
		onError(error) {
			pending = [];
			console.log(`ended ${error.code} ${tlsInstrumentation().used}`);
		},
	});
}
