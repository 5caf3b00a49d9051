/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leases of a zone's NICs: "NIC NETWORK IPV4 IPV6" in its line of the index, "-" for none. NICs on
 * none of our networks have no lease to keep. */
#include "core/lease.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"

bool lease_parse(const char *line, struct lease_line *ret)
{
	struct lease_line l = { .ipv6 = "-" };

	if (sscanf(line, "%15s %15s %19s %47s", l.nic, l.network, l.ipv4, l.ipv6) < 3)
		return false;
	*ret = l;
	return true;
}

/* What others (and other NICs of @self) have on @network. */
static int collect_taken(const struct index *all, const char *self, const char *nic,
			 const char *network, struct strv *ret)
{
	struct lease_line l;

	for (size_t i = 0; i < all->n; i++)
		for (size_t k = 0; k < all->v[i].leases.n; k++) {
			const char *owner = all->v[i].name;

			if (!lease_parse(all->v[i].leases.v[k], &l) ||
			    !str_eq(l.network, network) ||
			    (str_eq(owner, self) && str_eq(l.nic, nic)))
				continue;
			if (strv_addf(ret, "%s %s", l.ipv4, owner) < 0 ||
			    (!str_eq(l.ipv6, "-") && strv_addf(ret, "%s %s", l.ipv6, owner) < 0))
				return -ENOMEM;
		}
	return 0;
}

bool lease_find(const struct index_entry *x, const char *nic, struct lease_line *ret,
		size_t *ret_at)
{
	for (size_t i = 0; i < x->leases.n; i++)
		if (lease_parse(x->leases.v[i], ret) && str_eq(ret->nic, nic)) {
			*ret_at = i;
			return true;
		}
	return false;
}

static int one(struct zone_host *h, const struct nic_spec *nic, const struct index *all,
	       struct index_entry *x, struct net_lease *ret, bool *ret_changed, struct zerr *e)
{
	const char *network = net_of(nic);
	AUTO_STRV struct strv taken = { 0 };
	AUTO_FREE char *line = NULL;
	struct lease_line old;
	size_t at = 0;
	const bool found = lease_find(x, nic->name, &old, &at);

	if (network && collect_taken(all, x->name, nic->name, network, &taken) < 0)
		return zerr_code(e, ENOMEM, "lease");
	const int r = net_lease(&h->net, nic, x->slot, &taken, found ? old.ipv4 : NULL, ret, e);
	if (r < 0)
		return zerr_in(e, r, "net.%s", nic->name);
	*ret_changed = false;
	if (!network)
		return 0;
	line = str_fmt("%s %s %s %s", ret->nic, ret->network, ret->ipv4[0] ? ret->ipv4 : "-",
		       ret->ipv6[0] ? ret->ipv6 : "-");
	if (!line)
		return zerr_code(e, ENOMEM, "lease");
	*ret_changed = !found || !str_eq(x->leases.v[at], line);
	if (!*ret_changed)
		return 0;
	if ((found ? str_set(&x->leases.v[at], line) : strv_add(&x->leases, line)) < 0)
		return zerr_code(e, ENOMEM, "lease");
	return 0;
}

int lease_all(struct zone_host *h, const struct zone_spec *spec, const struct index *all,
	      struct index_entry *entry, struct zerr *e)
{
	int r = 0;

	for (size_t i = 0; i < spec->nics_n && r == 0; i++) {
		struct net_lease lease;
		bool changed;

		if (net_has_link(&spec->nics[i]))
			r = one(h, &spec->nics[i], all, entry, &lease, &changed, e);
	}
	return r;
}

int lease_ensure(struct zone *z, const struct nic_spec *nic, struct net_lease *ret, struct zerr *e)
{
	AUTO_INDEX struct index all = { 0 };
	bool changed = false;
	struct lease_line l;
	size_t at;

	/* the usual case: the lease is there and stays; nobody else can have it, so no lock */
	if (!net_of(nic) || (lease_find(&z->entry, nic->name, &l, &at) && nic->addresses.n == 0)) {
		const int r = one(z->h, nic, &all, &z->entry, ret, &changed, e);

		if (r < 0 || !changed)
			return r;
	}
	AUTO_CLOSE int lock = index_lock(z->h->host, e);
	int r = lock < 0 ? lock : index_load(z->h->host, &all, e);
	if (r == 0)
		r = one(z->h, nic, &all, &z->entry, ret, &changed, e);
	return r == 0 && changed ? index_put(z->h->host, &z->entry, e) : r;
}

/* Take @at out. */
static void remove_lease(struct index_entry *x, size_t at)
{
	free(x->leases.v[at]);
	x->leases.v[at] = x->leases.v[--x->leases.n];
	x->leases.v[x->leases.n] = NULL;
}

static bool wants(const struct zone_spec *spec, const char *nic)
{
	for (size_t i = 0; i < spec->nics_n; i++)
		if (str_eq(spec->nics[i].name, nic))
			return net_of(&spec->nics[i]) != NULL;
	return false;
}

/* Leases of NICs that @spec does not have, or not on a network of ours. */
static bool remove_unwanted(struct index_entry *x, const struct zone_spec *spec)
{
	struct lease_line l;
	const size_t before = x->leases.n;

	for (size_t i = x->leases.n; i-- > 0;)
		if (lease_parse(x->leases.v[i], &l) && !wants(spec, l.nic))
			remove_lease(x, i);
	return x->leases.n != before;
}

/* One NIC of a changed configuration: what another change can still mend is only warned of, unless
 * it is to be @whole. */
static int follow_one(struct zone *z, const struct nic_spec *nic, bool whole,
		      const struct index *all, struct index_entry *x, bool *changed, struct zerr *e)
{
	struct net_lease ignored;
	struct zerr wrong = { 0 };
	bool other = false;
	const int r = one(z->h, nic, all, x, &ignored, &other, &wrong);

	*changed |= r == 0 && other;
	if (r < 0 && wrong.status == ZERR_USAGE && !whole) {
		log_warn("%s: %s; it does not start so", z->name, wrong.msg);
		return 0;
	}
	if (r < 0)
		*e = wrong;
	return r;
}

int lease_follow(struct zone *z, const struct zone_spec *spec, const char *whole, bool keep,
		 struct zerr *e)
{
	AUTO_INDEX struct index all = { 0 };
	AUTO_CLOSE int lock = index_lock(z->h->host, e);
	struct index_entry *x = NULL;
	int r = lock < 0 ? lock : index_load(z->h->host, &all, e);

	for (size_t i = 0; i < all.n; i++)
		if (str_eq(all.v[i].name, z->name))
			x = &all.v[i];
	if (r < 0 || !x)
		return r;
	bool changed = remove_unwanted(x, spec);
	for (size_t i = 0; i < spec->nics_n && r == 0; i++)
		if (net_has_link(&spec->nics[i]))
			r = follow_one(z, &spec->nics[i],
				       whole && str_eq(spec->nics[i].name, whole), &all, x,
				       &changed, e);
	return r == 0 && changed && keep ? index_put(z->h->host, x, e) : r;
}

int lease_drop(struct zone_host *h, const char *name, const char *nic, struct zerr *e)
{
	AUTO_CLOSE int lock = index_lock(h->host, e);
	struct index_entry x = { 0 };
	struct lease_line l;
	size_t at;
	int r = lock < 0 ? lock : index_find_one(h->host, name, &x, e);

	if (r == 0 && lease_find(&x, nic, &l, &at)) {
		remove_lease(&x, at);
		r = index_put(h->host, &x, e);
	}
	index_entry_done(&x);
	return r;
}
