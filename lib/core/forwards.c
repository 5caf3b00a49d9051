/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone forward add, ls, rm, and what becomes of forwarded ports in a running zone. */
#include "core/forwards.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/lease.h"
#include "core/live.h"
#include "core/nics.h"

/* The host's interface that @nic is behind: its network's bridge, or its own end. NULL: none that
 * the host routes to. */
static const char *way_to(const struct nic_spec *nic, const struct record *state,
			  struct net_link *link)
{
	if (!net_has_link(nic))
		return NULL;
	for (size_t i = 0; nics_link(state, i, link) == 0; i++)
		if (str_eq(link->nic, nic->name))
			return net_routes(nic)	? link->host_name
			       : *link->network ? link->network
						: NULL;
	return NULL;
}

int forwards_apply(struct zone *z, const struct zone_spec *spec, const struct record *state,
		   struct zerr *e)
{
	if (spec->forwards.n == 0)
		return net_forward_none(&z->h->net, z->name, e);
	for (size_t i = 0; i < spec->nics_n; i++) {
		struct net_lease lease;
		struct net_link link;
		const char *way = way_to(&spec->nics[i], state, &link);
		int r;

		if (!way)
			continue;
		r = lease_ensure(z, &spec->nics[i], &lease, e);
		return r < 0 ? r
			     : net_forward(&z->h->net, z->name, &spec->forwards, &lease, way, e);
	}
	return zerr_as(e, ZERR_STATE,
		       "forward: the zone has no interface that ports could lead to");
}

/* Undoing is the same with the two changed round. */
int forwards_live(const struct live *l, struct zerr *e)
{
	const struct pairs *a = &l->from->forwards, *b = &l->to->forwards;
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = str_eq(a->v[i].value, pairs_get(b, a->v[i].name));
	return same ? 0 : forwards_apply(l->z, l->to, l->state, e);
}

/* ---- conflicts ------------------------------------------------------------------------------- */

/* The name of @spec's forward that stands in @f's way; NULL: none. */
static const char *find_overlap(const struct zone_spec *spec, const struct forward *f)
{
	for (size_t i = 0; i < spec->forwards.n; i++) {
		struct forward other;
		struct zerr ignored = { 0 };

		if (conf_forward(&other, spec->forwards.v[i].name, NULL, &ignored) == 0 &&
		    conf_forward_overlap(f, &other))
			return spec->forwards.v[i].name;
	}
	return NULL;
}

static int refuse(const char *port, const char *zone, struct zerr *e)
{
	return zerr_hint(e, zerr_as(e, ZERR_STATE, "port %s is forwarded to zone %s", port, zone),
			 "zone forward rm %s %s", zone, port);
}

/* Whether @other has a port of @spec. */
static int check_against(const struct zone_spec *spec, const struct zone_spec *other,
			 const char *name, struct zerr *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < spec->forwards.n; i++) {
		const struct pair *p = &spec->forwards.v[i];
		struct forward f;
		const char *port;

		r = conf_forward(&f, p->name, p->value, e);
		port = r == 0 ? find_overlap(other, &f) : NULL;
		if (port)
			r = refuse(port, name, e);
	}
	return r;
}

int forwards_check(struct zone_host *h, const char *name, const struct zone_spec *spec,
		   struct zerr *e)
{
	AUTO_INDEX struct index all = { 0 };
	int r = spec->forwards.n ? index_load(h->host, &all, e) : 0;

	for (size_t i = 0; r == 0 && i < all.n; i++) {
		AUTO_CLOSE int dir =
			open(all.v[i].dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		AUTO_SPEC struct zone_spec other;
		struct zerr ignored = { 0 };

		spec_init(&other);
		if (dir >= 0 && !str_eq(all.v[i].name, name) &&
		    conf_load(&other, dir, all.v[i].name, &ignored) == 0)
			r = check_against(spec, &other, all.v[i].name, e);
	}
	return r;
}

/* ---- add ------------------------------------------------------------------------------------- */

static int set_one(struct zone_host *h, const char *name, char *assignment, struct zerr *e)
{
	AUTO_STRV struct strv live = { 0 };
	char *const all[] = { assignment };

	return assignment ? zone_set(h, name, all, 1, &live, e) : zerr_code(e, ENOMEM, "forward");
}

int zone_forward_add(struct zone_host *h, const char *name, const char *port, const char *to,
		     struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_FREE char *assignment = NULL;
	struct forward f;
	char text[80];
	const char *own;
	int r = conf_forward(&f, port, to, e);

	if (r == 0)
		r = zone_load_config(h, name, &z, e);
	if (r < 0)
		return r;
	own = find_overlap(&z.spec, &f);
	if (own)
		return refuse(own, name, e);
	r = net_forward_free(&f, e);
	if (r < 0)
		return r;
	assignment = str_fmt("forward.%s=%s", conf_forward_name(&f, text), to);
	return set_one(h, name, assignment, e);
}

/* ---- rm, ls ---------------------------------------------------------------------------------- */

/* As it is written, or any other spelling of the same. */
static const char *find_same(const struct zone_spec *spec, const struct forward *f)
{
	char want[80], have[80];

	(void)conf_forward_name(f, want);
	for (size_t i = 0; i < spec->forwards.n; i++) {
		struct forward other;
		struct zerr ignored = { 0 };

		if (conf_forward(&other, spec->forwards.v[i].name, NULL, &ignored) == 0 &&
		    str_eq(conf_forward_name(&other, have), want))
			return spec->forwards.v[i].name;
	}
	return NULL;
}

int zone_forward_remove(struct zone_host *h, const char *name, const char *port, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_FREE char *assignment = NULL;
	struct forward f;
	const char *key;
	int r = conf_forward(&f, port, NULL, e);

	if (r == 0)
		r = zone_load_config(h, name, &z, e);
	if (r < 0)
		return r;
	key = find_same(&z.spec, &f);
	if (!key)
		return zerr_hint(e, zerr_as(e, ZERR_MISSING, "port %s is not forwarded", port),
				 "zone forward ls %s", name);
	assignment = str_fmt("forward.%s", key);
	return set_one(h, name, assignment, e);
}

void zone_forwards_done(struct zone_forwards *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].zone);
		free(f->v[i].port);
		free(f->v[i].address);
	}
	free(f->v);
	*f = (struct zone_forwards){ 0 };
}

static int add_row(struct zone_forwards *to, const char *zone, const struct pair *p)
{
	struct zone_forward *v = reallocarray(to->v, to->n + 1, sizeof(*v));
	char address[INET6_ADDRSTRLEN] = "";
	struct zerr ignored = { 0 };
	struct forward f;

	if (!v)
		return -ENOMEM;
	to->v = v;
	if (conf_forward(&f, p->name, p->value, &ignored) < 0)
		return 0; /* verify shows what is broken */
	if (f.family)
		(void)inet_ntop(f.family, f.address, address, sizeof(address)); /* it fits */
	v += to->n++;
	*v = (struct zone_forward){ .zone = strdup(zone),
				    .port = strdup(p->name),
				    .address = f.family ? strdup(address) : NULL,
				    .udp = f.udp,
				    .first = f.first,
				    .last = f.last,
				    .to = f.to };
	return v->zone && v->port && (v->address || !f.family) ? 0 : -ENOMEM;
}

int zone_forward_list(struct zone_host *h, const char *name, struct zone_forwards *ret,
		      struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	const int r = zone_load_config(h, name, &z, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < z.spec.forwards.n; i++)
		if (add_row(ret, name, &z.spec.forwards.v[i]) < 0)
			return zerr_code(e, ENOMEM, "forwards");
	return 0;
}
