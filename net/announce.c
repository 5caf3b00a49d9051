/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Announcements without a packet socket, whose close waits for RCU, 5 to 20 ms: for ARP the kernel
 * is made to ask for the address itself, which is what RFC 5227 calls an announcement; IPv6 has raw
 * sockets for it (RFC 4861, 7.2.6).
 */
#include "net/announce.h"

#include <linux/ethtool.h>
#include <linux/neighbour.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/own.h"

#define HOPS 255 /* what came from farther away is ignored */

/* A bridge passes nothing from a port before the kernel's worker has seen its carrier; asked for
 * it, the kernel looks at once. */
static void look_at_carrier(const char *port)
{
	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_value value = { .cmd = ETHTOOL_GLINK };
	struct ifreq q = { .ifr_data = (char *)&value };

	(void)snprintf(q.ifr_name, sizeof(q.ifr_name), "%s", port);
	if (fd >= 0)
		(void)ioctl(fd, SIOCETHTOOL, &q); /* without it it takes a moment longer */
}

/* The neighbour that is asked for is the link itself: it is forgotten once the question is out. */
static int by_arp(struct nl *nl, const struct announcement *a, struct zerr *e)
{
	const struct ndmsg nd = { .ndm_family = AF_INET,
				  .ndm_ifindex = (int)a->index,
				  .ndm_flags = NTF_USE };
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_NEWNEIGH, NLM_F_CREATE, &nd, sizeof(nd));
	nlm_put(&m, NDA_DST, a->ipv4->addr, 4);
	r = nl_call(nl, &m, NULL, NULL, e);
	if (r < 0)
		return r;
	nlm_begin(&m, RTM_DELNEIGH, 0, &nd, sizeof(nd));
	nlm_put(&m, NDA_DST, a->ipv4->addr, 4);
	r = nl_call(nl, &m, NULL, NULL, e);
	return r == -ENOENT ? 0 : r;
}

static int open_here(void *arg, struct zerr *e)
{
	const int hops = HOPS, off = 0;
	AUTO_CLOSE int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);

	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &off, sizeof(off)) < 0)
		return zerr_sys(e, "socket for neighbours");
	*(int *)arg = own_take_fd(&fd);
	return 0;
}

/* An advertisement with the one option that it is for. */
struct advert {
	struct nd_neighbor_advert head;
	struct nd_opt_hdr option;
	uint8_t mac[6];
};

static int by_advert(int netns_fd, const struct announcement *a, struct zerr *e)
{
	struct sockaddr_in6 all = { .sin6_family = AF_INET6,
				    .sin6_addr = { { { 0xff, 2, [15] = 1 } } } };
	struct advert n = { .option = { ND_OPT_TARGET_LINKADDR, 1 } };
	struct in6_pktinfo from = { .ipi6_ifindex = a->index };
	_Alignas(struct cmsghdr) char aside[CMSG_SPACE(sizeof(from))] = { 0 };
	struct iovec iov = { &n, sizeof(n) };
	struct msghdr m = { .msg_name = &all,
			    .msg_namelen = sizeof(all),
			    .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = aside,
			    .msg_controllen = sizeof(aside) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	AUTO_CLOSE int fd = -1;
	int r = netns_do(netns_fd, open_here, &fd, e);

	if (r < 0)
		return r;
	n.head.nd_na_type = ND_NEIGHBOR_ADVERT;
	n.head.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE;
	memcpy(&n.head.nd_na_target, a->ipv6->addr, 16);
	memcpy(n.mac, a->mac, sizeof(n.mac));
	memcpy(&from.ipi6_addr, a->ipv6->addr, 16);
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(from));
	memcpy(CMSG_DATA(c), &from, sizeof(from));
	return sendmsg(fd, &m, MSG_DONTWAIT) < 0 ? zerr_sys(e, "send") : 0;
}

int announce(struct nl *nl, int netns_fd, const struct announcement *a, struct zerr *e)
{
	int r = 0;

	if (*a->port)
		look_at_carrier(a->port);
	if (a->ipv4->family)
		r = by_arp(nl, a, e);
	if (r == 0 && a->ipv6->family)
		r = by_advert(netns_fd, a, e);
	return zerr_in(e, r, "tell neighbours");
}
