/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone network attach, detach: net.NIC.* written, and in a running zone at once. */
#include <string.h>

#include "base/own.h"
#include "core/lease.h"
#include "core/live.h"
#include "core/nics.h"

static bool has(const struct zone *z, const char *nic)
{
	for (size_t i = 0; i < z->spec.nics_n; i++)
		if (str_eq(z->spec.nics[i].name, nic))
			return true;
	return false;
}

/* Whether the zone runs without it: it was set, for the next start. */
static bool waits(const struct zone *z, const char *nic)
{
	AUTO_STATUS struct status s = { 0 };
	struct zerr ignored = { 0 };
	struct net_link link;

	return state_now(z, &s, &ignored) == 0 &&
	       (s.state == STATE_RUNNING || s.state == STATE_FROZEN) &&
	       nics_find(&s.rec, nic, &link) < 0;
}

/* "KEY=VALUE" is net.NIC.KEY=VALUE; without any, a block of defaults. */
static int assignments(const char *nic, const struct strv *set, struct strv *ret, struct zerr *e)
{
	int r = set->n ? 0 : strv_addf(ret, "net.%s.type=veth", nic);

	for (size_t i = 0; i < set->n && r == 0; i++) {
		if (!strchr(set->v[i], '='))
			return zerr_as(e, ZERR_USAGE, "'%s' is not KEY=VALUE", set->v[i]);
		r = strv_addf(ret, "net.%s.%s", nic, set->v[i]);
	}
	return r < 0 ? zerr_code(e, ENOMEM, "attach") : 0;
}

int zone_network_attach(struct zone_host *h, const char *name, const char *nic,
			const struct strv *set, struct strv *ret_live, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_STRV struct strv all = { 0 };
	int r = assignments(nic, set, &all, e);

	if (r == 0)
		r = zone_load_config(h, name, &z, e);
	if (r == 0 && has(&z, nic) && !waits(&z, nic))
		r = zerr_hint(e,
			      zerr_as(e, ZERR_STATE, "the zone has an interface %s already", nic),
			      "zone network detach %s %s", name, nic);
	return r < 0 ? r : live_plug(h, name, nic, all.v, (int)all.n, ret_live, e);
}

int zone_network_detach(struct zone_host *h, const char *name, const char *nic,
			struct strv *ret_live, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_FREE char *block = str_fmt("net.%s", nic);
	char *const all[] = { block };
	int r = block ? zone_load_config(h, name, &z, e) : zerr_code(e, ENOMEM, "detach");

	if (r == 0 && !has(&z, nic))
		r = zerr_hint(e, zerr_as(e, ZERR_MISSING, "the zone has no interface %s", nic),
			      "zone info %s", name);
	if (r == 0)
		r = live_plug(h, name, nic, all, 1, ret_live, e);
	return r < 0 ? r : lease_drop(h, name, nic, e);
}
