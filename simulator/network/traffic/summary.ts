/** A frame in a line, for a list that a person reads. */
import { decode } from "dns-packet";
import { formatIpv4 } from "../addresses.ts";
import { ETHER_TYPE_ARP, PROTOCOL_TCP, PROTOCOL_UDP, parseArp } from "../packets.ts";
import { ACK, FIN, PSH, RST, SYN } from "../tcp-segments.ts";
import { type Packet, protocolName } from "./dissect.ts";
import { TLS_RECORD_TYPES } from "./tls-records.ts";

export interface PacketSummary {
	atMicros: number;
	fromDevice: boolean;
	source: string;
	destination: string;
	protocol: string;
	/** Of the whole frame. */
	lengthBytes: number;
	text: string;
}

const FLAG_NAMES: readonly [number, string][] = [[SYN, "SYN"], [FIN, "FIN"], [RST, "RST"], [PSH, "PSH"], [ACK, "ACK"]];
const DNS_PORT = 53;
const NTP_PORT = 123;
const DHCP_PORTS = [67, 68];
const DHCP_MESSAGE_TYPE = 53;
const DHCP_OPTIONS_AT = 240;
const DHCP_MESSAGES = ["", "discover", "offer", "request", "decline", "acknowledge", "refuse", "release", "inform"];
const ICMP_TYPES: Readonly<Record<number, string>> = {
	0: "echo reply", 3: "unreachable", 8: "echo request", 128: "echo request", 129: "echo reply", 133: "router solicitation",
	134: "router advertisement", 135: "neighbour solicitation", 136: "neighbour advertisement", 143: "listener report",
};
const UDP_HEADER_BYTES = 8;
const TCP_HEADER_BYTES = 20;

export function summarize(packet: Packet, lengthBytes: number, atMicros: number): PacketSummary {
	const { fromDevice, source, destination } = packet;
	const [protocol, text] = describe(packet);
	return { atMicros, fromDevice, source, destination, lengthBytes, protocol, text: packet.whole ? text : `${text} (damaged)` };
}

/** Of a UDP payload; undefined for what is no DHCP message. */
export function dhcpMessageType(message: Uint8Array): number | undefined {
	for (let at = DHCP_OPTIONS_AT; at + 2 < message.length && message[at] !== 0xff;) {
		if (message[at] === 0) {
			at++;
			continue;
		}
		if (message[at] === DHCP_MESSAGE_TYPE) {
			return message[at + 2];
		}
		at += 2 + message[at + 1];
	}
	return undefined;
}

function describe(packet: Packet): [protocol: string, text: string] {
	const { payload, protocol, etherType } = packet;
	if (protocol === PROTOCOL_TCP && payload.length >= TCP_HEADER_BYTES) {
		return describeTcp(payload);
	}
	if (protocol === PROTOCOL_UDP && payload.length >= UDP_HEADER_BYTES) {
		return describeUdp(payload);
	}
	const name = protocolName(packet);
	if (name === "ICMP" || name === "ICMPv6") {
		return [name, ICMP_TYPES[payload[0]] ?? `type ${payload[0]}`];
	}
	const arp = etherType === ETHER_TYPE_ARP ? parseArp(payload) : undefined;
	if (arp) {
		return [name, arp.request ? `who has ${formatIpv4(arp.targetIp)}?` : `${formatIpv4(arp.senderIp)} is here`];
	}
	return [name, ""];
}

function describeTcp(bytes: Uint8Array): [string, string] {
	const flags = FLAG_NAMES.filter(([flag]) => bytes[13] & flag).map(([, name]) => name).join(" ");
	const payload = bytes.subarray((bytes[12] >>> 4) * 4);
	const ports = `${port(bytes, 0)} → ${port(bytes, 2)}`;
	const record = payload.length > 5 && payload[1] === 3 && payload[2] <= 4 ? TLS_RECORD_TYPES[payload[0]] : undefined;
	const size = payload.length ? `, ${payload.length} bytes` : "";
	return record ? ["TLS", `${ports} ${flags}${size}, ${record}`] : ["TCP", `${ports} ${flags}${size}`];
}

function describeUdp(bytes: Uint8Array): [string, string] {
	const ports = [port(bytes, 0), port(bytes, 2)];
	const message = bytes.subarray(UDP_HEADER_BYTES);
	if (ports.every((one) => DHCP_PORTS.includes(one))) {
		return ["DHCP", DHCP_MESSAGES[dhcpMessageType(message) ?? 0] ?? "message"];
	}
	if (ports.includes(DNS_PORT)) {
		return ["DNS", describeDns(message)];
	}
	return [ports.includes(NTP_PORT) ? "NTP" : "UDP", `${ports.join(" → ")}, ${message.length} bytes`];
}

function describeDns(message: Uint8Array): string {
	try {
		const { type, questions, answers } = decode(Buffer.from(message));
		const question = questions?.map((one) => `${one.type} ${one.name}`).join(", ") ?? "";
		const found = answers?.map((answer) => (typeof answer === "object" && "data" in answer ? String(answer.data) : "")).filter(Boolean).join(", ");
		return type === "response" ? `${question}: ${found || "no answer"}` : `${question}?`;
	} catch {
		return `${message.length} bytes that are no DNS`;
	}
}

function port(bytes: Uint8Array, at: number): number {
	return (bytes[at] << 8) | bytes[at + 1];
}
