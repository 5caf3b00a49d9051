/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking at NICs that are plugged in: counters of the host's end, addresses as the zone has them
 * (nothing of which is trusted). */
#include <string.h>

#include "base/own.h"
#include "net/addr.h"
#include "net/guard.h"
#include "net/ident.h"
#include "net/link.h"
#include "net/net.h"
#include "net/nlm.h"
#include "net/use.h"

#define ADDRESSES_MAX 128 /* of a zone, that are reported */

int net_mac(const struct net_env *env, const char *zone, const struct net_link *link,
	    char ret[static 18])
{
	AUTO_FREE char *user = note_name(zone, link->nic, link->ifindex);
	struct zerr unused = { 0 };
	struct note n;

	if (!user || use_load(env, link->network, user, &n, &unused) < 0 ||
	    memcmp(n.mac, (const uint8_t[6]){ 0 }, sizeof(n.mac)) == 0)
		return -ENOENT;
	(void)mac_text(n.mac, ret);
	return 0;
}

int net_count(const struct net_env *env, const char *zone, const struct net_link *link,
	      struct net_counters *ret)
{
	AUTO_NL struct nl nl = { 0 };
	struct note n = { .index = link->ifindex };
	struct zerr unused = { 0 };
	struct link_info info;
	uint64_t refused;

	(void)env;
	if (!*link->host_name || nl_open(&nl, &unused) < 0 ||
	    link_find(&nl, link->ifindex, zone, &info, &unused) < 0 ||
	    (!str_eq(info.name, link->host_name) && !info.alias))
		return -ENODEV;
	memcpy(n.host_name, link->host_name, sizeof(n.host_name));
	const bool guarded = guard_count(&n, &refused) == 0;
	const uint64_t lost = info.rx_dropped + info.tx_dropped;

	*ret = (struct net_counters){ .rx_bytes = info.tx_bytes,
				      .tx_bytes = info.rx_bytes,
				      .rx_packets = info.tx_packets,
				      .tx_packets = info.rx_packets,
				      .drops = guarded ? lost + refused : UINT64_MAX };
	return 0;
}

int net_count_inside(int netns_fd, const char *nic, struct net_counters *ret)
{
	AUTO_NL struct nl inside = { 0 };
	struct zerr unused = { 0 };
	struct link_info info;
	int r = nl_open_in(&inside, netns_fd, &unused);

	if (r == 0)
		r = link_get(&inside, nic, &info, &unused); /* without counters */
	if (r == 0)
		r = link_find(&inside, info.index, NULL, &info, &unused);
	if (r < 0)
		return -ENODEV;
	*ret = (struct net_counters){ info.rx_bytes, info.tx_bytes, info.rx_packets,
				      info.tx_packets, info.rx_dropped + info.tx_dropped };
	return 0;
}

struct address_lists {
	struct strv *ipv4, *ipv6;
};

static int take_address(const struct addr_entry *a, void *arg)
{
	const struct address_lists *lists = arg;
	struct strv *list = a->net.family == AF_INET ? lists->ipv4 : lists->ipv6;
	char text[IPNET_TEXT];

	if (!a->global)
		return 0;
	if (lists->ipv4->n + lists->ipv6->n >= ADDRESSES_MAX)
		return -E2BIG;
	(void)ipnet_address(&a->net, text);
	return strv_has(list, text) ? 0 : strv_add(list, text);
}

struct looking {
	unsigned index;
	bool any, tentative;
};

static int look(const struct addr_entry *a, void *arg)
{
	struct looking *l = arg;

	if (a->index == l->index && a->global) {
		l->any = true;
		l->tentative |= a->tentative;
	}
	return 0;
}

int net_is_ready(int netns_fd, const char *nic, bool wants, struct zerr *e)
{
	AUTO_NL struct nl inside = { 0 };
	struct link_info link;
	struct looking l = { 0 };
	int r = nl_open_in(&inside, netns_fd, e);

	if (r == 0)
		r = link_get(&inside, nic, &link, e);
	if (r < 0)
		return r == -ENODEV ? NET_GONE : r;
	if (!link.carrier)
		return NET_CARRIER;
	l.index = link.index;
	r = addr_list(&inside, look, &l, e);
	if (r < 0 && r != -EAGAIN)
		return r;
	return l.tentative || r == -EAGAIN ? NET_TENTATIVE
	       : wants && !l.any	   ? NET_ADDRESS
					   : NET_READY;
}

int net_addresses(int netns_fd, struct strv *ret_ipv4, struct strv *ret_ipv6, struct zerr *e)
{
	AUTO_NL struct nl inside = { 0 };
	struct address_lists lists = { ret_ipv4, ret_ipv6 };
	int r = nl_open_in(&inside, netns_fd, e);

	if (r == 0)
		r = addr_list(&inside, take_address, &lists, e);
	/* changed meanwhile, or more than anybody wants to read: what we have will do */
	return r == -EAGAIN || r == -E2BIG ? 0 : r;
}
