/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses and routes by netlink. Always on a socket that lives in the right namespace:
 * IFA_TARGET_NETNSID is ignored by RTM_NEWADDR, silently. */
#include "net/addr.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "net/link.h"

struct list_query {
	int (*parse)(const struct nlmsghdr *h, struct addr_entry *ret);
	addr_fn *fn;
	void *arg;
};

static size_t addr_len(int family)
{
	return family == AF_INET ? 4 : 16;
}

int addr_add(struct nl *nl, unsigned index, const struct ipnet *n, struct zerr *e)
{
	const struct ifaddrmsg ifa = { .ifa_family = (uint8_t)n->family,
				       .ifa_prefixlen = (uint8_t)n->prefix,
				       .ifa_flags = n->family == AF_INET6 ? IFA_F_NODAD : 0,
				       .ifa_scope = RT_SCOPE_UNIVERSE,
				       .ifa_index = index };
	char text[IPNET_TEXT];
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &ifa, sizeof(ifa));
	nlm_put(&m, IFA_LOCAL, n->addr, addr_len(n->family));
	nlm_put(&m, IFA_ADDRESS, n->addr, addr_len(n->family));
	if (n->family == AF_INET) {
		uint32_t broadcast;

		memcpy(&broadcast, n->addr, sizeof(broadcast));
		broadcast |= htonl((uint32_t)(0xffffffffULL >> n->prefix));
		nlm_put(&m, IFA_BROADCAST, &broadcast, sizeof(broadcast));
	}
	r = nl_call(nl, &m, NULL, NULL, e);
	return r == -EEXIST ? 0 : zerr_in(e, r, "address %s", ipnet_text(n, text));
}

int addr_remove(struct nl *nl, unsigned index, const struct ipnet *n, struct zerr *e)
{
	const struct ifaddrmsg ifa = { .ifa_family = (uint8_t)n->family,
				       .ifa_prefixlen = (uint8_t)n->prefix,
				       .ifa_index = index };
	char text[IPNET_TEXT];
	struct nlm m;
	int r;

	nlm_begin(&m, RTM_DELADDR, 0, &ifa, sizeof(ifa));
	nlm_put(&m, IFA_LOCAL, n->addr, addr_len(n->family));
	nlm_put(&m, IFA_ADDRESS, n->addr, addr_len(n->family));
	r = nl_call(nl, &m, NULL, NULL, e);
	return r == -EADDRNOTAVAIL || r == -ENODEV
		       ? 0
		       : zerr_in(e, r, "address %s", ipnet_text(n, text));
}

int addr_add_route(struct nl *nl, unsigned index, const struct ipnet *n, struct zerr *e)
{
	const struct rtmsg rt = { .rtm_family = (uint8_t)n->family,
				  .rtm_dst_len = (uint8_t)n->prefix,
				  .rtm_table = RT_TABLE_MAIN,
				  .rtm_protocol = RTPROT_STATIC,
				  .rtm_scope = RT_SCOPE_LINK,
				  .rtm_type = RTN_UNICAST };
	char text[IPNET_TEXT];
	struct nlm m;

	nlm_begin(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &rt, sizeof(rt));
	nlm_put(&m, RTA_DST, n->addr, addr_len(n->family));
	nlm_u32(&m, RTA_OIF, index);
	return zerr_in(e, nl_call(nl, &m, NULL, NULL, e), "route to %s", ipnet_text(n, text));
}

int addr_speak_for(struct nl *nl, unsigned index, const struct ipnet *n, bool on, struct zerr *e)
{
	const struct ndmsg nd = { .ndm_family = (uint8_t)n->family,
				  .ndm_ifindex = (int)index,
				  .ndm_state = NUD_PERMANENT,
				  .ndm_flags = NTF_PROXY };
	char text[IPNET_TEXT];
	struct nlm m;
	int r;

	nlm_begin(&m, on ? RTM_NEWNEIGH : RTM_DELNEIGH, on ? NLM_F_CREATE | NLM_F_REPLACE : 0, &nd,
		  sizeof(nd));
	nlm_put(&m, NDA_DST, n->addr, addr_len(n->family));
	r = nl_call(nl, &m, NULL, NULL, e);
	return !on && (r == -ENOENT || r == -ENODEV)
		       ? 0
		       : zerr_in(e, r, "answer for %s", ipnet_address(n, text));
}

int addr_add_default(struct nl *nl, unsigned index, const struct ipnet *gateway, bool onlink,
		     struct zerr *e)
{
	const struct rtmsg rt = { .rtm_family = (uint8_t)gateway->family,
				  .rtm_table = RT_TABLE_MAIN,
				  .rtm_protocol = RTPROT_STATIC,
				  .rtm_scope = RT_SCOPE_UNIVERSE,
				  .rtm_type = RTN_UNICAST,
				  .rtm_flags = onlink ? RTNH_F_ONLINK : 0 };
	char text[IPNET_TEXT];
	struct nlm m;

	nlm_begin(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &rt, sizeof(rt));
	nlm_put(&m, RTA_GATEWAY, gateway->addr, addr_len(gateway->family));
	nlm_u32(&m, RTA_OIF, index);
	return zerr_in(e, nl_call(nl, &m, NULL, NULL, e), "default route by %s",
		       ipnet_address(gateway, text));
}

/* The address in @a as @family has it; false when it is too short. */
static bool take_bytes(struct ipnet *ret, int family, unsigned prefix, const struct nlattr *a)
{
	const void *data = nlm_get(a, addr_len(family));

	if (!data || prefix > 8 * addr_len(family))
		return false;
	*ret = (struct ipnet){ .family = family, .prefix = prefix };
	memcpy(ret->addr, data, addr_len(family));
	return true;
}

int addr_parse(const struct nlmsghdr *h, struct addr_entry *ret)
{
	const struct nlattr *tb[IFA_FLAGS + 1];
	const struct ifaddrmsg *ifa = NLMSG_DATA(h);
	struct addr_entry a = { 0 };
	uint32_t flags;

	if (h->nlmsg_type != RTM_NEWADDR || nlm_attrs(h, sizeof(*ifa), tb, IFA_FLAGS) < 0)
		return -EPROTO;
	if (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6)
		return -ENOENT;
	if (!take_bytes(&a.net, ifa->ifa_family, ifa->ifa_prefixlen,
			tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS]))
		return -EPROTO;
	a.index = ifa->ifa_index;
	a.global = ifa->ifa_scope == RT_SCOPE_UNIVERSE && a.index != LINK_LO;
	flags = nlm_get_u32(tb[IFA_FLAGS], ifa->ifa_flags);
	a.lasting = flags & IFA_F_PERMANENT;
	a.tentative = (flags & IFA_F_TENTATIVE) && !(flags & IFA_F_OPTIMISTIC);
	*ret = a;
	return 0;
}

int addr_parse_route(const struct nlmsghdr *h, struct addr_entry *ret)
{
	const struct nlattr *tb[RTA_OIF + 1];
	const struct rtmsg *rt = NLMSG_DATA(h);
	struct addr_entry a = { 0 };

	if (h->nlmsg_type != RTM_NEWROUTE || nlm_attrs(h, sizeof(*rt), tb, RTA_OIF) < 0)
		return -EPROTO;
	if ((rt->rtm_type != RTN_UNICAST && rt->rtm_type != RTN_LOCAL) ||
	    (rt->rtm_family != AF_INET && rt->rtm_family != AF_INET6))
		return -ENOENT;
	a.net.family = rt->rtm_family;
	if (rt->rtm_dst_len && !take_bytes(&a.net, rt->rtm_family, rt->rtm_dst_len, tb[RTA_DST]))
		return -EPROTO;
	a.index = nlm_get_u32(tb[RTA_OIF], 0);
	a.by_ra = rt->rtm_protocol == RTPROT_RA;
	a.lasting = rt->rtm_protocol > RTPROT_KERNEL && !a.by_ra;
	*ret = a;
	return 0;
}

static int take_entry(const struct nlmsghdr *h, void *arg)
{
	const struct list_query *q = arg;
	struct addr_entry a;
	const int r = q->parse(h, &a);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return q->fn(&a, q->arg);
}

int addr_list(struct nl *nl, addr_fn *fn, void *arg, struct zerr *e)
{
	const struct ifaddrmsg ifa = { .ifa_family = AF_UNSPEC };
	struct list_query q = { addr_parse, fn, arg };
	struct nlm m;

	nlm_begin(&m, RTM_GETADDR, NLM_F_DUMP, &ifa, sizeof(ifa));
	return zerr_in(e, nl_call(nl, &m, take_entry, &q, e), "list addresses");
}

int addr_list_routes(struct nl *nl, int family, addr_fn *fn, void *arg, struct zerr *e)
{
	const struct rtmsg rt = { .rtm_family = (uint8_t)family };
	struct list_query q = { addr_parse_route, fn, arg };
	struct nlm m;

	nlm_begin(&m, RTM_GETROUTE, NLM_F_DUMP, &rt, sizeof(rt));
	return zerr_in(e, nl_call(nl, &m, take_entry, &q, e), "list routes");
}
