/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A zone's NIC: made inside the zone's network namespace in one message, set up through a socket
 * that was opened there. The zone's init does not run yet, so nothing in there is hostile; what
 * reads a running zone (net_addresses) trusts nothing.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "base/sig.h"
#include "net/addr.h"
#include "net/bridge.h"
#include "net/ident.h"
#include "net/link.h"
#include "net/net.h"

#define GENERATIONS   8	  /* names tried: a former generation's link may still be on its way out */
#define ADDRESSES_MAX 128 /* of a zone, that are reported */

/* A lease, parsed. */
struct nic {
	const char *name;
	uint8_t mac[6];
	unsigned mtu;
	struct ipnet ipv4, ipv6, gateway4, gateway6; /* family 0: none */
};

static bool parse_or_none(struct ipnet *ret, const char *text)
{
	*ret = (struct ipnet){ 0 };
	return !*text || ipnet_parse(ret, text) == 0;
}

static int parse_lease(const struct net_lease *l, struct nic *ret, struct zerr *e)
{
	ret->name = l->nic;
	ret->mtu = l->mtu;
	if (!*l->nic || mac_parse(ret->mac, l->mac) < 0 || !parse_or_none(&ret->ipv4, l->ipv4) ||
	    !parse_or_none(&ret->ipv6, l->ipv6) || !parse_or_none(&ret->gateway4, l->gateway4) ||
	    !parse_or_none(&ret->gateway6, l->gateway6))
		return zerr_set(e, EINVAL, "the lease is damaged");
	return 0;
}

/* EEXIST has two causes; say which it was. */
static int explain_taken(const struct veth *v, struct zerr *e)
{
	AUTO_NL struct nl inside = { 0 };
	struct link_info link;
	int r;

	r = nl_open_in(&inside, v->netns_fd, e);
	if (r < 0)
		return r;
	if (link_get(&inside, v->peer_name, &link, e) == 0)
		return zerr_set(e, EEXIST, "the zone has an interface %s already", v->peer_name);
	return zerr_set(e, EEXIST, "%u interface names up to %s are all in use", GENERATIONS,
			v->name);
}

static int make_veth(struct nl *nl, unsigned slot, unsigned generation, struct veth *v,
		     char name[static IFNAMSIZ], struct zerr *e)
{
	int r = -EEXIST;

	v->name = name;
	for (unsigned i = 0; i < GENERATIONS && r == -EEXIST; i++) {
		if (snprintf(name, IFNAMSIZ, "z%u.%u", slot, generation + i) >= IFNAMSIZ)
			return zerr_set(e, ERANGE, "z%u.%u is too long for an interface name", slot,
					generation + i);
		r = link_add_veth(nl, v, e);
	}
	if (r == -EEXIST)
		return explain_taken(v, e);
	if (r == -EXFULL)
		return zerr_set(e, EXFULL, "the network is full: a bridge takes 1023 interfaces");
	if (r == -EOPNOTSUPP)
		return zerr_as(e, ZERR_HOST, "the host's kernel has no veth interfaces");
	return r;
}

/* Everything inside: loopback and the NIC up, addresses, routes. */
static int set_up(struct nl *inside, const struct nic *nic, unsigned index, bool ipv6,
		  struct zerr *e)
{
	int r;

	r = link_up(inside, LINK_LO, 0, e);
	if (r == 0)
		r = link_up(inside, index, 0, e);
	if (r == 0 && nic->ipv4.family)
		r = addr_add(inside, index, &nic->ipv4, e);
	if (r == 0 && nic->ipv6.family && ipv6)
		r = addr_add(inside, index, &nic->ipv6, e);
	if (r == 0 && nic->gateway4.family)
		r = addr_add_default(inside, index, &nic->gateway4, e);
	if (r == 0 && nic->gateway6.family && ipv6)
		r = addr_add_default(inside, index, &nic->gateway6, e);
	return r;
}

/* Make the NIC as a port of @bridge. After a failure it is gone. */
static int make_nic(struct nl *nl, const struct link_info *bridge, const struct nic *nic,
		    unsigned slot, unsigned generation, int netns_fd, struct net_link *ret,
		    struct zerr *e)
{
	AUTO_NL struct nl inside = { 0 };
	struct veth v = { .master = bridge->index,
			  .mtu = bridge->mtu,
			  .peer_name = nic->name,
			  .peer_mac = nic->mac,
			  .peer_mtu = nic->mtu,
			  .netns_fd = netns_fd };
	struct zerr second = { 0 };
	struct link_info link;
	int r;

	r = make_veth(nl, slot, generation, &v, ret->host_name, e);
	if (r < 0)
		return r;
	r = nl_open_in(&inside, netns_fd, e);
	if (r == 0)
		r = link_get(&inside, nic->name, &link, e);
	if (r == 0) {
		ret->ifindex = link.peer;
		r = set_up(&inside, nic, link.index, bridge->ipv6 && link.ipv6, e);
	}
	if (r < 0 && link_get(nl, ret->host_name, &link, &second) == 0)
		(void)link_delete(nl, link.index, &second); /* the first error counts */
	return r;
}

/* Say that it is this link which uses the network. After a failure the link is gone. */
static int confirm(struct nl *nl, int users, const char *user, const char *zone,
		   const struct net_link *made, struct zerr *e)
{
	AUTO_FREE char *to = bridge_user(zone, made->nic, made->ifindex);
	struct zerr second = { 0 };
	int r;

	r = to ? bridge_confirm(users, user, to, e) : zerr_code(e, ENOMEM, "note of user");
	if (r < 0)
		(void)link_delete(nl, made->ifindex, &second); /* the first error counts */
	return r;
}

int net_up(const struct net_env *env, const char *zone, unsigned slot, unsigned generation,
	   const struct net_lease *l, int netns_fd, struct net_link *ret, struct zerr *e)
{
	AUTO_FREE char *user = bridge_user(zone, l->nic, 0);
	AUTO_NL struct nl nl = { 0 };
	AUTO_CLOSE int users = -1;
	struct net_link made = { 0 };
	struct zerr second = { 0 };
	struct link_info bridge;
	struct nic nic;
	int r;

	if (!user)
		return zerr_code(e, ENOMEM, "note of user");
	r = parse_lease(l, &nic, e);
	if (r == 0)
		r = nl_open(&nl, e);
	if (r < 0)
		return r;
	users = bridge_use(env, &nl, l->network, user, &bridge, e);
	if (users < 0)
		return users;
	memcpy(made.nic, l->nic, sizeof(made.nic));
	memcpy(made.network, l->network, sizeof(made.network));
	r = make_nic(&nl, &bridge, &nic, slot, generation, netns_fd, &made, e);
	if (r == 0)
		r = confirm(&nl, users, user, zone, &made, e);
	if (r == -ENOTRECOVERABLE) /* in the wrong namespace: net_forget() by another process */
		return r;
	if (r < 0) {
		steps_hold_signals(true); /* as in bridge_use() */
		(void)bridge_drop(env, &nl, l->network, user, &second);
		steps_hold_signals(false);
		return r;
	}
	/* only a convenience; a name in use is the usual reason */
	if (link_add_alias(&nl, made.ifindex, zone, &second) < 0)
		log_debug("%s: %s", made.host_name, second.msg);
	*ret = made;
	return 0;
}

int net_loopback(int netns_fd, struct zerr *e)
{
	AUTO_NL struct nl inside = { 0 };
	int r;

	r = nl_open_in(&inside, netns_fd, e);
	if (r == 0)
		r = link_up(&inside, LINK_LO, 0, e);
	return zerr_in(e, r, "loopback");
}

int net_alias(int netns_fd, const char *nic, const char *alias, struct zerr *e)
{
	AUTO_NL struct nl inside = { 0 };
	struct link_info link;
	int r;

	r = nl_open_in(&inside, netns_fd, e);
	if (r == 0)
		r = link_get(&inside, nic, &link, e);
	return r == 0 ? link_add_alias(&inside, link.index, alias, e) : r;
}

/* Whether @info is still the link that was made as @link for @zone. */
static bool is_same(const struct net_link *link, const struct link_info *info)
{
	return str_eq(info->kind, "veth") && (str_eq(info->name, link->host_name) || info->alias);
}

static int delete_if_same(struct nl *nl, const char *zone, const struct net_link *link,
			  struct zerr *e)
{
	struct link_info info;
	int r;

	r = link_find(nl, link->ifindex, zone, &info, e);
	if (r < 0)
		return r == -ENODEV ? 0 : r;
	if (!is_same(link, &info)) {
		log_debug("link %u is %s now, not %s: left alone", link->ifindex, info.name,
			  link->host_name);
		return 0;
	}
	return link_delete(nl, link->ifindex, e);
}

int net_down(const struct net_env *env, const char *zone, const struct net_link *link,
	     bool delete_link, struct zerr *e)
{
	AUTO_FREE char *user = bridge_user(zone, link->nic, link->ifindex);
	AUTO_NL struct nl nl = { 0 };
	struct zerr second = { 0 };
	int r, q;

	if (!user)
		return zerr_code(e, ENOMEM, "note of user");
	r = nl_open(&nl, e);
	if (r < 0)
		return r;
	if (delete_link)
		r = delete_if_same(&nl, zone, link, e);
	q = bridge_drop(env, &nl, link->network, user, r < 0 ? &second : e);
	return r < 0 ? r : q;
}

int net_forget(const struct net_env *env, const char *zone, struct zerr *e)
{
	AUTO_NL struct nl nl = { 0 };
	const int r = nl_open(&nl, e);

	return r < 0 ? r : bridge_forget(env, &nl, zone, e);
}

int net_count(const struct net_link *link, struct net_counters *ret)
{
	AUTO_NL struct nl nl = { 0 };
	struct zerr unused = { 0 };
	struct link_info info;

	if (nl_open(&nl, &unused) < 0 || link_find(&nl, link->ifindex, NULL, &info, &unused) < 0 ||
	    !is_same(link, &info))
		return -ENODEV;
	*ret = (struct net_counters){ .rx_bytes = info.tx_bytes,
				      .tx_bytes = info.rx_bytes,
				      .rx_packets = info.tx_packets,
				      .tx_packets = info.rx_packets,
				      .drops = info.rx_dropped + info.tx_dropped };
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

int net_addresses(int netns_fd, struct strv *ret_ipv4, struct strv *ret_ipv6, struct zerr *e)
{
	AUTO_NL struct nl inside = { 0 };
	struct address_lists lists = { ret_ipv4, ret_ipv6 };
	int r;

	r = nl_open_in(&inside, netns_fd, e);
	if (r == 0)
		r = addr_list(&inside, take_address, &lists, e);
	/* changed meanwhile, or more than anybody wants to read: what we have will do */
	return r == -EAGAIN || r == -E2BIG ? 0 : r;
}
