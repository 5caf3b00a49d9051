/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walk a tree that may be hostile: any depth and any number of entries with two descriptors, links
 * never followed, mounts never entered, and directories that are moved away meanwhile are noticed.
 */
#pragma once

#include "base/err.h"

/* 0, or -errno to end the walk. @dirfd is the directory that holds @name, @fd is @name itself. */
struct walk_ops {
	/* a directory, before its contents; or NULL. 1: it is done with, leave included */
	int (*enter)(void *ctx, int dirfd, int fd, const char *name);
	int (*entry)(void *ctx, int dirfd, const char *name); /* all but directories */
	int (*leave)(void *ctx, int dirfd, const char *name); /* a directory, after its contents */
};

/* Visit everything below directory @topfd (not itself). The entries of a directory come before its
 * subdirectories. Directories that cannot be entered because they are mount points or have just
 * gone are left without having been entered. 0, -ESTALE when a directory was moved, or -errno. */
int walk_tree(int topfd, const struct walk_ops *ops, void *ctx);
