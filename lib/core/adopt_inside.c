/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See adopt_inside.h. All paths are the zone's own and not trusted, nor followed through links. */
#include "core/adopt_inside.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/fdpass.h"
#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/join.h"

#define TTY_GID 5
#define FDS	((int)(sizeof(struct adopt_gift) / sizeof(int)))

/* Mount the tree over @path. */
static int put_over(int root, int tree, const char *path, struct zerr *e)
{
	AUTO_CLOSE int over = fs_open_below(root, path, O_PATH, 0);

	if (over < 0)
		return zerr_code(e, -over, "/%s (in the zone)", path);
	return move_mount(tree, "", over, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0
		       ? zerr_sys(e, "/%s (in the zone)", path)
		       : 0;
}

static int clone_of(int dir, const char *name)
{
	return open_tree(dir, name,
			 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW |
				 (*name ? 0 : AT_EMPTY_PATH));
}

/* A terminal of the zone's own devpts, mounted where the old one was. Its master. */
static int new_console(int root, struct zerr *e)
{
	AUTO_CLOSE int pts = fs_open_below(root, "dev/pts", O_RDONLY | O_DIRECTORY, 0);
	const struct winsize size = { .ws_row = 25, .ws_col = 80 };
	struct statfs fs;
	struct stat st;
	unsigned number;
	char name[16];
	int unlock = 0;

	if (pts < 0 || fstatfs(pts, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC)
		return zerr_set(e, ENODEV, "console: /dev/pts of the zone is no devpts");
	AUTO_CLOSE int master = openat(pts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
	if (master < 0 || fstat(master, &st) < 0 || st.st_rdev != makedev(5, 2) ||
	    ioctl(master, TIOCSPTLCK, &unlock) < 0 || ioctl(master, TIOCGPTN, &number) < 0)
		return zerr_sys(e, "console: pty");
	AUTO_CLOSE int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || fchown(slave, 0, TTY_GID) < 0)
		return zerr_sys(e, "console: pty");
	(void)ioctl(master, TIOCSWINSZ, &size);
	(void)snprintf(name, sizeof(name), "%u", number);
	AUTO_CLOSE int tree = clone_of(pts, name);
	if (tree < 0)
		return zerr_sys(e, "console: pty");
	/* the old terminal's node has gone with it, and takes no mount */
	(void)umount2("/dev/console", MNT_DETACH | UMOUNT_NOFOLLOW);
	const int r = put_over(root, tree, "dev/console", e);
	return r < 0 ? r : own_take_fd(&master);
}

/* The host's file system with the socket is attached for a moment, since only what is mounted can
 * be cloned (Linux 6.1). */
static int new_notify(int root, int mount, struct zerr *e)
{
	const int r = put_over(root, mount, "run/host/incoming", e);

	if (r < 0)
		return r;
	AUTO_CLOSE int tree = clone_of(mount, "notify");
	(void)umount2("/run/host/incoming", MNT_DETACH);
	return tree < 0 ? zerr_sys(e, "notify socket") : put_over(root, tree, "run/host/notify", e);
}

static int open_kmsg(int root)
{
	AUTO_CLOSE int fd = fs_open_below(root, "run/host/kmsg", O_RDWR | O_NONBLOCK, 0);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) ? own_take_fd(&fd) : -1;
}

static int open_view(int root)
{
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSYMFOLLOW |
					     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					     MOUNT_ATTR_NOEXEC };
	AUTO_CLOSE int dir = fs_open_below(root, "run/host/unix-export", O_PATH | O_DIRECTORY, 0);
	AUTO_CLOSE int tree = dir < 0 ? -1 : clone_of(dir, "");

	return tree >= 0 && mount_setattr(tree, "", AT_EMPTY_PATH, &ro, sizeof(ro)) == 0
		       ? own_take_fd(&tree)
		       : -1;
}

static int give(int sock, const struct adopt_gift *g, struct zerr *e)
{
	return fdpass_send_some(sock, (const int *)g, FDS) < 0 ? zerr_sys(e, "hand over") : 0;
}

void adopt_receive(int sock, struct adopt_gift *ret)
{
	(void)fdpass_receive_some(sock, (int *)ret, FDS, MSG_DONTWAIT); /* else as it was */
}

int adopt_inside(void *arg, struct zerr *e)
{
	const struct adopt_inside *in = arg;
	struct adopt_gift g = ADOPT_NONE;
	int r = join_enter(in->init, CLONE_NEWNS | (in->userns ? CLONE_NEWUSER : 0), e);

	if (r < 0)
		return r;
	AUTO_CLOSE int root = fs_open_dir("/", e);
	if (root < 0)
		return root;
	g.kmsg = open_kmsg(root);
	g.view = open_view(root);
	r = new_notify(root, in->notify, e);
	if (r == 0)
		r = g.console = new_console(root, e);
	const int sent = give(in->sock, &g, r < 0 ? &(struct zerr){ 0 } : e);
	return r < 0 ? r : sent;
}
