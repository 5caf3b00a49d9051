/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The records of pools, and the verbs on them. What a kind of pool is, its backend knows. */
#include "core/pool.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/steps.h"

#define POOL_FORMAT 1

/* ---- records --------------------------------------------------------------------------------- */

static int open_records(const struct zone_host *h, struct zerr *e)
{
	return fs_subdir(h->host, "pools", 0700, e);
}

void pool_entry_done(struct pool_entry *x)
{
	struct pool *p = &x->p;
	char *const strings[] = { p->name, p->dir_path, p->source, p->path,
				  p->fs,   p->group,	p->thin,   p->tag };

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		free(strings[i]);
	(void)own_close(p->dir);
	*x = (struct pool_entry){ .p.dir = -1 };
}

/* A pool with a place to be. */
static int begin(struct zone_host *h, const char *name, struct pool_entry *x, struct zerr *e)
{
	AUTO_CLOSE int var = fs_open_dir(h->var, e);

	*x = (struct pool_entry){ .p.dir = -1 };
	if (var < 0)
		return var;
	x->p.dir = fs_subdir(var, ".pools", 0711, e);
	if (x->p.dir < 0)
		return x->p.dir;
	x->p.name = strdup(name);
	x->p.dir_path = str_fmt("%s/.pools", h->var);
	return x->p.name && x->p.dir_path ? 0 : zerr_code(e, ENOMEM, "pool");
}

static int save(const struct zone_host *h, const struct pool_entry *x, struct zerr *e)
{
	const struct pool *p = &x->p;
	const struct {
		const char *key, *value;
	} rows[] = { { "backend", x->ops->name },
		     { "source", p->source },
		     { "path", p->path },
		     { "fs", p->fs },
		     { "group", p->group },
		     { "thin", p->thin },
		     { "tag", p->tag },
		     { "own", p->own ? "1" : "0" },
		     { "whole", x->whole ? "1" : "0" } };
	AUTO_RECORD struct record r = { 0 };
	AUTO_CLOSE int dir = open_records(h, e);

	if (dir < 0)
		return dir;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].value && record_set(&r, rows[i].key, rows[i].value) < 0)
			return zerr_code(e, ENOMEM, "pool");
	return record_save(&r, dir, p->name, POOL_FORMAT, true, e);
}

static int take_record(const struct record *r, struct pool_entry *x, struct zerr *e)
{
	struct pool *p = &x->p;
	const struct {
		const char *key;
		char **to;
	} rows[] = { { "source", &p->source }, { "path", &p->path }, { "fs", &p->fs },
		     { "group", &p->group },   { "thin", &p->thin }, { "tag", &p->tag } };
	const char *backend = record_get(r, "backend");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_set(rows[i].to, record_get(r, rows[i].key)) < 0)
			return zerr_code(e, ENOMEM, "pool");
	p->own = str_eq(record_get(r, "own"), "1");
	x->whole = str_eq(record_get(r, "whole"), "1");
	x->ops = storage_find(backend ? backend : "", e);
	return x->ops && x->ops->pool ? 0
				      : zerr_set(e, EPROTO, "pool %s: a damaged record", p->name);
}

int pool_load(struct zone_host *h, const char *name, struct pool_entry *ret, struct zerr *e)
{
	AUTO_RECORD struct record r = { 0 };
	AUTO_CLOSE int dir = open_records(h, e);
	int k = dir < 0 ? dir : begin(h, name, ret, e);

	if (k == 0)
		k = name_check_zone(name, e); /* the same form */
	if (k < 0)
		return k;
	k = record_load(&r, dir, name, POOL_FORMAT, e);
	if (k == -ENOENT)
		return zerr_hint(e, zerr_as(e, ZERR_MISSING, "no such pool: %s", name),
				 "zone pool ls shows what there is");
	return k < 0 ? k : take_record(&r, ret, e);
}

int pool_open(struct zone_host *h, const char *name, struct pool_entry *ret, struct zerr *e)
{
	int r = pool_load(h, name, ret, e);

	if (r == 0 && !ret->whole)
		r = zerr_hint(e,
			      zerr_as(e, ZERR_STATE, "pool %s: its making was interrupted", name),
			      "zone pool rm %s", name);
	return r == 0 ? zerr_in(e, ret->ops->pool->up(&ret->p, e), "pool %s", name) : r;
}

/* ---- looking for one ------------------------------------------------------------------------- */

static bool is_below(const char *dir, const char *path)
{
	const size_t len = path ? strlen(path) : 0;

	return len && dir && strncmp(dir, path, len) == 0 && (dir[len] == '/' || !dir[len]);
}

/* The pool that has @dir or @group. 0 or -ENOENT. */
static int find(struct zone_host *h, const char *dir, const char *group, struct pool_entry *ret)
{
	struct zerr ignored = { 0 };
	AUTO_STRV struct strv names = { 0 };

	if (zone_pool_names(h, &names, &ignored) < 0)
		return -ENOENT;
	for (size_t i = 0; i < names.n; i++) {
		if (pool_load(h, names.v[i], ret, &ignored) == 0 &&
		    (is_below(dir, ret->p.path) || (group && str_eq(group, ret->p.group))))
			return 0;
		pool_entry_done(ret);
	}
	return -ENOENT;
}

int pool_need(struct zone_host *h, const char *dir, const char *group)
{
	AUTO_POOL struct pool_entry x = { .p.dir = -1 };
	struct zerr e = { 0 };

	if (find(h, dir, group, &x) < 0 || !x.whole || strv_has(&h->lost, x.p.name))
		return 0;
	if (x.ops->pool->up(&x.p, &e) == 0)
		return 1;
	log_warn("pool %s: %s", x.p.name, e.msg);
	(void)strv_add(&h->lost, x.p.name); /* else it is told twice */
	return 0;
}

int pool_is_missing(struct zone_host *h, const char *group)
{
	AUTO_POOL struct pool_entry x = { .p.dir = -1 };

	if (find(h, NULL, group, &x) < 0 || !x.p.source || x.p.source[0] != '/')
		return -ENOENT;
	return access(x.p.source, F_OK) < 0;
}

/* ---- create ---------------------------------------------------------------------------------- */

struct pooling {
	struct zone_host *h;
	struct pool_entry *x;
};

static int up_record(void *ctx, struct zerr *e)
{
	struct pooling *c = ctx;

	return save(c->h, c->x, e);
}

static int down_record(void *ctx, struct zerr *e)
{
	struct pooling *c = ctx;
	AUTO_CLOSE int dir = open_records(c->h, e);

	return dir < 0 ? dir : fs_remove(dir, c->x->p.name, e);
}

static int up_store(void *ctx, struct zerr *e)
{
	struct pooling *c = ctx;

	return c->x->ops->pool->make(&c->x->p, e);
}

static int down_store(void *ctx, struct zerr *e)
{
	struct pooling *c = ctx;

	return c->x->ops->pool->remove(&c->x->p, e);
}

static int up_use(void *ctx, struct zerr *e)
{
	struct pooling *c = ctx;
	const int r = c->x->ops->pool->up(&c->x->p, e);

	c->x->whole = r == 0;
	return r == 0 ? save(c->h, c->x, e) : r;
}

static const struct step steps[] = {
	{ "record", up_record, down_record },
	{ "store", up_store, down_store },
	{ "use", up_use, NULL },
	{ NULL, NULL, NULL },
};
static const struct op pool_op = { "pool", steps };

static int check_new(struct zone_host *h, const char *name, struct zerr *e)
{
	AUTO_POOL struct pool_entry there = { .p.dir = -1 };
	struct zerr missing = { 0 };
	int r = name_check_zone(name, e);

	if (r < 0)
		return r;
	r = pool_load(h, name, &there, &missing);
	if (r == 0)
		return zerr_hint(e, zerr_as(e, ZERR_STATE, "pool %s exists", name),
				 "zone pool rm %s", name);
	if (missing.status == ZERR_MISSING)
		return 0;
	*e = missing;
	return r;
}

int zone_pool_create(struct zone_host *h, const char *name, const struct zone_pool_create *a,
		     struct zerr *e)
{
	AUTO_POOL struct pool_entry x = { .p.dir = -1 };
	AUTO_CLOSE int records = open_records(h, e);
	AUTO_CLOSE int lock =
		records < 0 ? records : fs_lock(records, ".lock", h->o.lock_wait_ms, e);
	struct pooling c = { h, &x };
	int r = lock < 0 ? lock : check_new(h, name, e);

	if (r == 0)
		r = begin(h, name, &x, e);
	if (r < 0)
		return r;
	x.ops = storage_find(a->backend, e);
	if (!x.ops)
		return -EINVAL;
	if (!x.ops->pool)
		return zerr_as(e, ZERR_USAGE, "backend %s needs no pools", a->backend);
	x.p.size = a->size;
	if (str_set(&x.p.source, a->source) < 0 || str_set(&x.p.fs, a->fs) < 0)
		return zerr_code(e, ENOMEM, "pool");
	r = x.ops->pool->plan(&x.p, e); /* what a killed command's is removed by is on disk first */
	return r < 0 ? r : steps_up(&pool_op, &(struct journal){ .dirfd = -1 }, &c, e);
}

/* ---- list, remove ---------------------------------------------------------------------------- */

/* The volume of record @v is in it; a group can have several thin pools. */
static bool is_in_thin(const struct pool *p, const struct record *v)
{
	return p->group && str_eq(record_get(v, "group"), p->group) &&
	       str_eq(record_get(v, "pool"), p->thin);
}

/* Whether zone @x has its root in the group of @p: 1, 0, or -errno when that cannot be known. */
static int has_volume_in(struct zone_host *h, const struct index_entry *x, const struct pool *p)
{
	AUTO_RECORD struct record v = { 0 };
	struct zerr ignored = { 0 };
	AUTO_CLOSE int dir = zone_open_dir(h, x);
	const int r = dir < 0 ? dir : record_load(&v, dir, "volume", 1, &ignored);

	if (dir >= 0 && r == -ENOENT)
		return 0;
	return r < 0 ? r : is_in_thin(p, &v);
}

/* Names of zones that live in it, and of those of which that cannot be known. */
static int residents(struct zone_host *h, const struct pool *p, struct strv *ret,
		     struct strv *ret_unknown, struct zerr *e)
{
	AUTO_INDEX struct index all = { 0 };
	int r = index_load(h->host, &all, e);

	for (size_t i = 0; i < all.n && r == 0; i++) {
		const int in = is_below(all.v[i].dir, p->path) ? 1
			       : p->group		       ? has_volume_in(h, &all.v[i], p)
							       : 0;

		if (in != 0)
			r = strv_add(in > 0 ? ret : ret_unknown, all.v[i].name);
	}
	return r == -ENOMEM ? zerr_code(e, ENOMEM, "pool") : r;
}

static int describe(struct zone_host *h, const char *name, struct zone_pool *ret, struct zerr *e)
{
	AUTO_POOL struct pool_entry x = { .p.dir = -1 };
	AUTO_STRV struct strv unknown = { 0 };
	struct zerr ignored = { 0 };
	int r = pool_load(h, name, &x, e);

	if (r < 0)
		return r;
	*ret = (struct zone_pool){ .size_bytes = UINT64_MAX, .used_bytes = UINT64_MAX };
	const bool up = x.whole && x.ops->pool->up(&x.p, &ignored) == 0;
	if (up)
		(void)x.ops->pool->space(&x.p, &ret->size_bytes, &ret->used_bytes, &ignored);
	if (str_set(&ret->name, name) < 0 || str_set(&ret->backend, x.ops->name) < 0 ||
	    str_set(&ret->source, x.p.source) < 0 || str_set(&ret->path, x.p.path) < 0 ||
	    str_set(&ret->state, !x.whole ? "INCOMPLETE"
				 : up	  ? "READY"
					  : "UNAVAILABLE") < 0)
		return zerr_code(e, ENOMEM, "pool");
	return residents(h, &x.p, &ret->zones, &unknown, e);
}

int zone_pool_names(struct zone_host *h, struct strv *ret, struct zerr *e)
{
	AUTO_CLOSE int records = fs_open_below(h->host, "pools", O_RDONLY | O_DIRECTORY, 0);
	const int r = records < 0 ? records : fs_list(records, ret);

	return r < 0 && r != -ENOENT ? zerr_code(e, -r, "pools") : 0;
}

int zone_pool_list(struct zone_host *h, struct zone_pools *ret, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	int r = zone_pool_names(h, &names, e);

	*ret = (struct zone_pools){ 0 };
	if (r < 0)
		return r;
	ret->v = calloc(names.n + 1, sizeof(*ret->v));
	if (!ret->v)
		return zerr_code(e, ENOMEM, "pools");
	for (size_t i = 0; i < names.n && r == 0; i++)
		r = describe(h, names.v[i], &ret->v[ret->n++], e);
	return r;
}

void zone_pools_done(struct zone_pools *s)
{
	for (size_t i = 0; i < s->n; i++) {
		char *const strings[] = { s->v[i].name, s->v[i].backend, s->v[i].source,
					  s->v[i].path, s->v[i].state };

		for (size_t k = 0; k < sizeof(strings) / sizeof(strings[0]); k++)
			free(strings[k]);
		strv_done(&s->v[i].zones);
	}
	free(s->v);
	*s = (struct zone_pools){ 0 };
}

static int refuse_residents(struct zone_host *h, const struct pool *p, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 }, unknown = { 0 };
	AUTO_BUF struct buf list = { 0 };
	const int r = residents(h, p, &names, &unknown, e);
	const struct strv *those = names.n ? &names : &unknown;

	if (r < 0 || !those->n)
		return r;
	for (size_t i = 0; i < those->n; i++)
		buf_fmt(&list, "%s%s", i ? ", " : "", those->v[i]);
	if (names.n)
		return zerr_hint(e, zerr_as(e, ZERR_STATE, "zones live in it: %s", list.p),
				 "zone destroy %s", names.v[0]);
	(void)zerr_as(e, ZERR_STATE, "zones may live in it whose directories are missing: %s",
		      list.p);
	return zerr_hint(e, -EBUSY, "mount them; or zone destroy -f %s forgets the zone",
			 unknown.v[0]);
}

int zone_pool_remove(struct zone_host *h, const char *name, struct zerr *e)
{
	AUTO_POOL struct pool_entry x = { .p.dir = -1 };
	AUTO_CLOSE int records = open_records(h, e);
	AUTO_CLOSE int lock =
		records < 0 ? records : fs_lock(records, ".lock", h->o.lock_wait_ms, e);
	struct pooling c = { h, &x };
	struct zerr ignored = { 0 };
	int r = lock < 0 ? lock : pool_load(h, name, &x, e);

	if (r == 0)
		r = refuse_residents(h, &x.p, e);
	if (r == 0 && x.whole && x.ops->pool->vacant && x.ops->pool->up(&x.p, &ignored) == 0)
		r = x.ops->pool->vacant(&x.p, e); /* one that is gone holds nothing */
	if (r == 0 && x.whole) {		  /* from here on it is rubbish, whatever happens */
		x.whole = false;
		r = save(h, &x, e);
	}
	if (r == 0)
		r = x.ops->pool->remove(&x.p, e);
	return r == 0 ? down_record(&c, e) : r;
}
