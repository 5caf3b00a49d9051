/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's places (struct zone_host), and loading one zone from them. Changes nothing but making
 * missing directories. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/event.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/run.h"
#include "base/sig.h"
#include "core/base.h"
#include "core/cgroup.h"
#include "core/core.h"
#include "core/pool.h"
#include "core/rename.h"
#include "core/service.h"

/* A place: the variable that moves it, or where it is. Variables count for real root only. */
static char *place(const char *variable, const char *standard)
{
	const char *v = getauxval(AT_SECURE) ? NULL : getenv(variable);

	return strdup(v && v[0] == '/' ? v : standard);
}

static void forward_log(enum log_level level, const char *text, void *arg)
{
	struct zone_host *h = arg;

	if (h->o.log)
		h->o.log((int)level, text, h->o.arg);
}

/* Groups of an installation that was moved (a test's) are kept apart from the system's. */
static char *group_name(const char *run_path)
{
	unsigned hash = 2166136261U;

	if (str_eq(run_path, "/run/zone"))
		return strdup("zone");
	for (const char *p = run_path; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619U;
	return str_fmt("zone-%08x", hash);
}

int host_run_dir(struct zerr *e)
{
	AUTO_FREE char *path = place("ZONE_RUN", "/run/zone");

	return path ? fs_open_dir(path, e) : zerr_code(e, ENOMEM, "zone path");
}

static int open_places(struct zone_host *h, struct zerr *e)
{
	AUTO_CLOSE int var = fs_make_dir(h->var, 0711, e);

	if (var < 0)
		return var;
	h->zones = fs_make_dir(h->zones_path, 0711, e);
	if (h->zones < 0)
		return h->zones;
	h->host = fs_subdir(var, ".host", 0700, e);
	if (h->host < 0)
		return h->host;
	h->run = fs_make_dir(h->run_path, 0711, e);
	return h->run < 0 ? h->run : 0;
}

static int image_users(void *arg, const char *fingerprint, struct strv *ret, struct zerr *e);

static int name_places(struct zone_host *h, const char *path, struct zerr *e)
{
	h->etc = place("ZONE_ETC", "/etc/zone");
	h->var = place("ZONE_VAR", "/var/lib/zone");
	h->run_path = place("ZONE_RUN", "/run/zone");
	h->cache = place("ZONE_CACHE", "/var/cache/zone");
	if (!h->etc || !h->var || !h->run_path || !h->cache)
		return zerr_code(e, ENOMEM, "zone path");
	h->zones_path = path ? realpath(path, NULL) : strdup(h->var);
	if (!h->zones_path) /* not there yet: it will be made */
		h->zones_path = strdup(path ? path : h->var);
	h->group = group_name(h->run_path);
	h->image_conf = str_fmt("%s/image.conf", h->etc);
	h->image_keys = str_fmt("%s/keys", h->etc);
	h->nft = run_helper("zone-nft");
	return !h->zones_path || !h->group || !h->image_conf || !h->image_keys || !h->nft
		       ? zerr_code(e, ENOMEM, "zone path")
		       : 0;
}

/* -P NAME: a pool, with where its zones are and how they are stored. */
static int enter_pool(struct zone_host *h, const char *name, struct zerr *e)
{
	AUTO_POOL struct pool_entry x = { .p.dir = -1 };
	int r = pool_open(h, name, &x, e);

	if (r < 0 && e->status == ZERR_MISSING)
		return zerr_hint(e,
				 zerr_as(e, ZERR_USAGE,
					 "zone path '%s': neither an absolute path nor a pool",
					 name),
				 "zone pool ls shows the pools");
	if (r < 0)
		return r;
	const struct {
		const char *key, *value;
	} rows[] = { { "root.backend", x.ops->name },
		     { "root.fs", x.p.fs },
		     { "lvm.vg", x.p.group },
		     { "lvm.pool", x.p.thin } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].value &&
		    strv_addf(&h->defaults, "%s=%s", rows[i].key, rows[i].value) < 0)
			return zerr_code(e, ENOMEM, "pool");
	if (!x.p.path)
		return 0;
	if (str_set(&h->zones_path, x.p.path) < 0)
		return zerr_code(e, ENOMEM, "pool");
	(void)own_close(h->zones);
	h->zones = fs_open_dir(h->zones_path, e);
	return h->zones < 0 ? h->zones : 0;
}

int zone_host_open(const struct zone_options *o, struct zone_host **ret, struct zerr *e)
{
	if (geteuid() != 0)
		return zerr_hint(e, zerr_as(e, ZERR_PERM, "not permitted: zones need root"),
				 "run it with sudo");
	struct zone_host *h = calloc(1, sizeof(*h));
	if (!h)
		return zerr_code(e, ENOMEM, "host");
	*h = (struct zone_host){ .o = *o, .zones = -1, .host = -1, .run = -1, .cgroup = -1 };
	const bool pool = o->path && o->path[0] != '/';
	int r = name_places(h, pool ? NULL : o->path, e);
	if (r == 0)
		r = open_places(h, e);
	if (r == 0 && pool)
		r = enter_pool(h, o->path, e);
	if (r < 0) {
		zone_host_close(h);
		return r;
	}
	log_set(forward_log, h);
	h->images = (struct image_env){ .zones = h->zones,
					.cache = h->cache,
					.keys = h->image_keys,
					.config = h->image_conf,
					.users = image_users,
					.users_arg = h,
					.release = storage_release };
	h->net = (struct net_env){ .host = h->host,
				   .run = h->run,
				   .run_path = h->run_path,
				   .helper = h->nft,
				   .lock_wait_ms = h->o.lock_wait_ms,
				   .groups = &service_groups,
				   .groups_arg = h };
	*ret = h;
	return 0;
}

void zone_host_close(struct zone_host *h)
{
	if (!h)
		return;
	log_set(NULL, NULL);
	(void)own_close(h->zones);
	(void)own_close(h->host);
	(void)own_close(h->run);
	(void)own_close(h->cgroup);
	free(h->etc);
	free(h->var);
	free(h->zones_path);
	free(h->run_path);
	free(h->cache);
	free(h->group);
	strv_done(&h->defaults);
	strv_done(&h->lost);
	index_done(&h->index.all);
	free(h->cgroup_path);
	free(h->image_conf);
	free(h->image_keys);
	free(h->nft);
	free(h);
}

void zone_catch_signals(void)
{
	steps_catch_signals();
}

int zone_signal(void)
{
	return steps_signal();
}

void zone_hold_signals(bool hold)
{
	steps_hold_signals(hold);
}

int zone_lock(struct zone_host *h, const char *name, struct zerr *e)
{
	AUTO_CLOSE int locks = fs_subdir(h->run, ".lock", 0700, e);

	if (locks < 0)
		return locks;
	return fs_lock(locks, name, h->o.lock_wait_ms, e);
}

void zone_unlock(struct zone *z)
{
	z->lock = own_close(z->lock);
}

int zone_load_spec(struct zone *z, struct zerr *e)
{
	int r = conf_load(&z->spec, z->dir, z->name, e);

	if (r < 0)
		return r;
	r = record_load(&z->manifest, z->dir, "manifest", MANIFEST_FORMAT, e);
	return r == -ENOENT ? zerr_set(e, ENOENT, "manifest: missing") : r;
}

static int open_dir(const struct index_entry *entry)
{
	const int fd = open(entry->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 && errno == ENOENT ? rename_look(entry) : fd;
}

int zone_open_dir(struct zone_host *h, const struct index_entry *entry)
{
	const int fd = open_dir(entry);

	return fd < 0 && pool_need(h, entry->dir, NULL) > 0 ? open_dir(entry) : fd;
}

int zone_load(struct zone_host *h, const char *name, int what, struct zone *ret, struct zerr *e)
{
	AUTO_ZONE struct zone z = { .h = h, .dir = -1, .run = -1, .lock = -1 };
	int r = name_check_zone(name, e);

	spec_init(&z.spec);
	if (r < 0)
		return r;
	if (!(z.name = strdup(name)))
		return zerr_code(e, ENOMEM, "zone");
	if ((what & LOAD_LOCK) && (z.lock = zone_lock(h, name, e)) < 0)
		return z.lock;
	r = h->looked_up ? index_find(h->host, &h->index, name, &z.entry, e)
			 : index_find_one(h->host, name, &z.entry, e);
	h->looked_up = true;
	if (r == -ENOENT)
		return zerr_hint(e, zerr_as(e, ZERR_MISSING, "no such zone"),
				 "zone ls shows what there is");
	if (r < 0)
		return r;
	z.dir = zone_open_dir(h, &z.entry);
	if (what & LOAD_RUN)
		z.run = fs_subdir(h->run, name, 0700, e);
	else
		z.run = fs_open_below(h->run, name, O_RDONLY | O_DIRECTORY, 0);
	if ((what & LOAD_RUN) && z.run < 0)
		return z.run;
	if ((what & LOAD_SPEC) && z.dir >= 0 && (r = zone_load_spec(&z, e)) < 0)
		return r;
	*ret = z;
	z = (struct zone){ .dir = -1, .run = -1, .lock = -1 };
	return 0;
}

int zone_need_dir(const struct zone *z, struct zerr *e)
{
	return z->dir >= 0
		       ? 0
		       : zerr_as(e, ZERR_STATE, "the zone's directory %s is missing", z->entry.dir);
}

int zone_load_config(struct zone_host *h, const char *name, struct zone *ret, struct zerr *e)
{
	int r = zone_load(h, name, 0, ret, e);

	if (r == 0)
		r = zone_need_dir(ret, e);
	return r == 0 ? conf_load(&ret->spec, ret->dir, name, e) : r;
}

void zone_unload(struct zone *z)
{
	(void)own_close(z->dir);
	(void)own_close(z->run);
	(void)own_close(z->lock);
	free(z->name);
	index_entry_done(&z->entry);
	spec_done(&z->spec);
	record_done(&z->manifest);
	*z = (struct zone){ .dir = -1, .run = -1, .lock = -1 };
}

uid_t zone_base(const struct zone *z)
{
	return z->spec.level == LEVEL_PRIVILEGED ? 0 : ID_FIRST + z->entry.slot * ID_RANGE;
}

int zone_image_env(const struct zone *z, struct image_env *ret, struct zerr *e)
{
	const int parent = openat(z->dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (parent < 0)
		return zerr_sys(e, "zone path");
	*ret = z->h->images;
	ret->zones = parent;
	return parent;
}

void volume_of(const struct zone_spec *spec, unsigned slot, struct volume *ret)
{
	*ret = (struct volume){ .dir = -1,
				.image = -1,
				.size = spec->root_size,
				.number = ID_FIRST + slot * ID_RANGE,
				.fs = spec->root_fs,
				.group = spec->lvm_vg,
				.pool = spec->lvm_pool };
}

static int image_tree(const struct zone *z, const char *fingerprint, struct zerr *e)
{
	struct image_env env;
	AUTO_CLOSE int parent = zone_image_env(z, &env, e);

	return parent < 0 ? parent : image_store_open(&env, fingerprint, e);
}

int zone_volume(const struct zone *z, struct volume *ret, struct zerr *e)
{
	const char *fingerprint = record_get(&z->manifest, "image.fingerprint");
	const char *backend = record_get(&z->manifest, "backend");
	struct volume v;

	volume_of(&z->spec, z->entry.slot, &v);
	v.dir = z->dir;
	v.ops = storage_find(backend ? backend : z->spec.backend, e);
	if (!v.ops)
		return -EINVAL;
	if (v.group)
		(void)pool_need(z->h, NULL, v.group); /* what is wrong with it, its use will tell */
	if (v.ops->stands && record_get(&z->manifest, "base"))
		v.image = base_open(z, e);
	else if (v.ops->stands && fingerprint)
		v.image = image_tree(z, fingerprint, e);
	else
		v.image = -1;
	if (v.image < -1)
		return v.image;
	*ret = v;
	return 0;
}

void zone_event(struct zone_host *h, const char *name, const char *event, const char *const *fields)
{
	struct zerr e = { 0 };

	if (event_emit(h->run, name, event, fields, &e) < 0)
		log_debug("event %s: %s", event, e.msg);
}

int zone_each(struct zone_host *h,
	      int (*fn)(void *arg, const char *name, int dir, const struct record *manifest),
	      void *arg, struct zerr *e)
{
	AUTO_INDEX struct index all = { 0 };
	int r = index_load(h->host, &all, e);

	for (size_t i = 0; i < all.n && r == 0; i++) {
		AUTO_RECORD struct record m = { 0 };
		AUTO_CLOSE int dir = open_dir(&all.v[i]);
		struct zerr ignored = { 0 };

		if (dir >= 0 && record_load(&m, dir, "manifest", MANIFEST_FORMAT, &ignored) == 0)
			r = fn(arg, all.v[i].name, dir, &m);
	}
	return r;
}

struct users {
	const char *fingerprint;
	struct strv *names;
};

static int add_user(void *arg, const char *name, int dir, const struct record *manifest)
{
	const struct users *u = arg;

	(void)dir;
	return str_eq(record_get(manifest, "image.fingerprint"), u->fingerprint)
		       ? strv_add(u->names, name)
		       : 0;
}

/* Zones (and with them their snapshots and clones) whose manifest names the image. */
static int image_users(void *arg, const char *fingerprint, struct strv *ret, struct zerr *e)
{
	const int r = zone_each(arg, add_user, &(struct users){ fingerprint, ret }, e);

	return r == -ENOMEM ? zerr_code(e, ENOMEM, "image users") : r;
}
