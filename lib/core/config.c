/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* get, set, unset, edit: one file, changed as a whole or not at all. */
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/own.h"
#include "core/cgroup.h"
#include "core/resize.h"
#include "core/state.h"

static int read_text(const struct zone *z, struct buf *text, struct zerr *e)
{
	if (z->dir < 0)
		return zerr_as(e, ZERR_STATE, "the zone's directory %s is missing", z->entry.dir);
	const int r = fs_read(z->dir, "zone.conf", CONF_MAX, text);
	return r < 0 ? zerr_code(e, -r, "zone.conf") : 0;
}

int zone_get(struct zone_host *h, const char *name, const char *key, struct strv *ret,
	     struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_BUF struct buf value = { 0 };
	int r = zone_load(h, name, 0, &z, e);

	if (r == 0 && z.dir < 0)
		r = zerr_as(e, ZERR_STATE, "the zone's directory %s is missing", z.entry.dir);
	if (r == 0)
		r = conf_load(&z.spec, z.dir, name, e);
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

/* Whatever way a configuration comes in, the final one is judged here. */
static int check_whole(const struct zone *z, const char *text, struct zone_spec *ret,
		       struct zerr *e)
{
	const int r = conf_parse(ret, text, "zone.conf", e);
	if (r < 0)
		return r;
	const char *backend = record_get(&z->manifest, "backend");
	if (backend && ret->backend && !str_eq(backend, ret->backend))
		return zerr_as(e, ZERR_USAGE,
			       "root.backend: the zone's root is on %s; it cannot be changed",
			       backend);
	return 0;
}

/* What is live takes effect at once, or the whole change is refused. */
static int apply_live(struct zone *z, const struct status *s, const struct zone_spec *to,
		      struct zerr *e)
{
	AUTO_CG struct cg cg = CG_NONE;
	AUTO_SPEC struct zone_spec from;
	struct zerr ignored = { 0 };

	spec_init(&from);
	if ((s->state != STATE_RUNNING && s->state != STATE_FROZEN) ||
	    conf_load(&from, z->dir, z->name, &ignored) < 0 ||
	    cg_open(z->h, z->name, &cg, &ignored) < 0)
		return 0;
	return cg_limits_change(cg.payload, &from, to, e);
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

/* The root follows at once, whether the zone runs or not. */
static int apply_root(const struct zone *z, const struct zone_spec *to, struct zerr *e)
{
	AUTO_SPEC struct zone_spec from;
	struct zerr ignored = { 0 };

	spec_init(&from);
	if (!record_get(&z->manifest, "backend") || conf_load(&from, z->dir, z->name, &ignored) < 0)
		return 0; /* no root yet; or a file that is about to be mended */
	const int r = check_fixed(&from, to, e);
	return r < 0 ? r : resize_root(z, &from, to, e);
}

static int save(struct zone *z, const struct buf *text, struct zerr *e)
{
	AUTO_STATUS struct status s = { 0 };
	AUTO_SPEC struct zone_spec spec;
	struct zerr ignored = { 0 };

	spec_init(&spec);
	int r = state_now(z, &s, e);

	if (r == 0)
		r = state_allows(&s, DO_CONFIG, z->name, e);
	(void)record_load(&z->manifest, z->dir, "manifest", MANIFEST_FORMAT, &ignored);
	if (r == 0)
		r = check_whole(z, text->p ? text->p : "", &spec, e);
	if (r == 0)
		r = apply_root(z, &spec, e);
	if (r == 0)
		r = apply_live(z, &s, &spec, e);
	if (r == 0)
		r = fs_write(z->dir, "zone.conf", text->p ? text->p : "", text->len, 0600, true, e);
	if (r == 0)
		zone_event(z->h, z->name, "changed", NULL);
	return r;
}

static int edit_one(struct buf *text, const char *assignment, struct strv *live, bool *any,
		    struct zerr *e)
{
	AUTO_FREE char *key = strdup(assignment);
	bool changed = false;

	if (!key)
		return zerr_code(e, ENOMEM, "set");
	char *eq = strchr(key, '=');
	if (eq)
		*eq = '\0';
	const struct key *k = conf_key_find(key);
	if (!k && eq)
		return conf_key_unknown(key, e);
	int r = conf_edit(text, key, eq ? eq + 1 : NULL, &changed, e);
	if (r == -ENOENT && !eq) {
		*e = (struct zerr){ 0 };
		r = 0; /* not set already */
	}
	*any |= changed;
	if (r == 0 && strv_add(live, k && k->live ? "applied" : "at next start") < 0)
		r = zerr_code(e, ENOMEM, "set");
	return r;
}

int zone_set(struct zone_host *h, const char *name, char *const *assignments, int n,
	     struct strv *ret_live, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_BUF struct buf text = { 0 };
	bool any = false;
	int r = zone_load(h, name, LOAD_LOCK, &z, e);

	if (r == 0)
		r = read_text(&z, &text, e);
	for (int i = 0; i < n && r == 0; i++)
		r = edit_one(&text, assignments[i], ret_live, &any, e);
	return r == 0 && any ? save(&z, &text, e) : r;
}

int zone_config_text(struct zone_host *h, const char *name, struct buf *ret, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	const int r = zone_load(h, name, 0, &z, e);

	return r == 0 ? read_text(&z, ret, e) : r;
}

int zone_config_replace(struct zone_host *h, const char *name, const char *text, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .dir = -1, .run = -1, .lock = -1 };
	AUTO_BUF struct buf b = { 0 };
	const int r = zone_load(h, name, LOAD_LOCK, &z, e);

	if (r < 0)
		return r;
	if (z.dir < 0)
		return zerr_as(e, ZERR_STATE, "the zone's directory %s is missing", z.entry.dir);
	buf_str(&b, text);
	return b.failed ? zerr_code(e, ENOMEM, "edit") : save(&z, &b, e);
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
