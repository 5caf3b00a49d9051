/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Backend "dir": rootfs/ in the zone's directory, a copy of the image (shared blocks where the file
 * system can), snapshots likewise. Works everywhere, shares nothing in memory. */
#include <errno.h>
#include <fcntl.h>

#include "base/fs.h"
#include "base/own.h"
#include "storage/backends.h"
#include "storage/layers.h"
#include "storage/tree.h"

static int dir_probe(int dir, struct zerr *e)
{
	(void)dir; /* any will do */
	(void)e;
	return 0;
}

static int dir_create(const struct volume *v, int *ret_root, struct zerr *e)
{
	int fd, r = tree_check_private(v->dir, e);

	if (r == 0)
		r = tree_check_size(v, e);
	if (r < 0)
		return r;
	if (v->image >= 0) {
		*ret_root = -1;
		return tree_copy(v->image, v->dir, "rootfs", e);
	}
	fd = fs_subdir(v->dir, "rootfs", 0755, e);
	if (fd < 0)
		return fd;
	*ret_root = fd;
	return 0;
}

static int dir_attach(const struct volume *v, const struct volume_attach *a, struct zerr *e)
{
	AUTO_CLOSE int root = fs_open_below(v->dir, "rootfs", O_RDONLY | O_DIRECTORY, 0);
	int r;

	if (root < 0)
		return zerr_code(e, -root, "open rootfs");
	r = tree_check_private(v->dir, e);
	if (r < 0)
		return r;
	if (a->scratch >= 0)
		return layers_mount(&(struct layers){ .lower = root, .writable = -1 }, a,
				    LAYERS_ANY, e);
	return mount_clone_tree(root, a->userns, a->readonly, e);
}

static int dir_snapshot(const struct volume *v, int snap, struct zerr *e)
{
	return tree_copy_name(v->dir, snap, "rootfs", e);
}

static int dir_restore(const struct volume *v, int snap, struct zerr *e)
{
	return tree_replace(v->dir, "rootfs", snap, e);
}

static int dir_clone(const struct volume *v, int snap, const struct volume *to, struct zerr *e)
{
	return tree_copy_name(snap >= 0 ? snap : v->dir, to->dir, "rootfs", e);
}

const struct storage_ops storage_dir = {
	.name = "dir",
	.probe = dir_probe,
	.create = dir_create,
	.attach = dir_attach,
	.snapshot = dir_snapshot,
	.restore = dir_restore,
	.clone = dir_clone,
	.usage = tree_usage,
};
