/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading elements: what is in a set, its counters and comments. */
#include <endian.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "net/elem.h"

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
	AUTO_NL_KEPT struct nl nl = { 0 };
	struct zerr unused = { 0 };
	struct nlm m;
	int q = nl_open_kept(&nl, &unused);

	if (q < 0)
		return q;
	elem_begin_in(&m, NFT_MSG_GETSETELEM, x->key.len ? 0 : NLM_F_DUMP, x->table);
	elem_put(&m, x, false);
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
