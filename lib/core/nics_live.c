/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces of running zones: rates that change, one that comes or goes. Nothing else of them is
 * changed before the next start. */
#include "base/own.h"
#include "core/forwards.h"
#include "core/lease.h"
#include "core/live.h"
#include "core/networkd.h"
#include "core/nics.h"

static const struct nic_spec *find(const struct zone_spec *s, const char *name)
{
	for (size_t i = 0; i < s->nics_n; i++)
		if (str_eq(s->nics[i].name, name))
			return &s->nics[i];
	return NULL;
}

static int open_netns(const struct live *l, struct zerr *e)
{
	const int ns = state_netns(l->state);

	return ns < 0 ? zerr_as(e, ZERR_STATE, "the zone has just ended") : ns;
}

/* ---- rates ----------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a && b ? str_eq(a, b) : a == b;
}

static bool same_rates(const struct nic_spec *a, const struct nic_spec *b)
{
	return same(a->ingress, b->ingress) && same(a->egress, b->egress);
}

static int change_rate(const struct live *l, const struct nic_spec *n, struct zerr *e)
{
	struct net_link link;

	if (nics_find(l->state, n->name, &link) < 0)
		return 0; /* it comes with the next start */
	AUTO_CLOSE int ns = open_netns(l, e);
	return ns < 0 ? ns
		      : zerr_in(e, net_limit(&l->z->h->net, l->z->name, &link, n, ns, e), "net.%s",
				n->name);
}

static int change_rates(const struct live *l, struct zerr *e)
{
	int r = 0;

	for (size_t i = 0; i < l->to->nics_n && r == 0; i++) {
		const struct nic_spec *was = find(l->from, l->to->nics[i].name);

		if (was && !same_rates(was, &l->to->nics[i]))
			r = change_rate(l, &l->to->nics[i], e);
	}
	return r;
}

/* ---- come and go ----------------------------------------------------------------------------- */

static int plug_in(const struct live *l, const struct nic_spec *n, int ns, struct zerr *e)
{
	const struct net_user user = { .zone = l->z->name,
				       .slot = l->z->entry.slot,
				       .generation =
					       (unsigned)record_u64(l->state, "generation", 0),
				       .netns_fd = ns };
	struct net_lease lease;
	struct net_link link;
	int r = 0;

	if (!net_has_link(n))
		return net_share(n) == NET_OWN
			       ? 0
			       : zerr_as(e, ZERR_STATE, "type %s is for the next start", n->type);
	/* what a command that was killed has left of it */
	r = net_unplug(&l->z->h->net, l->z->name, n->name, ns, e);
	if (r == 0)
		r = lease_ensure(l->z, n, &lease, e);
	if (r == 0)
		r = net_up(&l->z->h->net, &user, n, &lease, &link, e);
	if (r == 0 && nics_record(l->state, &link) < 0)
		r = zerr_code(e, ENOMEM, "record");
	if (r == 0)
		networkd_tell(l->z, l->state, n, &lease);
	return r;
}

static int plug_out(const struct live *l, int ns, struct zerr *e)
{
	const int r = net_unplug(&l->z->h->net, l->z->name, l->plug, ns, e);

	if (r < 0)
		return r;
	nics_forget(l->state, l->plug);
	networkd_forget(l->state, l->plug);
	return 0;
}

static int plug(const struct live *l, struct zerr *e)
{
	const struct nic_spec *n = find(l->to, l->plug);
	AUTO_CLOSE int ns = open_netns(l, e);
	struct net_link link;

	if (ns < 0)
		return ns;
	if (!n)
		return plug_out(l, ns, e);
	return nics_find(l->state, n->name, &link) == 0 ? 0 : plug_in(l, n, ns, e);
}

/* Ports lead to the first interface that has a way, which may be another one now. */
static int lead_ports(const struct live *l, struct zerr *e)
{
	return l->to->forwards.n ? forwards_apply(l->z, l->to, l->state, e) : 0;
}

/* A whole block that was unset stays in the running zone, unless it is detached. */
static int keep_removed(const struct live *l, struct zerr *e)
{
	int r = 0;

	for (size_t i = 0; i < l->from->nics_n && r == 0; i++)
		if (!find(l->to, l->from->nics[i].name) && !same(l->plug, l->from->nics[i].name))
			r = live_later(l, "net.", l->from->nics[i].name, e);
	return r;
}

int nics_live(const struct live *l, struct zerr *e)
{
	AUTO_STRV struct strv later = { 0 };
	const struct live back = live_back(l, &later);
	struct zerr lost = { 0 };
	int r = keep_removed(l, e);

	if (r == 0)
		r = change_rates(l, e);
	if (r < 0)
		(void)change_rates(&back, &lost);
	if (r < 0 || !l->plug)
		return r;
	r = plug(l, e);
	if (r == 0)
		r = lead_ports(l, e);
	if (r < 0) {
		(void)plug(&back, &lost);
		(void)lead_ports(&back, &lost);
	}
	return zerr_in(e, r, "%s", l->plug);
}
