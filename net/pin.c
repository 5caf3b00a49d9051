/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A pin is a mount of nsfs on an empty file. The mount namespace of whoever starts the zone has it,
 * as it has the zones' roots; the namespace ends with the pin and the last process in it. */
#include "net/pin.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/str.h"

#define PINS ".net/.pins"

int pin_put(const struct net_env *env, const char *name, int netns_fd, struct zerr *e)
{
	AUTO_CLOSE int dir = fs_subdirs(env->run, PINS, 0700, e);
	AUTO_CLOSE int at = dir < 0 ? dir : fs_open_below(dir, name, O_RDONLY | O_CREAT, 0600);
	AUTO_CLOSE int tree =
		open_tree(netns_fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (at < 0)
		return zerr_code(e, -at, "%s/%s", PINS, name);
	if (tree < 0 ||
	    move_mount(tree, "", at, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return zerr_sys(e, "mount the network namespace on %s/%s", PINS, name);
	return 0;
}

int pin_open(const struct net_env *env, const char *name)
{
	AUTO_FREE char *path = str_fmt(PINS "/%s", name);
	AUTO_CLOSE int fd = path ? fs_open_below(env->run, path, O_RDONLY, 0) : -ENOMEM;
	struct statfs fs;

	if (fd < 0)
		return fd;
	return fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC ? own_take_fd(&fd) : -ENOENT;
}

int pin_drop(const struct net_env *env, const char *name, struct zerr *e)
{
	AUTO_CLOSE int dir = fs_open_below(env->run, PINS, O_RDONLY | O_DIRECTORY, 0);
	char path[32];

	if (dir < 0)
		return 0;
	AUTO_FREE char *at = str_fmt("%s/%s", fs_fd_path(dir, path), name);
	if (!at)
		return zerr_code(e, ENOMEM, "%s", name);
	if (umount2(at, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL && errno != ENOENT)
		return zerr_sys(e, "let the network namespace on %s/%s go", PINS, name);
	return fs_remove(dir, name, e);
}
