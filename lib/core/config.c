/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* get, set, unset, edit: one file, changed as a whole or not at all. */
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/adopt.h"
#include "core/autostart.h"
#include "core/cgroup.h"
#include "core/forwards.h"
#include "core/lease.h"
#include "core/live.h"
#include "core/resize.h"
#include "core/restart.h"
#include "core/share.h"
#include "core/state.h"

static int read_text(const struct zone *z, struct buf *text, struct zerr *e)
{
	if (zone_need_dir(z, e) < 0)
		return -e->code;
	const int r = fs_read(z->dir, "zone.conf", CONF_MAX, text);
	return r < 0 ? zerr_code(e, -r, "zone.conf") : 0;
}

int zone_get(struct zone_host *h, const char *name, const char *key, struct strv *ret,
	     struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_BUF struct buf value = { 0 };
	int r = zone_load_config(h, name, &z, e);

	if (r < 0)
		return r;
	if (!key)
		return conf_dump(&z.spec, true, ret) < 0 ? zerr_code(e, ENOMEM, "get") : 0;
	r = conf_get(&z.spec, key, &value, e);
	if (r == -ENOENT)
		return zerr_as(e, ZERR_MISSING, "%s is not set", key);
	if (r < 0)
		return r;
	return strv_add(ret, key) < 0 || strv_add(ret, value.p ? value.p : "") < 0
		       ? zerr_code(e, ENOMEM, "get")
		       : 0;
}

/* A size of what is the host's would be ignored. */
static int check_mounts(const struct zone *z, const struct zone_spec *s, struct zerr *e)
{
	for (size_t i = 0; i < s->mounts_n; i++) {
		const struct mount_spec *m = &s->mounts[i];

		if (m->size && m->source && !str_eq(m->source, "tmpfs"))
			return zerr_hint(e,
					 zerr_as(e, ZERR_USAGE,
						 "mount.%s.size: only a tmpfs has a size", m->name),
					 "zone unset %s mount.%s.size", z->name, m->name);
	}
	return 0;
}

/* Whatever way a configuration comes in, the final one is judged here. */
static int check_whole(const struct zone *z, const char *text, struct zone_spec *ret,
		       struct zerr *e)
{
	const int r = conf_parse(ret, text, "zone.conf", e);
	if (r < 0)
		return r;
	enum net_share share;
	const int shared = share_check(ret, &share, NULL, e);
	if (shared < 0)
		return shared;
	if (check_mounts(z, ret, e) < 0)
		return -EINVAL;
	const char *backend = record_get(&z->manifest, "backend");
	if (backend && ret->backend && !str_eq(backend, ret->backend))
		return zerr_as(e, ZERR_USAGE,
			       "root.backend: the zone's root is on %s; it cannot be changed",
			       backend);
	return 0;
}

/* One change of a zone's configuration, from its text to what the running zone has of it. */
struct change {
	struct zone z;
	struct buf text;      /* as it is to be */
	struct strv paths;    /* of the assignments; empty: any may have changed (edit) */
	struct strv later;    /* those that wait for the next start */
	struct status status; /* of the zone */
	struct cg cg;
	struct zone_spec from, to;
	const char *plug; /* interface that comes or goes at once */
	bool known;	  /* from is what the zone has: the file was right */
};
#define CHANGE_NEW                                                        \
	{                                                                 \
		.z = { .dir = -1, .run = -1, .lock = -1 }, .cg = CG_NONE, \
	}

static void change_done(struct change *c)
{
	zone_unload(&c->z);
	buf_done(&c->text);
	strv_done(&c->paths);
	strv_done(&c->later);
	status_done(&c->status);
	cg_close(&c->cg);
	spec_done(&c->from);
	spec_done(&c->to);
}
#define AUTO_CHANGE __attribute__((cleanup(change_done)))

static bool runs(const struct change *c)
{
	return c->status.state == STATE_RUNNING || c->status.state == STATE_FROZEN;
}

/* What says where the root is was settled when it was made. */
static int check_fixed(const struct zone_spec *from, const struct zone_spec *to, struct zerr *e)
{
	const struct {
		const char *key, *was, *is;
	} rows[] = { { "root.fs", from->root_fs, to->root_fs },
		     { "lvm.vg", from->lvm_vg, to->lvm_vg },
		     { "lvm.pool", from->lvm_pool, to->lvm_pool } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].was != rows[i].is && !str_eq(rows[i].was, rows[i].is))
			return zerr_as(e, ZERR_USAGE,
				       "%s: the zone's root was made so; it cannot be changed",
				       rows[i].key);
	return 0;
}

static struct live live_of(struct change *c)
{
	return (struct live){ &c->z,	&c->status, &c->status.rec, c->cg.payload,
			      &c->from, &c->to,	    c->plug,	    &c->later };
}

/* What is live takes effect at once, or the whole change is refused. */
static int apply_live(struct change *c, struct zerr *e)
{
	struct zerr ignored = { 0 };

	if (runs(c) && c->known && cg_open(c->z.h, c->z.name, &c->cg, &ignored) == 0) {
		const struct live l = live_of(c);

		return live_change(&l, e);
	}
	for (size_t i = 0; i < c->paths.n; i++)
		if (live_has(c->paths.v[i]) && strv_add(&c->later, c->paths.v[i]) < 0)
			return zerr_code(e, ENOMEM, "set");
	return 0;
}

/* What became of each key that was named; one that belongs to a whole block that was removed counts
 * too. */
static bool is_later(const struct change *c, const char *path)
{
	const struct key *k = conf_key_find(path);

	for (size_t i = 0; i < c->later.n; i++)
		if (str_eq(c->later.v[i], path))
			return true;
	if (c->plug && runs(c))
		return false;
	return k ? !k->live : !live_has(path);
}

static void tell(struct change *c)
{
	zone_event(c->z.h, c->z.name, "changed", NULL);
	if (c->to.restart == RESTART_NO && c->from.restart != RESTART_NO)
		restart_cancel(&c->z);
	for (size_t i = 0; i < c->paths.n; i++) {
		AUTO_BUF struct buf value = { 0 };
		struct zerr ignored = { 0 };
		const char *path = c->paths.v[i];

		if (!runs(c) || !str_starts(path, "limits.") || is_later(c, path))
			continue;
		if (conf_get(&c->to, path, &value, &ignored) < 0)
			buf_str(&value, "max");
		const char *const fields[] = { "key", path, "value", value.p ? value.p : "", NULL };
		zone_event(c->z.h, c->z.name, "limit-changed", fields);
	}
}

/* Whether a key that begins so may have changed. */
static bool touches(const struct change *c, const char *prefix)
{
	for (size_t i = 0; i < c->paths.n; i++)
		if (str_starts(c->paths.v[i], prefix))
			return true;
	return c->paths.n == 0;
}

static void undo_live(struct change *c)
{
	const struct live l = live_of(c);

	if (c->cg.payload >= 0)
		live_undo(&l);
}

/* The root follows at once, whether the zone runs or not; last, for it does not shrink again. */
static int apply_root(struct change *c, struct zerr *e)
{
	if (!c->known || !record_get(&c->z.manifest, "backend"))
		return 0; /* no root yet; or a file that is about to be mended */
	return resize_root(&c->z, &c->from, &c->to, e);
}

static int apply(struct change *c, struct zerr *e)
{
	struct zerr ignored = { 0 };

	c->known = conf_load(&c->from, c->z.dir, c->z.name, &ignored) == 0;
	int r = c->known ? check_fixed(&c->from, &c->to, e) : 0;
	if (r == 0)
		r = apply_live(c, e);
	if (r < 0)
		return r;
	r = apply_root(c, e);
	if (r < 0)
		undo_live(c);
	return r;
}

static int save(struct change *c, struct zerr *e)
{
	struct zone *z = &c->z;
	const char *text = c->text.p ? c->text.p : "";
	struct zerr ignored = { 0 };

	spec_init(&c->from);
	spec_init(&c->to);
	int r = state_now(z, &c->status, e);
	if (r == 0)
		r = state_allows(&c->status, DO_CONFIG, z->name, e);
	if (r == 0)
		adopt_try(z, &c->status);
	(void)record_load(&z->manifest, z->dir, "manifest", MANIFEST_FORMAT, &ignored);
	if (r == 0)
		r = check_whole(z, text, &c->to, e);
	if (r == 0 && touches(c, "start."))
		r = autostart_check(z->h, z->name, &c->to, e);
	if (r == 0 && touches(c, "forward."))
		r = forwards_check(z->h, z->name, &c->to, e);
	if (r == 0 && touches(c, "net."))
		r = lease_follow(z, &c->to, c->plug, !runs(c), e);
	if (r == 0)
		r = apply(c, e);
	if (r < 0)
		return r;
	r = fs_write(z->dir, "zone.conf", text, c->text.len, 0600, true, e);
	if (r < 0)
		undo_live(c);
	else
		tell(c);
	return r;
}

/* "KEY=VALUE", or "KEY" (a whole block, too) to unset. */
static int edit_one(struct change *c, const char *assignment, bool *any, struct zerr *e)
{
	AUTO_FREE char *key = strdup(assignment);
	bool changed = false;

	if (!key)
		return zerr_code(e, ENOMEM, "set");
	char *eq = strchr(key, '=');
	if (eq)
		*eq = '\0';
	if (!conf_key_find(key) && eq)
		return conf_key_unknown(key, e);
	int r = conf_edit(&c->text, key, eq ? eq + 1 : NULL, &changed, e);
	if (r == -ENOENT && !eq) {
		*e = (struct zerr){ 0 };
		r = 0; /* not set already */
	}
	*any |= changed;
	if (r == 0 && strv_add(&c->paths, key) < 0)
		r = zerr_code(e, ENOMEM, "set");
	return r;
}

static int set(struct zone_host *h, const char *name, const char *plug, char *const *assignments,
	       int n, struct strv *ret_live, struct zerr *e)
{
	AUTO_CHANGE struct change c = CHANGE_NEW;
	bool any = plug != NULL;
	int r = zone_load(h, name, LOAD_LOCK, &c.z, e);

	c.plug = plug;
	if (r == 0)
		r = read_text(&c.z, &c.text, e);
	for (int i = 0; i < n && r == 0; i++)
		r = edit_one(&c, assignments[i], &any, e);
	if (r == 0 && any)
		r = save(&c, e);
	for (size_t i = 0; i < c.paths.n && r == 0; i++)
		if (strv_add(ret_live, is_later(&c, c.paths.v[i]) ? "at next start" : "applied") <
		    0)
			r = zerr_code(e, ENOMEM, "set");
	return r;
}

int zone_set(struct zone_host *h, const char *name, char *const *assignments, int n,
	     struct strv *ret_live, struct zerr *e)
{
	return set(h, name, NULL, assignments, n, ret_live, e);
}

int live_plug(struct zone_host *h, const char *name, const char *nic, char *const *assignments,
	      int n, struct strv *ret_live, struct zerr *e)
{
	return set(h, name, nic, assignments, n, ret_live, e);
}

int zone_config_text(struct zone_host *h, const char *name, struct buf *ret, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	const int r = zone_load(h, name, 0, &z, e);

	return r == 0 ? read_text(&z, ret, e) : r;
}

int zone_config_replace(struct zone_host *h, const char *name, const char *text, struct zerr *e)
{
	AUTO_CHANGE struct change c = CHANGE_NEW;
	int r = zone_load(h, name, LOAD_LOCK, &c.z, e);

	if (r == 0)
		r = zone_need_dir(&c.z, e);
	if (r < 0)
		return r;
	buf_str(&c.text, text);
	return c.text.failed ? zerr_code(e, ENOMEM, "edit") : save(&c, e);
}

static void describe(const struct key *k, struct zone_key *ret)
{
	static const char *const types[] = { "text",	"yes or no", "number", "size",
					     "seconds", "word",	     "list" };

	*ret = (struct zone_key){ .name = k->name,
				  .type = k->values ? k->values : types[k->type],
				  .missing = k->missing,
				  .help = k->help,
				  .live = k->live };
}

bool zone_key_at(unsigned i, struct zone_key *ret)
{
	for (unsigned k = 0; k <= i; k++)
		if (!conf_keys[k].name)
			return false;
	describe(&conf_keys[i], ret);
	return true;
}

bool zone_key_find(const char *path, struct zone_key *ret)
{
	const struct key *k = conf_key_find(path);

	if (k)
		describe(k, ret);
	return k != NULL;
}
