/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Backend "dir": rootfs/ in the zone's directory, a copy of the image (shared blocks where the file
 * system can), snapshots likewise. Works everywhere, shares nothing in memory. */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "storage/backends.h"
#include "storage/tree.h"

static int dir_create(const struct volume *v, int *ret_root, struct zerr *e)
{
	AUTO_CLOSE int fd = -1;
	int r = tree_check_private(v->dir, e);

	if (r < 0)
		return r;
	if (v->image >= 0) {
		*ret_root = -1;
		return tree_copy(v->image, v->dir, TREE_ROOT, v, e);
	}
	fd = tree_make(v->dir, TREE_ROOT, v, e);
	if (fd < 0)
		return fd;
	if (fchmod(fd, 0755) < 0)
		return zerr_sys(e, "make " TREE_ROOT);
	*ret_root = own_take_fd(&fd);
	return 0;
}

static int dir_snapshot(const struct volume *v, int snap, struct zerr *e)
{
	return tree_copy_name(v->dir, snap, TREE_ROOT, NULL, e);
}

static int dir_restore(const struct volume *v, int snap, struct zerr *e)
{
	return tree_replace(v, TREE_ROOT, snap, NULL, e);
}

static int dir_clone(const struct volume *v, int snap, const struct volume *to, struct zerr *e)
{
	return tree_copy_name(snap >= 0 ? snap : v->dir, to->dir, TREE_ROOT, to, e);
}

static int dir_resize(const struct volume *v, struct zerr *e)
{
	return tree_resize(v, (const char *const[]){ TREE_ROOT, NULL }, e);
}

static int dir_space(int dir, struct space *ret, struct zerr *e)
{
	return tree_space(dir, TREE_ROOT, ret, e);
}

const struct storage_ops storage_dir = {
	.name = "dir",
	.probe = tree_probe,
	.create = dir_create,
	.attach = tree_attach,
	.snapshot = dir_snapshot,
	.restore = dir_restore,
	.clone = dir_clone,
	.settle = tree_settle,
	.resize = dir_resize,
	.usage = tree_usage,
	.space = dir_space,
};
