/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts whose flags nobody inside can change. The kernel locks the flags of what a mount namespace
 * inherits from one of more rights, and copies of such a mount keep that. So a child puts the trees
 * into a mount namespace of its own, leaves it for one that belongs to a user namespace without any
 * rights outside, and copies them from there.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "base/own.h"
#include "base/share.h"
#include "base/sys.h"
#include "storage/scaffold.h"
#include "storage/storage.h"

struct trees {
	int *fd;
	size_t n;
};

static int copy_locked(void *ctx, struct zerr *e)
{
	const struct trees *t = ctx;
	AUTO_CLOSE int dir = scaffold_make(e);
	char name[24];
	int r = dir < 0 ? dir : 0;

	for (size_t i = 0; i < t->n && r == 0; i++) {
		(void)snprintf(name, sizeof(name), "%zu", i);
		r = t->fd[i] < 0 ? 0 : scaffold_add(dir, name, t->fd[i], e);
	}
	/* a user namespace is for those alone whose root is that of their mount namespace */
	if (r == 0 && chroot(".") < 0)
		r = zerr_sys(e, "lock mounts");
	if (r == 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		r = zerr_sys(e, "lock mounts: user namespace");
	for (size_t i = 0; i < t->n && r == 0; i++) {
		(void)snprintf(name, sizeof(name), "%zu", i);
		AUTO_CLOSE int fd = t->fd[i] < 0 ? -1
						 : open_tree(AT_FDCWD, name,
							     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
								     AT_SYMLINK_NOFOLLOW);
		if (t->fd[i] >= 0 && (fd < 0 || dup3(fd, t->fd[i], O_CLOEXEC) < 0))
			r = zerr_sys(e, "lock mounts");
	}
	return r;
}

int mount_lock(int *trees, size_t n, struct zerr *e)
{
	struct trees t = { trees, n };

	return share_run(copy_locked, &t, e);
}
