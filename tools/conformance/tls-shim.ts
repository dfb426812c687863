// `npm run conformance -- tls-shim FLAGS`: the device on the simulated board as the client that an outside TLS test runner drives.
// BoringSSL's conventions: it connects to -port of this machine, says its -shim-id, turns each bit of what it is sent, exits with 0 for a
// clean end, with 1 and the device's error on stderr, or with 89 for what it cannot do. The file tls-shim is this, for a runner's -shim-path.

import { readFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { certificatesOf } from "../build/roots.ts";
import { runDevice, type DeviceEnd } from "./device.ts";
import { readShimFlags, UnimplementedFlag, type ShimFlags } from "./shim-flags.ts";

const unimplemented = 89;

/** Runs it, and answers the exit status. @param say what goes to stderr */
export async function runShim(words: readonly string[], say: (line: string) => void): Promise<number> {
	if (words.includes("-is-handshaker-supported")) {
		console.log("No");
		return 0;
	}
	let flags: ShimFlags;
	try {
		flags = readShimFlags(words);
	} catch (error) {
		if (!(error instanceof UnimplementedFlag)) {
			throw error;
		}
		say(`UNIMPLEMENTED ${error.message}`);
		return unimplemented;
	}
	const { hostName, minimumVersion, maximumVersion, protocols, trustCert, certFile, keyFile, resumeCount, writesFirst } = flags;
	const way = await wayTo(flags);
	try {
		const ends = await runDevice({
			tls: {
				host: hostName, minimumVersion, maximumVersion, applicationLayerProtocol: protocols,
				...certFile && keyFile ? { clientCertificate: readFileSync(certFile, "utf8"), clientKey: readFileSync(keyFile, "utf8") } : {},
			},
			server: `127.0.0.1:${(way.address() as AddressInfo).port}`,
			now: new Date(),
			ownRoots: trustCert === undefined ? [] : certificatesOf(readFileSync(trustCert, "utf8"), trustCert),
			connections: 1 + resumeCount,
			greeting: writesFirst ? "hello" : "",
			seconds: 600,
		});
		const objections = ends.flatMap((end, index) => objection(end, index, flags) ?? []);
		objections.forEach(say);
		return objections.length === 0 ? 0 : 1;
	} finally {
		way.close();
	}
}

/** Between the simulated network and the runner: each connection begins with the shim's number. */
async function wayTo({ port, shimId, ipv6 }: ShimFlags): Promise<Server> {
	const server = createServer({ allowHalfOpen: true }, device => {
		const runner = connect({ port, host: ipv6 ? "::1" : "127.0.0.1", allowHalfOpen: true, noDelay: true });
		if (shimId !== undefined) {
			const bytes = Buffer.alloc(8);
			bytes.writeBigUInt64LE(shimId);
			runner.write(bytes);
		}
		// What breaks off on one side breaks off on the other: the device tells it.
		runner.on("error", () => device.resetAndDestroy());
		device.on("error", () => runner.destroy());
		device.pipe(runner);
		runner.pipe(device);
	});
	await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
	return server;
}

/** What a runner is told of a connection; undefined for a good one. */
function objection({ code, text, session }: DeviceEnd, index: number, { expectedProtocol, expectedVersion, expectsSessionMiss }: ShimFlags): string | undefined {
	if (code !== "ECLOSED") {
		return `${code} ${text}`;
	}
	if (session === undefined) {
		return "ERR_SHIM_UNPROVEN the connection ended before the server was proven";
	}
	if (expectedProtocol !== undefined && session.applicationLayerProtocol !== expectedProtocol) {
		return `ERR_SHIM_ALPN ${session.applicationLayerProtocol} was agreed on, expected ${expectedProtocol}`;
	}
	if (expectedVersion !== undefined && session.protocol !== expectedVersion) {
		return `ERR_SHIM_VERSION ${session.protocol} was agreed on, expected ${expectedVersion}`;
	}
	const shouldResume = index > 0 && !expectsSessionMiss;
	return session.resumed === shouldResume ? undefined : `ERR_SHIM_RESUMPTION connection ${index + 1} was ${session.resumed ? "" : "not "}resumed`;
}
