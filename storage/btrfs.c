/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Backend "btrfs": rootfs/ in the zone's directory is a subvolume, snapshots are read-only ones;
 * all of them share blocks, and what is made or removed takes the same time whatever is in it. A
 * size is a quota on what the subvolume refers to. Removal is fs_remove()'s business, which knows
 * subvolumes.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/subvol.h"
#include "storage/backends.h"
#include "storage/pools.h"
#include "storage/qgroup.h"
#include "storage/tree.h"

static int btrfs_probe(struct volume *v, struct zerr *e)
{
	struct statfs st;
	int r;

	if (fstatfs(v->dir, &st) < 0)
		return zerr_sys(e, "look at the file system");
	if ((unsigned long)st.f_type == BTRFS_SUPER_MAGIC)
		return 0;
	r = zerr_as(e, ZERR_HOST, "the zone path is not on btrfs");
	return zerr_hint(e, r,
			 "-P names a directory that is; zone pool create NAME --btrfs makes one");
}

static int open_root(int holder, struct zerr *e)
{
	const int fd = fs_open_below(holder, TREE_ROOT, O_RDONLY | O_DIRECTORY, 0);

	return fd < 0 ? zerr_code(e, -fd, "open " TREE_ROOT) : fd;
}

static int set_limit(const struct volume *v, const char *name, struct zerr *e)
{
	AUTO_CLOSE int root = -1;

	if (!v->size)
		return 0;
	root = fs_open_below(v->dir, name, O_RDONLY | O_DIRECTORY, 0);
	return root < 0 ? zerr_code(e, -root, "open %s", name)
			: qgroup_limit(v->dir, root, v->size, e);
}

/* The quota would take it, and then there would be no room for any change. */
static int check_fits(const struct volume *v, struct zerr *e)
{
	AUTO_CLOSE int root = v->size ? open_root(v->dir, e) : -1;

	if (!v->size)
		return 0;
	return root < 0 ? root : zerr_in(e, qgroup_check_fits(root, v->size, e), "root.size");
}

/* An image that was unpacked before its store was on this btrfs is a plain directory. */
static int from_tree(const struct volume *v, const char *name, int from, struct zerr *e)
{
	int r = subvol_is(from) ? subvol_copy(from, v->dir, name, false) : -EXDEV;

	if (r < 0 && r != -EXDEV)
		return zerr_code(e, -r, "make subvolume %s", name);
	if (r == -EXDEV) {
		r = subvol_make(v->dir, name);
		if (r < 0)
			return zerr_code(e, -r, "make subvolume %s", name);
		r = tree_fill(from, v->dir, name, e);
		if (r == 0 && syncfs(v->dir) < 0)
			r = zerr_sys(e, "write %s to disk", name);
	}
	return r < 0 ? r : set_limit(v, name, e);
}

static int btrfs_create(const struct volume *v, int *ret_root, struct zerr *e)
{
	AUTO_CLOSE int fd = -1;
	int r = tree_check_private(v->dir, e);

	if (r < 0)
		return r;
	if (v->image >= 0) {
		*ret_root = -1;
		r = from_tree(v, TREE_ROOT, v->image, e);
		return r < 0 ? r : check_fits(v, e);
	}
	r = subvol_make(v->dir, TREE_ROOT);
	if (r < 0)
		return zerr_code(e, -r, "make subvolume " TREE_ROOT);
	fd = open_root(v->dir, e);
	if (fd < 0)
		return fd;
	if (fchmod(fd, 0755) < 0)
		return zerr_sys(e, "make " TREE_ROOT);
	r = set_limit(v, TREE_ROOT, e);
	if (r < 0)
		return r;
	*ret_root = own_take_fd(&fd);
	return 0;
}

static int btrfs_snapshot(const struct volume *v, int snap, struct zerr *e)
{
	AUTO_CLOSE int root = open_root(v->dir, e);
	int r = root < 0 ? root : qgroup_check_plain(root, e);

	if (r < 0)
		return r;
	r = subvol_copy(root, snap, TREE_ROOT, true);
	return r < 0 ? zerr_code(e, -r, "snapshot") : 0;
}

static int from_snapshot(const struct volume *v, int snap, const char *name, struct zerr *e)
{
	AUTO_CLOSE int from = open_root(snap, e);

	return from < 0 ? from : from_tree(v, name, from, e);
}

static int btrfs_restore(const struct volume *v, int snap, struct zerr *e)
{
	return tree_replace(v, TREE_ROOT, snap, from_snapshot, e);
}

static int btrfs_clone(const struct volume *v, int snap, const struct volume *to, struct zerr *e)
{
	AUTO_CLOSE int from = open_root(snap >= 0 ? snap : v->dir, e);
	const int r = from < 0 ? from : qgroup_check_plain(from, e);

	return r < 0 ? r : from_tree(to, TREE_ROOT, from, e);
}

static int btrfs_resize(const struct volume *v, struct zerr *e)
{
	AUTO_CLOSE int root = open_root(v->dir, e);
	int r = root < 0 ? root : qgroup_check_fits(root, v->size, e);

	return r < 0 ? r : qgroup_limit(v->dir, root, v->size, e);
}

static int btrfs_space(int dir, struct space *ret, struct zerr *e)
{
	AUTO_CLOSE int root = open_root(dir, e);
	const int r = root < 0 ? root : qgroup_space(root, ret);

	return r < 0 ? zerr_code(e, -r, "space") : 0;
}

/* By quotas only: to measure shared blocks otherwise is to read all of the metadata. */
static int btrfs_usage(int dir, uint64_t *ret, struct zerr *e)
{
	struct space s;

	*ret = btrfs_space(dir, &s, e) == 0 ? s.exclusive : UINT64_MAX;
	return 0;
}

const struct storage_ops storage_btrfs = {
	.name = "btrfs",
	.best = true,
	.probe = btrfs_probe,
	.create = btrfs_create,
	.attach = tree_attach,
	.snapshot = btrfs_snapshot,
	.restore = btrfs_restore,
	.clone = btrfs_clone,
	.resize = btrfs_resize,
	.usage = btrfs_usage,
	.space = btrfs_space,
	.changed = btrfs_changed,
	.pool = &pool_btrfs,
};
