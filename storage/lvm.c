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
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/own.h"
#include "base/record.h"
#include "base/run.h"
#include "storage/backends.h"
#include "storage/blockfs.h"
#include "storage/lvmcmd.h"
#include "storage/pools.h"
#include "storage/tree.h"

#define RECORD	      "volume"
#define RECORD_FORMAT 1
#define FULL	      80 /* percent, from which on it is told */
#define ROUND	      (UINT64_C(64) << 20)
#define EXTENT	      (UINT64_C(4) << 20)   /* a group's own may be larger: it rounds up then */
#define SLACK	      (UINT64_C(256) << 20) /* by which a volume may be larger than was asked */
#define LEAST	      (UINT64_C(16) << 20)  /* of room beside the data: what is written at once */

static const char *group_of(const struct volume *v)
{
	return v->group ? v->group : "zone";
}

static const char *pool_of(const struct volume *v)
{
	return v->pool ? v->pool : "pool";
}

static uint64_t size_of(const struct volume *v)
{
	return v->size ? v->size : BLOCKFS_SIZE;
}

/* ---- records -------------------------------------------------------------------------------- */

struct lv {
	struct record rec;
	const char *group, *name;
};

static void lv_done(struct lv *l)
{
	record_done(&l->rec);
}
#define AUTO_LV __attribute__((cleanup(lv_done)))

/* 0, or -ENOENT without message. */
static int lv_load(struct lv *l, int dir, const char *file, struct zerr *e)
{
	const int r = record_load(&l->rec, dir, file, RECORD_FORMAT, e);

	if (r < 0)
		return r;
	l->group = record_get(&l->rec, "group");
	l->name = record_get(&l->rec, "name");
	return l->group && l->name ? 0 : zerr_set(e, EPROTO, "%s: damaged", file);
}

static int lv_open(struct lv *l, int dir, struct zerr *e)
{
	const int r = lv_load(l, dir, RECORD, e);

	return r == -ENOENT ? zerr_set(e, ENOENT, "there is no record of its volume") : r;
}

/* A name that nobody has, written down before it is used. */
static int lv_new(struct lv *l, const struct volume *v, int dir, const char *file, struct zerr *e)
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return zerr_sys(e, "random numbers");
	if (record_set(&l->rec, "group", group_of(v)) < 0 ||
	    record_setf(&l->rec, "name", "zone-%016llx", (unsigned long long)random) < 0)
		return zerr_code(e, ENOMEM, "volume");
	l->group = record_get(&l->rec, "group");
	l->name = record_get(&l->rec, "name");
	return record_save(&l->rec, dir, file, RECORD_FORMAT, true, e);
}

static int lv_release(int dir, const char *file, struct zerr *e)
{
	AUTO_LV struct lv l = { 0 };
	int r = lv_load(&l, dir, file, e);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (fsync(dir) < 0)
		return zerr_sys(e, "sync");
	r = lvm_remove(l.group, l.name, e);
	return r < 0 ? r : fs_remove(dir, file, e);
}

/* ---- volumes -------------------------------------------------------------------------------- */

/* Told at every use, because a pool that is full harms all that is on it. */
static void tell_room(const struct volume *v)
{
	struct lvm_room room;

	if (lvm_room(group_of(v), pool_of(v), &room) < 0)
		return;
	const unsigned data = (unsigned)(100 * room.used / room.size);
	if (data > FULL || room.metadata > FULL)
		log_warn("thin pool %s/%s is %u %% full (its metadata %u %%)", group_of(v),
			 pool_of(v), data, room.metadata);
}

/* Refuse what is known not to fit: @bytes of data and LEAST. */
static int check_room(const struct volume *v, uint64_t bytes, struct zerr *e)
{
	struct lvm_room room;
	char wants[16], has[16];

	if (lvm_room(group_of(v), pool_of(v), &room) < 0 || bytes + LEAST <= room.size - room.used)
		return 0; /* not known, or enough */
	return zerr_code(e, ENOSPC, "%s into the thin pool %s/%s, which has %s left",
			 format_size(bytes + LEAST, wants), group_of(v), pool_of(v),
			 format_size(room.size - room.used, has));
}

static int make_thin(const struct volume *v, const struct lv *l, uint64_t size, struct zerr *e)
{
	AUTO_FREE char *pool = str_fmt("%s/%s", l->group, pool_of(v));
	AUTO_FREE char *bytes =
		str_fmt("%llub", (unsigned long long)((size + EXTENT - 1) / EXTENT * EXTENT));
	const char *const args[] = { "lvcreate", "-qq", "-y",	 "-Wy", "-T", "-V",
				     bytes,	 "-n",	l->name, pool,	NULL };

	return pool && bytes ? lvm_run(args, NULL, e) : zerr_code(e, ENOMEM, "lvm");
}

/* A thin copy of @from, not active. An origin in use is suspended for it, its file system complete
 * on disk. */
static int copy_thin(const struct volume *v, const struct lv *from, const struct lv *to,
		     struct zerr *e)
{
	AUTO_FREE char *origin = str_fmt("%s/%s", from->group, from->name);
	const char *const args[] = { "lvcreate", "-qq", "-y", "-s", "-n", to->name, origin, NULL };
	const int r = check_room(v, 0, e);

	if (r < 0)
		return r;
	return origin ? lvm_run(args, NULL, e) : zerr_code(e, ENOMEM, "lvm");
}

static int node_of(const struct lv *l, char **ret, struct zerr *e)
{
	const int r = lvm_activate(l->group, l->name, e);

	if (r < 0)
		return r;
	*ret = lvm_node(l->group, l->name);
	return *ret ? 0 : zerr_code(e, ENOMEM, "lvm");
}

static int renew(const struct volume *v, const struct lv *l, bool root, struct zerr *e)
{
	const struct blockfs *f = blockfs_find(v->fs, e);
	AUTO_FREE char *node = NULL;
	int r = f ? 0 : -EINVAL;

	if (r < 0 || !blockfs_renews(f, root))
		return r;
	r = node_of(l, &node, e);
	return r < 0 ? r : blockfs_renew(f, node, e);
}

static uint64_t bytes_of(const char *node)
{
	AUTO_CLOSE int fd = open(node, O_RDONLY | O_CLOEXEC);
	uint64_t size = 0;

	return fd < 0 || ioctl(fd, BLKGETSIZE64, &size) < 0 ? 0 : size;
}

/* Make it, used or not, @size bytes large if it is smaller. */
static int grow(const struct volume *v, const struct lv *l, uint64_t size, struct zerr *e)
{
	const struct blockfs *f = blockfs_find(v->fs, e);
	AUTO_FREE char *node = NULL, *path = str_fmt("%s/%s", l->group, l->name);
	AUTO_FREE char *bytes =
		str_fmt("%llub", (unsigned long long)((size + EXTENT - 1) / EXTENT * EXTENT));
	const char *const args[] = { "lvextend", "-qq", "-L", bytes, path, NULL };
	int r = f ? node_of(l, &node, e) : -EINVAL;

	if (r < 0)
		return r;
	if (!path || !bytes)
		return zerr_code(e, ENOMEM, "lvm");
	if (bytes_of(node) < size)
		r = lvm_run(args, NULL, e);
	return r < 0 ? r : blockfs_grow(f, node, bytes_of(node), e);
}

/* A volume of @size in @dir, with the tree @from in it. */
static int make_filled(const struct volume *v, int dir, const char *file, uint64_t size, int from,
		       struct zerr *e)
{
	const struct blockfs *f = blockfs_find(v->fs, e);
	AUTO_LV struct lv l = { 0 };
	AUTO_FREE char *node = NULL;
	int r = f ? lv_new(&l, v, dir, file, e) : -EINVAL;

	if (r == 0)
		r = make_thin(v, &l, size, e);
	if (r == 0)
		r = node_of(&l, &node, e);
	return r < 0 ? r : blockfs_make(f, node, from, e);
}

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

static int find_base(const struct volume *v, int cache, const char *file, struct lv *ret,
		     struct zerr *e)
{
	uint64_t bytes = 0;
	AUTO_CLOSE int parent = -1;
	int r = lv_load(ret, cache, file, e);

	if (r == 0) {
		struct zerr gone = { 0 }; /* or the group was made anew: it is only a copy */

		if (lvm_activate(ret->group, ret->name, &gone) == 0)
			return 0;
		r = fs_remove(cache, file, e);
	} else if (r == -ENOENT) {
		r = 0;
	}
	if (r == 0)
		r = parent = measure(v->image, &bytes, e);
	if (r >= 0)
		r = check_room(v, bytes, e);
	if (r >= 0) /* its size holds the tree and little more, for the copies will grow */
		r = make_filled(v, cache, file, (bytes + bytes / 4) / ROUND * ROUND + 8 * ROUND,
				v->image, e);
	if (r < 0) {
		struct zerr ignored = { 0 };

		(void)lv_release(cache, file, &ignored);
		return r;
	}
	return lv_load(ret, cache, file, e);
}

static int from_image(const struct volume *v, const struct blockfs *f, struct zerr *e)
{
	AUTO_CLOSE int cache = openat(v->image, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_FREE char *file = str_fmt("lvm:%s:%s:%s", group_of(v), pool_of(v), blockfs_name(f));
	AUTO_LV struct lv base = { 0 }, l = { 0 };
	AUTO_CLOSE int lock = -1;
	int r = cache < 0 ? zerr_sys(e, "image") : tree_check_private(cache, e);

	if (r == 0 && !file)
		r = zerr_code(e, ENOMEM, "image");
	if (r == 0)
		r = lock = fs_lock(cache, ".lvm", -1, e);
	if (r >= 0)
		r = find_base(v, cache, file, &base, e);
	if (r == 0)
		r = lv_new(&l, v, v->dir, RECORD, e);
	if (r == 0)
		r = copy_thin(v, &base, &l, e);
	if (r == 0)
		r = renew(v, &l, true, e);
	return r == 0 ? grow(v, &l, size_of(v), e) : r;
}

/* ---- the operations ------------------------------------------------------------------------- */

static int lvm_probe(struct volume *v, struct zerr *e)
{
	const struct blockfs *f = v->fs ? blockfs_find(v->fs, e) : blockfs_best(size_of(v));
	struct lvm_room room;
	char wants[16], has[16];
	int r = f ? blockfs_probe(f, e) : -EINVAL;

	if (r == 0)
		r = lvm_check_pool(group_of(v), pool_of(v), e);
	if (r == 0)
		r = lvm_activate(group_of(v), pool_of(v), e);
	if (r < 0)
		return r;
	v->fs = blockfs_name(f);
	if (v->size && lvm_room(group_of(v), pool_of(v), &room) == 0 && v->size > room.size)
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
	tell_room(v);
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
		r = check_room(v, bytes, e);
	if (r >= 0)
		r = make_filled(v, v->dir, RECORD, size_of(v), from, e);
	return r < 0 ? r : fs_remove(v->dir, TREE_ROOT, e);
}

static int ends_with_record(int dir, const char *name, struct zerr *e)
{
	return str_starts(name, "lvm:") || str_starts(name, RECORD) ? lv_release(dir, name, e) : 0;
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
	AUTO_LV struct lv l = { 0 };
	AUTO_FREE char *node = NULL;
	int r = f ? tree_check_private(v->dir, e) : -EINVAL;

	if (r == 0)
		r = lv_open(&l, a->snap >= 0 ? a->snap : v->dir, e);
	if (r == 0)
		r = node_of(&l, &node, e);
	if (r < 0)
		return r;
	tell_room(v);
	return blockfs_attach(f, node, a, e);
}

static int copy_to(const struct volume *v, int from, int to, const char *file, struct zerr *e)
{
	AUTO_LV struct lv origin = { 0 }, l = { 0 };
	int r = lv_open(&origin, from, e);

	if (r == 0)
		r = lv_new(&l, v, to, file, e);
	return r == 0 ? copy_thin(v, &origin, &l, e) : r;
}

static int lvm_snapshot(const struct volume *v, int snap, struct zerr *e)
{
	return copy_to(v, v->dir, snap, RECORD, e);
}

static int lvm_clone(const struct volume *v, int snap, const struct volume *to, struct zerr *e)
{
	return copy_to(to, snap >= 0 ? snap : v->dir, to->dir, RECORD, e);
}

/* After the zone goes on, for both of them. */
static int lvm_settle(const struct volume *v, int dir, struct zerr *e)
{
	AUTO_LV struct lv l = { 0 };
	const int r = lv_open(&l, dir, e);

	tell_room(v);
	return r == 0 ? renew(v, &l, dir == v->dir, e) : r;
}

/* `volume.new` is the new one before the exchange, the old one after it. */
static int lvm_restore(const struct volume *v, int snap, struct zerr *e)
{
	static const char fresh[] = RECORD ".new";
	AUTO_LV struct lv l = { 0 };
	bool exchanged = false;
	int r = lv_release(v->dir, fresh, e); /* what an earlier call left */

	if (r == 0)
		r = copy_to(v, snap, v->dir, fresh, e);
	if (r == 0)
		r = lv_load(&l, v->dir, fresh, e);
	if (r == 0)
		r = renew(v, &l, true, e);
	if (r == 0 && renameat2(v->dir, fresh, v->dir, RECORD, RENAME_EXCHANGE) < 0)
		r = zerr_sys(e, "exchange the volumes");
	exchanged = r == 0;
	if (r == 0)
		r = fs_sync_dir(v->dir) < 0 ? zerr_sys(e, "sync") : 0;
	if (r < 0 && !exchanged) {
		struct zerr ignored = { 0 };

		(void)lv_release(v->dir, fresh, &ignored);
	}
	return r < 0 ? r : lv_release(v->dir, fresh, e);
}

static int lvm_resize(const struct volume *v, struct zerr *e)
{
	AUTO_LV struct lv l = { 0 };
	AUTO_FREE char *node = NULL;
	char has[16], asked[16];
	int r = lv_open(&l, v->dir, e);

	if (r == 0)
		r = node_of(&l, &node, e);
	if (r < 0)
		return r;
	if (!v->size || v->size + SLACK < bytes_of(node))
		return zerr_as(e, ZERR_USAGE, "its volume has %s and cannot shrink to %s",
			       format_size(bytes_of(node), has),
			       v->size ? format_size(v->size, asked) : "none");
	tell_room(v);
	return grow(v, &l, v->size, e);
}

static int lvm_space(int dir, struct space *ret, struct zerr *e)
{
	AUTO_LV struct lv l = { 0 };
	uint64_t mapped = 0;
	int r = lv_open(&l, dir, e);

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
	.pool = &pool_lvm,
};
