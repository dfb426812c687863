/** DNS over TCP (RFC 7766): messages with their length in front, several on one connection, in the order of their answers. */
import type { Clock } from "../wires.ts";
import type { DnsService } from "./dns-service.ts";
import type { PeerLink, PeerListener } from "./peers.ts";

const LENGTH_BYTES = 2;

/** Somebody of the simulator's own who answers TCP connections. As `Peers.open`: the outcome is told in a clock event. */
export interface TcpService {
	open(listener: PeerListener): PeerLink;
}

/** @param delayMicros of each answer. */
export function dnsOverTcp(clock: Clock, dns: DnsService, delayMicros: number): TcpService {
	return {
		open(listener) {
			let waiting: Uint8Array = new Uint8Array();
			let open = 0;
			let ended = false;
			let gone = false;
			clock.schedule(0, () => listener.opened());
			const endWhenDone = (): void => {
				if (ended && !open && !gone) {
					gone = true;
					listener.end();
				}
			};
			const answer = (query: Uint8Array): void => {
				open++;
				dns.ask(query, false, (message) => clock.schedule(delayMicros, () => {
					open--;
					if (!gone) {
						listener.bytes(Uint8Array.from([message.length >>> 8, message.length & 0xff, ...message]));
						endWhenDone();
					}
				}));
			};
			return {
				unread: 0,
				send(bytes) {
					waiting = Uint8Array.from([...waiting, ...bytes]);
					for (;;) {
						const length = (waiting[0] << 8) | waiting[1];
						if (waiting.length < LENGTH_BYTES || waiting.length < LENGTH_BYTES + length) {
							return;
						}
						answer(waiting.slice(LENGTH_BYTES, LENGTH_BYTES + length));
						waiting = waiting.slice(LENGTH_BYTES + length);
					}
				},
				end() {
					ended = true;
					clock.schedule(0, endWhenDone);
				},
				destroy() {
					gone = true;
				},
				pause() {
					// Its answers are short.
				},
			};
		},
	};
}
