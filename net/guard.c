/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guards as elements. A NIC without a host's end has none. */
#include "net/guard.h"

#include <arpa/inet.h>

#include "base/str.h"
#include "net/ident.h"
#include "net/table.h"

struct listing {
	struct elems *l;
	const struct note *n;
	enum elem_table table;
};

/* index [. @a] [. @b] */
static void add(const struct listing *s, const char *set, const void *a, size_t a_len,
		const void *b, size_t b_len)
{
	struct elem x = { .table = s->table, .set = set };

	elem_part(&x.key, &s->n->index, sizeof(s->n->index));
	elem_part(&x.key, a, a_len);
	elem_part(&x.key, b, b_len);
	elems_add(s->l, &x);
}

static void add_one(const struct listing *s, const char *set)
{
	add(s, set, NULL, 0, NULL, 0);
}

/* The addresses it may use: its own, and the link-local one that belongs to its hardware address.
 */
static void add_ipv6(const struct listing *s, const struct ipnet *address)
{
	add(s, SET_OWN6, address->addr, 16, NULL, 0);
	add(s, SET_PASS6, s->n->mac, 6, address->addr, 16);
}

static void list_opened(const struct listing *s)
{
	const struct nic_open *o = &s->n->open;
	const struct {
		bool open;
		const char *set;
	} rows[] = {
		{ o->mac, "open_mac" },	  { o->ipv4, "open_ipv4" },
		{ o->ipv6, "open_ipv6" }, { o->ra, "open_ra" },
		{ o->dhcp, "open_dhcp" }, { o->ethertype, "open_ethertype" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].open)
			add_one(s, rows[i].set);
}

static void add_vlan(uint16_t vlan, void *arg)
{
	const uint16_t id = htons(vlan);

	add(arg, SET_TAGGED, &id, sizeof(id), NULL, 0);
}

static void add_rate(const struct listing *s)
{
	struct elem x = { .table = s->table, .set = SET_EGRESS, .rate = s->n->egress };

	elem_part(&x.key, &s->n->index, sizeof(s->n->index));
	if (x.rate)
		elems_add(s->l, &x);
}

/* A port of a bridge. */
static void list_port(const struct note *n, struct elems *l)
{
	const struct listing s = { l, n, ELEM_BRIDGE };
	const struct ipnet local = ident_link_local(n->mac);

	add_one(&s, SET_PORTS);
	add_one(&s, SET_DROPS);
	add(&s, SET_SAME, &n->index, sizeof(n->index), NULL, 0);
	add(&s, SET_MACS, n->mac, 6, NULL, 0);
	if (n->ipv4.family) {
		add(&s, SET_OWN4, n->ipv4.addr, 4, NULL, 0);
		add(&s, SET_PASS4, n->mac, 6, n->ipv4.addr, 4);
	}
	if (n->ipv6.family)
		add_ipv6(&s, &n->ipv6);
	add_ipv6(&s, &local);
	note_each_vlan(n, add_vlan, (void *)&s);
	list_opened(&s);
	add_rate(&s);
}

/* A pair between zone and host: what the host's end takes, and where it leads to. */
static void list_routed(const struct note *n, struct elems *l)
{
	const struct listing s = { l, n, ELEM_INET };

	add_one(&s, SET_ROUTED);
	add_one(&s, SET_DROPS);
	add_one(&s, SET_INNER);
	table_near(l, &n->ipv4, n->index);
	table_near(l, &n->ipv6, n->index);
	if (!n->open.ipv4)
		add_one(&s, SET_STRICT4);
	if (!n->open.ipv6)
		add_one(&s, SET_STRICT6);
	if (n->ipv4.family)
		add(&s, SET_ROUTED4, n->ipv4.addr, 4, NULL, 0);
	if (n->ipv6.family)
		add(&s, SET_ROUTED6, n->ipv6.addr, 16, NULL, 0);
	add_rate(&s);
}

static enum elem_table table_of(const struct note *n)
{
	return str_eq(n->type, "routed") ? ELEM_INET : ELEM_BRIDGE;
}

static void list(const struct note *n, struct elems *l)
{
	if (!n->index || !*n->host_name)
		return;
	if (table_of(n) == ELEM_INET)
		list_routed(n, l);
	else
		list_port(n, l);
}

static int change(const struct note *n, enum elems_how how, struct zerr *e)
{
	AUTO_ELEMS struct elems l = { 0 };

	list(n, &l);
	return elems_commit(&l, how, e);
}

int guard_put(const struct note *n, struct zerr *e)
{
	return change(n, ELEMS_PUT, e);
}

int guard_take(const struct note *n, struct zerr *e)
{
	return change(n, ELEMS_TAKE, e);
}

int guard_change_rate(const struct note *was, const struct note *n, struct zerr *e)
{
	AUTO_ELEMS struct elems out = { 0 }, in = { 0 };
	const struct listing from = { &out, was, table_of(was) }, to = { &in, n, table_of(n) };

	add_rate(&from);
	add_rate(&to);
	return elems_swap(&out, &in, e);
}

int guard_count(const struct note *n, uint64_t *ret_packets)
{
	struct elem x = { .table = ELEM_BRIDGE, .set = SET_DROPS };
	int r;

	if (!*n->host_name)
		return -ENOENT;
	elem_part(&x.key, &n->index, sizeof(n->index));
	r = elem_count(&x, ret_packets);
	x.table = ELEM_INET;
	return r < 0 ? elem_count(&x, ret_packets) : r;
}
