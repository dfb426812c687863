// fetch without TLS, which would not leave these apps the flash that their figures take.

import TCP from "embedded:io/socket/tcp";
import Resolver from "embedded:network/dns/resolver/udp";
import { fetchOver, type FetchOptions } from "fetch/fetch-over";
import type { Response } from "fetch/response";

class NoTLS extends TCP {
	constructor() {
		super({ address: "", port: 0 });	// refused
	}
}

/** Fetches an http: URL. */
export function plainFetch(url: string, options: FetchOptions = {}): Promise<Response> {
	return fetchOver({ tcp: TCP, tls: NoTLS, resolver: Resolver }, url, options);
}
