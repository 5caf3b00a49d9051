/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* nfnetlink's messages for elements: linux/netfilter/nf_tables.h has the attributes. */
#include "net/elem.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "net/table.h"

#define UDATA_MAX   255
#define LIMIT_BURST 65536 /* bytes: a packet of offloading always fits */

static const uint8_t families[] = { [ELEM_BRIDGE] = NFPROTO_BRIDGE, [ELEM_INET] = NFPROTO_INET };

void elem_part(struct elem_key *k, const void *part, size_t len)
{
	const size_t padded = (len + 3) & ~(size_t)3;

	if (len == 0 || k->len + padded > sizeof(k->bytes))
		return; /* no key of ours is longer */
	memset(k->bytes + k->len, 0, padded);
	memcpy(k->bytes + k->len, part, len);
	k->len += padded;
}

static void begin(struct nlm *m, uint16_t type, uint16_t flags, uint8_t family, uint16_t id)
{
	const struct nfgenmsg head = { .nfgen_family = family,
				       .version = NFNETLINK_V0,
				       .res_id = htons(id) };

	nlm_begin(m, type, flags, &head, sizeof(head));
}

void elem_begin(struct nlm *m, uint16_t type, uint16_t flags, uint8_t family)
{
	begin(m, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, family, 0);
}

void elem_begin_in(struct nlm *m, uint16_t type, uint16_t flags, enum elem_table table)
{
	elem_begin(m, type, flags, families[table]);
}

static void put_bytes(struct nlm *m, uint16_t type, const struct elem_key *k)
{
	struct nlattr *nest = nlm_nest(m, (uint16_t)(type | NLA_F_NESTED), NULL, 0);

	nlm_put(m, NFTA_DATA_VALUE, k->bytes, k->len);
	nlm_end(m, nest);
}

void elem_put_comment(struct nlm *m, uint16_t type, const char *note)
{
	uint8_t data[2 + UDATA_MAX] = { UDATA_COMMENT };
	const size_t len = strnlen(note, UDATA_MAX - 1) + 1;

	data[1] = (uint8_t)len;
	memcpy(data + 2, note, len - 1);
	nlm_put(m, type, data, 2 + len);
}

static void put_u64(struct nlm *m, uint16_t type, uint64_t value)
{
	const uint64_t wire = htobe64(value);

	nlm_put(m, type, &wire, sizeof(wire));
}

/* Matches what is over the rate. The kernel's bucket holds a second's worth besides. */
static void put_limit(struct nlm *m, uint64_t rate)
{
	struct nlattr *expr = nlm_nest(m, NFTA_SET_ELEM_EXPR | NLA_F_NESTED, NULL, 0), *data;

	nlm_str(m, NFTA_EXPR_NAME, "limit");
	data = nlm_nest(m, NFTA_EXPR_DATA | NLA_F_NESTED, NULL, 0);
	put_u64(m, NFTA_LIMIT_RATE, rate);
	put_u64(m, NFTA_LIMIT_UNIT, 1); /* seconds */
	nlm_u32(m, NFTA_LIMIT_BURST, htonl(LIMIT_BURST));
	nlm_u32(m, NFTA_LIMIT_TYPE, htonl(NFT_LIMIT_PKT_BYTES));
	nlm_u32(m, NFTA_LIMIT_FLAGS, htonl(NFT_LIMIT_F_INV));
	nlm_end(m, data);
	nlm_end(m, expr);
}

void elem_put(struct nlm *m, const struct elem *x, bool whole)
{
	struct nlattr *list, *one;

	nlm_str(m, NFTA_SET_ELEM_LIST_TABLE, TABLE_NAME);
	nlm_str(m, NFTA_SET_ELEM_LIST_SET, x->set);
	if (!x->key.len)
		return;
	list = nlm_nest(m, NFTA_SET_ELEM_LIST_ELEMENTS | NLA_F_NESTED, NULL, 0);
	one = nlm_nest(m, NFTA_LIST_ELEM | NLA_F_NESTED, NULL, 0);
	put_bytes(m, NFTA_SET_ELEM_KEY, &x->key);
	if (x->end.len)
		put_bytes(m, NFTA_SET_ELEM_KEY_END, &x->end);
	if (whole && x->value.len)
		put_bytes(m, NFTA_SET_ELEM_DATA, &x->value);
	if (whole && x->rate)
		put_limit(m, x->rate);
	if (whole && x->note)
		elem_put_comment(m, NFTA_SET_ELEM_USERDATA, x->note);
	nlm_end(m, one);
	nlm_end(m, list);
}

/* Batches stand between two messages of nfnetlink's own. */
static void add_frame(struct nl_batch *b, uint16_t type)
{
	struct nlm m;

	begin(&m, type, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	nl_batch_add(b, &m);
}

void elems_add(struct elems *l, const struct elem *x)
{
	/* room is the next power of two: there may be thousands */
	if ((l->n & (l->n - 1)) == 0) {
		struct elem *v = reallocarray(l->v, l->n ? 2 * l->n : 1, sizeof(*v));

		if (!v) {
			l->failed = true;
			return;
		}
		l->v = v;
	}
	l->v[l->n++] = *x;
}

void elems_done(struct elems *l)
{
	free(l->v);
	*l = (struct elems){ 0 };
}

void elem_batch_add(struct nl_batch *b, const struct nlm *m)
{
	if (b->n == 0)
		add_frame(b, NFNL_MSG_BATCH_BEGIN);
	nl_batch_add(b, m);
}

static void add_elem(struct nl_batch *b, const struct elem *x, enum elems_how how)
{
	const bool take = how == ELEMS_TAKE;
	struct nlm m;

	elem_begin_in(&m, take ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM,
		      (uint16_t)(take		    ? 0
				 : how == ELEMS_NEW ? NLM_F_CREATE | NLM_F_EXCL
						    : NLM_F_CREATE),
		      x->table);
	elem_put(&m, x, !take);
	elem_batch_add(b, &m);
}

static int send_batch(struct nl_batch *b, nl_failed_fn *fn, void *arg, struct zerr *e)
{
	AUTO_NL_KEPT struct nl nl = { 0 };
	const int r = nl_open_kept(&nl, e);

	nl_batch_ask(b);
	add_frame(b, NFNL_MSG_BATCH_END);
	return zerr_in(e, r < 0 ? r : nl_batch_send(&nl, b, fn, arg, e), "nftables");
}

int elem_batch_send(struct nl_batch *b, struct zerr *e)
{
	return send_batch(b, NULL, NULL, e);
}

/* The elements of a transaction that go. The kernel names all that it misses of them: a failed
 * transaction costs it some 15 ms, so there is to be one more without those, not one for each. */
struct leaving {
	struct elems l;
	size_t missing; /* whose set is NULL now */
};

static void mark_missing(uint32_t place, int code, void *arg)
{
	struct leaving *g = arg;

	/* the frame is at place 0; behind the last are those that come */
	if (code != ENOENT || place < 1 || place > g->l.n || !g->l.v[place - 1].set)
		return;
	g->l.v[place - 1].set = NULL;
	g->missing++;
}

static void drop_missing(struct leaving *g)
{
	size_t kept = 0;

	for (size_t i = 0; i < g->l.n; i++)
		if (g->l.v[i].set)
			g->l.v[kept++] = g->l.v[i];
	g->l.n = kept;
	g->missing = 0;
}

static int try_exchange(struct leaving *out, const struct elems *in, enum elems_how how,
			struct zerr *e)
{
	AUTO_BATCH struct nl_batch b = { 0 };

	drop_missing(out);
	for (size_t i = 0; i < out->l.n; i++)
		add_elem(&b, &out->l.v[i], ELEMS_TAKE);
	for (size_t i = 0; i < in->n; i++)
		add_elem(&b, &in->v[i], how);
	return b.n > 0 ? send_batch(&b, mark_missing, out, e) : 0;
}

/* Take @out out and put @in in as @how says, by one transaction. */
static int exchange(const struct elems *out, const struct elems *in, enum elems_how how,
		    struct zerr *e)
{
	struct leaving g = { 0 };
	struct zerr why = { 0 };
	int r;

	for (size_t i = 0; i < out->n; i++)
		elems_add(&g.l, &out->v[i]);
	if (out->failed || in->failed || g.l.failed) {
		elems_done(&g.l);
		return zerr_code(e, ENOMEM, "nftables");
	}
	do {
		why = (struct zerr){ 0 };
		r = try_exchange(&g, in, how, &why);
	} while (r == -ENOENT && g.missing > 0);
	if (r < 0 && e)
		*e = why;
	elems_done(&g.l);
	return r;
}

int elems_commit(const struct elems *l, enum elems_how how, struct zerr *e)
{
	static const struct elems none;

	return how == ELEMS_TAKE ? exchange(l, &none, how, e) : exchange(&none, l, how, e);
}

int elems_swap(const struct elems *out, const struct elems *in, struct zerr *e)
{
	return exchange(out, in, ELEMS_NEW, e);
}

static bool is_there(struct nlm *m)
{
	AUTO_NL_KEPT struct nl nl = { 0 };
	struct zerr unused = { 0 };

	return nl_open_kept(&nl, &unused) == 0 && nl_call(&nl, m, NULL, NULL, &unused) == 0;
}

bool elem_has_set(enum elem_table table, const char *set)
{
	struct nlm m;

	elem_begin_in(&m, NFT_MSG_GETSET, 0, table);
	nlm_str(&m, NFTA_SET_TABLE, TABLE_NAME);
	nlm_str(&m, NFTA_SET_NAME, set);
	return is_there(&m);
}

/* Asking costs nothing, a transaction that fails some 15 ms. */
int elem_drop_tables(struct zerr *e)
{
	AUTO_BATCH struct nl_batch b = { 0 };
	int r = 0;

	for (enum elem_table t = ELEM_BRIDGE; t <= ELEM_INET; t++) {
		struct nlm ask, drop;

		elem_begin_in(&ask, NFT_MSG_GETTABLE, 0, t);
		nlm_str(&ask, NFTA_TABLE_NAME, TABLE_NAME);
		if (!is_there(&ask))
			continue;
		elem_begin_in(&drop, NFT_MSG_DELTABLE, 0, t);
		nlm_str(&drop, NFTA_TABLE_NAME, TABLE_NAME);
		elem_batch_add(&b, &drop);
	}
	if (b.n > 0)
		r = elem_batch_send(&b, e);
	return r == -ENOENT ? 0 : r; /* somebody was faster */
}
