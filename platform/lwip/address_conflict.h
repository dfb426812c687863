// Somebody else has the station's address (RFC 5227). In the place of lwIP's acd.c, which probes for seconds before an address is
// used and turns a timer ten times a second; called by lwIP's ARP and DHCP through lwip/acd.h, and by the station.
//
// An address is used at once and checked meanwhile. A probe goes out with the request for it, so that a host that has it has answered
// before the lease has come. Afterwards each ARP packet that comes is looked at. Who has an address that was not ours ten seconds ago
// keeps it; later, it is defended by an announcement, and given up when it is claimed again within ten seconds (section 2.4, b): an
// address that two have serves neither. Then the DHCP server is told (DHCPDECLINE) and asked for another; with an address of the app's
// choice the network is left.

#ifndef ADDRESS_CONFLICT_H
#define ADDRESS_CONFLICT_H

struct netif;

// Watches over the station's address, for good; calling it again changes nothing. given_up(): from the loop, an address that DHCP did not
// give is another's.
void address_conflict_watch(struct netif *station, void (*given_up)(void));

#endif
