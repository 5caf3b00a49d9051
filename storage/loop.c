/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Backend "loop": root.img in the zone's directory is a sparse file with a file system of the
 * zone's own in it, of a size that holds. Snapshots and clones are copies of the file, by shared
 * blocks where the file system below can. Where it can, the file of an image is made once, in the
 * image's directory, and every zone's is a copy of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/copy.h"
#include "base/fs.h"
#include "base/guard.h"
#include "base/own.h"
#include "storage/backends.h"
#include "storage/blockfs.h"
#include "storage/loopdev.h"
#include "storage/pools.h"
#include "storage/tree.h"

#define IMG   "root.img"
#define ROUND (UINT64_C(64) << 20)

/* Bytes that the file system of @dir has in all. */
static uint64_t room(int dir)
{
	struct statvfs st;

	return fstatvfs(dir, &st) < 0 ? UINT64_MAX : (uint64_t)st.f_blocks * st.f_frsize;
}

static uint64_t size_of(const struct volume *v)
{
	const uint64_t most = room(v->dir);

	if (v->size)
		return (v->size + LOOPDEV_BLOCK - 1) / LOOPDEV_BLOCK * LOOPDEV_BLOCK;
	return most < BLOCKFS_SIZE ? most / ROUND * ROUND : BLOCKFS_SIZE;
}

static int loop_probe(struct volume *v, struct zerr *e)
{
	const struct blockfs *f = v->fs ? blockfs_find(v->fs, e) : blockfs_best(size_of(v));
	char asked[16], there[16];
	int r = f ? loopdev_probe(e) : -EINVAL;

	if (r == 0)
		r = blockfs_probe(f, e);
	if (r == 0 && v->size > room(v->dir))
		r = zerr_code(e, ENOSPC, "a root of %s on a file system of %s",
			      format_size(v->size, asked), format_size(room(v->dir), there));
	if (r == 0)
		v->fs = blockfs_name(f);
	return r;
}

/* ---- files ---------------------------------------------------------------------------------- */

static int make_file(int dir, const char *name, uint64_t size, struct zerr *e)
{
	AUTO_CLOSE int fd = fs_open_below(dir, name, O_RDWR | O_CREAT | O_EXCL, 0600);

	if (fd < 0)
		return zerr_code(e, -fd, "make %s", name);
	if (ftruncate(fd, (off_t)size) < 0)
		return zerr_sys(e, "make %s", name);
	return own_take_fd(&fd);
}

/* @to/@name: a new file of @size with a file system that has the tree @from in it. */
static int make_filled(const struct blockfs *f, int to, const char *name, uint64_t size, int from,
		       struct zerr *e)
{
	AUTO_CLOSE int fd = make_file(to, name, size, e);
	AUTO_CLOSE int device = -1;
	char path[LOOPDEV_PATH];

	if (fd < 0)
		return fd;
	device = loopdev_open(to, name, path, NULL, e);
	if (device < 0)
		return device;
	const int r = blockfs_make(f, path, from, e);
	return r < 0 || fsync(fd) == 0 ? r : zerr_sys(e, "write %s to disk", name);
}

static int copy_file(int from, const char *source, int to, const char *name, struct zerr *e)
{
	AUTO_CLOSE int in = fs_open_below(from, source, O_RDONLY, 0);
	AUTO_CLOSE int out = in < 0 ? in : make_file(to, name, 0, e);
	uint64_t copied;

	if (in < 0)
		return zerr_code(e, -in, "open %s", source);
	if (out < 0)
		return out;
	const int r = copy_data(in, out, &copied);
	return r < 0 ? zerr_code(e, -r, "copy %s", source) : 0;
}

/* Give a copy what it needs to be mounted beside its source, and write it to disk. */
static int finish_copy(const struct volume *v, int dir, const char *name, bool root, struct zerr *e)
{
	const struct blockfs *f = blockfs_find(v->fs, e);
	AUTO_CLOSE int fd = f ? fs_open_below(dir, name, O_RDONLY, 0) : -EINVAL;
	char path[LOOPDEV_PATH];
	int r = 0;

	if (fd < 0)
		return f ? zerr_code(e, -fd, "open %s", name) : -EINVAL;
	/* in any case it gets the note of a device, while there is room for it */
	AUTO_CLOSE int device = loopdev_open(dir, name, path, NULL, e);
	r = device < 0 ? device : 0;
	if (r == 0 && blockfs_renews(f, root))
		r = blockfs_renew(f, path, e);
	return r < 0 || fsync(fd) == 0 ? r : zerr_sys(e, "write %s to disk", name);
}

/* Make @dir/@name, with or without a file system in use on it, @size bytes large. */
static int grow_file(const struct blockfs *f, int dir, const char *name, uint64_t size,
		     struct zerr *e)
{
	char path[LOOPDEV_PATH];
	AUTO_CLOSE int fd = fs_open_below(dir, name, O_RDWR, 0);
	AUTO_CLOSE int device = fd < 0 ? fd : loopdev_open(dir, name, path, NULL, e);
	struct stat st;
	int r;

	if (fd < 0)
		return zerr_code(e, -fd, "open %s", name);
	if (device < 0)
		return device;
	if (fstat(fd, &st) < 0 || ftruncate(fd, (off_t)size) < 0)
		return zerr_sys(e, "grow %s", name);
	r = loopdev_grown(device, e);
	if (r == 0)
		r = blockfs_grow(f, path, size, e);
	if (r < 0 && e->status == ZERR_HOST &&
	    ftruncate(fd, st.st_size) == 0) /* refused as a whole */
		(void)loopdev_grown(device, &(struct zerr){ 0 });
	return r < 0 || fsync(fd) == 0 ? r : zerr_sys(e, "write %s to disk", name);
}

/* ---- the file of an image ------------------------------------------------------------------- */

/* Can a file in @from share its blocks with one in @to? Tried. */
static bool can_share(int from, int to)
{
	static const char name[] = ".share";
	struct zerr ignored = { 0 };
	char block[4096] = "";
	AUTO_CLOSE int a = make_file(from, name, 0, &ignored);
	AUTO_CLOSE int b = make_file(to, name, 0, &ignored);
	const bool can = a >= 0 && b >= 0 && fs_write_all(a, block, sizeof(block)) == 0 &&
			 ioctl(b, FICLONE, a) == 0;

	(void)fs_remove(from, name, &ignored);
	(void)fs_remove(to, name, &ignored);
	return can;
}

/* 0 when it is there; its size holds the tree and little more, for the copies will grow. */
static int make_base(const struct blockfs *f, int cache, const char *name, int tree, struct zerr *e)
{
	AUTO_FREE char *fresh = str_fmt("%s.new", name);
	uint64_t bytes = 0, entries = 0;
	int r;

	if (fs_exists(cache, name))
		return 0;
	r = fresh ? fs_remove(cache, fresh, e) : zerr_code(e, ENOMEM, "image");
	if (r == 0 && (r = fs_usage(cache, "rootfs", &bytes, &entries)) < 0)
		return zerr_code(e, -r, "measure the image");
	bytes = (bytes + bytes / 4 + entries * 512) / ROUND * ROUND + 8 * ROUND;
	if (r == 0)
		r = make_filled(f, cache, fresh, bytes, tree, e);
	if (r == 0 && renameat(cache, fresh, cache, name) < 0)
		r = zerr_sys(e, "rename %s", fresh);
	return r;
}

/* 1: made; 0: this way does not go. */
static int create_from_base(const struct volume *v, const struct blockfs *f, struct zerr *e)
{
	AUTO_CLOSE int cache = openat(v->image, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int lock = -1;
	AUTO_FREE char *name = str_fmt("loop-%s.img", blockfs_name(f));
	struct stat st;
	int r;

	if (cache < 0 || !name || tree_check_private(cache, e) < 0)
		return 0;
	lock = fs_lock(cache, ".loop", -1, e);
	if (lock < 0)
		return lock;
	if (!can_share(cache, v->dir))
		return 0;
	r = make_base(f, cache, name, v->image, e);
	if (r < 0)
		return r;
	if (fstatat(cache, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || (uint64_t)st.st_size > size_of(v))
		return 0;
	r = copy_file(cache, name, v->dir, IMG, e);
	if (r == 0)
		r = finish_copy(v, v->dir, IMG, true, e);
	if (r == 0)
		r = grow_file(f, v->dir, IMG, size_of(v), e);
	return r < 0 ? r : 1;
}

/* ---- the operations ------------------------------------------------------------------------- */

static int loop_create(const struct volume *v, int *ret_root, struct zerr *e)
{
	const struct blockfs *f = blockfs_find(v->fs, e);
	int r = f ? tree_check_private(v->dir, e) : -EINVAL;

	if (r < 0)
		return r;
	if (v->image < 0) {
		r = fs_subdir(v->dir, TREE_ROOT, 0755, e);
		if (r >= 0)
			*ret_root = r;
		return r < 0 ? r : 0;
	}
	*ret_root = -1;
	r = create_from_base(v, f, e);
	if (r != 0)
		return r < 0 ? r : 0;
	return make_filled(f, v->dir, IMG, size_of(v), v->image, e);
}

static int loop_seal(const struct volume *v, struct zerr *e)
{
	const struct blockfs *f = blockfs_find(v->fs, e);
	AUTO_CLOSE int from = fs_open_below(v->dir, TREE_ROOT, O_RDONLY | O_DIRECTORY, 0);
	int r;

	if (!f)
		return -EINVAL;
	if (from < 0)
		return zerr_code(e, -from, "open " TREE_ROOT);
	r = make_filled(f, v->dir, IMG, size_of(v), from, e);
	return r < 0 ? r : fs_remove(v->dir, TREE_ROOT, e);
}

static int loop_attach(const struct volume *v, const struct volume_attach *a, struct zerr *e)
{
	const struct blockfs *f = blockfs_find(v->fs, e);
	char path[LOOPDEV_PATH];
	const int r = f ? tree_check_private(v->dir, e) : -EINVAL;
	AUTO_CLOSE int device =
		r < 0 ? r : loopdev_open(a->snap >= 0 ? a->snap : v->dir, IMG, path, NULL, e);

	return device < 0 ? device : blockfs_attach(f, path, a, e);
}

static int thaw(int fd)
{
	return ioctl(fd, FITHAW, 0) < 0 && errno != EINVAL ? -errno : 0;
}

/* The file system stands still meanwhile, complete on disk: the copy is whole, however long it
 * takes. */
static int loop_snapshot(const struct volume *v, int snap, struct zerr *e)
{
	AUTO_CLOSE int mount = loop_attach(v, &VOLUME_READ, e);
	AUTO_CLOSE int root =
		mount < 0 ? mount : fs_open_below(mount, ".", O_RDONLY | O_DIRECTORY, 0);
	struct guard guard = GUARD_NONE;
	int r;

	if (root < 0)
		return mount < 0 ? mount : zerr_code(e, -root, "open the root");
	r = guard_start(&guard, thaw, root, e);
	if (r < 0)
		return r;
	if (ioctl(root, FIFREEZE, 0) < 0)
		r = zerr_sys(e, "freeze the file system");
	if (r == 0)
		r = copy_file(v->dir, IMG, snap, IMG, e);
	const int t = guard_end(&guard);
	return r < 0 || t == 0 ? r : zerr_code(e, -t, "thaw the file system");
}

static int loop_clone(const struct volume *v, int snap, const struct volume *to, struct zerr *e)
{
	return snap >= 0 ? copy_file(snap, IMG, to->dir, IMG, e) : loop_snapshot(v, to->dir, e);
}

static int loop_settle(const struct volume *v, int dir, struct zerr *e)
{
	return finish_copy(v, dir, IMG, dir == v->dir, e);
}

static int from_snapshot(const struct volume *v, int snap, const char *name, struct zerr *e)
{
	const int r = copy_file(snap, IMG, v->dir, name, e);

	return r < 0 ? r : finish_copy(v, v->dir, name, true, e);
}

static int loop_restore(const struct volume *v, int snap, struct zerr *e)
{
	const int r = tree_replace(v, IMG, snap, from_snapshot, e);

	return r < 0 ? r : fs_remove(v->dir, IMG ".new.loop", e); /* LOOPDEV_NOTE of what it was */
}

static int loop_resize(const struct volume *v, struct zerr *e)
{
	const struct blockfs *f = blockfs_find(v->fs, e);
	char has[16], asked[16];
	struct stat st;

	if (!f)
		return -EINVAL;
	if (fstatat(v->dir, IMG, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return zerr_sys(e, "look at " IMG);
	if (v->size && size_of(v) >= (uint64_t)st.st_size)
		return grow_file(f, v->dir, IMG, size_of(v), e);
	return zerr_as(e, ZERR_USAGE, "its file system has %s and cannot shrink to %s",
		       format_size((uint64_t)st.st_size, has),
		       v->size ? format_size(v->size, asked) : "none");
}

static int loop_space(int dir, struct space *ret, struct zerr *e)
{
	struct stat st;

	if (fstatat(dir, IMG, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return zerr_sys(e, "look at " IMG);
	*ret = (struct space){ .referenced = (uint64_t)st.st_blocks * 512,
			       .exclusive = UINT64_MAX };
	return 0;
}

static int loop_usage(int dir, uint64_t *ret, struct zerr *e)
{
	struct space s;
	const int r = loop_space(dir, &s, e);

	if (r == 0)
		*ret = s.referenced;
	return r;
}

const struct storage_ops storage_loop = {
	.name = "loop",
	.probe = loop_probe,
	.create = loop_create,
	.seal = loop_seal,
	.attach = loop_attach,
	.snapshot = loop_snapshot,
	.restore = loop_restore,
	.clone = loop_clone,
	.settle = loop_settle,
	.resize = loop_resize,
	.usage = loop_usage,
	.space = loop_space,
	.pool = &pool_loop,
};
