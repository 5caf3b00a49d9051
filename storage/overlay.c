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
#include <sys/stat.h>
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
				     : fs_open_below(v->dir, TREE_ROOT, O_RDONLY | O_DIRECTORY, 0);

	if (fd >= 0)
		return fd;
	return v->image >= 0 ? zerr_sys(e, "open the image") : zerr_code(e, -fd, "open " TREE_ROOT);
}

static int make_upper(const struct volume *v, int lower, struct zerr *e)
{
	AUTO_CLOSE int upper = -1;
	const int r = layers_make(v->dir, lower, e);

	if (r < 0)
		return r;
	upper = fs_open_below(v->dir, "upper", O_RDONLY | O_DIRECTORY, 0);
	return upper < 0 ? zerr_code(e, -upper, "open upper") : tree_join(upper, v, e);
}

/* upper/ is made by create, but for a template's zone only now: it has the attributes of a root
 * that the template was still free to change. */
static int need_upper(const struct volume *v, int lower, struct zerr *e)
{
	if (fs_exists(v->dir, "upper"))
		return 0;
	if (v->image >= 0)
		return zerr_code(e, ENOENT, "open upper");
	return make_upper(v, lower, e);
}

/* All that there is is the tree below: to read that, nothing has to be made. */
static bool is_unused(const struct volume *v, int snap)
{
	return snap < 0 && v->image < 0 && !fs_exists(v->dir, "upper");
}

static int overlay_probe(struct volume *v, struct zerr *e)
{
	AUTO_CLOSE int fs = fsopen("overlay", FSOPEN_CLOEXEC);
	struct statfs st;

	if (fs < 0)
		return zerr_as(e, ZERR_HOST, "the kernel has no overlay file system");
	if (fstatfs(v->dir, &st) < 0)
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
	return tree_probe(v, e);
}

static int overlay_create(const struct volume *v, int *ret_root, struct zerr *e)
{
	AUTO_CLOSE int fd = -1;
	const int r = tree_check_private(v->dir, e);

	if (r < 0)
		return r;
	if (v->image >= 0) {
		*ret_root = -1;
		return make_upper(v, v->image, e);
	}
	fd = tree_make(v->dir, TREE_ROOT, v, e);
	if (fd < 0)
		return fd;
	if (fchmod(fd, 0755) < 0)
		return zerr_sys(e, "make " TREE_ROOT);
	*ret_root = own_take_fd(&fd);
	return 0;
}

static int overlay_attach(const struct volume *v, const struct volume_attach *a, struct zerr *e)
{
	AUTO_CLOSE int lower = open_lower(v, e);
	int r = lower < 0 ? lower : tree_check_private(v->dir, e);

	if (r == 0 && a->readonly && a->scratch < 0 && is_unused(v, a->snap))
		return mount_clone_tree(lower, a->userns, true, e);
	if (r == 0 && a->snap < 0)
		r = need_upper(v, lower, e);
	if (r < 0)
		return r;
	const struct layers l = { .lower = lower, .writable = a->snap >= 0 ? a->snap : v->dir };
	return layers_mount(&l, a, LAYERS_ANY, e);
}

static int overlay_snapshot(const struct volume *v, int snap, struct zerr *e)
{
	AUTO_CLOSE int lower = open_lower(v, e);
	const int r = lower < 0 ? lower : need_upper(v, lower, e);

	return r < 0 ? r : tree_copy_name(v->dir, snap, "upper", NULL, e);
}

static int overlay_restore(const struct volume *v, int snap, struct zerr *e)
{
	return tree_replace(v, "upper", snap, NULL, e);
}

/* The clone stands on the same tree: the image's, or the rootfs/ that @v was built in. */
static int overlay_clone(const struct volume *v, int snap, const struct volume *to, struct zerr *e)
{
	AUTO_CLOSE int lower = open_lower(v, e);
	int r = lower < 0 ? lower : 0;

	if (r == 0 && snap < 0)
		r = need_upper(v, lower, e);
	if (r == 0 && to->image < 0)
		r = zerr_code(e, EINVAL, "clone onto nothing");
	return r < 0 ? r : tree_copy_name(snap >= 0 ? snap : v->dir, to->dir, "upper", to, e);
}

static int overlay_resize(const struct volume *v, struct zerr *e)
{
	AUTO_CLOSE int lower = open_lower(v, e);
	const char *const names[] = { "upper", v->image < 0 ? TREE_ROOT : NULL, NULL };
	const int r = lower < 0 ? lower : need_upper(v, lower, e);

	return r < 0 ? r : tree_resize(v, names, e);
}

static int overlay_space(int dir, struct space *ret, struct zerr *e)
{
	return tree_space(dir, "upper", ret, e);
}

const struct storage_ops storage_overlay = {
	.name = "overlay",
	.best = true,
	.stands = true,
	.probe = overlay_probe,
	.create = overlay_create,
	.attach = overlay_attach,
	.snapshot = overlay_snapshot,
	.restore = overlay_restore,
	.clone = overlay_clone,
	.settle = tree_settle,
	.resize = overlay_resize,
	.usage = tree_usage,
	.space = overlay_space,
};
