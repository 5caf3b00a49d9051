/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links: bridges, veth pairs, up, delete. By index where one is known. */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "net/nlm.h"

#define LINK_LO 1 /* the loopback device has this index in every namespace */

struct link_info {
	unsigned index;
	unsigned peer; /* index of a veth's other end, in its namespace; 0: unknown */
	unsigned mtu;
	char name[IFNAMSIZ];
	char kind[16]; /* "bridge", "veth", … or "" */
	uint8_t mac[6];
	bool vlan_aware; /* a bridge */
	bool ipv6;	 /* IPv6 is there and not disabled on it */
	bool alias;	 /* link_find() was given one of its alternative names */
	uint64_t rx_bytes, tx_bytes, rx_packets, tx_packets, rx_dropped, tx_dropped;
};

/* A veth pair of which one end is made in another network namespace. */
struct veth {
	const char *name; /* this end, a port of @master, up */
	unsigned master;
	unsigned mtu; /* this end */
	const char *peer_name;
	const uint8_t *peer_mac;
	unsigned peer_mtu;
	int netns_fd;
};

/* What an RTM_NEWLINK message says. 0 or -EPROTO. */
int link_parse(const struct nlmsghdr *h, const char *alias, struct link_info *ret);

/* Look @name up. 0, -ENODEV, or -errno. */
int link_get(struct nl *nl, const char *name, struct link_info *ret, struct zerr *e);
/* Look @index up, with counters; @ret->alias says whether @alias (may be NULL) is an alternative
 * name. 0, -ENODEV, or -errno. */
int link_find(struct nl *nl, unsigned index, const char *alias, struct link_info *ret,
	      struct zerr *e);

/* One message makes the pair; the peer stays down. -EEXIST when a name is taken, -EXFULL when the
 * bridge is full. */
int link_add_veth(struct nl *nl, const struct veth *v, struct zerr *e);
/* A bridge without STP, down, with a MAC that ports do not change. -EOPNOTSUPP when the kernel has
 * no bridges, or none that know VLANs. */
int link_add_bridge(struct nl *nl, const char *name, const uint8_t mac[static 6], bool vlan_aware,
		    struct zerr *e);
/* Set @index up; @mtu 0 leaves that as it is. */
int link_up(struct nl *nl, unsigned index, unsigned mtu, struct zerr *e);
int link_add_alias(struct nl *nl, unsigned index, const char *alias, struct zerr *e);
/* A missing link is fine. */
int link_delete(struct nl *nl, unsigned index, struct zerr *e);
/* 0 when the kernel can make links of @kind (it loads the module), -EOPNOTSUPP when not; makes
 * none. */
int link_probe(struct nl *nl, const char *kind, struct zerr *e);
