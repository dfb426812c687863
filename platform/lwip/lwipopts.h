// lwIP 2.2.1 for one thread and one loop (NO_SYS), IPv4, sized for one TLS connection beside DNS, NTP and a small TCP server.
//
// Checked by lwIP's own sanity tests (src/core/init.c). Memory: 16 pool pbufs of 1,532 bytes (24.5 KB), heap 16 KB, the
// rest 3.5 KB.

#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#include <stdint.h>
#include "library_options.h" // IPv6, raw, IGMP and what needs ports: whether the libraries of the app ask for it

#define NO_SYS 1
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define SYS_LIGHTWEIGHT_PROT 0 // interrupts never touch lwIP

#define LWIP_IPV4 1
#define LWIP_ARP 1
#define LWIP_ETHERNET 1
#define LWIP_ICMP 1
#define LWIP_UDP 1
#define LWIP_TCP 1
#define LWIP_DHCP 1
#define DHCP_OPTIONS_LEN 112 // of requests: a host name of 60 characters, and 28 bytes of what else there is
#ifndef LWIP_ACD
#define LWIP_ACD 1 // address_conflict.c in the place of acd.c; 0 for acd.c and timeouts.c alone (CMakeLists.txt), which have a timer for it
#endif
#define LWIP_DHCP_DOES_ACD_CHECK LWIP_ACD
#ifndef LWIP_DNS
#define LWIP_DNS 0 // resolver.c in its place; 1 for dhcp.c and nd6.c alone (CMakeLists.txt), which look for servers then
#endif

// The heap holds what is being sent: TCP copies each segment into it.
#define MEM_LIBC_MALLOC 0
#define MEM_ALIGNMENT 4
#define MEM_SIZE 16384
// Heap and pools are written by lwIP before it reads them: clearing them at the reset, at 6.5 MHz, cost 6 ms of each boot.
#define LWIP_DECLARE_MEMORY_ALIGNED(name, size) \
	u8_t name[LWIP_MEM_ALIGN_BUFFER(size)] __attribute__((section(".uninitialized_data.lwip")))

// A TLS record is up to 16,384 + 5 + 256 bytes (RFC 8446 section 5.2): with a smaller window a record could never come whole.
#define TCP_MSS 1460
#define TCP_WND (12 * TCP_MSS)
#define TCP_SND_BUF (9 * TCP_MSS) // under way for an acknowledgement's time are eight: the ninth holds what does not fill a segment yet
#define TCP_SND_QUEUELEN 24
#define TCP_QUEUE_OOSEQ 1
#define TCP_OOSEQ_MAX_PBUFS 6 // else frames behind a lost one take the whole pool
#define LWIP_TCP_KEEPALIVE 1
#define LWIP_NETIF_TX_SINGLE_PBUF 1
#define TCP_LISTEN_BACKLOG 1
// Everything ends in a time that somebody waits for: a connection nobody answers after 3 + 6 + 12 + 24 s, and one that falls
// silent after seven tries, one or two minutes (lwIP's defaults: 3 and 9 minutes).
#define TCP_SYNMAXRTX 3
#define TCP_MAXRTX 6

// The window's twelve frames and four for everybody else.
#define PBUF_POOL_SIZE 16
#define NETWORK_FRAMES_SHORT 4 // left of them: who has unread bytes gets no more (network.c)
#define NETWORK_FRAMES_KEPT 2 // for what waits for no script
#define MEMP_NUM_TCP_PCB 12
#define MEMP_NUM_TCP_PCB_LISTEN 2
#define MEMP_NUM_TCP_SEG 32
#define MEMP_NUM_UDP_PCB (14 + 2 * PICOFETCH_ACCESS_POINT + PICOFETCH_MDNS) // DHCP, eight of the resolver, five of scripts, and what guests ask
#define MEMP_NUM_ARP_QUEUE 10
#define ARP_QUEUEING 1
#define ARP_QUEUE_LEN 8 // else the oldest of the resolver's eight queries are dropped until the router's address is known
#define ETHARP_SUPPORT_STATIC_ENTRIES 0

#define DNS_MAX_SERVERS 2 // of a lease, see resolver.h

// With IPv6: addresses and name servers by the router's advertisements (RFC 4862, RFC 8106); DHCPv6 would only tell the servers again.
#define LWIP_IPV6_DHCP6 0
#define LWIP_IPV6_NUM_ADDRESSES 3 // of the link, and of two networks that are advertised on it
#define LWIP_IPV6_FORWARD 0
#define LWIP_IPV6_FRAG 0 // TCP sends no packets over the path's 1280 bytes and more, and DNS none over 512
#define LWIP_IPV6_REASS 0
#define LWIP_ND6_NUM_NEIGHBORS 8
#define LWIP_ND6_NUM_DESTINATIONS 8
#define LWIP_ND6_NUM_PREFIXES 3
#define LWIP_ND6_NUM_ROUTERS 2
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS DNS_MAX_SERVERS
#define MEMP_NUM_ND6_QUEUE 8
#define MEMP_NUM_MLD6_GROUP 4 // the last bytes of three addresses, and one
#define ND6_STATS 0
#define MLD6_STATS 0
#define ICMP6_STATS 0
#define IP6_STATS 0
#define IP6_FRAG_STATS 0

#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 1) // station_tick

#define LWIP_NETIF_HOSTNAME 1
extern char station_host_name[]; // CYW43_HOST_NAME, which the radio driver gives its interfaces: see station.h
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_NETIF_LINK_CALLBACK 1

#define LWIP_CHKSUM_ALGORITHM 3 // word by word, the fastest in C on this core
// What pools and heap have given out, now and at most: modules/network/instrumentation.
#define LWIP_STATS 1
#define MEM_STATS 1
#define MEMP_STATS 1
#define LINK_STATS 0
#define ETHARP_STATS 0
#define IP_STATS 0
#define IPFRAG_STATS 0
#define ICMP_STATS 0
#define UDP_STATS 0
#define TCP_STATS 0
#define SYS_STATS 0
#define LWIP_NO_CTYPE_H 0

// Sequence numbers, ports and DNS identifiers are guessed by attackers: they come from network_random().
uint32_t network_random(void);
#define LWIP_RAND() network_random()

// Sees each packet before lwIP does, and keeps frames for what waits for no script (network.c).
#define LWIP_HOOK_FILENAME "lwip_hooks.h"

#endif
