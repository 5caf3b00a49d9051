/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks as the library offers them: net/'s objects, and the zones that are leased on them. */
#include <fcntl.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/core.h"
#include "core/lease.h"

int zone_network_create(struct zone_host *h, const char *name, const struct strv *set,
			struct zerr *e)
{
	return net_network_write(&h->net, name, set, false, e);
}

int zone_network_set(struct zone_host *h, const char *name, const struct strv *set, struct zerr *e)
{
	return net_network_write(&h->net, name, set, true, e);
}

int zone_network_hold(struct zone_host *h, const char *name, bool up, struct zerr *e)
{
	return net_network_hold(&h->net, name, up, e);
}

static void done_one(struct zone_network *n)
{
	free(n->name);
	free(n->bridge);
	free(n->ipv4);
	free(n->ipv6);
	free(n->mac);
	free(n->blocked);
	strv_done(&n->zones);
}

void zone_networks_done(struct zone_networks *n)
{
	for (size_t i = 0; i < n->n; i++)
		done_one(&n->v[i]);
	free(n->v);
	*n = (struct zone_networks){ 0 };
}

static const char *attr(const struct net_network *n, const char *key)
{
	for (size_t i = 0; i + 1 < n->attrs.n; i += 2)
		if (str_eq(n->attrs.v[i], key))
			return n->attrs.v[i + 1];
	return "";
}

/* Zones with a lease on @network. */
static int add_users(const struct index *all, const char *network, struct strv *ret)
{
	struct lease_line l;
	int r = 0;

	for (size_t i = 0; r == 0 && i < all->n; i++)
		for (size_t k = 0; r == 0 && k < all->v[i].leases.n; k++)
			if (lease_parse(all->v[i].leases.v[k], &l) && str_eq(l.network, network)) {
				r = strv_add(ret, all->v[i].name);
				break;
			}
	return r;
}

static int fill(const struct net_network *from, const char *name, struct zone_network *n)
{
	const char *ipv6 = attr(from, "ipv6");
	uint64_t mtu = 0;

	n->name = strdup(name);
	n->bridge = strdup(name);
	n->ipv4 = strdup(attr(from, "ipv4"));
	n->ipv6 = *ipv6 ? strdup(ipv6) : NULL;
	n->mac = strdup(from->mac);
	(void)parse_u64(attr(from, "mtu"), UINT32_MAX, &mtu); /* net/ has written it */
	n->mtu = mtu;
	n->dhcp = str_eq(attr(from, "dhcp"), "yes");
	n->internal = str_eq(attr(from, "internal"), "yes");
	n->nat = !n->internal && str_eq(attr(from, "nat"), "yes");
	n->isolated = str_eq(attr(from, "isolated"), "yes");
	n->vlan_aware = str_eq(attr(from, "vlan_aware"), "yes");
	n->up = from->up;
	return n->name && n->bridge && n->ipv4 && n->mac && (n->ipv6 || !*ipv6) ? 0 : -ENOMEM;
}

static int add_network(struct zone_host *h, const char *name, const struct index *all,
		       struct zone_networks *to, struct zerr *e)
{
	struct zone_network *v = reallocarray(to->v, to->n + 1, sizeof(*v));
	struct net_network from;
	int r;

	if (!v)
		return zerr_code(e, ENOMEM, "networks");
	to->v = v;
	r = net_network_get(&h->net, name, &from, e);
	if (r < 0)
		return r;
	v += to->n++;
	*v = (struct zone_network){ 0 };
	if (fill(&from, name, v) < 0 || add_users(all, name, &v->zones) < 0)
		r = zerr_code(e, ENOMEM, "networks");
	net_network_done(&from);
	return r;
}

/* Asked of one network only: it is a question for each chain of the host. */
static int add_blocked(struct zone_host *h, struct zone_network *n, struct zerr *e)
{
	char chain[300];
	int r = n->up ? net_network_blocked(&h->net, n->name, chain, sizeof(chain), e) : -ENOENT;

	if (r < 0 || !*chain)
		return r == -ENOENT ? 0 : r;
	n->blocked = strdup(chain);
	return n->blocked ? 0 : zerr_code(e, ENOMEM, "networks");
}

int zone_network_list(struct zone_host *h, const char *name, struct zone_networks *ret,
		      struct zerr *e)
{
	AUTO_INDEX struct index all = { 0 };
	AUTO_STRV struct strv names = { 0 };
	struct zone_networks out = { 0 };
	int r = index_load(h->host, &all, e);

	if (r == 0 && !name)
		r = net_network_list(&h->net, &names, e);
	if (r == 0 && name)
		r = strv_add(&names, name) < 0 ? zerr_code(e, ENOMEM, "networks") : 0;
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		r = add_network(h, names.v[i], &all, &out, e);
		if (r == -ENOENT && !name) /* removed meanwhile */
			r = 0;
	}
	if (r == 0 && name)
		r = add_blocked(h, &out.v[0], e);
	if (r < 0) {
		zone_networks_done(&out);
		return r;
	}
	*ret = out;
	return 0;
}

/* A lease outlives its NIC: does the configuration still have one there? What cannot be read may.
 */
static bool still_uses(const struct index_entry *x, const char *network)
{
	AUTO_CLOSE int dir = open(x->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	AUTO_SPEC struct zone_spec spec;
	struct zerr ignored = { 0 };

	spec_init(&spec);
	if (dir < 0 || conf_load(&spec, dir, x->name, &ignored) < 0)
		return true;
	for (size_t i = 0; i < spec.nics_n; i++)
		if (str_eq(net_of(&spec.nics[i]), network))
			return true;
	return false;
}

int zone_network_remove(struct zone_host *h, const char *name, struct zerr *e)
{
	AUTO_INDEX struct index all = { 0 };
	AUTO_STRV struct strv users = { 0 };
	AUTO_CLOSE int lock = index_lock(h->host, e); /* nobody is leased on it meanwhile */
	int r = lock < 0 ? lock : index_load(h->host, &all, e);

	if (r < 0)
		return r;
	if (add_users(&all, name, &users) < 0)
		return zerr_code(e, ENOMEM, "networks");
	for (size_t i = 0; i < all.n; i++)
		if (strv_has(&users, all.v[i].name) && still_uses(&all.v[i], name))
			return zerr_hint(e,
					 zerr_as(e, ZERR_STATE, "zone %s is on network %s",
						 all.v[i].name, name),
					 "zone network detach %s NIC", all.v[i].name);
	return net_network_remove(&h->net, name, e);
}
