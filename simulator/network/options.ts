/** What the world around a simulated Pico W is made of: the network that its radio can join, and who answers there. */
import type { Duplex } from "node:stream";
import type { Gateway } from "./gateway.ts";
import type { RadioFaults } from "../radio/faults.ts";
import type { Security } from "../radio/security.ts";

/** Who answers a TCP connection of the device. */
export type TcpPeer =
	/** A server on this machine, `127.0.0.1:PORT` or `[::1]:PORT`. Nothing but loopback is allowed. */
	| string
	/**
	 * In the simulator's own process. Called for each connection; answers the near end of a stream (what is written to it
	 * goes to the peer), or undefined to refuse the connection.
	 */
	| { connect(to: { host: string; port: number }): Duplex | undefined };

/** Answers UDP datagrams. May call `reply` any number of times, now or from a clock event. `from`: the device's port. */
export type UdpPeer = (datagram: Uint8Array, reply: (answer: Uint8Array, as?: UdpReply) => void, from: { port: number }) => void;

/** How an answer is sent; everything defaults to what is right. */
export interface UdpReply {
	/** It pretends to come from this address (dotted IPv4). */
	address?: string;
	/** It pretends to come from this port. */
	port?: number;
	/** It is sent this much later. */
	afterMicros?: number;
}

/** Hears datagrams to a group. May answer its sender, or the group, any number of times, now or from a clock event. */
export type GroupPeer = (datagram: Uint8Array, answer: { toSender(datagram: Uint8Array, as?: UdpReply): void; toGroup(datagram: Uint8Array, as?: UdpReply): void }) => void;

/** One name in the simulated internet. A name that ends in `.local` answers mDNS for itself. */
export interface HostOptions {
	/** For every TCP port. */
	tcp?: TcpPeer;
	/** For single TCP ports; others are refused, unless `tcp` is given. */
	ports?: Readonly<Record<number, TcpPeer>>;
	/** UDP ports. */
	udp?: Readonly<Record<number, UdpPeer>>;
	/** Groups that it listens to, such as "239.1.2.3:5000" or "[ff02::1:3]:5355". */
	groups?: Readonly<Record<string, GroupPeer>>;
	/** Dotted IPv4; null: the name has none. Default: 203.0.113.N, in the order of the names. */
	address?: string | null;
	/** The name has this IPv6 address too. Default: it has none. */
	ipv6?: string;
	/** The name is another one of this name (CNAME), which has the addresses. */
	alias?: string;
}

/** An access point on the air. All of them lead to the same network. Times are virtual, microseconds. */
export interface AccessPointSettings {
	/** 1 to 32 bytes of UTF-8. Several may have one name. */
	ssid: string;
	/** 8 to 63 bytes, for WPA3 alone up to 128. None, or an empty one: an open network. */
	password?: string;
	/** Default "wpa2" with a password, "open" without. */
	security?: Security;
	/** 1 to 14, default 6. */
	channel?: number;
	/** -100 to 0, default -48. Below -88 joins fail, below -94 nothing is heard. */
	rssiDbm?: number;
	/** Default 02:50:46:00:00:01 for the first, ...:02 for the second, and so on. */
	bssid?: string;
	/** Its beacons bear no name: only who asks for it by name finds it. Default false. */
	hidden?: boolean;
	/** Falls silent at this time since power-on, without another word. */
	goneAtMicros?: number;
	/** Is there again from this time on. */
	backAtMicros?: number;
	/** Falls silent again and again: each time at a multiple of `everyMicros`, for `forMicros`. */
	vanishes?: { everyMicros: number; forMicros: number };
	/** Sends a station away this long after it was connected, once, with this IEEE 802.11 reason code. */
	deauthenticates?: { afterMicros: number; reason: number };
	/** Milliseconds that it waits for a right answer in the four-way handshake. Default 4000. */
	handshakeTimeoutMs?: number;
}

/** A station that joins the network which the device itself opens. */
export interface ClientSettings {
	/** Of the device's network. */
	ssid: string;
	/** None: it joins an open one. */
	password?: string;
	/** Default 02:50:46:00:01:01 for the first, ...:02 for the second, and so on. */
	mac?: string;
	/** When it begins to look for it, since power-on. Default 0. */
	joinAfterMicros?: number;
	/** A path that it gets by HTTP from port 80 of the device, once it has an address. */
	get?: string;
}

/** What the air does to frames, both ways; everything defaults to "not". Probabilities are 0 to 1. */
export interface AirFaults {
	/** Frames that get lost. */
	loss?: number;
	/** Frames that come twice. */
	duplicate?: number;
	/** Frames that are held back for 4 ms, so that others overtake them. */
	reorder?: number;
	/** IPv4 and IPv6 packets with one wrong bit, which the checksums of their own protocols are there for. */
	corrupt?: number;
	/** How long every frame takes longer. */
	delayMicros?: number;
	/** And up to this much beyond that; frames of a direction stay in order. */
	jitterMicros?: number;
	/** Of the plan. Default: the run's seed alone. */
	seed?: number;
	/** Frames that get lost, by their number since the first (1), both ways counted together. */
	dropFrames?: readonly number[];
}

/** What the DHCP server gives out. */
export interface DhcpOptions {
	/** Default a day. */
	leaseSeconds?: number;
	/** T1 and T2 of RFC 2131, told to the client. Default: not told; it takes half and seven eighths of the lease. */
	renewSeconds?: number;
	rebindSeconds?: number;
	/** How many addresses there are, from 192.168.4.2 on. Default 100. */
	addresses?: number;
	/** The DNS servers that it names, dotted IPv4: hosts with UDP port 53, say. Default: the router. */
	dnsServers?: readonly string[];
	/** And the ones that it names to who renews or rebinds a lease. Default: the same. */
	renewedDnsServers?: readonly string[];
}

/** How the DHCP server fails; everything defaults to "not". */
export interface DhcpFaults {
	/** No address is left: a client that looks for one is not answered. */
	exhausted?: boolean;
	/** It offers, and never acknowledges. */
	withholdsAck?: boolean;
	/** It refuses this many first requests for what it offered. */
	refusals?: number;
	/** Of a renewal: it is not answered, refused, or refused with another address to come. */
	renewal?: "silent" | "refuse" | "move";
	/** The same, of a client that asks everybody because its renewal was not answered. */
	rebinding?: "silent" | "refuse" | "move";
}

/** Faults of the network; everything defaults to "not". */
export interface NetworkFaults extends AirFaults {
	/** The DHCP server does not answer. */
	dhcpSilent?: boolean;
	dhcp?: DhcpFaults;
	/** Another host of the local network announces this address (dotted IPv4) as its own, at this time since power-on. */
	announces?: readonly { address: string; atMicros: number }[];
	/** The DNS server does not answer. */
	dnsSilent?: boolean;
	/** Every name has this address (dotted IPv4). */
	dnsAnswer?: string;
	/** The DNS server takes this much longer. */
	dnsDelayMicros?: number;
	/** Its answers bear another query's number. */
	dnsWrongId?: boolean;
	/** Its answers do not fit: they say so (TC), and bear no records. */
	dnsTruncated?: boolean;
	/** The NTP server does not answer. */
	ntpSilent?: boolean;
	/** Milliseconds that the NTP server's clock is wrong by. */
	ntpOffsetMs?: number;
	/** Addresses (dotted IPv4) to which the router has no way: it says so to who sends an echo there. */
	unreachable?: readonly string[];
	/** TCP ports where nothing answers at all: no handshake, no reset. */
	tcpSilentPorts?: readonly number[];
}

export interface NetworkOptions {
	/** Default: one, "picofetch", WPA2 with the passphrase "simulated network". None: nothing is on the air. */
	accessPoints?: readonly AccessPointSettings[];

	/** Names and public addresses that nobody here has are those of the real Internet. Default: they do not exist. */
	gateway?: Gateway;

	/** Who joins the network that the device itself opens. Default: nobody. */
	clients?: readonly ClientSettings[];

	/** Names in the simulated internet, in lower case. A bare `TcpPeer` answers every TCP port. */
	hosts?: Readonly<Record<string, TcpPeer | HostOptions>>;
	dhcp?: DhcpOptions;
	/** The router advertises an IPv6 network to who asks for one. Default true. */
	ipv6?: boolean;
	/** Bytes of a packet on the way to the device; longer ones come in fragments. Default 1500; at least 68, and 1280 counts for IPv6. */
	mtu?: number;
	/** Names of time servers; each has an address of its own, and all tell the same time. Default: the usual public ones. */
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
