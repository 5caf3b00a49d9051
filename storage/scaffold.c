/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See scaffold.h. It needs no directory that exists. */
#include "storage/scaffold.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "base/sys.h"

int scaffold_make(struct zerr *e)
{
	AUTO_CLOSE int fs = -1, dir = -1;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return zerr_sys(e, "make a mount namespace");
	fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return zerr_sys(e, "make a tmpfs");
	dir = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (dir < 0 || move_mount(dir, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
	    fchdir(dir) < 0)
		return zerr_sys(e, "attach a tmpfs");
	return own_take_fd(&dir);
}

int scaffold_add(int dir, const char *name, int tree, struct zerr *e)
{
	struct stat st;

	if (fstat(tree, &st) < 0 ||
	    (S_ISDIR(st.st_mode) ? mkdirat(dir, name, 0700)
				 : mknodat(dir, name, S_IFREG | 0600, 0)) < 0 ||
	    move_mount(tree, "", dir, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return zerr_sys(e, "attach tree %s", name);
	return 0;
}
