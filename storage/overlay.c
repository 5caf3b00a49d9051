/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Backend "overlay": upper/ and work/ in the zone's directory over the image's tree, or, for a zone
 * that a template built, over rootfs/ beside them. Snapshots are copies of upper/. Lower trees are
 * never written.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "base/fs.h"
#include "base/own.h"
#include "storage/backends.h"
#include "storage/layers.h"
#include "storage/tree.h"

/* An owned descriptor of the tree below upper/. */
static int open_lower(const struct volume *v, struct zerr *e)
{
	const int fd = v->image >= 0 ? fcntl(v->image, F_DUPFD_CLOEXEC, 3)
				     : fs_open_below(v->dir, "rootfs", O_RDONLY | O_DIRECTORY, 0);

	if (fd >= 0)
		return fd;
	return v->image >= 0 ? zerr_sys(e, "open the image") : zerr_code(e, -fd, "open rootfs");
}

/* upper/ is made by create, but for a template's zone only now: it has the attributes of a root
 * that the template was still free to change. */
static int need_upper(const struct volume *v, int lower, struct zerr *e)
{
	if (fs_exists(v->dir, "upper"))
		return 0;
	if (v->image >= 0)
		return zerr_code(e, ENOENT, "open upper");
	return layers_make(v->dir, lower, e);
}

static int overlay_probe(int dir, struct zerr *e)
{
	AUTO_CLOSE int fs = fsopen("overlay", FSOPEN_CLOEXEC);
	struct statfs st;

	if (fs < 0)
		return zerr_as(e, ZERR_HOST, "the kernel has no overlay file system");
	if (fstatfs(dir, &st) < 0)
		return zerr_sys(e, "look at the file system");
	switch ((unsigned long)st.f_type) {
	case OVERLAYFS_SUPER_MAGIC:
	case NFS_SUPER_MAGIC:
	case FUSE_SUPER_MAGIC:
	case CIFS_SUPER_MAGIC:
	case SMB2_SUPER_MAGIC:
	case MSDOS_SUPER_MAGIC:
	case V9FS_MAGIC:
		return zerr_as(e, ZERR_HOST, "this file system cannot be an overlay's upper layer");
	}
	return 0;
}

static int overlay_create(const struct volume *v, int *ret_root, struct zerr *e)
{
	int fd, r = tree_check_private(v->dir, e);

	if (r == 0)
		r = tree_check_size(v, e);
	if (r < 0)
		return r;
	if (v->image >= 0) {
		*ret_root = -1;
		return layers_make(v->dir, v->image, e);
	}
	fd = fs_subdir(v->dir, "rootfs", 0755, e);
	if (fd < 0)
		return fd;
	*ret_root = fd;
	return 0;
}

static int overlay_attach(const struct volume *v, const struct volume_attach *a, struct zerr *e)
{
	AUTO_CLOSE int lower = open_lower(v, e);
	int r = lower < 0 ? lower : tree_check_private(v->dir, e);

	if (r == 0)
		r = need_upper(v, lower, e);
	if (r < 0)
		return r;
	return layers_mount(&(struct layers){ .lower = lower, .writable = v->dir }, a, LAYERS_ANY,
			    e);
}

static int overlay_snapshot(const struct volume *v, int snap, struct zerr *e)
{
	AUTO_CLOSE int lower = open_lower(v, e);
	const int r = lower < 0 ? lower : need_upper(v, lower, e);

	return r < 0 ? r : tree_copy_name(v->dir, snap, "upper", e);
}

static int overlay_restore(const struct volume *v, int snap, struct zerr *e)
{
	return tree_replace(v->dir, "upper", snap, e);
}

static int overlay_clone(const struct volume *v, int snap, const struct volume *to, struct zerr *e)
{
	AUTO_CLOSE int lower = open_lower(v, e);
	int r = lower < 0 ? lower : 0;

	if (r == 0 && snap < 0)
		r = need_upper(v, lower, e);
	if (r == 0 && (v->image < 0) != (to->image < 0))
		r = zerr_code(e, EINVAL, "clone onto another image");
	if (r == 0 && v->image < 0)
		r = tree_copy(lower, to->dir, "rootfs", e);
	return r < 0 ? r : tree_copy_name(snap >= 0 ? snap : v->dir, to->dir, "upper", e);
}

const struct storage_ops storage_overlay = {
	.name = "overlay",
	.probe = overlay_probe,
	.create = overlay_create,
	.attach = overlay_attach,
	.snapshot = overlay_snapshot,
	.restore = overlay_restore,
	.clone = overlay_clone,
	.usage = tree_usage,
	.uses_image = true,
};
