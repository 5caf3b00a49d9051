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
	char kind[16];		      /* "bridge", "veth", … or "" */
	uint8_t mac[6], fixed_mac[6]; /* fixed: in the hardware; zero: not known */
	unsigned master;	      /* index of the bridge or the like that it is a port of */
	bool up, carrier;
	bool vlan_aware; /* a bridge */
	bool ipv6;	 /* IPv6 is there and not disabled on it */
	bool alias;	 /* link_find() was given one of its alternative names */
	uint64_t rx_bytes, tx_bytes, rx_packets, tx_packets, rx_dropped, tx_dropped;
};

/* A veth pair of which one end is made in another network namespace. */
struct veth {
	const char *name; /* this end, up */
	unsigned master;  /* that it is a port of, or 0 */
	unsigned mtu;	  /* this end */
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
/* A link that is made of another. */
struct child {
	const char *kind, *name;
	unsigned parent;
	const uint8_t *mac; /* NULL: the parent's */
	unsigned mtu;	    /* 0: the parent's */
	uint16_t attribute; /* of its kind, 0: none */
	const void *value;
	size_t len;
	int netns_fd;
};
/* Make it inside another network namespace, down. -EEXIST when the name is taken, or what it is
 * of its parent. */
int link_add_child(struct nl *nl, const struct child *c, struct zerr *e);

/* What may be changed of a link; 0 and NULL leave it as it is. */
struct link_change {
	const char *name;
	const uint8_t *mac;
	unsigned mtu;
	int netns_fd; /* where it goes; 0: it stays */
	bool up, down;
};
/* All by one message, the move first. */
int link_set(struct nl *nl, unsigned index, const struct link_change *c, struct zerr *e);
/* Call @fn for each link. 0, or what @fn returned when not 0. -EAGAIN: complete, but it changed
 * meanwhile. */
int link_each(struct nl *nl, int (*fn)(const struct link_info *link, void *arg), void *arg,
	      struct zerr *e);

/* A bridge without STP, down, with a MAC that ports do not change. -EOPNOTSUPP when the kernel has
 * no bridges, or none that know VLANs. */
int link_add_bridge(struct nl *nl, const char *name, const uint8_t mac[static 6], bool vlan_aware,
		    struct zerr *e);
/* Set @index up; @mtu 0 leaves that as it is. */
int link_up(struct nl *nl, unsigned index, unsigned mtu, struct zerr *e);
int link_add_alias(struct nl *nl, unsigned index, const char *alias, struct zerr *e);
/* All alternative names of @index, with spaces between them (none has one). 0, -ERANGE. */
int link_aliases(struct nl *nl, unsigned index, char *ret, size_t room, struct zerr *e);
/* Take all alternative names of @index away. */
int link_drop_aliases(struct nl *nl, unsigned index, struct zerr *e);
/* A missing link is fine. */
int link_delete(struct nl *nl, unsigned index, struct zerr *e);
/* 0 when the kernel can make links of @kind (it loads the module), -EOPNOTSUPP when not; makes
 * none. */
int link_probe(struct nl *nl, const char *kind, struct zerr *e);
