/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See follow.h. Texts are edited as zone set does, so comments stay; nothing is judged anew: it was
 * right under the name before. */
#include "core/follow.h"

#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"

struct following {
	const char *from, *to;
	struct buf text; /* of zone.conf */
	struct zone_spec spec;
	bool changed;
};

static void following_done(struct following *f)
{
	buf_done(&f->text);
	spec_done(&f->spec);
}
#define AUTO_FOLLOWING __attribute__((cleanup(following_done)))

static int put(struct following *f, const char *key, const char *value, struct zerr *e)
{
	bool changed = false;
	const int r = conf_edit(&f->text, key, value, &changed, e);

	f->changed |= changed;
	return r;
}

static int put_list(struct following *f, const char *key, const struct strv *names, struct zerr *e)
{
	AUTO_BUF struct buf list = { 0 };

	if (!strv_has(names, f->from))
		return 0;
	for (size_t i = 0; i < names->n; i++)
		buf_fmt(&list, "%s%s", i ? "," : "",
			str_eq(names->v[i], f->from) ? f->to : names->v[i]);
	return list.failed ? zerr_code(e, ENOMEM, "%s", key) : put(f, key, list.p, e);
}

static int put_parent(struct following *f, const struct nic_spec *n, struct zerr *e)
{
	AUTO_FREE char *key = NULL;

	if (net_share(n) != NET_OF_ZONE || !n->parent || !str_eq(n->parent, f->from))
		return 0;
	key = str_fmt("net.%s.parent", n->name);
	return key ? put(f, key, f->to, e) : zerr_code(e, ENOMEM, "net.%s", n->name);
}

static int edit(struct following *f, struct zerr *e)
{
	int r = put_list(f, "start.after", &f->spec.start_after, e);

	if (r == 0)
		r = put_list(f, "start.requires", &f->spec.start_requires, e);
	for (size_t i = 0; i < f->spec.nics_n && r == 0; i++)
		r = put_parent(f, &f->spec.nics[i], e);
	return r;
}

/* Most zones name no other: that is seen without parsing, and without their locks. */
static bool may_name(const struct zone *z, const char *name)
{
	AUTO_BUF struct buf text = { 0 };

	return z->dir < 0 || fs_read(z->dir, "zone.conf", CONF_MAX, &text) < 0 ||
	       (text.p && strstr(text.p, name));
}

int follow_one(struct zone_host *h, const char *zone, const char *from, const char *to,
	       struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_FOLLOWING struct following f = { .from = from, .to = to };
	struct zerr why = { 0 };

	spec_init(&f.spec);
	if (zone_load(h, zone, 0, &z, &why) < 0)
		return 0; /* destroyed meanwhile */
	if (!may_name(&z, from))
		return 0;
	z.lock = zone_lock(h, zone, e);
	if (z.lock < 0)
		return z.lock;
	if (z.dir < 0 || fs_read(z.dir, "zone.conf", CONF_MAX, &f.text) < 0 ||
	    conf_parse(&f.spec, f.text.p ? f.text.p : "", "zone.conf", &why) < 0) {
		log_warn("%s: its configuration cannot be read, and may still name %s%s%s", zone,
			 from, why.msg[0] ? ": " : "", why.msg);
		return 0;
	}
	int r = edit(&f, e);
	if (r < 0 || !f.changed)
		return r;
	r = fs_write(z.dir, "zone.conf", f.text.p, f.text.len, 0600, true, e);
	if (r < 0)
		return r;
	log_note("%s: its configuration names %s now, not %s", zone, to, from);
	zone_event(h, zone, "changed", NULL);
	return 1;
}

int follow_rename(struct zone_host *h, const char *from, const char *to, struct strv *changed,
		  struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	int r = zone_names(h, &names, e);

	for (size_t i = 0; i < names.n && r >= 0; i++) {
		if (str_eq(names.v[i], from) || str_eq(names.v[i], to))
			continue; /* itself, whose lock is ours */
		r = zerr_in(e, follow_one(h, names.v[i], from, to, e), "zone %s", names.v[i]);
		if (r > 0)
			r = strv_add(changed, names.v[i]) < 0 ? zerr_code(e, ENOMEM, "rename") : 0;
	}
	return r;
}
