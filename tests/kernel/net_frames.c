/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames by hand: RFC 826, 791, 8200, 4861, 2131, 8415; IEEE 802.1Q. */
#include "net_frames.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "conf/spec.h"

const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };
const uint8_t stranger[6] = { 2, 0, 0, 0, 0, 0x66 };

void put(struct frame *f, const void *data, size_t len)
{
	assert_true(f->n + len <= sizeof(f->b));
	memcpy(f->b + f->n, data, len);
	f->n += len;
}

void put8(struct frame *f, uint8_t v)
{
	put(f, &v, 1);
}

static void put16(struct frame *f, uint16_t v)
{
	v = htons(v);
	put(f, &v, 2);
}

static void put32(struct frame *f, uint32_t v)
{
	v = htonl(v);
	put(f, &v, 4);
}

void eth(struct frame *f, const uint8_t *dst, const uint8_t *src, uint16_t type)
{
	put(f, dst, 6);
	put(f, src, 6);
	put16(f, type);
}

void ip4(struct frame *f, const struct ipnet *src, const uint8_t *dst, uint8_t protocol)
{
	uint32_t sum = 0;

	put8(f, 0x45);
	put8(f, 0);
	put16(f, (uint16_t)(FRAME_N - (f->n - 2)));
	put32(f, 0);
	put8(f, 64);
	put8(f, protocol);
	put16(f, 0);
	put(f, src->addr, 4);
	put(f, dst, 4);
	/* br_netfilter drops what has a wrong checksum */
	for (size_t i = f->n - 20; i < f->n; i += 2)
		sum += (uint32_t)(f->b[i] << 8 | f->b[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16)) & 0xffff;
	f->b[f->n - 10] = (uint8_t)(sum >> 8);
	f->b[f->n - 9] = (uint8_t)sum;
}

static void ip6(struct frame *f, const struct ipnet *src, const uint8_t *dst, uint8_t next,
		uint8_t hops)
{
	put32(f, 6U << 28);
	put16(f, (uint16_t)(FRAME_N - (f->n + 36)));
	put8(f, next);
	put8(f, hops);
	put(f, src->addr, 16);
	put(f, dst, 16);
}

static void arp(struct frame *f, uint16_t op, const uint8_t *mac, const struct ipnet *ip,
		const struct ipnet *target)
{
	put16(f, 1);
	put16(f, ETH_P_IP);
	put8(f, 6);
	put8(f, 4);
	put16(f, op);
	put(f, mac, 6);
	put(f, ip->addr, 4);
	put(f, broadcast, 6);
	put(f, target->addr, 4);
}

static void icmp6(struct frame *f, uint8_t type, const uint8_t *target)
{
	put8(f, type);
	put8(f, 0);
	put16(f, 0);
	put32(f, 0x60000000); /* an advertisement: solicited, override */
	if (target)
		put(f, target, 16);
}

static void udp(struct frame *f, uint16_t from, uint16_t to)
{
	put16(f, from);
	put16(f, to);
	put16(f, 100);
	put16(f, 0);
}

static const uint8_t all4[4] = { 255, 255, 255, 255 };
static const uint8_t all6[16] = { 0xff, 2, [15] = 1 };
static const struct ipnet none6 = { .family = AF_INET6 };

/* ---- what a zone may send -------------------------------------------------------------------- */

static void honest_ipv4(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IP);
	ip4(f, &p->a4, p->b4.addr, IPPROTO_TCP);
}

void honest_arp(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_ARP);
	arp(f, 1, p->mac_a, &p->a4, &p->b4);
}

static void arp_probe(struct frame *f, const struct play *p)
{
	static const struct ipnet zero = { .family = AF_INET };

	eth(f, broadcast, p->mac_a, ETH_P_ARP);
	arp(f, 1, p->mac_a, &zero, &p->a4);
}

static void dhcp_discover(struct frame *f, const struct play *p)
{
	static const struct ipnet zero = { .family = AF_INET };

	eth(f, broadcast, p->mac_a, ETH_P_IP);
	ip4(f, &zero, all4, IPPROTO_UDP);
	udp(f, 68, 67);
}

static void honest_ipv6(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IPV6);
	ip6(f, &p->a6, p->b6.addr, IPPROTO_TCP, 64);
}

static void honest_local(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IPV6);
	ip6(f, &p->local_a, all6, IPPROTO_UDP, 64);
	udp(f, 546, 547); /* a client */
}

static void honest_advert(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IPV6);
	ip6(f, &p->a6, all6, IPPROTO_ICMPV6, 255);
	icmp6(f, 136, p->a6.addr);
}

static void honest_probe(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IPV6);
	ip6(f, &none6, all6, IPPROTO_ICMPV6, 255);
	icmp6(f, 135, p->a6.addr);
}

static void fragment_of_ping(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IPV6);
	ip6(f, &p->a6, all6, IPPROTO_FRAGMENT, 64);
	put8(f, IPPROTO_ICMPV6);
	put8(f, 0);
	put16(f, 1);
	put32(f, 7);
	icmp6(f, 128, NULL);
}

build_fn *const honest[] = {
	honest_ipv4,  honest_arp,    arp_probe,	   dhcp_discover,    honest_ipv6,
	honest_local, honest_advert, honest_probe, fragment_of_ping, NULL,
};

/* ---- what it may not ------------------------------------------------------------------------- */

static void foreign_mac(struct frame *f, const struct play *p)
{
	eth(f, broadcast, stranger, ETH_P_IP);
	ip4(f, &p->a4, p->b4.addr, IPPROTO_TCP);
}

static void mac_of_victim(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_b, ETH_P_IPV6);
	ip6(f, &p->a6, all6, IPPROTO_TCP, 64);
}

static void arp_for_gateway(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_ARP);
	arp(f, 2, p->mac_a, &p->gateway4, &p->b4);
}

static void arp_request_as_victim(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_ARP);
	arp(f, 1, p->mac_a, &p->b4, &p->gateway4);
}

/* The frame is the zone's, what is claimed inside is another hardware address for its own. */
static void arp_other_mac(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_ARP);
	arp(f, 2, stranger, &p->a4, &p->b4);
}

/* Lengths that shift what the fields are. */
static void arp_odd_lengths(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_ARP);
	arp(f, 2, p->mac_a, &p->a4, &p->b4);
	f->b[14 + 4] = 4;
}

static void ipv4_as_victim(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IP);
	ip4(f, &p->b4, p->gateway4.addr, IPPROTO_TCP);
}

static void ipv6_as_victim(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IPV6);
	ip6(f, &p->b6, all6, IPPROTO_TCP, 64);
}

static void ipv6_other_local(struct frame *f, const struct play *p)
{
	struct ipnet local = p->local_a;

	local.addr[15] ^= 1;
	eth(f, broadcast, p->mac_a, ETH_P_IPV6);
	ip6(f, &local, all6, IPPROTO_TCP, 64);
}

static void advert_for_gateway(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IPV6);
	ip6(f, &p->a6, all6, IPPROTO_ICMPV6, 255);
	icmp6(f, 136, p->gateway6.addr);
}

/* "It is not free": keeps the victim from its own address. */
static void probe_for_victim(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IPV6);
	ip6(f, &none6, all6, IPPROTO_ICMPV6, 255);
	icmp6(f, 135, p->b6.addr);
}

static void solicit_as_victim(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IPV6);
	ip6(f, &p->b6, all6, IPPROTO_ICMPV6, 255);
	icmp6(f, 135, p->gateway6.addr);
}

static void unspecified_tcp(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IPV6);
	ip6(f, &none6, all6, IPPROTO_TCP, 64);
}

static void router_advert(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IPV6);
	ip6(f, &p->local_a, all6, IPPROTO_ICMPV6, 255);
	icmp6(f, 134, NULL);
}

/* Behind options (RFC 7113, 2). */
static void router_advert_hidden(struct frame *f, const struct play *p)
{
	static const uint8_t options[8] = { IPPROTO_DSTOPTS, 0, 1, 4 };
	static const uint8_t more[8] = { IPPROTO_ICMPV6, 0, 1, 4 };

	eth(f, broadcast, p->mac_a, ETH_P_IPV6);
	ip6(f, &p->local_a, all6, IPPROTO_HOPOPTS, 255);
	put(f, options, 8);
	put(f, more, 8);
	icmp6(f, 134, NULL);
}

static void router_advert_in_fragments(struct frame *f, const struct play *p)
{
	static const uint8_t options[8] = { IPPROTO_ICMPV6, 0, 1, 4 };

	eth(f, broadcast, p->mac_a, ETH_P_IPV6);
	ip6(f, &p->local_a, all6, IPPROTO_FRAGMENT, 255);
	put8(f, IPPROTO_DSTOPTS); /* what it is only comes with the next */
	put8(f, 0);
	put16(f, 1);
	put32(f, 7);
	put(f, options, 8);
}

static void dhcp_offer(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IP);
	ip4(f, &p->a4, all4, IPPROTO_UDP);
	udp(f, 67, 68);
}

static void dhcp_offer_other_port(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IP);
	ip4(f, &p->a4, all4, IPPROTO_UDP);
	udp(f, 5000, 68);
}

static void dhcp6_reply(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_IPV6);
	ip6(f, &p->local_a, all6, IPPROTO_UDP, 64);
	udp(f, 547, 546);
}

static void tagged(struct frame *f, const struct play *p, uint16_t outer)
{
	eth(f, broadcast, p->mac_a, outer);
	put16(f, 5);
	put16(f, ETH_P_ARP);
	arp(f, 1, p->mac_a, &p->a4, &p->b4);
}

static void vlan_tag(struct frame *f, const struct play *p)
{
	tagged(f, p, ETH_P_8021Q);
}

static void provider_tag(struct frame *f, const struct play *p)
{
	tagged(f, p, ETH_P_8021AD);
}

static void priority_tag(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, ETH_P_8021Q);
	put16(f, 0); /* no VLAN: many receivers take it for an untagged frame */
	put16(f, ETH_P_IP);
	ip4(f, &p->b4, p->gateway4.addr, IPPROTO_TCP);
}

static void other_type(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, 0x88b5);
}

static void by_length(struct frame *f, const struct play *p)
{
	eth(f, broadcast, p->mac_a, 64); /* 802.3, no type */
}

#define OPEN(member) offsetof(struct nic_open, member)

const struct attack attacks[] = {
	{ "foreign mac", foreign_mac, OPEN(mac) },
	{ "mac of victim", mac_of_victim, OPEN(mac) },
	{ "arp for gateway", arp_for_gateway, OPEN(ipv4) },
	{ "arp request as victim", arp_request_as_victim, OPEN(ipv4) },
	{ "arp with other mac", arp_other_mac, OPEN(mac) },
	{ "arp of odd lengths", arp_odd_lengths, OPEN(ipv4) },
	{ "ipv4 as victim", ipv4_as_victim, OPEN(ipv4) },
	{ "ipv6 as victim", ipv6_as_victim, OPEN(ipv6) },
	{ "ipv6 of other link-local", ipv6_other_local, OPEN(ipv6) },
	{ "advert for gateway", advert_for_gateway, OPEN(ipv6) },
	{ "probe for victim", probe_for_victim, OPEN(ipv6) },
	{ "solicitation as victim", solicit_as_victim, OPEN(ipv6) },
	{ "tcp of nobody", unspecified_tcp, OPEN(ipv6) },
	{ "router advert", router_advert, OPEN(ra) },
	{ "hidden router advert", router_advert_hidden, OPEN(ra) },
	{ "router advert in fragments", router_advert_in_fragments, OPEN(ra) },
	{ "dhcp offer", dhcp_offer, OPEN(dhcp) },
	{ "dhcp offer from other port", dhcp_offer_other_port, OPEN(dhcp) },
	{ "dhcpv6 reply", dhcp6_reply, OPEN(dhcp) },
	{ "vlan tag", vlan_tag, OPEN(ethertype) },
	{ "802.1ad tag", provider_tag, OPEN(ethertype) },
	{ "priority tag", priority_tag, OPEN(ethertype) },
	{ "other type", other_type, OPEN(ethertype) },
	{ "802.3 by length", by_length, OPEN(ethertype) },
	{ NULL, NULL, 0 },
};
