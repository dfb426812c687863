// Which root a host's certificate ends in: what `npm run certs -- add HOST` asks.

import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { UserError } from "../user-error.ts";
import type { WebRoot } from "./root-store.ts";

const timeoutMs = 15_000;

/**
 * Connects, verifies as a browser would with these roots, and answers the root that the path ends in.
 * @param where `port` default 443; `address` in place of what the name resolves to
 * @throws UserError when nobody answers, or the certificate is not trusted by any of them: the sentence says why
 */
export async function hostRoot(where: { host: string; port?: number; address?: string }, roots: readonly WebRoot[]): Promise<WebRoot> {
	const { host, port = 443, address = host } = where;
	const ca = roots.map(({ der }) => pem(der));
	const last = await new Promise<DetailedPeerCertificate>((settle, fail) => {
		// What cannot be verified is looked at all the same, to say what is wrong; nothing is sent to it.
		const socket = connect({ host: address, port, ca, rejectUnauthorized: false, ...isIP(host) === 0 && { servername: host } });
		const end = (error: Error) => {
			socket.destroy();
			fail(error);
		};
		socket.setTimeout(timeoutMs, () => end(new UserError(`${host}:${port} does not answer within ${timeoutMs / 1000} seconds`)));
		socket.on("error", cause => end(new UserError(`${host}:${port} could not be asked (${cause.message})`, { cause })));
		socket.on("secureConnect", () => {
			const top = topOf(socket.getPeerCertificate(true));
			if (!socket.authorized) {
				end(new UserError(refusal(`${host}:${port}`, socket.authorizationError as unknown as string | Error, top)));
				return;
			}
			socket.end();
			settle(top);
		});
	});
	const found = roots.find(({ der }) => last.raw.equals(der));
	if (found === undefined) {
		throw new UserError(`${host}:${port} ends in "${last.subject.CN}", which is none of the roots`);
	}
	return found;
}

/** The last certificate of a path: a root names itself as its issuer. */
function topOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate {
	let top = leaf;
	while (top.issuerCertificate !== undefined && top.issuerCertificate !== top && !top.issuerCertificate.raw.equals(top.raw)) {
		top = top.issuerCertificate;
	}
	return top;
}

function refusal(server: string, error: string | Error, top: DetailedPeerCertificate): string {
	const code = error instanceof Error ? (error as NodeJS.ErrnoException).code ?? error.message : error;
	const unknown = ["SELF_SIGNED_CERT_IN_CHAIN", "DEPTH_ZERO_SELF_SIGNED_CERT", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "UNABLE_TO_GET_ISSUER_CERT", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"];
	const issuer = [top.issuer.O, top.issuer.CN].filter(part => part !== undefined).join(", ");
	return unknown.includes(code)
		? `${server} is signed by "${issuer}", and no root of the web stands above that (${code}). If it is an authority of your own, add its root: npm run certs -- add FILE.pem`
		: `${server} does not prove itself (${code}), with any root`;
}

export function pem(der: Uint8Array): string {
	return new X509Certificate(der).toString();
}
