/** What the world around a simulated Pico W is made of: the network that its radio can join, and who answers there. */
import type { Duplex } from "node:stream";
import type { RadioFaults } from "../radio/faults.ts";

/** Who answers a TCP connection of the device. */
export type TcpPeer =
	/** A server on this machine, `127.0.0.1:PORT` or `[::1]:PORT`. Nothing but loopback is allowed. */
	| string
	/**
	 * In the simulator's own process. Called for each connection; answers the near end of a stream (what is written to it
	 * goes to the peer), or undefined to refuse the connection.
	 */
	| { connect(to: { host: string; port: number }): Duplex | undefined };

/** Answers UDP datagrams. May call `reply` any number of times, now or from a clock event. */
export type UdpPeer = (datagram: Uint8Array, reply: (answer: Uint8Array) => void) => void;

/** One name in the simulated internet. */
export interface HostOptions {
	/** For every TCP port. */
	tcp?: TcpPeer;
	/** For single TCP ports; others are refused, unless `tcp` is given. */
	ports?: Readonly<Record<number, TcpPeer>>;
	/** UDP ports. */
	udp?: Readonly<Record<number, UdpPeer>>;
	/** Dotted IPv4. Default: 203.0.113.N, in the order of the names. */
	address?: string;
}

/** Faults of the network; everything defaults to "not". */
export interface NetworkFaults {
	/** The access point is not on the air. */
	accessPointAbsent?: boolean;
	/** The access point falls silent at this virtual time, microseconds since power-on. */
	accessPointGoneAtMicros?: number;
	/** The DHCP server does not answer. */
	dhcpSilent?: boolean;
	/** The DNS server does not answer. */
	dnsSilent?: boolean;
	/** Every name has this address (dotted IPv4). */
	dnsAnswer?: string;
	/** The NTP server does not answer. */
	ntpSilent?: boolean;
	/** Milliseconds that the NTP server's clock is wrong by. */
	ntpOffsetMs?: number;
	/**
	 * Frames that get lost between radio and network, both ways: each is lost with this probability (0 to 1), drawn from
	 * the seed. Frames to and from the DHCP server are spared.
	 */
	dropRate?: number;
	/** Frames that get lost, by their number since the first (1), both ways counted together. */
	dropFrames?: readonly number[];
	/** TCP ports where nothing answers at all: no handshake, no reset. */
	tcpSilentPorts?: readonly number[];
}

export interface NetworkOptions {
	/** Default "picofetch". */
	ssid?: string;
	/** WPA2, 8 to 63 bytes. An empty one makes the network open. Default "simulated network". */
	passphrase?: string;
	/** 1 to 14, default 6. */
	channel?: number;
	/** Default -48. */
	rssiDbm?: number;

	/** Names in the simulated internet, in lower case. A bare `TcpPeer` answers every TCP port. */
	hosts?: Readonly<Record<string, TcpPeer | HostOptions>>;
	/** Names under which the NTP server is known. Default: the usual public ones. */
	ntpNames?: readonly string[];

	/** Unix milliseconds at power-on; the NTP server's time is this plus virtual time. Default: the board's. */
	epochMs?: number;
	/** How long a silent loopback server is waited for, host milliseconds. Default 20. */
	patienceMs?: number;
	/** From the device's last byte to the delivery of the peer's answer, virtual microseconds. Default 4000. */
	latencyMicros?: number;

	faults?: NetworkFaults;
	radioFaults?: RadioFaults;

	/** Pcap of the Ethernet frames on the air side, called with each piece of the file. */
	pcap?: (bytes: Uint8Array) => void;
	/** Called at `close()` with the recorded bytes of all TCP peers. */
	record?: (recording: Recording) => void;
	/** TCP peers are not asked: their bytes come from a recording, at the recorded virtual times. */
	replay?: Recording;
}

/** Bytes of TCP peers with their virtual times; a JSON file. */
export interface Recording {
	version: 1;
	connections: RecordedConnection[];
}

export interface RecordedConnection {
	host: string;
	port: number;
	/** False: the peer refused the connection. */
	accepted: boolean;
	/** What the peer did, in order. */
	events: RecordedEvent[];
}

export interface RecordedEvent {
	/** Virtual time of the delivery, microseconds since power-on. */
	atMicros: number;
	/** Bytes that the device had sent by then, and their SHA-256. */
	sentBytes: number;
	sentSha256: string;
	/** Base64 of the bytes; absent at the end of the stream. */
	bytes?: string;
	/** End of the stream, or its breaking off. */
	end?: "closed" | "reset";
}
