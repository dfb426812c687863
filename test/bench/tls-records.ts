// Finds the first byte of ClientHello and the first record of application data in what a TLS client sends
// (RFC 8446 section 5, RFC 5246 section 6.2.1). Used by measure.ts.

import type { SecureVersion } from "node:tls";

const headerBytes = 5;
const applicationData = 23;

export class TlsRecords {
	/** Records of type application_data that are none of ours: in TLS 1.3 the client's Finished is disguised as one. */
	#disguised: number;
	readonly #seen: (name: "clientHello" | "request") => void;
	#rest = Buffer.alloc(0);

	constructor(protocol: SecureVersion, seen: (name: "clientHello" | "request") => void) {
		this.#disguised = protocol === "TLSv1.3" ? 1 : 0;
		this.#seen = seen;
	}

	/** Bytes of the client, in any pieces. */
	add(bytes: Uint8Array): void {
		this.#seen("clientHello");
		this.#rest = Buffer.concat([this.#rest, bytes]);
		while (this.#rest.length >= headerBytes) {
			const length = headerBytes + this.#rest.readUInt16BE(3);
			if (this.#rest.length < length) return;
			if (this.#rest[0] === applicationData && this.#disguised-- <= 0) this.#seen("request");
			this.#rest = this.#rest.subarray(length);
		}
	}
}
