/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which zones `autostart` starts, and in which order: from their configurations, nothing else. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "core/autostart.h"
#include "core/order.h"
#include "core/systemd.h"

/* All zones of the host. */
struct crowd {
	struct strv names; /* sorted */
	struct zone_spec *specs;
	char **broken; /* why a configuration cannot be read, or NULL */
	bool *wanted, *pulled;
};

static void crowd_done(struct crowd *c)
{
	for (size_t i = 0; i < c->names.n; i++) {
		if (c->specs)
			spec_done(&c->specs[i]);
		if (c->broken)
			free(c->broken[i]);
	}
	free(c->specs);
	free(c->broken);
	free(c->wanted);
	free(c->pulled);
	strv_done(&c->names);
}
#define AUTO_CROWD __attribute__((cleanup(crowd_done)))

static int crowd_load(struct zone_host *h, struct crowd *c, struct zerr *e)
{
	const int r = zone_names(h, &c->names, e);
	const size_t n = c->names.n + 1;

	if (r < 0)
		return r;
	c->specs = calloc(n, sizeof(*c->specs));
	c->broken = calloc(n, sizeof(*c->broken));
	c->wanted = calloc(n, sizeof(*c->wanted));
	c->pulled = calloc(n, sizeof(*c->pulled));
	if (!c->specs || !c->broken || !c->wanted || !c->pulled)
		return zerr_code(e, ENOMEM, "autostart");
	for (size_t i = 0; i < c->names.n; i++) {
		AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
		struct zerr own = { 0 };

		spec_init(&c->specs[i]);
		if (zone_load(h, c->names.v[i], 0, &z, &own) < 0 ||
		    (z.dir < 0 && zerr_set(&own, ENOENT, "its directory is missing") < 0) ||
		    conf_load(&c->specs[i], z.dir, z.name, &own) < 0)
			c->broken[i] = strdup(own.msg);
	}
	return 0;
}

/* ---- who ------------------------------------------------------------------------------------- */

static bool in_groups(const struct zone_spec *s, const struct zone_autostart *a)
{
	if (a->all)
		return true;
	if (!a->groups || (!s->groups.n && strv_has(a->groups, "")))
		return !s->groups.n;
	for (size_t i = 0; i < s->groups.n; i++)
		if (strv_has(a->groups, s->groups.v[i]))
			return true;
	return false;
}

static size_t find(const struct crowd *c, const char *name)
{
	size_t i = 0;

	while (i < c->names.n && strcmp(c->names.v[i], name) != 0)
		i++;
	return i;
}

/* What those that are wanted require is wanted too, and so on. */
static void pull(struct crowd *c)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < c->names.n; i++)
			for (size_t k = 0; c->wanted[i] && k < c->specs[i].start_requires.n; k++) {
				const size_t j = find(c, c->specs[i].start_requires.v[k]);

				if (j == c->names.n || c->wanted[j])
					continue;
				c->wanted[j] = c->pulled[j] = again = true;
			}
	}
}

/* ---- in which order -------------------------------------------------------------------------- */

static int take(const struct crowd *c, const struct order_node *v, struct zone_plan_entry *ret)
{
	const size_t i = find(c, v->name);
	int r = 0;

	*ret = (struct zone_plan_entry){ .name = strdup(v->name),
					 .order = v->order,
					 .delay = c->specs[i].start_delay,
					 .pulled = c->pulled[i],
					 .refused = c->broken[i] ? strdup(c->broken[i]) : NULL };
	for (size_t k = 0; k < v->after->n && r == 0; k++)
		if (c->wanted[find(c, v->after->v[k])])
			r = strv_add(&ret->after, v->after->v[k]);
	for (size_t k = 0; k < v->requires->n && r == 0; k++)
		r = strv_add(&ret->requires, v->requires->v[k]);
	return ret->name && r == 0 ? 0 : -ENOMEM;
}

static bool all_placed(const struct zone_plan *p, const struct crowd *c, const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++) {
		size_t k = 0;

		while (k < p->n && strcmp(p->v[k].name, names->v[i]) != 0)
			k++;
		if (k == p->n && c->wanted[find(c, names->v[i])])
			return false;
	}
	return true;
}

/* The next node for the plan: the lowest of those whose predecessors are in it; when there is none
 * the lowest of all, which is part of a circle, or behind one. */
static size_t next_node(const struct order_node *v, size_t n, const bool *placed,
			const struct zone_plan *p, const struct crowd *c)
{
	size_t best = n, any = n;

	for (size_t i = 0; i < n; i++) {
		if (placed[i])
			continue;
		if (any == n)
			any = i;
		if ((best == n || v[i].order < v[best].order) && all_placed(p, c, v[i].after) &&
		    all_placed(p, c, v[i].requires))
			best = i;
	}
	return best < n ? best : any;
}

/* What keeps it from being started, known beforehand. */
static int judge(const struct crowd *c, const struct order_node *v, size_t n, size_t i,
		 struct zone_plan_entry *x)
{
	char circle[ORDER_TEXT];
	const char *missing = NULL;

	for (size_t k = 0; k < x->requires.n && !missing; k++)
		if (find(c, x->requires.v[k]) == c->names.n)
	missing = x->requires.v[k];
	if (x->refused)
		return 0;
	if (order_circle(v, n, i, circle))
		x->refused = str_fmt("start.after and start.requires make a circle: %s", circle);
	else if (missing)
		x->refused = str_fmt("start.requires: there is no zone %s", missing);
	else
		return 0;
	return x->refused ? 0 : -ENOMEM;
}

static void mark_waited(struct zone_plan *p, const struct strv *names)
{
	for (size_t k = 0; k < names->n; k++)
		for (size_t i = 0; i < p->n; i++)
			p->v[i].waited_for |= str_eq(p->v[i].name, names->v[k]);
}

static int place_all(const struct crowd *c, struct order_node *v, size_t n, struct zone_plan *p)
{
	AUTO_FREE bool *placed = calloc(n + 1, sizeof(*placed));
	int r = placed ? 0 : -ENOMEM;

	while (r == 0 && p->n < n) {
		const size_t i = next_node(v, n, placed, p, c);
		struct zone_plan_entry *x = &p->v[p->n];

		placed[i] = true;
		p->n++;
		r = take(c, &v[i], x);
		if (r == 0)
			r = judge(c, v, n, i, x);
	}
	for (size_t i = 0; i < p->n; i++) {
		mark_waited(p, &p->v[i].after);
		mark_waited(p, &p->v[i].requires);
	}
	return r;
}

void zone_plan_done(struct zone_plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].name);
		free(p->v[i].refused);
		strv_done(&p->v[i].after);
		strv_done(&p->v[i].requires);
	}
	free(p->v);
	*p = (struct zone_plan){ 0 };
}

int zone_plan_make(struct zone_host *h, const struct zone_autostart *a, struct zone_plan *ret,
		   struct zerr *e)
{
	AUTO_CROWD struct crowd c = { 0 };
	struct zone_plan p = { 0 };
	size_t n = 0;
	int r = crowd_load(h, &c, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < c.names.n; i++)
		/* one that cannot be read might be meant: it is named */
		c.wanted[i] = c.broken[i] || ((c.specs[i].autostart || a->ignore_auto) &&
					      in_groups(&c.specs[i], a));
	pull(&c);
	AUTO_FREE struct order_node *v = calloc(c.names.n + 1, sizeof(*v));
	p.v = calloc(c.names.n + 1, sizeof(*p.v));
	for (size_t i = 0; v && i < c.names.n; i++)
		if (c.wanted[i])
			v[n++] = (struct order_node){ c.names.v[i], &c.specs[i].start_after,
						      &c.specs[i].start_requires,
						      (int)c.specs[i].start_order };
	if (!v || !p.v)
		r = -ENOMEM;
	if (r == 0) {
		order_settle(v, n);
		r = place_all(&c, v, n, &p);
	}
	if (r < 0) {
		zone_plan_done(&p);
		return zerr_code(e, -r, "autostart");
	}
	*ret = p;
	return 0;
}

int autostart_check(struct zone_host *h, const char *name, const struct zone_spec *spec,
		    struct zerr *e)
{
	AUTO_CROWD struct crowd c = { 0 };
	char circle[ORDER_TEXT];

	if (!spec->start_after.n && !spec->start_requires.n)
		return 0;
	const int r = crowd_load(h, &c, e);
	if (r < 0)
		return r;
	const size_t start = find(&c, name), n = c.names.n + (start == c.names.n);
	AUTO_FREE struct order_node *v = calloc(n, sizeof(*v));
	for (size_t i = 0; v && i < n; i++) {
		const struct zone_spec *s = i == start ? spec : &c.specs[i]; /* as it will be */

		v[i] = (struct order_node){ i == start ? name : c.names.v[i], &s->start_after,
					    &s->start_requires, 0 };
	}
	if (v && order_circle(v, n, start, circle))
		return zerr_as(e, ZERR_USAGE, "start.after and start.requires make a circle: %s",
			       circle);
	return v ? 0 : zerr_code(e, ENOMEM, "autostart");
}

int zone_enable(struct zone_host *h, const char *name, bool enable, struct zerr *e)
{
	char *const assignment = (char *)(enable ? "autostart=true" : "autostart=false");
	AUTO_STRV struct strv live = { 0 };

	return zone_set(h, name, &assignment, 1, &live, e);
}

void zone_units_reload(struct zone_host *h)
{
	struct zerr e = { 0 };

	if (h && systemd_runs(h) && systemd_reload(&e) < 0)
		log_warn("systemd will know at the next boot: %s", e.msg);
}
