/** `--host "NAME=127.0.0.1:PORT,group=239.1.2.3:5000"`: who answers for a name, as a command line writes it. */
import { parseGroup } from "./hosts.ts";
import { keyAndValue, splitList } from "./option-text.ts";
import type { GroupPeer, HostOptions } from "./options.ts";

/** How the option is written, for help and for sentences. */
export const HOST_KEYS = "address=198.51.100.7, ipv6=2001:db8::7, group=239.1.2.3:5000, answers=239.1.2.3:5000";

/** What is heard in a group is said there again. */
const TELLS_GROUP: GroupPeer = (datagram, answer) => answer.toGroup(datagram);
/** Or to who said it. */
const TELLS_SENDER: GroupPeer = (datagram, answer) => answer.toSender(datagram);

/**
 * @param text the name, perhaps with the server on this machine that has its TCP ports, then what else it is, each behind a comma.
 * @returns its name, and what it is.
 * @throws with a sentence that names what is allowed.
 */
export function parseHost(text: string): [name: string, host: HostOptions] {
	const [first = "", ...entries] = splitList(text);
	const [name, server] = keyAndValue(first);
	if (name === "" || server === "" || (server === undefined && !entries.length)) {
		throw new Error(`NAME=127.0.0.1:PORT is expected, and what else the host is, each behind a comma: ${HOST_KEYS}`);
	}
	const host = entries.reduce((known, entry) => setting(known, ...keyAndValue(entry)), server === undefined ? {} : { tcp: server } as HostOptions);
	const unreachable = Object.keys(host.groups ?? {}).find((group) => group.startsWith("[") && host.ipv6 === undefined);
	if (unreachable !== undefined) {
		throw new Error(`${unreachable} is a group of IPv6: give the host an address there too, such as ipv6=2001:db8::7`);
	}
	return [name.toLowerCase(), host];
}

function setting(known: HostOptions, key: string, value = ""): HostOptions {
	switch (key) {
		case "address":
		case "ipv6":
			return { ...known, [key]: value };
		case "group":
		case "answers":
			parseGroup(value);
			return { ...known, groups: { ...known.groups, [value]: key === "group" ? TELLS_GROUP : TELLS_SENDER } };
		default:
			throw new Error(`"${key}" is no setting of a host; allowed are ${HOST_KEYS}`);
	}
}
