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

/* libnftnl's name for the first item of an element's user data; nft(8) prints it. */
#define UDATA_COMMENT 0
#define UDATA_MAX     255
#define LIMIT_BURST   65536 /* bytes: a packet of offloading always fits */

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

static void begin_nft(struct nlm *m, uint16_t type, uint16_t flags, enum elem_table table)
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

/* The body of a message about one element, or without a key about a set. */
static void put_elem(struct nlm *m, const struct elem *x, bool whole)
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

	begin_nft(&m, take ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM,
		  (uint16_t)(take		? 0
			     : how == ELEMS_NEW ? NLM_F_CREATE | NLM_F_EXCL
						: NLM_F_CREATE),
		  x->table);
	put_elem(&m, x, !take);
	elem_batch_add(b, &m);
}

int elem_batch_send(struct nl_batch *b, struct zerr *e)
{
	AUTO_NL struct nl nl = { 0 };
	int r = nl_open_protocol(&nl, NETLINK_NETFILTER, e);

	nl_batch_ask(b);
	add_frame(b, NFNL_MSG_BATCH_END);
	r = zerr_in(e, r < 0 ? r : nl_batch_send(&nl, b, e), "nftables");
	nl_close_later(&nl);
	return r;
}

static int commit(const struct elem *v, size_t n, enum elems_how how, struct zerr *e)
{
	AUTO_BATCH struct nl_batch b = { 0 };

	for (size_t i = 0; i < n; i++)
		add_elem(&b, &v[i], how);
	return elem_batch_send(&b, e);
}

int elems_commit(const struct elems *l, enum elems_how how, struct zerr *e)
{
	int r = 0;

	if (l->failed)
		return zerr_code(e, ENOMEM, "nftables");
	if (l->n == 0)
		return 0;
	r = commit(l->v, l->n, how, e);
	if (r != -ENOENT || how != ELEMS_TAKE)
		return r;
	/* something has gone already: the others one by one */
	r = 0;
	for (size_t i = 0; i < l->n && r == 0; i++) {
		r = commit(&l->v[i], 1, how, e);
		r = r == -ENOENT ? 0 : r;
	}
	return r;
}

int elems_swap(const struct elems *out, const struct elems *in, struct zerr *e)
{
	AUTO_BATCH struct nl_batch b = { 0 };
	int r = 0;

	if (out->failed || in->failed)
		return zerr_code(e, ENOMEM, "nftables");
	for (size_t i = 0; i < out->n; i++)
		add_elem(&b, &out->v[i], ELEMS_TAKE);
	for (size_t i = 0; i < in->n; i++)
		add_elem(&b, &in->v[i], ELEMS_NEW);
	if (b.n > 0)
		r = elem_batch_send(&b, e);
	if (r != -ENOENT || out->n == 0)
		return r;
	r = elems_commit(out, ELEMS_TAKE, e);
	return r < 0 ? r : elems_commit(in, ELEMS_NEW, e);
}

bool elem_has_set(enum elem_table table, const char *set)
{
	AUTO_NL struct nl nl = { 0 };
	struct zerr unused = { 0 };
	struct nlm m;

	if (nl_open_protocol(&nl, NETLINK_NETFILTER, &unused) < 0)
		return false;
	begin_nft(&m, NFT_MSG_GETSET, 0, table);
	nlm_str(&m, NFTA_SET_TABLE, TABLE_NAME);
	nlm_str(&m, NFTA_SET_NAME, set);
	return nl_call(&nl, &m, NULL, NULL, &unused) == 0;
}

int elem_drop_table(enum elem_table table, struct zerr *e)
{
	AUTO_BATCH struct nl_batch b = { 0 };
	struct nlm m;
	int r;

	begin_nft(&m, NFT_MSG_DELTABLE, 0, table);
	nlm_str(&m, NFTA_TABLE_NAME, TABLE_NAME);
	elem_batch_add(&b, &m);
	r = elem_batch_send(&b, e);
	return r == -ENOENT ? 0 : r;
}

/* What an answer is read for. */
struct reading {
	int (*fn)(const struct elem_key *key, uint64_t packets, void *arg);
	void *arg;
	char *note; /* of the last one, or NULL */
	size_t room;
};

/* One element of it. */
struct found {
	struct elem_key key;
	uint64_t packets;
	char *note;
	size_t room;
};

static void take_key(const struct nlattr *a, struct elem_key *ret)
{
	const struct nlattr *tb[NFTA_DATA_VALUE + 1];
	size_t len = sizeof(ret->bytes);

	nlm_nested(a, tb, NFTA_DATA_VALUE);
	while (len > 0 && !nlm_get(tb[NFTA_DATA_VALUE], len))
		len -= 4; /* keys are words */
	if (len)
		memcpy(ret->bytes, nlm_get(tb[NFTA_DATA_VALUE], len), len);
	ret->len = len;
}

/* NFTA_SET_ELEM_EXPR of a counter: { name, data { bytes, packets } }. */
static void take_counter(const struct nlattr *expr, struct found *f)
{
	const struct nlattr *tb[NFTA_EXPR_DATA + 1], *data[NFTA_COUNTER_PACKETS + 1];
	const uint64_t *packets;
	uint64_t value;

	nlm_nested(expr, tb, NFTA_EXPR_DATA);
	nlm_nested(tb[NFTA_EXPR_DATA], data, NFTA_COUNTER_PACKETS);
	packets = nlm_get(data[NFTA_COUNTER_PACKETS], sizeof(*packets));
	if (!packets)
		return;
	memcpy(&value, packets, sizeof(value)); /* may be unaligned */
	f->packets = be64toh(value);
}

void elem_comment(const struct nlattr *udata, char *ret, size_t room)
{
	const uint8_t *data = nlm_get(udata, 2);

	if (!data || data[0] != UDATA_COMMENT || !nlm_get(udata, 2U + data[1]))
		return;
	const size_t len = strnlen((const char *)data + 2, data[1]);

	if (ret && len < room) {
		memcpy(ret, data + 2, len);
		ret[len] = '\0';
	}
}

/* Every element of an answer. */
static int take_elems(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *tb[NFTA_SET_ELEM_LIST_ELEMENTS + 1], *one[NFTA_SET_ELEM_EXPR + 1];
	const struct reading *r = arg;
	const struct nlattr *a = NULL;
	int q = 0;

	if (nlm_attrs(h, sizeof(struct nfgenmsg), tb, NFTA_SET_ELEM_LIST_ELEMENTS) < 0)
		return -EPROTO;
	while (q == 0 && (a = nlm_next(tb[NFTA_SET_ELEM_LIST_ELEMENTS], a))) {
		struct found f = { .note = r->note, .room = r->room };

		nlm_nested(a, one, NFTA_SET_ELEM_EXPR);
		take_key(one[NFTA_SET_ELEM_KEY], &f.key);
		take_counter(one[NFTA_SET_ELEM_EXPR], &f);
		elem_comment(one[NFTA_SET_ELEM_USERDATA], f.note, f.room);
		q = r->fn(&f.key, f.packets, r->arg);
	}
	return q;
}

/* Ask for element @x, or without a key for all of its set. */
static int read_elems(const struct elem *x, struct reading *r)
{
	AUTO_NL struct nl nl = { 0 };
	struct zerr unused = { 0 };
	struct nlm m;
	int q = nl_open_protocol(&nl, NETLINK_NETFILTER, &unused);

	if (q < 0)
		return q;
	begin_nft(&m, NFT_MSG_GETSETELEM, x->key.len ? 0 : NLM_F_DUMP, x->table);
	put_elem(&m, x, false);
	return nl_call(&nl, &m, take_elems, r, &unused);
}

static int keep_packets(const struct elem_key *key, uint64_t packets, void *arg)
{
	(void)key;
	*(uint64_t *)arg = packets;
	return 0;
}

int elem_count(const struct elem *x, uint64_t *ret_packets)
{
	uint64_t packets = 0;
	struct reading r = { keep_packets, &packets, NULL, 0 };
	const int q = read_elems(x, &r);

	if (q == 0)
		*ret_packets = packets;
	return q;
}

int elem_count_all(enum elem_table table, const char *set,
		   int (*fn)(const struct elem_key *key, uint64_t packets, void *arg), void *arg)
{
	const struct elem all = { .table = table, .set = set };
	struct reading r = { fn, arg, NULL, 0 };
	const int q = read_elems(&all, &r);

	return q == -EAGAIN ? 0 : q; /* changed meanwhile: what is there will do */
}

int elem_note(const struct elem *x, char *ret, size_t room)
{
	uint64_t unused;
	struct reading r = { keep_packets, &unused, ret, room };

	ret[0] = '\0';
	return read_elems(x, &r);
}
