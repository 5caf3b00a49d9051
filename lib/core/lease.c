/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leases of a zone's NICs: "NIC NETWORK IPV4" in its line of the index. */
#include "core/lease.h"

#include <stdio.h>
#include <string.h>

#include "base/own.h"

/* Addresses that others (and other NICs of @self) have on @network. */
static int collect_taken(const struct index *all, const char *self, const char *nic,
			 const char *network, struct strv *ret)
{
	for (size_t i = 0; i < all->n; i++)
		for (size_t k = 0; k < all->v[i].leases.n; k++) {
			char n[16], net[16], ip[20];

			if (sscanf(all->v[i].leases.v[k], "%15s %15s %19s", n, net, ip) != 3 ||
			    !str_eq(net, network) ||
			    (str_eq(all->v[i].name, self) && str_eq(n, nic)))
				continue;
			if (strv_add(ret, ip) < 0)
				return -ENOMEM;
		}
	return 0;
}

static const char *present(const struct index_entry *x, const char *nic, char ip[static 20],
			   size_t *ret_at)
{
	for (size_t i = 0; i < x->leases.n; i++) {
		char n[16], net[16];

		if (sscanf(x->leases.v[i], "%15s %15s %19s", n, net, ip) == 3 && str_eq(n, nic)) {
			*ret_at = i;
			return ip;
		}
	}
	return NULL;
}

static int one(struct zone_host *h, const struct nic_spec *nic, const struct index *all,
	       struct index_entry *x, struct net_lease *ret, bool *ret_changed, struct zerr *e)
{
	const char *network = nic->network ? nic->network : NET_DEFAULT;
	AUTO_STRV struct strv taken = { 0 };
	AUTO_FREE char *line = NULL;
	char ip[20];
	size_t at = 0;
	const char *old = present(x, nic->name, ip, &at);

	if (collect_taken(all, x->name, nic->name, network, &taken) < 0)
		return zerr_code(e, ENOMEM, "lease");
	const int r = net_lease(&h->net, nic, x->slot, &taken, old, ret, e);
	if (r < 0)
		return zerr_in(e, r, "net.%s", nic->name);
	line = str_fmt("%s %s %s", ret->nic, ret->network, ret->ipv4[0] ? ret->ipv4 : "-");
	if (!line)
		return zerr_code(e, ENOMEM, "lease");
	*ret_changed = !old || !str_eq(x->leases.v[at], line);
	if (!*ret_changed)
		return 0;
	if ((old ? str_set(&x->leases.v[at], line) : strv_add(&x->leases, line)) < 0)
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

		if (!str_eq(spec->nics[i].type, "none"))
			r = one(h, &spec->nics[i], all, entry, &lease, &changed, e);
	}
	return r;
}

int lease_ensure(struct zone *z, const struct nic_spec *nic, struct net_lease *ret, struct zerr *e)
{
	AUTO_INDEX struct index all = { 0 };
	bool changed = false;
	char ip[20];
	size_t at;

	/* the usual case: the lease is there and stays; nobody else can have it, so no lock */
	if (present(&z->entry, nic->name, ip, &at) && !nic->address) {
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
