/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NICs between a zone's specification, its state record and net/. */
#include "core/nics.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "core/forwards.h"
#include "core/lease.h"
#include "core/networkd.h"
#include "core/state.h"

/* A word of the record: "-" stands for none. */
static const char *word(const char *text)
{
	return *text ? text : "-";
}

static int save_link(struct record *state, size_t i, const struct net_link *n)
{
	char key[24];

	(void)snprintf(key, sizeof(key), "nic.%zu", i);
	return record_setf(state, key, "%s %s %s %u", n->nic, word(n->network), word(n->host_name),
			   n->ifindex);
}

int nics_link(const struct record *state, size_t i, struct net_link *ret)
{
	struct net_link l = { 0 };
	char key[24];

	(void)snprintf(key, sizeof(key), "nic.%zu", i);
	const char *v = record_get(state, key);
	if (!v || sscanf(v, "%15s %15s %15s %u", l.nic, l.network, l.host_name, &l.ifindex) != 4)
		return -ENOENT;
	if (str_eq(l.network, "-"))
		l.network[0] = '\0';
	if (str_eq(l.host_name, "-"))
		l.host_name[0] = '\0';
	*ret = l;
	return 0;
}

int nics_find(const struct record *state, const char *nic, struct net_link *ret)
{
	struct net_link l;

	for (size_t i = 0; nics_link(state, i, &l) == 0; i++)
		if (str_eq(l.nic, nic)) {
			*ret = l;
			return 0;
		}
	return -ENOENT;
}

int nics_record(struct record *state, const struct net_link *link)
{
	struct net_link other;
	size_t n = 0;

	while (nics_link(state, n, &other) == 0)
		n++;
	return save_link(state, n, link);
}

void nics_forget(struct record *state, const char *nic)
{
	struct net_link l;
	char key[32];
	size_t kept = 0, i = 0;

	for (; nics_link(state, i, &l) == 0; i++)
		if (!str_eq(l.nic, nic))
			(void)save_link(state, kept++, &l); /* no longer than what it replaces */
	for (; kept < i; kept++) {
		(void)snprintf(key, sizeof(key), "nic.%zu", kept);
		record_unset(state, key);
	}
}

/* By this name the guest's networkd and its documentation know the first interface. NULL: another
 * one is called so. */
static const char *name_of_first(const struct zone_spec *s)
{
	static const char host0[] = "host0";

	for (size_t i = 0; i < s->nics_n; i++)
		if (str_eq(s->nics[i].name, host0))
			return NULL;
	return host0;
}

int nics_up(struct boot *b, struct record *state, struct zerr *e)
{
	struct net_user user = { .zone = b->z->name,
				 .slot = b->z->entry.slot,
				 .generation = b->generation,
				 .netns_fd = b->netns,
				 .alias = name_of_first(&b->z->spec) };
	size_t links = 0;
	int r = 0;

	for (size_t i = 0; i < b->z->spec.nics_n && r == 0; i++) {
		const struct nic_spec *n = &b->z->spec.nics[i];
		struct net_lease lease;
		struct net_link link;

		if (!net_has_link(n))
			continue;
		r = lease_ensure(b->z, n, &lease, e);
		if (r == 0)
			r = net_up(&b->z->h->net, &user, n, &lease, &link, e);
		if (r == 0 && (r = save_link(state, links++, &link)) < 0)
			r = zerr_code(e, ENOMEM, "record");
		if (r == 0)
			networkd_give(b, n, &lease);
		else
			r = zerr_in(e, r, "%s", n->name);
		user.alias = NULL;
	}
	if (r == 0 && links == 0 && b->share == NET_OWN)
		r = net_loopback(b->netns, e);
	return r < 0 || !b->z->spec.forwards.n ? r : forwards_apply(b->z, &b->z->spec, state, e);
}

int nics_down(struct zone *z, const struct record *state, struct zerr *e)
{
	struct net_link link;
	int r = net_forward_none(&z->h->net, z->name, e);

	for (size_t i = 0; nics_link(state, i, &link) == 0; i++) {
		struct zerr second = { 0 };
		const int one =
			net_down(&z->h->net, z->name, &link, -1, false, r < 0 ? &second : e);

		r = r < 0 ? r : one;
	}
	/* a start that was killed may not have written down its links */
	return r < 0 ? r : net_forget(&z->h->net, z->name, e);
}

/* ---- info ------------------------------------------------------------------------------------ */

static int read_counters(const struct zone *z, const struct record *state,
			 const struct net_link *link, struct net_counters *ret)
{
	if (*link->host_name)
		return net_count(&z->h->net, z->name, link, ret);
	AUTO_CLOSE int ns = state_netns(state);
	return ns < 0 ? ns : net_count_inside(ns, link->nic, ret);
}

static void count(const struct zone *z, const struct record *state, const struct net_link *link,
		  struct zone_nic *ret)
{
	struct net_counters c;

	if (read_counters(z, state, link, &c) < 0)
		return;
	ret->rx_bytes = c.rx_bytes;
	ret->tx_bytes = c.tx_bytes;
	ret->rx_packets = c.rx_packets;
	ret->tx_packets = c.tx_packets;
	ret->drops = c.drops;
}

static int tell_lease(const struct zone *z, const struct nic_spec *n, struct zone_nic *ret)
{
	static const struct strv none;
	struct lease_line old;
	struct net_lease lease;
	struct zerr ignored = { 0 };
	size_t at;
	const bool found = lease_find(&z->entry, n->name, &old, &at);
	int r;

	if (net_lease(&z->h->net, n, z->entry.slot, &none, found ? old.ipv4 : NULL, &lease,
		      &ignored) < 0)
		return 0;
	r = str_set(&ret->mac, *lease.mac ? lease.mac : NULL);
	if (r == 0 && lease.ipv4[0])
		r = strv_add(&ret->addresses, lease.ipv4);
	if (r == 0 && lease.ipv6[0])
		r = strv_add(&ret->addresses, lease.ipv6);
	return r;
}

static int one_nic(const struct zone *z, const struct nic_spec *n, const struct record *state,
		   struct zone_nic *ret)
{
	struct net_link link;
	char mac[18];
	int r;

	ret->rx_bytes = ret->tx_bytes = ret->rx_packets = ret->tx_packets = ret->drops = UINT64_MAX;
	r = str_set(&ret->name, n->name);
	if (r == 0)
		r = str_set(&ret->network, net_of(n));
	if (r == 0)
		r = tell_lease(z, n, ret);
	for (size_t k = 0; r == 0 && nics_link(state, k, &link) == 0; k++) {
		if (!str_eq(link.nic, n->name))
			continue;
		if (*link.host_name)
			r = str_set(&ret->host_name, link.host_name);
		if (r == 0 && !ret->mac && net_mac(&z->h->net, z->name, &link, mac) == 0)
			r = str_set(&ret->mac, mac);
		count(z, state, &link, ret);
	}
	return r;
}

int nics_info(const struct zone *z, const struct record *state, struct zone_info *i)
{
	i->nics = calloc(z->spec.nics_n + 1, sizeof(*i->nics));
	if (!i->nics)
		return -ENOMEM;
	for (size_t k = 0; k < z->spec.nics_n; k++) {
		if (!net_has_link(&z->spec.nics[k]))
			continue;
		const int r = one_nic(z, &z->spec.nics[k], state, &i->nics[i->nics_n]);

		i->nics_n++;
		if (r < 0)
			return r;
	}
	return 0;
}
