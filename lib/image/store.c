/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The store of unpacked images, as its readers see it, and removal. Nothing here needs a
 * third-party library or the network: it is on the path of `zone create` from a stored image.
 */
#include "image/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "base/own.h"
#include "image/ref.h"
#include "image/source.h"

#define LOCK_WAIT_MS 10000

/* ---- the record ----------------------------------------------------------------------------- */

/* A list is KEY.0, KEY.1, … */
static int list_to_record(const struct strv *v, const char *key, struct record *ret)
{
	int r = 0;

	for (size_t n = 0; r == 0 && n < v->n; n++) {
		AUTO_FREE char *name = str_fmt("%s.%zu", key, n);

		r = name ? record_set(ret, name, v->v[n]) : -ENOMEM;
	}
	return r;
}

static int list_from_record(const struct record *rec, const char *key, struct strv *ret)
{
	for (size_t n = 0;; n++) {
		AUTO_FREE char *name = str_fmt("%s.%zu", key, n);
		const char *value = name ? record_get(rec, name) : NULL;

		if (!name || (value && strv_add(ret, value) < 0))
			return -ENOMEM;
		if (!value)
			return 0;
	}
}

int image_to_record(const struct image *i, struct record *ret)
{
	const char *const kv[][2] = {
		{ "server", i->server },
		{ "dist", i->ref.dist },
		{ "release", i->ref.release },
		{ "arch", i->ref.arch },
		{ "variant", i->ref.variant },
		{ "build", i->build },
		{ "fingerprint", i->fingerprint },
		{ "verified", i->verified },
		{ "trust", i->trust },
		{ "requirements", i->requirements },
	};
	int r = 0;

	for (size_t n = 0; r == 0 && n < sizeof(kv) / sizeof(kv[0]); n++)
		if (kv[n][1])
			r = record_set(ret, kv[n][0], kv[n][1]);
	if (r == 0)
		r = list_to_record(&i->templates, "templates", ret);
	if (r == 0)
		r = list_to_record(&i->oci, "oci", ret);
	if (r == 0)
		r = record_setf(ret, "created", "%lld", (long long)i->created);
	if (r == 0)
		r = record_setf(ret, "expiry", "%lld", (long long)i->expiry);
	if (r == 0)
		r = record_setf(ret, "size", "%llu", (unsigned long long)i->size);
	if (r == 0)
		r = record_setf(ret, "entries", "%llu", (unsigned long long)i->entries);
	return r;
}

int image_from_record(const struct record *rec, struct image *ret)
{
	struct image i = { 0 };
	const struct {
		const char *key;
		char **value;
	} kv[] = {
		{ "server", &i.server },
		{ "dist", &i.ref.dist },
		{ "release", &i.ref.release },
		{ "arch", &i.ref.arch },
		{ "variant", &i.ref.variant },
		{ "build", &i.build },
		{ "fingerprint", &i.fingerprint },
		{ "verified", &i.verified },
		{ "trust", &i.trust },
		{ "requirements", &i.requirements },
	};
	int r = 0;

	for (size_t n = 0; r == 0 && n < sizeof(kv) / sizeof(kv[0]); n++)
		r = str_set(kv[n].value, record_get(rec, kv[n].key));
	if (r == 0)
		r = list_from_record(rec, "templates", &i.templates);
	if (r == 0)
		r = list_from_record(rec, "oci", &i.oci);
	i.created = (int64_t)record_u64(rec, "created", 0);
	i.expiry = (int64_t)record_u64(rec, "expiry", 0);
	i.size = record_u64(rec, "size", 0);
	i.entries = record_u64(rec, "entries", 0);
	if (r == 0 && !image_fingerprint_ok(i.fingerprint))
		r = -EPROTO;
	if (r < 0) {
		image_done(&i);
		return r;
	}
	*ret = i;
	return 0;
}

static int image_load(int dirfd, const char *name, struct image *ret, struct zerr *e)
{
	AUTO_RECORD struct record rec = { 0 };
	int r = record_load(&rec, dirfd, name, IMAGE_RECORD_FORMAT, e);

	if (r < 0)
		return r;
	r = image_from_record(&rec, ret);
	return r < 0 ? zerr_code(e, -r, "image record %s", name) : 0;
}

/* ---- looking -------------------------------------------------------------------------------- */

static int open_dir(int dirfd, const char *name)
{
	return fs_open_below(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

static int missing(struct zerr *e, const char *fingerprint)
{
	(void)zerr_as(e, ZERR_MISSING, "image %.12s: not in the store", fingerprint);
	e->code = ENOENT;
	return -ENOENT;
}

int image_store_dir(const struct image_env *env, const char *fingerprint, struct zerr *e)
{
	AUTO_CLOSE int images = open_dir(env->zones, STORE_DIR);
	int fd;

	if (!image_fingerprint_ok(fingerprint))
		return zerr_as(e, ZERR_USAGE, "%s: not an image's fingerprint", fingerprint);
	fd = images < 0 ? images : open_dir(images, fingerprint);
	if (fd == -ENOENT)
		return missing(e, fingerprint);
	return fd < 0 ? zerr_code(e, -fd, "image %.12s", fingerprint) : fd;
}

int image_store_load(const struct image_env *env, const char *fingerprint, struct image *ret,
		     struct zerr *e)
{
	AUTO_CLOSE int dir = image_store_dir(env, fingerprint, e);
	int r;

	if (dir < 0)
		return dir;
	r = image_load(dir, STORE_RECORD, ret, e);
	if (r == -ENOENT)
		r = zerr_set(e, EPROTO, "there is no record of it");
	return zerr_in(e, r, "image %.12s", fingerprint);
}

int image_store_open(const struct image_env *env, const char *fingerprint, struct zerr *e)
{
	AUTO_CLOSE int dir = image_store_dir(env, fingerprint, e);
	int fd;

	if (dir < 0)
		return dir;
	fd = open_dir(dir, STORE_ROOT);
	return fd < 0 ? zerr_code(e, -fd, "image %.12s: %s", fingerprint, STORE_ROOT) : fd;
}

int image_store_list(const struct image_env *env, struct strv *ret, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	AUTO_CLOSE int images = open_dir(env->zones, STORE_DIR);
	int r = images < 0 ? images : fs_list(images, &names);

	if (r == -ENOENT)
		return 0;
	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (image_fingerprint_ok(names.v[i]))
			r = strv_add(ret, names.v[i]);
	return r < 0 ? zerr_code(e, -r, "%s", STORE_DIR) : 0;
}

/* The index says what the image is under this name; the tree itself may serve several names. */
static int find_indexed(int images, const struct image_ref *ref, struct image *ret, struct zerr *e)
{
	AUTO_FREE char *key = image_ref_key(ref);
	AUTO_CLOSE int index = open_dir(images, STORE_INDEX);
	int r;

	if (!key)
		return zerr_code(e, ENOMEM, "image index");
	if (index < 0)
		return index;
	r = image_load(index, key, ret, e);
	if (r < 0 || fs_exists(images, ret->fingerprint))
		return r;
	image_done(ret);
	return -ENOENT;
}

int image_store_find(const struct image_env *env, const struct image_ref *ref, const char *server,
		     struct image *ret, struct zerr *e)
{
	AUTO_SERVER struct image_server s = { 0 };
	AUTO_IMAGE struct image i = { 0 };
	AUTO_CLOSE int images = open_dir(env->zones, STORE_DIR);
	int r;

	if (!image_word_ok(ref->dist) || !image_word_ok(ref->release) ||
	    !image_word_ok(ref->arch) || !image_word_ok(ref->variant))
		return zerr_as(e, ZERR_USAGE, "%s/%s: not an image's name", ref->dist,
			       ref->release);
	r = images < 0 ? images : find_indexed(images, ref, &i, e);
	if (r == 0 && server)
		r = image_url_parse(server, &s, e);
	if (r < 0)
		return r;
	if (server && !str_eq(s.url, i.server))
		return -ENOENT;
	*ret = i;
	i = (struct image){ 0 };
	return 0;
}

int image_store_usable(const struct image_env *env, const struct image_ref *ref,
		       const struct image_source *src, struct image *ret, struct zerr *e)
{
	AUTO_SERVER struct image_server server = { 0 };
	AUTO_FREE char *trust = NULL;
	AUTO_IMAGE struct image i = { 0 };
	int r = image_server_find(env, src, &server, e);

	if (r == 0)
		r = image_server_trust(&server, src, &trust, e);
	if (r == 0)
		r = src->flush_cache ? -ENOENT : image_store_find(env, ref, server.url, &i, e);
	if (r < 0)
		return r;
	if (trust && !str_eq(trust, i.trust))
		return -ENOENT;
	if (!src->force_cache && i.expiry && i.expiry <= now_seconds())
		return -ENOENT;
	*ret = i;
	i = (struct image){ 0 };
	return 0;
}

/* ---- locking, removal ----------------------------------------------------------------------- */

static bool same_dir(int images, const char *name, int dir)
{
	struct stat a, b;

	return fstatat(images, name, &a, AT_SYMLINK_NOFOLLOW) == 0 && fstat(dir, &b) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

int image_store_lock(const struct image_env *env, const char *fingerprint, struct zerr *e)
{
	AUTO_CLOSE int dir = image_store_dir(env, fingerprint, e);
	AUTO_CLOSE int lock = dir < 0 ? dir : fs_lock(dir, STORE_LOCK, LOCK_WAIT_MS, e);
	AUTO_CLOSE int images = open_dir(env->zones, STORE_DIR);

	if (lock < 0)
		return zerr_in(e, lock, "image %.12s", fingerprint);
	/* whoever held it before may have removed the image */
	if (images < 0 || !same_dir(images, fingerprint, dir))
		return missing(e, fingerprint);
	return own_take_fd(&lock);
}

static int refuse_users(const struct image_env *env, const char *fingerprint, struct zerr *e)
{
	AUTO_STRV struct strv users = { 0 };
	AUTO_BUF struct buf names = { 0 };
	int r = env->users ? env->users(env->users_arg, fingerprint, &users, e) : 0;

	if (r < 0 || users.n == 0)
		return r;
	for (size_t i = 0; i < users.n; i++)
		buf_fmt(&names, "%s%s", i ? ", " : "", users.v[i]);
	(void)zerr_as(e, ZERR_STATE, "image %.12s: in use by %s", fingerprint,
		      names.p ? names.p : "zones");
	e->code = EBUSY;
	(void)zerr_hint(e, -EBUSY, "destroy what stands on it first");
	return -EBUSY;
}

static int forget_names(int images, const char *fingerprint, struct zerr *e)
{
	AUTO_STRV struct strv keys = { 0 };
	AUTO_CLOSE int index = open_dir(images, STORE_INDEX);
	int r = index < 0 ? index : fs_list(index, &keys);

	for (size_t n = 0; r == 0 && n < keys.n; n++) {
		AUTO_IMAGE struct image i = { 0 };
		struct zerr ignored = { 0 };

		/* a damaged entry names nothing: leave it, the next pull writes it anew */
		if (image_load(index, keys.v[n], &i, &ignored) == 0 &&
		    str_eq(i.fingerprint, fingerprint))
			r = fs_remove(index, keys.v[n], e);
	}
	return r == -ENOENT ? 0 : r;
}

int image_store_discard(const struct image_env *env, int tmp, const char *name, struct zerr *e)
{
	AUTO_CLOSE int dir = fs_open_below(tmp, name, O_RDONLY | O_DIRECTORY, 0);
	const int r = dir < 0 || !env->release ? 0 : env->release(dir, e);

	return r < 0 ? r : fs_remove(tmp, name, e);
}

int image_store_remove(const struct image_env *env, const char *fingerprint, struct zerr *e)
{
	AUTO_CLOSE int lock = image_store_lock(env, fingerprint, e);
	AUTO_CLOSE int images = open_dir(env->zones, STORE_DIR);
	AUTO_CLOSE int tmp = -1;
	AUTO_FREE char *gone = str_fmt("rm-%.32s", fingerprint);
	int r;

	if (lock < 0)
		return lock;
	if (images < 0 || !gone)
		return zerr_code(e, gone ? -images : ENOMEM, "%s", STORE_DIR);
	r = refuse_users(env, fingerprint, e);
	if (r < 0)
		return r;
	tmp = fs_subdir(images, STORE_TMP, 0700, e);
	if (tmp < 0)
		return tmp;
	/* out of sight in one step; what a kill leaves in .tmp is swept by the next image made */
	r = image_store_discard(env, tmp, gone, e);
	if (r == 0 && renameat(images, fingerprint, tmp, gone) < 0)
		r = zerr_sys(e, "image %.12s: rename", fingerprint);
	if (r == 0)
		r = forget_names(images, fingerprint, e);
	if (r == 0)
		r = fs_sync_dir(images) < 0 ? zerr_sys(e, "sync %s", STORE_DIR) : 0;
	if (r == 0)
		r = image_store_discard(env, tmp, gone, e);
	return zerr_in(e, r, "remove image %.12s", fingerprint);
}
