/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pools of btrfs: a file system on a device or in a file, mounted in the pools' directory. It is
 * the one mount that zone makes where everybody sees it, because zones there have paths like all
 * others. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/run.h"
#include "base/subvol.h"
#include "storage/blockfs.h"
#include "storage/pools.h"

static bool is_mounted(const struct pool *p)
{
	AUTO_CLOSE int fd = fs_open_below(p->dir, p->name, O_RDONLY | O_DIRECTORY, 0);

	return fd >= 0 && subvol_is(fd);
}

static int btrfs_up(const struct pool *p, struct zerr *e)
{
	const struct blockfs *f = blockfs_find("btrfs", e);
	char device[128];
	bool fresh;

	if (!f || is_mounted(p))
		return f ? 0 : -EINVAL;
	AUTO_CLOSE int place = fs_subdir(p->dir, p->name, 0700, e);
	AUTO_CLOSE int fd = place < 0 ? place : pool_device(p, device, &fresh, e);
	AUTO_CLOSE int mount = fd < 0 ? fd : blockfs_mount(f, device, e);
	if (mount < 0)
		return mount;
	if (fchmodat(mount, ".", 0711, 0) < 0 ||
	    move_mount(mount, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return zerr_sys(e, "mount %s", p->path);
	return 0;
}

static int btrfs_remove(const struct pool *p, struct zerr *e)
{
	/* what a destroyed zone had may still be being freed */
	for (int tries = 0; p->path && is_mounted(p); tries++) {
		if (umount2(p->path, UMOUNT_NOFOLLOW) < 0 && (errno != EBUSY || tries == 100))
			return zerr_sys(e, "unmount %s", p->path);
		(void)usleep(50000);
	}
	const int r = fs_remove(p->dir, p->name, e);
	return r < 0 ? r : pool_remove_file(p, e);
}

static int btrfs_plan(struct pool *p, struct zerr *e)
{
	const struct blockfs *f = blockfs_find("btrfs", e);
	int r = f ? blockfs_probe(f, e) : -EINVAL;

	if (r == 0 && !pool_is_path(p))
		r = zerr_as(e, ZERR_USAGE, "%s: not an absolute path", p->source);
	if (r == 0)
		r = pool_plan_file(p, e);
	if (r == 0 && p->size && !p->own)
		r = zerr_as(e, ZERR_USAGE, "--size: all of the device %s is taken", p->source);
	if (r < 0)
		return r;
	p->path = str_fmt("%s/%s", p->dir_path, p->name);
	return p->path ? 0 : zerr_code(e, ENOMEM, "pool");
}

static int btrfs_make(struct pool *p, struct zerr *e)
{
	char device[128];
	bool fresh;
	const int r = pool_make_file(p, e);
	AUTO_CLOSE int fd = r < 0 ? r : pool_device(p, device, &fresh, e);
	/* without -f: what has a file system on it is refused */
	const char *const argv[] = { "mkfs.btrfs", "-q", device, NULL };
	return fd < 0 ? fd
		      : run_program(&(struct run_args){ .argv = argv, .timeout_ms = 600000 }, NULL,
				    e);
}

const struct pool_ops pool_btrfs = {
	.plan = btrfs_plan,
	.make = btrfs_make,
	.up = btrfs_up,
	.remove = btrfs_remove,
	.space = pool_path_space,
};
