/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cache of downloads. One directory for each image of each server, with a lock in it that is
 * held from the first question to the server until the image is in the store: whoever comes second
 * finds it done. Removal is by rename first, so a locked directory is either in its place or
 * nobody's.
 */
#include "image/cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/record.h"
#include "image/ref.h"

#define INFO	    "info" /* record: build, expiry */
#define INFO_FORMAT 1
#define LOCK	    "lock"
#define OPEN_TRIES  100

void cache_close(struct cache_slot *s)
{
	s->lock = own_close(s->lock);
	s->dir = own_close(s->dir);
}

static bool in_place(int parent, const char *name, int dir)
{
	struct stat a, b;

	return fstatat(parent, name, &a, AT_SYMLINK_NOFOLLOW) == 0 && fstat(dir, &b) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* 0, or -ENOENT when the directory was removed while we waited. */
static int open_once(int parent, const char *key, struct cache_slot *ret, struct zerr *e)
{
	AUTO_SLOT struct cache_slot s = CACHE_SLOT_NONE;

	s.dir = fs_subdir(parent, key, 0700, e);
	if (s.dir < 0)
		return s.dir;
	s.lock = fs_lock(s.dir, LOCK, 0, e);
	if (s.lock == -EWOULDBLOCK) {
		log_note("%s: another command is downloading it; waiting", key);
		*e = (struct zerr){ 0 };
		s.lock = fs_lock(s.dir, LOCK, -1, e);
	}
	if (s.lock < 0)
		return s.lock;
	if (!in_place(parent, key, s.dir))
		return -ENOENT;
	*ret = s;
	s = (struct cache_slot)CACHE_SLOT_NONE;
	return 0;
}

int cache_open(const struct image_env *env, const struct image_server *server,
	       const struct image_ref *ref, struct cache_slot *ret, struct zerr *e)
{
	AUTO_FREE char *key = image_ref_key(ref);
	AUTO_CLOSE int cache = fs_make_dir(env->cache, 0700, e);
	AUTO_CLOSE int parent = cache < 0 ? cache : fs_subdir(cache, server->dir, 0700, e);
	int r = -ENOENT;

	if (parent < 0)
		return zerr_in(e, parent, "download cache %s", env->cache);
	if (!key)
		return zerr_code(e, ENOMEM, "download cache");
	for (int n = 0; r == -ENOENT && n < OPEN_TRIES; n++) {
		*e = (struct zerr){ 0 };
		r = open_once(parent, key, ret, e);
	}
	return zerr_in(e, r, "download cache %s", env->cache);
}

/* Everything but the lock. */
static int clear(int dir, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	int r = fs_list(dir, &names);

	if (r < 0)
		return zerr_code(e, -r, "download cache");
	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (!str_eq(names.v[i], LOCK))
			r = fs_remove(dir, names.v[i], e);
	return r;
}

int cache_begin(const struct cache_slot *s, const char *build, struct zerr *e)
{
	AUTO_RECORD struct record info = { 0 };
	struct zerr damaged = { 0 };
	int r;

	if (record_load(&info, s->dir, INFO, INFO_FORMAT, &damaged) == 0 &&
	    str_eq(record_get(&info, "build"), build))
		return 0;
	r = clear(s->dir, e);
	return r < 0 ? r : cache_expire(s, build, now_seconds() + IMAGE_LIFETIME, e);
}

int cache_expire(const struct cache_slot *s, const char *build, int64_t expiry, struct zerr *e)
{
	AUTO_RECORD struct record info = { 0 };

	if (record_set(&info, "build", build) < 0 ||
	    record_setf(&info, "expiry", "%lld", (long long)expiry) < 0)
		return zerr_code(e, ENOMEM, "download cache");
	return record_save(&info, s->dir, INFO, INFO_FORMAT, false, e);
}

int cache_find_root(const struct image_env *env, const struct image *i, struct zerr *e)
{
	AUTO_SERVER struct image_server server = { 0 };
	AUTO_FREE char *key = image_ref_key(&i->ref);
	AUTO_RECORD struct record info = { 0 };
	AUTO_CLOSE int cache = fs_make_dir(env->cache, 0700, e);
	AUTO_CLOSE int parent = -1, dir = -1;
	struct zerr ignored = { 0 };

	if (cache < 0)
		return cache;
	if (!key || image_url_parse(i->server, &server, e) < 0)
		return zerr_code(e, EINVAL, "image's server");
	parent = fs_open_below(cache, server.dir, O_RDONLY | O_DIRECTORY, 0);
	dir = parent < 0 ? parent : fs_open_below(parent, key, O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0 || record_load(&info, dir, INFO, INFO_FORMAT, &ignored) < 0 ||
	    !str_eq(record_get(&info, "build"), i->build))
		return -ENOENT;
	return fs_open_below(dir, CACHE_ROOT, O_RDONLY, 0);
}

/* ---- flushing ------------------------------------------------------------------------------- */

static bool expired(int dir)
{
	AUTO_RECORD struct record info = { 0 };
	struct zerr damaged = { 0 };

	return record_load(&info, dir, INFO, INFO_FORMAT, &damaged) < 0 ||
	       (int64_t)record_u64(&info, "expiry", 0) <= now_seconds();
}

static int flush_slot(int parent, const char *key, bool expired_only, struct zerr *e)
{
	AUTO_SLOT struct cache_slot s = CACHE_SLOT_NONE;
	AUTO_FREE char *gone = str_fmt(".rm-%.*s", 240, key);
	struct zerr busy = { 0 };
	int r;

	if (!gone)
		return zerr_code(e, ENOMEM, "download cache");
	s.dir = fs_open_below(parent, key, O_RDONLY | O_DIRECTORY, 0);
	s.lock = s.dir < 0 ? s.dir : fs_lock(s.dir, LOCK, 0, &busy);
	if (s.lock < 0 || !in_place(parent, key, s.dir) || (expired_only && !expired(s.dir)))
		return 0;
	r = fs_remove(parent, gone, e);
	if (r == 0 && renameat(parent, key, parent, gone) < 0)
		r = zerr_sys(e, "download cache: %s", key);
	return r < 0 ? r : fs_remove(parent, gone, e);
}

static int flush_server(int cache, const char *name, bool expired_only, struct zerr *e)
{
	AUTO_CLOSE int parent = fs_open_below(cache, name, O_RDONLY | O_DIRECTORY, 0);
	AUTO_STRV struct strv keys = { 0 };
	int r = parent < 0 ? parent : fs_list(parent, &keys);

	if (r < 0)
		return r == -ENOTDIR || r == -ENOENT ? 0 : zerr_code(e, -r, "%s", name);
	for (size_t i = 0; r == 0 && i < keys.n; i++)
		if (strchr(keys.v[i], ':')) /* not what others may keep here */
			r = flush_slot(parent, keys.v[i], expired_only, e);
	return r;
}

int cache_flush(const struct image_env *env, bool expired_only, struct zerr *e)
{
	AUTO_CLOSE int cache = fs_make_dir(env->cache, 0700, e);
	AUTO_STRV struct strv servers = { 0 };
	int r = cache < 0 ? cache : 0;

	if (r < 0)
		return r;
	r = fs_list(cache, &servers);
	if (r < 0)
		return zerr_code(e, -r, "%s", env->cache);
	for (size_t i = 0; r == 0 && i < servers.n; i++)
		r = flush_server(cache, servers.v[i], expired_only, e);
	/* what a killed check of a signature left */
	return r < 0 || expired_only ? r : fs_remove(cache, ".verify", e);
}
