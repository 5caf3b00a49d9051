/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules as iptables-nft makes them: interfaces and protocol as expressions of nftables, all else as
 * matches of x_tables. */
#include "net/compat.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <netinet/in.h>
#include <string.h>

#include "net/elem.h"

static void put_be32(struct nlm *m, uint16_t type, uint32_t value)
{
	nlm_u32(m, type, htonl(value));
}

/* An expression's head; its data are open. */
struct expr {
	struct nlattr *elem, *data;
};

static struct expr begin(struct nlm *m, const char *name)
{
	struct expr x;

	x.elem = nlm_nest(m, NFTA_LIST_ELEM | NLA_F_NESTED, NULL, 0);
	nlm_str(m, NFTA_EXPR_NAME, name);
	x.data = nlm_nest(m, NFTA_EXPR_DATA | NLA_F_NESTED, NULL, 0);
	return x;
}

static void end(struct nlm *m, struct expr x)
{
	nlm_end(m, x.data);
	nlm_end(m, x.elem);
}

/* Is what @key loads equal to @data? */
static void put_meta(struct nlm *m, uint32_t key, const void *data, size_t len)
{
	struct expr x = begin(m, "meta");
	struct nlattr *value;

	put_be32(m, NFTA_META_KEY, key);
	put_be32(m, NFTA_META_DREG, NFT_REG_1);
	end(m, x);
	x = begin(m, "cmp");
	put_be32(m, NFTA_CMP_SREG, NFT_REG_1);
	put_be32(m, NFTA_CMP_OP, NFT_CMP_EQ);
	value = nlm_nest(m, NFTA_CMP_DATA | NLA_F_NESTED, NULL, 0);
	nlm_put(m, NFTA_DATA_VALUE, data, len);
	nlm_end(m, value);
	end(m, x);
}

static void put_match(struct nlm *m, const char *name, uint32_t revision, const void *info,
		      size_t len)
{
	const struct expr x = begin(m, "match");

	nlm_str(m, NFTA_MATCH_NAME, name);
	put_be32(m, NFTA_MATCH_REV, revision);
	nlm_put(m, NFTA_MATCH_INFO, info, len);
	end(m, x);
}

static void put_port(struct nlm *m, uint8_t protocol, uint16_t port)
{
	const struct xt_udp udp = { .spts = { 0, UINT16_MAX }, .dpts = { port, port } };
	const struct xt_tcp tcp = { .spts = { 0, UINT16_MAX }, .dpts = { port, port } };

	if (protocol == IPPROTO_UDP)
		put_match(m, "udp", 0, &udp, sizeof(udp));
	else
		put_match(m, "tcp", 0, &tcp, sizeof(tcp));
}

static void put_answered(struct nlm *m)
{
	const struct xt_conntrack_mtinfo3 info = {
		.match_flags = XT_CONNTRACK_STATE,
		.state_mask = XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED) |
			      XT_CONNTRACK_STATE_BIT(IP_CT_RELATED) | XT_CONNTRACK_STATE_DNAT,
	};

	put_match(m, "conntrack", 3, &info, sizeof(info));
}

/* What of the rule the matches are told: they check it. */
static void put_protocol(struct nlm *m, uint8_t protocol)
{
	struct nlattr *nest = nlm_nest(m, NFTA_RULE_COMPAT | NLA_F_NESTED, NULL, 0);

	put_be32(m, NFTA_RULE_COMPAT_PROTO, protocol);
	put_be32(m, NFTA_RULE_COMPAT_FLAGS, 0);
	nlm_end(m, nest);
}

static void put_accept(struct nlm *m)
{
	struct expr x = begin(m, "counter"); /* every rule of iptables has one */
	struct nlattr *data, *verdict;

	end(m, x);
	x = begin(m, "immediate");
	put_be32(m, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nlm_nest(m, NFTA_IMMEDIATE_DATA | NLA_F_NESTED, NULL, 0);
	verdict = nlm_nest(m, NFTA_DATA_VERDICT | NLA_F_NESTED, NULL, 0);
	put_be32(m, NFTA_VERDICT_CODE, NF_ACCEPT);
	nlm_end(m, verdict);
	nlm_end(m, data);
	end(m, x);
}

void compat_accept(struct nl_batch *batch, const struct compat_rule *r)
{
	struct nlattr *list;
	struct nlm m;

	elem_begin(&m, NFT_MSG_NEWRULE, NLM_F_CREATE, r->family); /* without APPEND: in front */
	nlm_str(&m, NFTA_RULE_TABLE, r->table);
	nlm_str(&m, NFTA_RULE_CHAIN, r->chain);
	list = nlm_nest(&m, NFTA_RULE_EXPRESSIONS | NLA_F_NESTED, NULL, 0);
	if (r->in)
		put_meta(&m, NFT_META_IIFNAME, r->in, strlen(r->in) + 1);
	if (r->out)
		put_meta(&m, NFT_META_OIFNAME, r->out, strlen(r->out) + 1);
	if (r->protocol)
		put_meta(&m, NFT_META_L4PROTO, &r->protocol, 1);
	if (r->port)
		put_port(&m, r->protocol, r->port);
	if (r->answered)
		put_answered(&m);
	put_accept(&m);
	nlm_end(&m, list);
	if (r->protocol)
		put_protocol(&m, r->protocol);
	elem_put_comment(&m, NFTA_RULE_USERDATA, r->comment);
	elem_batch_add(batch, &m);
}
