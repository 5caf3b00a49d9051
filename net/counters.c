/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters of all links of the host in one answer of the kernel: who looks at many zones asks once.
 */
#include <stdlib.h>
#include <string.h>

#include "net/link.h"
#include "net/net.h"
#include "net/table.h"

struct net_counts {
	struct link_info *v; /* by index, as the kernel lists them: not sorted */
	size_t n, cap;
};

static int take(const struct nlmsghdr *h, void *arg)
{
	struct net_counts *c = arg;
	struct link_info info;

	if (link_parse(h, NULL, &info) < 0)
		return 0; /* not a link */
	if (c->n == c->cap) {
		struct link_info *v = reallocarray(c->v, c->cap ? 2 * c->cap : 64, sizeof(*v));

		if (!v)
			return -ENOMEM;
		c->v = v;
		c->cap = c->cap ? 2 * c->cap : 64;
	}
	c->v[c->n++] = info;
	return 0;
}

static int by_index(const void *a, const void *b)
{
	const struct link_info *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

/* Packets that the guards refused, added to what their links lost. */
static int add_refused(const struct elem_key *key, uint64_t packets, void *arg)
{
	struct net_counts *c = arg;
	struct link_info want = { 0 };
	struct link_info *i;

	memcpy(&want.index, key->bytes, sizeof(want.index));
	i = c->n ? bsearch(&want, c->v, c->n, sizeof(*c->v), by_index) : NULL;
	if (i)
		i->rx_dropped += packets;
	return 0;
}

int net_counts_read(struct net_counts **counts, struct zerr *e)
{
	const struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct net_counts *c = *counts ? *counts : calloc(1, sizeof(*c));
	AUTO_NL struct nl nl = { 0 };
	struct nlm m;

	if (!c)
		return zerr_code(e, ENOMEM, "counters");
	*counts = c;
	c->n = 0;
	int r = nl_open(&nl, e);
	if (r < 0)
		return r;
	nlm_begin(&m, RTM_GETLINK, NLM_F_DUMP, &ifi, sizeof(ifi));
	r = nl_call(&nl, &m, take, c, e);
	if (c->n)
		qsort(c->v, c->n, sizeof(*c->v), by_index);
	/* no tables: nobody is guarded */
	(void)elem_count_all(ELEM_BRIDGE, SET_DROPS, add_refused, c);
	(void)elem_count_all(ELEM_INET, SET_DROPS, add_refused, c);
	return r == -EAGAIN ? 0 : r; /* links came and went meanwhile: what is there will do */
}

int net_counts_find(const struct net_counts *c, const struct net_link *link,
		    struct net_counters *ret)
{
	const struct link_info key = { .index = link->ifindex };
	const struct link_info *i =
		c && c->n ? bsearch(&key, c->v, c->n, sizeof(*c->v), by_index) : NULL;

	if (!i || !str_eq(i->name, link->host_name))
		return -ENODEV;
	*ret = (struct net_counters){ .rx_bytes = i->tx_bytes,
				      .tx_bytes = i->rx_bytes,
				      .rx_packets = i->tx_packets,
				      .tx_packets = i->rx_packets,
				      .drops = i->rx_dropped + i->tx_dropped };
	return 0;
}

void net_counts_free(struct net_counts *c)
{
	if (c)
		free(c->v);
	free(c);
}
