// IPv6 for the Wi-Fi station: whoever names this module has it in lwIP (20 KB of flash, 4 KB of RAM), for TCP, UDP, TLS, names and all above.
//
// Addresses, routers and name servers come from the router's advertisements (RFC 4862, RFC 8106). Names are resolved to IPv4 where both sides have
// such an address, else to IPv6; a network without DHCP for IPv4 counts as joined 2 s after it gave an IPv6 address.

const ownAddress = native<() => string>("xs_ipv6_address");

/** The board's own IPv6 address that others than this link can reach, in the form of RFC 5952; undefined while there is none. */
export function address(): string | undefined {
	return ownAddress() || undefined;
}
