// fetch (WHATWG Fetch) over the network of this board.

import Resolver from "embedded:network/dns/resolver/udp";
import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import { doubtTime } from "../time/time.ts";
import type { Network } from "./call.ts";
import { fetchOver, type FetchOptions } from "./fetch-over.ts";
import type { Response } from "./response.ts";

const network: Network = { tcp: TCP, tls: TLSSocket, resolver: Resolver, doubtTime };

/**
 * Fetches `url`, which is absolute and https: or http:. https: is proven whole; http: is as open as it says, and nothing
 * falls back from https: to http:. One TLS connection fits into memory: read a response, or cancel its body, before the next.
 *
 * @returns the response, once its head has come and, for https:, the server was proven
 * @throws (rejects with) TypeError whose `cause` is a CodedError that says why; the signal's reason when it aborts
 */
export default async function fetch(url: string | { readonly href: string }, options: FetchOptions = {}): Promise<Response> {
	return fetchOver(network, url, options);
}
