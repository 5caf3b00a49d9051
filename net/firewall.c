/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Others' chains by nfnetlink dumps; rules go in as text by the helper, since only few hosts need
 * any, and out by their handles. */
#include "net/firewall.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "net/compat.h"
#include "net/elem.h"
#include "net/legacy.h"
#include "net/table.h"

#define COMMENT	   "zone:" /* then the network's name */
#define CHAINS_MAX 64	   /* base chains of others that are looked at */
#define NAME_ROOM  128

/* A base chain for what is forwarded or comes in. */
struct chain {
	uint8_t family; /* NFPROTO_… */
	char table[NAME_ROOM], name[NAME_ROOM];
	bool input; /* else forward */
	bool drops; /* its policy */
};

struct chains {
	struct chain v[CHAINS_MAX];
	size_t n;
	bool firewalld;
};

static const char *family_word(uint8_t family)
{
	return family == NFPROTO_IPV4 ? "ip" : family == NFPROTO_IPV6 ? "ip6" : "inet";
}

static bool copy_name(char to[static NAME_ROOM], const struct nlattr *a)
{
	static const char safe[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
	const char *text = nlm_get_str(a);

	if (!text || strlen(text) >= NAME_ROOM || text[strspn(text, safe)])
		return false; /* what libnftables would have to have quoted */
	(void)strcpy(to, text);
	return true;
}

/* Big-endian, as all numbers of nf_tables. */
static uint32_t get_be32(const struct nlattr *a, uint32_t missing)
{
	return nlm_get(a, sizeof(uint32_t)) ? ntohl(nlm_get_u32(a, 0)) : missing;
}

static int take_chain(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NFTA_CHAIN_POLICY + 1], *hook[NFTA_HOOK_HOOKNUM + 1];
	const uint8_t *family = NLMSG_DATA(h);
	struct chains *all = arg;
	struct chain c = { 0 };
	uint32_t number;

	if (nlm_attrs(h, sizeof(struct nfgenmsg), tb, NFTA_CHAIN_POLICY) < 0)
		return -EPROTO;
	nlm_nested(tb[NFTA_CHAIN_HOOK], hook, NFTA_HOOK_HOOKNUM);
	number = get_be32(hook[NFTA_HOOK_HOOKNUM], UINT32_MAX);
	if ((*family != NFPROTO_IPV4 && *family != NFPROTO_IPV6 && *family != NFPROTO_INET) ||
	    (number != NF_INET_FORWARD && number != NF_INET_LOCAL_IN) ||
	    !copy_name(c.table, tb[NFTA_CHAIN_TABLE]) || !copy_name(c.name, tb[NFTA_CHAIN_NAME]) ||
	    str_eq(c.table, TABLE_NAME) || all->n == CHAINS_MAX)
		return 0;
	c.family = *family;
	c.input = number == NF_INET_LOCAL_IN;
	c.drops = get_be32(tb[NFTA_CHAIN_POLICY], NF_ACCEPT) == NF_DROP;
	all->firewalld |= str_eq(c.table, "firewalld");
	all->v[all->n++] = c;
	return 0;
}

/* None when the kernel has no nftables. */
static int list_chains(struct chains *ret, struct zerr *e)
{
	AUTO_NL_KEPT struct nl nl = { 0 };
	struct nlm m;
	int r = nl_open_kept(&nl, e);

	*ret = (struct chains){ 0 };
	if (r < 0)
		return r;
	elem_begin(&m, NFT_MSG_GETCHAIN, NLM_F_DUMP, NFPROTO_UNSPEC);
	r = nl_call(&nl, &m, take_chain, ret, e);
	return r == -EAGAIN ? 0 : zerr_in(e, r, "list chains of nftables");
}

/* ---- in -------------------------------------------------------------------------------------- */

/* What is to get through: text for nftables' own tables, a rule of iptables' for its. */
struct opening {
	const char *text; /* behind interfaces */
	bool in, out;	  /* by the network's bridge */
	bool answered;
	uint8_t protocol;
	uint16_t port;
	uint8_t family; /* 0: both */
};

/* What zones need of the host itself: names and addresses from our own server, and neighbours. */
static const struct opening served[] = {
	{ "udp dport 53", true, false, false, IPPROTO_UDP, 53, 0 },
	{ "tcp dport 53", true, false, false, IPPROTO_TCP, 53, 0 },
	{ "udp dport 67", true, false, false, IPPROTO_UDP, 67, NFPROTO_IPV4 },
	{ "udp dport 547", true, false, false, IPPROTO_UDP, 547, NFPROTO_IPV6 },
};
static const struct opening neighbours = {
	"icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit }",
	true,
	false,
	false,
	IPPROTO_ICMPV6,
	0,
	NFPROTO_IPV6,
};
/* What they ask for and get answered, and forwarded ports. */
static const struct opening asked = { "", true, false, false, 0, 0, 0 };
static const struct opening answers = {
	"ct state established,related", false, true, true, 0, 0, 0
};
static const struct opening forwarded = { "ct status dnat", false, true, true, 0, 0, 0 };
static const struct opening between = { "", true, true, false, 0, 0, 0 };

/* The commands and messages that open all chains. */
struct openings {
	const struct network *n;
	struct buf text;
	struct nl_batch batch;
	char comment[sizeof(COMMENT) + NET_NAME_MAX];
	const struct chain *first; /* that drops */
};

/* iptables keeps its tables in nftables under names of its own. */
static bool is_iptables(const struct chain *c)
{
	return c->family != NFPROTO_INET && str_eq(c->table, "filter") &&
	       str_eq(c->name, c->input ? "INPUT" : "FORWARD");
}

static void open_chain(struct openings *o, const struct chain *c, const struct opening *x)
{
	const char *name = o->n->name;
	const struct compat_rule r = { .family = c->family,
				       .table = c->table,
				       .chain = c->name,
				       .in = x->in ? name : NULL,
				       .out = x->out ? name : NULL,
				       .answered = x->answered,
				       .protocol = x->protocol,
				       .port = x->port,
				       .comment = o->comment };

	if (x->family && c->family != NFPROTO_INET && c->family != x->family)
		return;
	if (is_iptables(c)) {
		if (x != &forwarded) /* its rule for answers has both */
			compat_accept(&o->batch, &r);
		return;
	}
	buf_fmt(&o->text, "insert rule %s %s %s", family_word(c->family), c->table, c->name);
	if (x->in)
		buf_fmt(&o->text, " iifname \"%s\"", name);
	if (x->out)
		buf_fmt(&o->text, " oifname \"%s\"", name);
	buf_fmt(&o->text, " %s accept comment \"%s\"\n", x->text, o->comment);
}

static void open_all(struct openings *o, const struct chain *c)
{
	const struct network *n = o->n;

	for (size_t i = 0; c->input && n->dhcp && i < sizeof(served) / sizeof(*served); i++)
		open_chain(o, c, &served[i]);
	if (c->input && n->ipv6.family)
		open_chain(o, c, &neighbours);
	if (c->input)
		return;
	if (n->internal) {
		open_chain(o, c, &between);
		return;
	}
	open_chain(o, c, &asked);
	open_chain(o, c, &answers);
	open_chain(o, c, &forwarded);
}

/* Who drops in ways that no rule of ours changes. */
static void name_others(const struct chains *all, const struct network *n)
{
	if (all->firewalld)
		log_warn("network %s: firewalld does not let its packets through: firewall-cmd "
			 "--zone=trusted --add-interface=%s",
			 n->name, n->name);
	if (legacy_drops(AF_INET))
		log_warn("network %s: the policy of iptables-legacy for FORWARD is DROP: "
			 "iptables-legacy -I FORWARD -i %s -j ACCEPT, and the same with -o",
			 n->name, n->name);
	if (n->ipv6.family && legacy_drops(AF_INET6))
		log_warn("network %s: the policy of ip6tables-legacy for FORWARD is DROP: "
			 "ip6tables-legacy -I FORWARD -i %s -j ACCEPT, and the same with -o",
			 n->name, n->name);
}

static int carry_out(const struct net_env *env, struct openings *o, struct zerr *e)
{
	int r = 0;

	if (!o->first)
		return 0;
	if (o->text.failed || o->batch.data.failed)
		return zerr_code(e, ENOMEM, "rules for other firewalls");
	if (o->batch.n > 0)
		r = elem_batch_send(&o->batch, e);
	if (r == 0 && o->text.len > 0)
		r = table_run(env, &o->text, e);
	return zerr_in(e, r, "the firewall %s %s %s drops, and takes no rules",
		       family_word(o->first->family), o->first->table, o->first->name);
}

int firewall_open(const struct net_env *env, const struct network *n, struct zerr *e)
{
	struct openings o = { .n = n };
	struct chains all;
	int r = firewall_close(n, e); /* not twice */

	if (r == 0)
		r = list_chains(&all, e);
	if (r < 0)
		return r;
	(void)snprintf(o.comment, sizeof(o.comment), COMMENT "%s", n->name);
	for (size_t i = 0; i < all.n; i++)
		if (all.v[i].drops) {
			o.first = o.first ? o.first : &all.v[i];
			open_all(&o, &all.v[i]);
		}
	if (network_has_nat(n))
		name_others(&all, n);
	r = carry_out(env, &o, e);
	buf_done(&o.text);
	nl_batch_done(&o.batch);
	return r;
}

/* ---- out ------------------------------------------------------------------------------------- */

struct found {
	const char *comment;
	const struct chain *chain;
	struct nl_batch *batch;
};

static int take_rule(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NFTA_RULE_USERDATA + 1];
	const struct found *f = arg;
	const uint64_t *handle;
	char comment[NAME_ROOM] = "";
	struct nlm m;

	if (nlm_attrs(h, sizeof(struct nfgenmsg), tb, NFTA_RULE_USERDATA) < 0)
		return -EPROTO;
	elem_comment(tb[NFTA_RULE_USERDATA], comment, sizeof(comment));
	handle = nlm_get(tb[NFTA_RULE_HANDLE], sizeof(*handle));
	if (!handle || !str_eq(comment, f->comment))
		return 0;
	elem_begin(&m, NFT_MSG_DELRULE, 0, f->chain->family);
	nlm_str(&m, NFTA_RULE_TABLE, f->chain->table);
	nlm_str(&m, NFTA_RULE_CHAIN, f->chain->name);
	nlm_put(&m, NFTA_RULE_HANDLE, handle, sizeof(*handle));
	elem_batch_add(f->batch, &m);
	return 0;
}

static int find_rules(const struct found *f, struct zerr *e)
{
	AUTO_NL_KEPT struct nl nl = { 0 };
	struct nlm m;
	int r = nl_open_kept(&nl, e);

	if (r < 0)
		return r;
	elem_begin(&m, NFT_MSG_GETRULE, NLM_F_DUMP, f->chain->family);
	nlm_str(&m, NFTA_RULE_TABLE, f->chain->table);
	nlm_str(&m, NFTA_RULE_CHAIN, f->chain->name);
	r = nl_call(&nl, &m, take_rule, (void *)f, e);
	return r == -EAGAIN || r == -ENOENT ? 0 : zerr_in(e, r, "rules of %s", f->chain->name);
}

int firewall_close(const struct network *n, struct zerr *e)
{
	AUTO_BATCH struct nl_batch batch = { 0 };
	char comment[sizeof(COMMENT) + NET_NAME_MAX];
	struct chains all;
	int r = list_chains(&all, e);

	(void)snprintf(comment, sizeof(comment), COMMENT "%s", n->name);
	for (size_t i = 0; r == 0 && i < all.n; i++) {
		const struct found f = { comment, &all.v[i], &batch };

		r = find_rules(&f, e);
	}
	if (r < 0 || batch.n == 0)
		return r;
	r = elem_batch_send(&batch, e);
	return r == -ENOENT ? 0 : r; /* flushed meanwhile */
}

/* ---- looking --------------------------------------------------------------------------------- */

static bool wants_rules(struct openings *o, const struct chain *c)
{
	bool any;

	open_all(o, c);
	any = o->text.len > 0 || o->batch.n > 0;
	buf_done(&o->text);
	nl_batch_done(&o->batch);
	return any;
}

int firewall_blocked(const struct network *n, char *ret, size_t room, struct zerr *e)
{
	struct openings o = { .n = n };
	struct chains all;
	int r = list_chains(&all, e);

	ret[0] = '\0';
	(void)snprintf(o.comment, sizeof(o.comment), COMMENT "%s", n->name);
	for (size_t i = 0; r == 0 && !*ret && i < all.n; i++) {
		const struct chain *c = &all.v[i];
		AUTO_BATCH struct nl_batch there = { 0 };
		const struct found f = { o.comment, c, &there };

		if (!c->drops || !wants_rules(&o, c))
			continue;
		r = find_rules(&f, e);
		if (r == 0 && there.n == 0)
			(void)snprintf(ret, room, "%s %s %s", family_word(c->family), c->table,
				       c->name);
	}
	return r;
}
