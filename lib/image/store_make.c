/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How an image gets into the store: a directory in .images/.tmp, filled by its maker, published by
 * one rename. A maker holds the lock of its directory, so whatever can be locked there was left by
 * a process that died, and goes when the next image is begun.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/subvol.h"
#include "image/internal.h"
#include "image/ref.h"
#include "image/store.h"

/* Entries of .tmp whose lock is free. Under the gate, so none of them is being made. */
static void sweep(const struct image_env *env, int tmp)
{
	AUTO_STRV struct strv names = { 0 };
	struct zerr ignored = { 0 };

	if (fs_list(tmp, &names) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		AUTO_CLOSE int dir =
			fs_open_below(tmp, names.v[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
		AUTO_CLOSE int lock = dir < 0 ? dir : fs_lock(dir, STORE_LOCK, 0, &ignored);

		if (lock >= 0)
			/* the next one tries again */
			(void)image_store_discard(env, tmp, names.v[i], &ignored);
	}
}

static int build_open(struct image_build *b, int tmp, struct zerr *e)
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return zerr_sys(e, "random numbers");
	(void)snprintf(b->name, sizeof(b->name), "%016llx", (unsigned long long)random);
	b->dir = fs_subdir(tmp, b->name, 0700, e);
	if (b->dir < 0)
		return b->dir;
	b->lock = fs_lock(b->dir, STORE_LOCK, 0, e);
	if (b->lock < 0)
		return b->lock;
	(void)subvol_make(b->dir,
			  STORE_ROOT); /* on btrfs, where zones can be copies of it; else: */
	b->rootfs = fs_subdir(b->dir, STORE_ROOT, 0755, e);
	return b->rootfs < 0 ? b->rootfs : 0;
}

int image_store_begin(const struct image_env *env, const char *fingerprint, struct image_build *ret,
		      struct zerr *e)
{
	AUTO_BUILD struct image_build b = IMAGE_BUILD_NONE;
	AUTO_CLOSE int tmp = -1, gate = -1;
	int r;

	if (!image_fingerprint_ok(fingerprint))
		return zerr_set(e, EINVAL, "image fingerprint %s", fingerprint);
	b.images = fs_subdir(env->zones, STORE_DIR, 0700, e);
	if (b.images < 0)
		return b.images;
	if (fs_exists(b.images, fingerprint))
		return -EEXIST;
	tmp = fs_subdir(b.images, STORE_TMP, 0700, e);
	if (tmp < 0)
		return tmp;
	gate = fs_lock(b.images, STORE_GATE, -1, e);
	if (gate < 0)
		return gate;
	sweep(env, tmp);
	r = build_open(&b, tmp, e);
	if (r < 0)
		return zerr_in(e, r, "image store");
	*ret = b;
	b = (struct image_build)IMAGE_BUILD_NONE;
	return 0;
}

void image_store_abort(struct image_build *b)
{
	AUTO_CLOSE int tmp = -1;
	struct zerr ignored = { 0 };

	if (b->dir >= 0) {
		tmp = fs_open_below(b->images, STORE_TMP, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
		if (tmp >= 0)
			(void)fs_remove(tmp, b->name, &ignored); /* else swept by the next */
	}
	b->rootfs = own_close(b->rootfs);
	b->lock = own_close(b->lock);
	b->dir = own_close(b->dir);
	b->images = own_close(b->images);
}

/* Only the tree, the lock and the record stay. */
static int build_tidy(struct image_build *b, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	int r = fs_list(b->dir, &names);

	if (r < 0)
		return zerr_code(e, -r, "image store");
	for (size_t i = 0; r == 0 && i < names.n; i++)
		if (!str_eq(names.v[i], STORE_ROOT) && !str_eq(names.v[i], STORE_LOCK))
			r = fs_remove(b->dir, names.v[i], e);
	if (r == 0 && (fchown(b->rootfs, 0, 0) < 0 || fchmod(b->rootfs, 0755) < 0))
		r = zerr_sys(e, "image store: %s", STORE_ROOT);
	return r;
}

static int build_publish(struct image_build *b, const char *fingerprint, struct zerr *e)
{
	AUTO_CLOSE int tmp = fs_subdir(b->images, STORE_TMP, 0700, e);

	if (tmp < 0)
		return tmp;
	if (renameat2(tmp, b->name, b->images, fingerprint, RENAME_NOREPLACE) < 0)
		return errno == EEXIST ? 0 : zerr_sys(e, "publish image");
	b->dir = own_close(b->dir); /* nothing to abort any more */
	return fs_sync_dir(b->images) < 0 ? zerr_sys(e, "sync %s", STORE_DIR) : 0;
}

static int write_index(const struct image_env *env, const struct image_ref *ref,
		       const struct record *rec, struct zerr *e)
{
	AUTO_FREE char *key = image_ref_key(ref);
	AUTO_CLOSE int images = fs_subdir(env->zones, STORE_DIR, 0700, e);
	AUTO_CLOSE int index = images < 0 ? images : fs_subdir(images, STORE_INDEX, 0700, e);

	if (index < 0)
		return index;
	if (!key)
		return zerr_code(e, ENOMEM, "image index");
	return record_save(rec, index, key, IMAGE_RECORD_FORMAT, true, e);
}

int image_store_enter(const struct image_env *env, const struct image_ref *ref,
		      const struct image *i, struct zerr *e)
{
	AUTO_RECORD struct record rec = { 0 };
	AUTO_CLOSE int dir = image_store_dir(env, i->fingerprint, e);
	int r;

	if (dir < 0)
		return dir;
	if (image_to_record(i, &rec) < 0)
		return zerr_code(e, ENOMEM, "image record");
	r = record_save(&rec, dir, STORE_RECORD, IMAGE_RECORD_FORMAT, true, e);
	return r < 0 ? r : write_index(env, ref, &rec, e);
}

int image_store_commit(const struct image_env *env, struct image_build *b, struct image *i,
		       struct zerr *e)
{
	AUTO_RECORD struct record rec = { 0 };
	int r = build_tidy(b, e);

	if (r < 0)
		return r;
	r = fs_usage(b->dir, STORE_ROOT, &i->size, &i->entries);
	if (r < 0)
		return zerr_code(e, -r, "measure image");
	i->created = now_seconds();
	if (image_to_record(i, &rec) < 0)
		return zerr_code(e, ENOMEM, "image record");
	if (syncfs(b->dir) < 0)
		return zerr_sys(e, "sync image");
	r = record_save(&rec, b->dir, STORE_RECORD, IMAGE_RECORD_FORMAT, true, e);
	if (r == 0)
		r = build_publish(b, i->fingerprint, e);
	if (r == 0)
		r = write_index(env, &i->ref, &rec, e);
	image_store_abort(b); /* closes; removes only what was not published */
	return zerr_in(e, r, "image store");
}
