/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Detached mount trees. Must not attach anything: what is made here exists as a descriptor only. */
#include <errno.h>
#include <fcntl.h>

#include "base/own.h"
#include "base/sys.h"
#include "storage/storage.h"

static int idmap_error(int err, struct zerr *e)
{
	int r;

	if (err != EINVAL && err != EPERM)
		return zerr_code(e, err, "set up the mount tree");
	r = zerr_as(e, ZERR_HOST, "this file system cannot be mounted with shifted ids (%s)",
		    err == EPERM ? "it already is" : "idmapped mounts");
	return zerr_hint(e, r, "use -P with a directory on ext4, xfs or btrfs");
}

int mount_set_tree(int fd, int userns, bool readonly, struct zerr *e)
{
	/* Private in the same call: the clone of a shared mount would stay in the host's peer
	 * group, and mounts of the zone would appear on the host. */
	struct mount_attr attr = { .propagation = MS_PRIVATE };

	if (readonly)
		attr.attr_set |= MOUNT_ATTR_RDONLY;
	if (userns >= 0) {
		attr.attr_set |= MOUNT_ATTR_IDMAP;
		attr.userns_fd = (uint64_t)userns;
	}
	if (mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0)
		return 0;
	return userns >= 0 ? idmap_error(errno, e) : zerr_sys(e, "set up the mount tree");
}

int mount_clone_tree(int dir, int userns, bool readonly, struct zerr *e)
{
	AUTO_CLOSE int fd = open_tree(dir, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	int r;

	if (fd < 0)
		return zerr_sys(e, "clone the mount tree");
	r = mount_set_tree(fd, userns, readonly, e);
	return r < 0 ? r : own_take_fd(&fd);
}
