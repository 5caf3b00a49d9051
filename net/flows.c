/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connection tracking by nfnetlink: linux/netfilter/nfnetlink_conntrack.h has the attributes. */
#include "net/flows.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <string.h>

#include "net/nlm.h"

/* One direction of a flow. */
struct way {
	const void *from, *to; /* addresses of the family's length; NULL: none */
	uint8_t protocol;
	uint16_t port; /* that it is for */
};

struct search {
	const struct flows *f;
	struct nl_batch *found; /* messages that delete */
};

void flows_add(struct flows *f, unsigned first, unsigned last)
{
	for (unsigned port = first; port <= last; port++)
		f->ports[port / 8] |= (uint8_t)(1U << port % 8);
	f->any = true;
}

static void begin(struct nlm *m, uint16_t type, uint16_t flags, uint8_t family)
{
	const struct nfgenmsg head = { .nfgen_family = family, .version = NFNETLINK_V0 };

	nlm_begin(m, (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type), flags, &head, sizeof(head));
}

static struct way take_way(const struct nlattr *tuple, bool six)
{
	const struct nlattr *tb[CTA_TUPLE_PROTO + 1], *ip[CTA_IP_V6_DST + 1],
		*proto[CTA_PROTO_DST_PORT + 1];
	const size_t len = six ? 16 : 4;
	const uint8_t *number;
	const uint16_t *port;

	nlm_nested(tuple, tb, CTA_TUPLE_PROTO);
	nlm_nested(tb[CTA_TUPLE_IP], ip, CTA_IP_V6_DST);
	nlm_nested(tb[CTA_TUPLE_PROTO], proto, CTA_PROTO_DST_PORT);
	number = nlm_get(proto[CTA_PROTO_NUM], sizeof(*number));
	port = nlm_get(proto[CTA_PROTO_DST_PORT], sizeof(*port));
	return (struct way){ .from = nlm_get(ip[six ? CTA_IP_V6_SRC : CTA_IP_V4_SRC], len),
			     .to = nlm_get(ip[six ? CTA_IP_V6_DST : CTA_IP_V4_DST], len),
			     .protocol = number ? *number : 0,
			     .port = port ? ntohs(*port) : 0 };
}

/* Whether it came for one of the ports, and is answered by the zone in the host's place. */
static bool is_ours(const struct flows *f, bool six, const struct way *there,
		    const struct way *back)
{
	const struct ipnet *zone = six ? &f->ipv6 : &f->ipv4;
	const size_t len = six ? 16 : 4;

	return zone->family && there->protocol == IPPROTO_UDP &&
	       f->ports[there->port / 8] & 1U << there->port % 8 && there->to && back->from &&
	       memcmp(back->from, zone->addr, len) == 0 && memcmp(there->to, zone->addr, len) != 0;
}

static void copy(struct nlm *m, const struct nlattr *a)
{
	if (a)
		nlm_put(m, a->nla_type, (const char *)a + NLA_HDRLEN, a->nla_len - NLA_HDRLEN);
}

static int take_flow(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[CTA_ZONE + 1];
	const uint8_t *family = NLMSG_DATA(h);
	const struct search *s = arg;
	struct way there, back;
	struct nlm m;

	if (nlm_attrs(h, sizeof(struct nfgenmsg), tb, CTA_ZONE) < 0)
		return -EPROTO;
	there = take_way(tb[CTA_TUPLE_ORIG], *family == AF_INET6);
	back = take_way(tb[CTA_TUPLE_REPLY], *family == AF_INET6);
	if (!is_ours(s->f, *family == AF_INET6, &there, &back))
		return 0;
	begin(&m, IPCTNL_MSG_CT_DELETE, 0, *family);
	copy(&m, tb[CTA_TUPLE_ORIG]);
	copy(&m, tb[CTA_ZONE]);
	nl_batch_add(s->found, &m);
	return 0;
}

int flows_forget(const struct flows *f, struct zerr *e)
{
	AUTO_NL_KEPT struct nl nl = { 0 };
	AUTO_BATCH struct nl_batch found = { 0 };
	struct search s = { f, &found };
	struct nlm m;
	int r = nl_open_kept(&nl, e);

	if (r < 0)
		return r;
	begin(&m, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC);
	r = nl_call(&nl, &m, take_flow, &s, e);
	if ((r == 0 || r == -EAGAIN) && found.n > 0) {
		nl_batch_ask(&found);
		r = nl_batch_send(&nl, &found, NULL, NULL, e);
	}
	/* it changed meanwhile, or was gone already */
	return r == -EAGAIN || r == -ENOENT ? 0 : zerr_in(e, r, "flows");
}
