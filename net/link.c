/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links by netlink. Who may be deleted is the callers' question. */
#include "net/link.h"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>

#define ALIAS_ROOM 128 /* the kernel's ALTIFNAMSIZ */

struct link_query {
	struct link_info *ret;
	const char *alias;
};

static void copy_text(char *to, size_t room, const struct nlattr *a)
{
	const char *text = nlm_get_str(a);

	if (text && strlen(text) < room)
		memcpy(to, text, strlen(text) + 1);
}

/* IFLA_AF_SPEC has what sysctl shows below net.ipv6.conf for this link, and nothing when IPv6 is
 * off. */
static bool has_ipv6(const struct nlattr *spec)
{
	const struct nlattr *families[AF_INET6 + 1], *tb[IFLA_INET6_CONF + 1];
	const int32_t *conf;

	nlm_nested(spec, families, AF_INET6);
	nlm_nested(families[AF_INET6], tb, IFLA_INET6_CONF);
	conf = nlm_get(tb[IFLA_INET6_CONF], (DEVCONF_DISABLE_IPV6 + 1) * sizeof(*conf));
	return conf && conf[DEVCONF_DISABLE_IPV6] == 0;
}

static void take_counters(const struct nlattr *a, struct link_info *ret)
{
	struct rtnl_link_stats64 s;
	const void *data = nlm_get(a, offsetof(struct rtnl_link_stats64, multicast));

	if (!data)
		return;
	memcpy(&s, data, offsetof(struct rtnl_link_stats64, multicast)); /* may be unaligned */
	ret->rx_bytes = s.rx_bytes;
	ret->tx_bytes = s.tx_bytes;
	ret->rx_packets = s.rx_packets;
	ret->tx_packets = s.tx_packets;
	ret->rx_dropped = s.rx_dropped;
	ret->tx_dropped = s.tx_dropped;
}

static uint8_t get_u8(const struct nlattr *a)
{
	const uint8_t *value = nlm_get(a, 1);

	return value ? *value : 0;
}

static bool is_vlan_aware(const struct nlattr *data)
{
	const struct nlattr *tb[IFLA_BR_VLAN_FILTERING + 1];

	nlm_nested(data, tb, IFLA_BR_VLAN_FILTERING);
	return get_u8(tb[IFLA_BR_VLAN_FILTERING]);
}

int link_parse(const struct nlmsghdr *h, const char *alias, struct link_info *ret)
{
	const struct nlattr *tb[IFLA_PERM_ADDRESS + 1], *info[IFLA_INFO_DATA + 1];
	const struct ifinfomsg *ifi = NLMSG_DATA(h);
	struct link_info link = { 0 };
	const void *mac;

	if (h->nlmsg_type != RTM_NEWLINK || nlm_attrs(h, sizeof(*ifi), tb, IFLA_PERM_ADDRESS) < 0)
		return -EPROTO;
	link.index = (unsigned)ifi->ifi_index;
	link.peer = nlm_get_u32(tb[IFLA_LINK], 0);
	link.mtu = nlm_get_u32(tb[IFLA_MTU], 0);
	link.master = nlm_get_u32(tb[IFLA_MASTER], 0);
	link.up = ifi->ifi_flags & IFF_UP;
	link.carrier = get_u8(tb[IFLA_CARRIER]);
	copy_text(link.name, sizeof(link.name), tb[IFLA_IFNAME]);
	nlm_nested(tb[IFLA_LINKINFO], info, IFLA_INFO_DATA);
	copy_text(link.kind, sizeof(link.kind), info[IFLA_INFO_KIND]);
	if (str_eq(link.kind, "bridge"))
		link.vlan_aware = is_vlan_aware(info[IFLA_INFO_DATA]);
	mac = nlm_get(tb[IFLA_ADDRESS], sizeof(link.mac));
	if (mac)
		memcpy(link.mac, mac, sizeof(link.mac));
	mac = nlm_get(tb[IFLA_PERM_ADDRESS], sizeof(link.fixed_mac));
	if (mac)
		memcpy(link.fixed_mac, mac, sizeof(link.fixed_mac));
	link.ipv6 = has_ipv6(tb[IFLA_AF_SPEC]);
	link.alias = alias && nlm_has_str(tb[IFLA_PROP_LIST], IFLA_ALT_IFNAME, alias);
	take_counters(tb[IFLA_STATS64], &link);
	*ret = link;
	return 0;
}

static int take_link(const struct nlmsghdr *h, void *arg)
{
	const struct link_query *q = arg;

	return link_parse(h, q->alias, q->ret);
}

int link_get(struct nl *nl, const char *name, struct link_info *ret, struct zerr *e)
{
	const struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct link_query q = { .ret = ret };
	struct nlm m;

	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	nlm_str(&m, IFLA_IFNAME, name);
	nlm_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return zerr_in(e, nl_call(nl, &m, take_link, &q, e), "%s", name);
}

int link_find(struct nl *nl, unsigned index, const char *alias, struct link_info *ret,
	      struct zerr *e)
{
	const struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC, .ifi_index = (int)index };
	struct link_query q = { .ret = ret, .alias = alias };
	struct nlm m;

	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	return zerr_in(e, nl_call(nl, &m, take_link, &q, e), "link %u", index);
}

int link_add_veth(struct nl *nl, const struct veth *v, struct zerr *e)
{
	const struct ifinfomsg ifi = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	const struct ifinfomsg peer = { 0 }; /* IFF_UP here is ENOTCONN */
	struct nlattr *info, *data, *other;
	struct nlm m;

	nlm_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi, sizeof(ifi));
	nlm_str(&m, IFLA_IFNAME, v->name);
	if (v->master)
		nlm_u32(&m, IFLA_MASTER, v->master);
	nlm_u32(&m, IFLA_MTU, v->mtu);
	info = nlm_nest(&m, IFLA_LINKINFO, NULL, 0);
	nlm_str(&m, IFLA_INFO_KIND, "veth");
	data = nlm_nest(&m, IFLA_INFO_DATA, NULL, 0);
	other = nlm_nest(&m, VETH_INFO_PEER, &peer, sizeof(peer));
	nlm_str(&m, IFLA_IFNAME, v->peer_name);
	nlm_put(&m, IFLA_ADDRESS, v->peer_mac, 6);
	nlm_u32(&m, IFLA_MTU, v->peer_mtu);
	nlm_u32(&m, IFLA_NET_NS_FD, (uint32_t)v->netns_fd);
	nlm_end(&m, other);
	nlm_end(&m, data);
	nlm_end(&m, info);
	return zerr_in(e, nl_call(nl, &m, NULL, NULL, e), "create veth %s", v->name);
}

int link_add_child(struct nl *nl, const struct child *c, struct zerr *e)
{
	const struct ifinfomsg ifi = { 0 };
	struct nlattr *info, *data;
	struct nlm m;

	nlm_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi, sizeof(ifi));
	nlm_str(&m, IFLA_IFNAME, c->name);
	nlm_u32(&m, IFLA_LINK, c->parent);
	nlm_u32(&m, IFLA_NET_NS_FD, (uint32_t)c->netns_fd);
	if (c->mac)
		nlm_put(&m, IFLA_ADDRESS, c->mac, 6);
	if (c->mtu)
		nlm_u32(&m, IFLA_MTU, c->mtu);
	info = nlm_nest(&m, IFLA_LINKINFO, NULL, 0);
	nlm_str(&m, IFLA_INFO_KIND, c->kind);
	data = nlm_nest(&m, IFLA_INFO_DATA, NULL, 0);
	if (c->attribute)
		nlm_put(&m, c->attribute, c->value, c->len);
	nlm_end(&m, data);
	nlm_end(&m, info);
	return zerr_in(e, nl_call(nl, &m, NULL, NULL, e), "create %s %s", c->kind, c->name);
}

int link_set(struct nl *nl, unsigned index, const struct link_change *c, struct zerr *e)
{
	const struct ifinfomsg ifi = { .ifi_index = (int)index,
				       .ifi_flags = c->up ? IFF_UP : 0,
				       .ifi_change = c->up || c->down ? IFF_UP : 0 };
	struct nlm m;

	nlm_begin(&m, RTM_NEWLINK, 0, &ifi, sizeof(ifi));
	if (c->netns_fd)
		nlm_u32(&m, IFLA_NET_NS_FD, (uint32_t)c->netns_fd);
	if (c->name)
		nlm_str(&m, IFLA_IFNAME, c->name);
	if (c->mac)
		nlm_put(&m, IFLA_ADDRESS, c->mac, 6);
	if (c->mtu)
		nlm_u32(&m, IFLA_MTU, c->mtu);
	return zerr_in(e, nl_call(nl, &m, NULL, NULL, e), "link %u", index);
}

struct each_query {
	int (*fn)(const struct link_info *link, void *arg);
	void *arg;
};

static int take_each(const struct nlmsghdr *h, void *arg)
{
	const struct each_query *q = arg;
	struct link_info link;

	return link_parse(h, NULL, &link) < 0 ? 0 : q->fn(&link, q->arg);
}

int link_each(struct nl *nl, int (*fn)(const struct link_info *link, void *arg), void *arg,
	      struct zerr *e)
{
	const struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct each_query q = { fn, arg };
	struct nlm m;

	nlm_begin(&m, RTM_GETLINK, NLM_F_DUMP, &ifi, sizeof(ifi));
	return zerr_in(e, nl_call(nl, &m, take_each, &q, e), "list links");
}

static int add_bridge(struct nl *nl, const char *name, const uint8_t *mac, bool vlan_aware,
		      struct zerr *e)
{
	const struct ifinfomsg ifi = { 0 };
	struct nlattr *info, *data;
	struct nlm m;

	nlm_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi, sizeof(ifi));
	nlm_str(&m, IFLA_IFNAME, name);
	nlm_put(&m, IFLA_ADDRESS, mac, 6);
	info = nlm_nest(&m, IFLA_LINKINFO, NULL, 0);
	nlm_str(&m, IFLA_INFO_KIND, "bridge");
	data = nlm_nest(&m, IFLA_INFO_DATA, NULL, 0);
	nlm_u32(&m, IFLA_BR_STP_STATE, 0);
	nlm_u32(&m, IFLA_BR_FORWARD_DELAY, 0);
	/* without a querier snooping only floods, and has a table that a port could fill */
	nlm_u8(&m, IFLA_BR_MCAST_SNOOPING, 0);
	if (vlan_aware)
		nlm_u8(&m, IFLA_BR_VLAN_FILTERING, 1);
	nlm_end(&m, data);
	nlm_end(&m, info);
	return zerr_in(e, nl_call(nl, &m, NULL, NULL, e), "create bridge %s", name);
}

int link_add_bridge(struct nl *nl, const char *name, const uint8_t mac[static 6], bool vlan_aware,
		    struct zerr *e)
{
	struct link_info made;
	int r = add_bridge(nl, name, mac, vlan_aware, e);

	if (r < 0 || !vlan_aware)
		return r;
	r = link_get(nl, name, &made, e);
	if (r < 0 || made.vlan_aware)
		return r;
	/* a kernel without it passes over what it was told */
	r = link_delete(nl, made.index, e);
	return r < 0 ? r : zerr_set(e, EOPNOTSUPP, "no VLANs in bridges");
}

int link_up(struct nl *nl, unsigned index, unsigned mtu, struct zerr *e)
{
	const struct ifinfomsg ifi = { .ifi_index = (int)index,
				       .ifi_flags = IFF_UP,
				       .ifi_change = IFF_UP };
	struct nlm m;

	nlm_begin(&m, RTM_NEWLINK, 0, &ifi, sizeof(ifi));
	if (mtu)
		nlm_u32(&m, IFLA_MTU, mtu);
	return zerr_in(e, nl_call(nl, &m, NULL, NULL, e), "set link %u up", index);
}

int link_add_alias(struct nl *nl, unsigned index, const char *alias, struct zerr *e)
{
	const struct ifinfomsg ifi = { .ifi_index = (int)index };
	struct nlattr *list;
	struct nlm m;

	nlm_begin(&m, RTM_NEWLINKPROP, NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND, &ifi, sizeof(ifi));
	list = nlm_nest(&m, IFLA_PROP_LIST, NULL, 0);
	nlm_str(&m, IFLA_ALT_IFNAME, alias);
	nlm_end(&m, list);
	return zerr_in(e, nl_call(nl, &m, NULL, NULL, e), "alternative name %s", alias);
}

/* The first of its alternative names. */
static int take_alias(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[IFLA_PROP_LIST + 1], *name;
	const struct ifinfomsg *ifi = NLMSG_DATA(h);

	if (h->nlmsg_type != RTM_NEWLINK || nlm_attrs(h, sizeof(*ifi), tb, IFLA_PROP_LIST) < 0)
		return -EPROTO;
	name = tb[IFLA_PROP_LIST] ? nlm_next(tb[IFLA_PROP_LIST], NULL) : NULL;
	copy_text(arg, ALIAS_ROOM, name);
	return 0;
}

struct alias_list {
	char *text;
	size_t room, used;
};

static int take_aliases(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[IFLA_PROP_LIST + 1], *a = NULL;
	struct alias_list *l = arg;
	char name[ALIAS_ROOM];

	if (h->nlmsg_type != RTM_NEWLINK ||
	    nlm_attrs(h, sizeof(struct ifinfomsg), tb, IFLA_PROP_LIST) < 0)
		return -EPROTO;
	while (tb[IFLA_PROP_LIST] && (a = nlm_next(tb[IFLA_PROP_LIST], a))) {
		copy_text(name, sizeof(name), a);
		const int n = snprintf(l->text + l->used, l->room - l->used, "%s%s",
				       l->used ? " " : "", name);

		if (n < 0 || (size_t)n >= l->room - l->used)
			return -ERANGE;
		l->used += (size_t)n;
	}
	return 0;
}

int link_aliases(struct nl *nl, unsigned index, char *ret, size_t room, struct zerr *e)
{
	const struct ifinfomsg ifi = { .ifi_index = (int)index };
	struct alias_list l = { ret, room, 0 };
	struct nlm m;

	ret[0] = '\0';
	nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	nlm_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return zerr_in(e, nl_call(nl, &m, take_aliases, &l, e), "alternative names of link %u",
		       index);
}

int link_drop_aliases(struct nl *nl, unsigned index, struct zerr *e)
{
	const struct ifinfomsg ifi = { .ifi_index = (int)index };
	int r;

	do {
		char name[ALIAS_ROOM] = "";
		struct nlattr *list;
		struct nlm m;

		nlm_begin(&m, RTM_GETLINK, 0, &ifi, sizeof(ifi));
		nlm_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
		r = nl_call(nl, &m, take_alias, name, e);
		if (r < 0 || !*name)
			return r;
		nlm_begin(&m, RTM_DELLINKPROP, 0, &ifi, sizeof(ifi));
		list = nlm_nest(&m, IFLA_PROP_LIST, NULL, 0);
		nlm_str(&m, IFLA_ALT_IFNAME, name);
		nlm_end(&m, list);
		r = nl_call(nl, &m, NULL, NULL, e);
	} while (r == 0);
	return zerr_in(e, r, "alternative names of link %u", index);
}

int link_delete(struct nl *nl, unsigned index, struct zerr *e)
{
	const struct ifinfomsg ifi = { .ifi_index = (int)index };
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_DELLINK, 0, &ifi, sizeof(ifi));
	r = nl_call(nl, &m, NULL, NULL, e);
	return r == -ENODEV ? 0 : zerr_in(e, r, "delete link %u", index);
}

int link_probe(struct nl *nl, const char *kind, struct zerr *e)
{
	/* no link may have a multicast address: refused, but only by a kind that is there */
	static const uint8_t multicast[6] = { 1 };
	const struct ifinfomsg ifi = { 0 };
	struct nlattr *info;
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi, sizeof(ifi));
	nlm_put(&m, IFLA_ADDRESS, multicast, sizeof(multicast));
	info = nlm_nest(&m, IFLA_LINKINFO, NULL, 0);
	nlm_str(&m, IFLA_INFO_KIND, kind);
	nlm_end(&m, info);
	r = nl_call(nl, &m, NULL, NULL, e);
	return r == -EADDRNOTAVAIL ? 0 : zerr_in(e, r, "links of kind %s", kind);
}
