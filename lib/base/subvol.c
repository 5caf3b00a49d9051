/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ioctls of <linux/btrfs.h> that work on whole subvolumes. Quotas are storage's. */
#include "base/subvol.h"

#include <errno.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define ROOT_INODE 256 /* BTRFS_FIRST_FREE_OBJECTID: what the root of every subvolume has */

bool subvol_is(int fd)
{
	struct stat st;
	struct statfs fs;

	return fstat(fd, &st) == 0 && st.st_ino == ROOT_INODE && S_ISDIR(st.st_mode) &&
	       fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == BTRFS_SUPER_MAGIC;
}

static int set_name(char to[static BTRFS_SUBVOL_NAME_MAX + 1], const char *name)
{
	const size_t len = strlen(name);

	if (len > BTRFS_SUBVOL_NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(to, name, len + 1);
	return 0;
}

int subvol_make(int dirfd, const char *name)
{
	struct btrfs_ioctl_vol_args_v2 a = { 0 };
	const int r = set_name(a.name, name);

	return r < 0 || ioctl(dirfd, BTRFS_IOC_SUBVOL_CREATE_V2, &a) == 0 ? r : -errno;
}

int subvol_copy(int from, int dirfd, const char *name, bool readonly)
{
	struct btrfs_ioctl_vol_args_v2 a = { .fd = from,
					     .flags = readonly ? BTRFS_SUBVOL_RDONLY : 0 };
	const int r = set_name(a.name, name);

	return r < 0 || ioctl(dirfd, BTRFS_IOC_SNAP_CREATE_V2, &a) == 0 ? r : -errno;
}

int subvol_remove(int dirfd, const char *name)
{
	struct btrfs_ioctl_vol_args a = { 0 };
	const int r = set_name(a.name, name);

	return r < 0 || ioctl(dirfd, BTRFS_IOC_SNAP_DESTROY, &a) == 0 ? r : -errno;
}

int subvol_writable(int fd)
{
	uint64_t flags = 0;

	if (ioctl(fd, BTRFS_IOC_SUBVOL_GETFLAGS, &flags) < 0)
		return -errno;
	if (!(flags & BTRFS_SUBVOL_RDONLY))
		return 0;
	flags &= ~(uint64_t)BTRFS_SUBVOL_RDONLY;
	return ioctl(fd, BTRFS_IOC_SUBVOL_SETFLAGS, &flags) < 0 ? -errno : 0;
}

int subvol_number(int fd, uint64_t *ret)
{
	struct btrfs_ioctl_ino_lookup_args a = { .objectid = ROOT_INODE };

	if (ioctl(fd, BTRFS_IOC_INO_LOOKUP, &a) < 0)
		return -errno;
	*ret = a.treeid;
	return 0;
}

int subvol_free_soon(int fd)
{
	/* unlike syncfs it wakes the kernel's cleaner */
	return ioctl(fd, BTRFS_IOC_SYNC) < 0 ? -errno : 0;
}
