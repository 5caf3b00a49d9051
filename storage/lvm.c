/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Backend "lvm": the root is a thin volume with a file system of the zone's own; snapshots and
 * clones are thin volumes that share its blocks. Which volume it is says the record `volume` in the
 * directory that it belongs to, written before the volume is made and removed after it: so there is
 * never one that nobody knows. The tree of an image is kept as a volume, too, of which new zones
 * are copies.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fs.h"
#include "base/own.h"
#include "storage/backends.h"
#include "storage/blockfs.h"
#include "storage/lvmcmd.h"
#include "storage/lvmvol.h"
#include "storage/pools.h"
#include "storage/tree.h"

#define ROUND (UINT64_C(64) << 20)
#define SLACK (UINT64_C(256) << 20) /* by which a volume may be larger than was asked */

/* ---- the volume of an image ----------------------------------------------------------------- */

/* The directory that @tree is in, and what is in @tree. */
static int measure(int tree, uint64_t *ret_bytes, struct zerr *e)
{
	AUTO_CLOSE int parent = openat(tree, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t bytes = 0, entries = 0;
	const int r = parent < 0 ? -errno : fs_usage(parent, TREE_ROOT, &bytes, &entries);

	*ret_bytes = bytes + entries * 512;
	return r < 0 ? zerr_code(e, -r, "measure the root") : parent;
}

static int find_base(const struct volume *v, int cache, const char *file, struct lvmvol *ret,
		     struct zerr *e)
{
	uint64_t bytes = 0;
	AUTO_CLOSE int parent = -1;
	int r = lvmvol_load(ret, cache, file, e);

	if (r == 0) {
		struct zerr gone = { 0 }; /* or the group was made anew: it is only a copy */

		if (lvm_activate(ret->group, ret->name, &gone) == 0)
			return 0;
		r = lvmvol_release(cache, file, e);
	} else if (r == -ENOENT) {
		r = 0;
	}
	if (r == 0)
		r = parent = measure(v->image, &bytes, e);
	if (r >= 0)
		r = lvmvol_check_room(v, bytes, e);
	if (r >= 0) /* its size holds the tree and little more, for the copies will grow */
		r = lvmvol_make(v, cache, file, (bytes + bytes / 4) / ROUND * ROUND + 8 * ROUND,
				v->image, e);
	if (r < 0) {
		struct zerr ignored = { 0 };

		(void)lvmvol_release(cache, file, &ignored);
		return r;
	}
	return lvmvol_load(ret, cache, file, e);
}

static int from_image(const struct volume *v, const struct blockfs *f, struct zerr *e)
{
	AUTO_CLOSE int cache = openat(v->image, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_FREE char *file =
		str_fmt("lvm:%s:%s:%s", lvmvol_group(v), lvmvol_pool(v), blockfs_name(f));
	AUTO_LVMVOL struct lvmvol base = { 0 }, l = { 0 };
	AUTO_CLOSE int lock = -1;
	int r = cache < 0 ? zerr_sys(e, "image") : tree_check_private(cache, e);

	if (r == 0 && !file)
		r = zerr_code(e, ENOMEM, "image");
	if (r == 0)
		r = lock = fs_lock(cache, ".lvm", -1, e);
	if (r >= 0)
		r = find_base(v, cache, file, &base, e);
	if (r == 0)
		r = lvmvol_new(&l, v, v->dir, LVMVOL_RECORD, e);
	if (r == 0)
		r = lvmvol_copy(v, &base, &l, e);
	if (r == 0)
		r = lvmvol_renew(v, &l, true, e);
	return r == 0 ? lvmvol_grow(v, &l, lvmvol_size(v), e) : r;
}

/* ---- the operations ------------------------------------------------------------------------- */

static int lvm_probe(struct volume *v, struct zerr *e)
{
	const struct blockfs *f = v->fs ? blockfs_find(v->fs, e) : blockfs_best(lvmvol_size(v));
	struct lvm_room room;
	char wants[16], has[16];
	int r = f ? blockfs_probe(f, e) : -EINVAL;

	if (r == 0)
		r = lvm_check_pool(lvmvol_group(v), lvmvol_pool(v), e);
	if (r == 0)
		r = lvm_activate(lvmvol_group(v), lvmvol_pool(v), e);
	if (r < 0)
		return r;
	v->fs = blockfs_name(f);
	if (v->size && lvm_room(lvmvol_group(v), lvmvol_pool(v), &room) == 0 && v->size > room.size)
		return zerr_code(e, ENOSPC, "a root of %s in a thin pool of %s",
				 format_size(v->size, wants), format_size(room.size, has));
	return 0;
}

static int lvm_create(const struct volume *v, int *ret_root, struct zerr *e)
{
	const struct blockfs *f = blockfs_find(v->fs, e);
	int r = f ? tree_check_private(v->dir, e) : -EINVAL;

	if (r < 0)
		return r;
	lvmvol_tell_room(v);
	if (v->image >= 0) {
		*ret_root = -1;
		return from_image(v, f, e);
	}
	r = fs_subdir(v->dir, TREE_ROOT, 0755, e);
	if (r < 0)
		return r;
	*ret_root = r;
	return 0;
}

static int lvm_seal(const struct volume *v, struct zerr *e)
{
	AUTO_CLOSE int from = fs_open_below(v->dir, TREE_ROOT, O_RDONLY | O_DIRECTORY, 0);
	AUTO_CLOSE int parent = -1;
	uint64_t bytes = 0;
	int r;

	if (from < 0)
		return zerr_code(e, -from, "open " TREE_ROOT);
	r = parent = measure(from, &bytes, e);
	if (r >= 0)
		r = lvmvol_check_room(v, bytes, e);
	if (r >= 0)
		r = lvmvol_make(v, v->dir, LVMVOL_RECORD, lvmvol_size(v), from, e);
	return r < 0 ? r : fs_remove(v->dir, TREE_ROOT, e);
}

static int ends_with_record(int dir, const char *name, struct zerr *e)
{
	return str_starts(name, "lvm:") || str_starts(name, LVMVOL_RECORD)
		       ? lvmvol_release(dir, name, e)
		       : 0;
}

/* `volume`, `volume.new` of a restore, and those of an image. */
static int lvm_release(int dir, struct zerr *e)
{
	AUTO_STRV struct strv names = { 0 };
	int r = fs_list(dir, &names);

	if (r < 0)
		return zerr_code(e, -r, "volumes");
	for (size_t i = 0; i < names.n && r == 0; i++)
		r = ends_with_record(dir, names.v[i], e);
	return r;
}

static int lvm_attach(const struct volume *v, const struct volume_attach *a, struct zerr *e)
{
	const struct blockfs *f = blockfs_find(v->fs, e);
	AUTO_LVMVOL struct lvmvol l = { 0 };
	AUTO_FREE char *node = NULL;
	int r = f ? tree_check_private(v->dir, e) : -EINVAL;

	if (r == 0)
		r = lvmvol_open(&l, a->snap >= 0 ? a->snap : v->dir, e);
	if (r == 0)
		r = lvmvol_node(&l, &node, e);
	if (r < 0)
		return r;
	lvmvol_tell_room(v);
	return blockfs_attach(f, node, a, e);
}

static int copy_to(const struct volume *v, int from, int to, const char *file, struct zerr *e)
{
	AUTO_LVMVOL struct lvmvol origin = { 0 }, l = { 0 };
	int r = lvmvol_open(&origin, from, e);

	if (r == 0)
		r = lvmvol_new(&l, v, to, file, e);
	return r == 0 ? lvmvol_copy(v, &origin, &l, e) : r;
}

static int lvm_snapshot(const struct volume *v, int snap, struct zerr *e)
{
	return copy_to(v, v->dir, snap, LVMVOL_RECORD, e);
}

static int lvm_clone(const struct volume *v, int snap, const struct volume *to, struct zerr *e)
{
	return copy_to(to, snap >= 0 ? snap : v->dir, to->dir, LVMVOL_RECORD, e);
}

/* After the zone goes on, for both of them. */
static int lvm_settle(const struct volume *v, int dir, struct zerr *e)
{
	AUTO_LVMVOL struct lvmvol l = { 0 };
	const int r = lvmvol_open(&l, dir, e);

	lvmvol_tell_room(v);
	return r == 0 ? lvmvol_renew(v, &l, dir == v->dir, e) : r;
}

/* `volume.new` is the new one before the exchange, the old one after it. */
static int lvm_restore(const struct volume *v, int snap, struct zerr *e)
{
	static const char fresh[] = LVMVOL_RECORD ".new";
	AUTO_LVMVOL struct lvmvol l = { 0 };
	bool exchanged = false;

	lvmvol_tell_room(v);
	int r = lvmvol_release(v->dir, fresh, e); /* what an earlier call left */

	if (r == 0)
		r = copy_to(v, snap, v->dir, fresh, e);
	if (r == 0)
		r = lvmvol_load(&l, v->dir, fresh, e);
	if (r == 0)
		r = lvmvol_renew(v, &l, true, e);
	if (r == 0 && renameat2(v->dir, fresh, v->dir, LVMVOL_RECORD, RENAME_EXCHANGE) < 0)
		r = zerr_sys(e, "exchange the volumes");
	exchanged = r == 0;
	if (r == 0)
		r = fs_sync_dir(v->dir) < 0 ? zerr_sys(e, "sync") : 0;
	if (r < 0 && !exchanged) {
		struct zerr ignored = { 0 };

		(void)lvmvol_release(v->dir, fresh, &ignored);
	}
	return r < 0 ? r : lvmvol_release(v->dir, fresh, e);
}

static int lvm_resize(const struct volume *v, struct zerr *e)
{
	AUTO_LVMVOL struct lvmvol l = { 0 };
	AUTO_FREE char *node = NULL;
	char has[16], asked[16];
	int r = lvmvol_open(&l, v->dir, e);

	if (r == 0)
		r = lvmvol_node(&l, &node, e);
	if (r < 0)
		return r;
	if (!v->size || v->size + SLACK < lvmvol_bytes(node))
		return zerr_as(e, ZERR_USAGE, "its volume has %s and cannot shrink to %s",
			       format_size(lvmvol_bytes(node), has),
			       v->size ? format_size(v->size, asked) : "none");
	lvmvol_tell_room(v);
	return lvmvol_grow(v, &l, v->size, e);
}

static int lvm_space(int dir, struct space *ret, struct zerr *e)
{
	AUTO_LVMVOL struct lvmvol l = { 0 };
	uint64_t mapped = 0;
	int r = lvmvol_open(&l, dir, e);

	if (r == 0 && (r = lvm_mapped(l.group, l.name, &mapped)) < 0)
		r = zerr_code(e, -r, "space");
	if (r == 0)
		*ret = (struct space){ .referenced = mapped, .exclusive = UINT64_MAX };
	return r;
}

static int lvm_usage(int dir, uint64_t *ret, struct zerr *e)
{
	struct space s;

	*ret = lvm_space(dir, &s, e) == 0 ? s.referenced : UINT64_MAX;
	return 0;
}

/* A volume that is active is there; else its group is asked for, once in a while for all zones in
 * it. */
static bool lvm_lost(int dir)
{
	enum { WHILE = 5 /* s */ };
	static char *asked;
	static bool answer;
	static time_t until;
	const time_t now = time(NULL);
	AUTO_LVMVOL struct lvmvol l = { 0 };
	struct zerr ignored = { 0 };

	if (lvmvol_open(&l, dir, &ignored) < 0 || lvm_is_active(l.group, l.name))
		return false;
	if (!str_eq(asked, l.group) || now >= until || now < until - WHILE) {
		answer = !lvm_has_group(l.group);
		until = now + WHILE;
		(void)str_set(&asked, l.group);
	}
	return answer;
}

const struct storage_ops storage_lvm = {
	.name = "lvm",
	.probe = lvm_probe,
	.create = lvm_create,
	.seal = lvm_seal,
	.release = lvm_release,
	.attach = lvm_attach,
	.snapshot = lvm_snapshot,
	.restore = lvm_restore,
	.clone = lvm_clone,
	.settle = lvm_settle,
	.resize = lvm_resize,
	.usage = lvm_usage,
	.space = lvm_space,
	.lost = lvm_lost,
	.pool = &pool_lvm,
};
