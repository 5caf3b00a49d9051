/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses and routes of the namespace in which the socket was opened. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "net/ipnet.h"
#include "net/nlm.h"

/* Give link @index the address @n; IPv6 without duplicate detection, since leases are unique. One
 * that is there already is fine. */
int addr_add(struct nl *nl, unsigned index, const struct ipnet *n, struct zerr *e);
/* Take it back; one that is not there is fine. */
int addr_remove(struct nl *nl, unsigned index, const struct ipnet *n, struct zerr *e);
/* Default route by @gateway on link @index; @onlink: it is there, although no subnet says so. */
int addr_add_default(struct nl *nl, unsigned index, const struct ipnet *gateway, bool onlink,
		     struct zerr *e);
/* Route to @n, directly on link @index. -EEXIST when it is routed already. */
int addr_add_route(struct nl *nl, unsigned index, const struct ipnet *n, struct zerr *e);
/* Answer for @n on link @index (proxy ARP, proxy neighbour discovery), or no longer. */
int addr_speak_for(struct nl *nl, unsigned index, const struct ipnet *n, bool on, struct zerr *e);

/* One address or one route to hosts of this machine or elsewhere. */
struct addr_entry {
	struct ipnet net; /* a route's destination, prefix 0 for a default route */
	unsigned index;	  /* of its link; 0: several */
	bool global;	  /* an address of global scope, no loopback */
	bool lasting;	  /* an address or route that somebody set, for good */
	bool tentative;	  /* an address that is not known to be nobody else's */
	bool by_ra;	  /* a route learnt from a router advertisement */
};
/* What an RTM_NEWADDR or RTM_NEWROUTE message says. 0, -ENOENT when it is of no interest (another
 * family, a route to nowhere), or -EPROTO. */
int addr_parse(const struct nlmsghdr *h, struct addr_entry *ret);
int addr_parse_route(const struct nlmsghdr *h, struct addr_entry *ret);

/* 0 to go on, -errno to end the dump. */
typedef int addr_fn(const struct addr_entry *a, void *arg);

/* All addresses, of both families. -EAGAIN: complete, but it changed meanwhile. */
int addr_list(struct nl *nl, addr_fn *fn, void *arg, struct zerr *e);
/* All unicast and local routes of @family in all tables. As above. */
int addr_list_routes(struct nl *nl, int family, addr_fn *fn, void *arg, struct zerr *e);
