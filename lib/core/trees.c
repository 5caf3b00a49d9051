/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's part of a zone's mount tree, but for /run/host (hostdir.c). Their superblocks belong
 * to the host, so device nodes work in them and the zone cannot lift their sizes; every entry is
 * chowned to the zone's base. Nothing here appears in a mount table.
 */
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/devnodes.h"
#include "core/trees.h"

#define TTY_GID 5

static const struct tree_entry dev_entries[] = {
	{ ENTRY_NODE, "null", NULL, S_IFCHR | 0666, 1, 3 },
	{ ENTRY_NODE, "zero", NULL, S_IFCHR | 0666, 1, 5 },
	{ ENTRY_NODE, "full", NULL, S_IFCHR | 0666, 1, 7 },
	{ ENTRY_NODE, "random", NULL, S_IFCHR | 0666, 1, 8 },
	{ ENTRY_NODE, "urandom", NULL, S_IFCHR | 0666, 1, 9 },
	{ ENTRY_NODE, "tty", NULL, S_IFCHR | 0666, 5, 0 },
	{ ENTRY_EMPTY, "console", NULL, S_IFREG | 0620, 0, 0 },
	{ ENTRY_LINK, "ptmx", "pts/ptmx", 0, 0, 0 },
	{ ENTRY_LINK, "fd", "/proc/self/fd", 0, 0, 0 },
	{ ENTRY_LINK, "stdin", "/proc/self/fd/0", 0, 0, 0 },
	{ ENTRY_LINK, "stdout", "/proc/self/fd/1", 0, 0, 0 },
	{ ENTRY_LINK, "stderr", "/proc/self/fd/2", 0, 0, 0 },
	{ ENTRY_LINK, "core", "/proc/kcore", 0, 0, 0 },
	{ ENTRY_DIRECTORY, "pts", NULL, 0755, 0, 0 },
	{ ENTRY_DIRECTORY, "shm", NULL, 01777, 0, 0 },
	{ ENTRY_DIRECTORY, "mqueue", NULL, 0755, 0, 0 },
	{ 0 },
};
static const struct tree_entry fuse_entry[] = {
	{ ENTRY_NODE, "fuse", NULL, S_IFCHR | 0666, 10, 229 }, { 0 }
};
static const struct tree_entry net_dir[] = { { ENTRY_DIRECTORY, "net", NULL, 0755, 0, 0 }, { 0 } };
static const struct tree_entry tun_entry[] = {
	{ ENTRY_NODE, "net/tun", NULL, S_IFCHR | 0666, 10, 200 }, { 0 }
};

static const struct tree_entry run_entries[] = {
	{ ENTRY_DIRECTORY, "host", NULL, 0755, 0, 0 },
	{ ENTRY_DIRECTORY, "lock", NULL, 01777, 0, 0 },
	{ ENTRY_DIRECTORY, "systemd", NULL, 0755, 0, 0 },
	{ ENTRY_DIRECTORY, "systemd/network", NULL, 0755, 0, 0 },
	{ 0 },
};

static int make_dev(struct boot *b, struct zerr *e)
{
	const int fd = tree_tmpfs(b->base, "1m", "0755", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, e);
	int r;

	if (fd < 0)
		return fd;
	b->gift.tree[TREE_DEV] = fd;
	r = tree_entries(b, fd, dev_entries, e);
	if (r == 0 && b->z->spec.fuse)
		r = tree_entries(b, fd, fuse_entry, e);
	if (r == 0 && b->z->spec.tun && (r = tree_entries(b, fd, net_dir, e)) == 0)
		r = tree_entries(b, fd, tun_entry, e);
	return r == 0 ? devnodes_make(&b->z->spec, fd, b->base, e) : r;
}

/* A pty of the zone's own devpts: the master is for the monitor. */
static int make_console(struct boot *b, int pts, int *slave, struct zerr *e)
{
	AUTO_CLOSE int master = openat(pts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	const int unlock = 0;

	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return zerr_sys(e, "console: pty");
	AUTO_CLOSE int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (peer < 0 || fchown(peer, b->base, b->base + TTY_GID) < 0)
		return zerr_sys(e, "console: pty");
	const struct winsize size = { .ws_row = 25, .ws_col = 80 };
	(void)ioctl(master, TIOCSWINSZ, &size); /* a start; the first attach sets it */
	*slave = own_take_fd(&peer);
	b->consoles[b->consoles_n++] = own_take_fd(&master);
	return 0;
}

static int make_pts(struct boot *b, struct zerr *e)
{
	char gid[16];
	const struct tree_option o[] = { { "ptmxmode", "0666" },
					 { "mode", "0620" },
					 { "gid", gid },
					 { "max", "1024" },
					 { NULL, NULL } };
	const unsigned ttys = b->z->spec.console_ttys;

	(void)snprintf(gid, sizeof(gid), "%u", b->base + TTY_GID);
	const int fd = tree_fs("devpts", o, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, e);
	if (fd < 0)
		return fd;
	b->gift.tree[TREE_PTS] = fd;
	if (fchownat(fd, "", b->base, b->base, AT_EMPTY_PATH) < 0 ||
	    fchownat(fd, "ptmx", b->base, b->base, AT_SYMLINK_NOFOLLOW) < 0)
		return zerr_sys(e, "devpts");
	int r = make_console(b, fd, &b->gift.terminal, e);
	for (unsigned i = 0; i < ttys && i + 1 < CONSOLES_MAX && r == 0; i++)
		r = make_console(b, fd, &b->slaves[i], e);
	return r;
}

int trees_host(struct boot *b, struct zerr *e)
{
	const unsigned safe = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	static const struct {
		enum tree tree;
		const char *size, *mode;
	} plain[] = {
		{ TREE_RUN, "20%", "0755" },
		{ TREE_TMP, "50%", "1777" },
		{ TREE_SHM, "50%", "1777" },
	};
	int r = make_dev(b, e);

	for (size_t i = 0; i < 3 && r >= 0; i++)
		r = b->gift.tree[plain[i].tree] =
			tree_tmpfs(b->base, plain[i].size, plain[i].mode, safe, e);
	if (r >= 0)
		r = tree_entries(b, b->gift.tree[TREE_RUN], run_entries, e);
	if (r >= 0)
		r = make_pts(b, e);
	if (r >= 0)
		r = hostdir_make(b, e);
	return r < 0 ? r : 0;
}

int trees_root(struct boot *b, struct zerr *e)
{
	struct volume v;
	AUTO_CLOSE int scratch = -1;
	int r = zone_volume(b->z, &v, e);

	if (r < 0)
		return r;
	AUTO_CLOSE int image = v.image;
	if (b->args->scratch) {
		scratch = fs_subdir(b->z->dir, "scratch", 0700, e);
		if (scratch < 0)
			return scratch;
	}
	const struct volume_attach a = {
		.userns = b->userns, .base = b->base, .scratch = scratch, .snap = -1
	};
	r = v.ops->attach(&v, &a, e);
	if (r < 0)
		return zerr_in(e, r, "%s", v.ops->name);
	b->gift.tree[TREE_ROOT] = r;
	return 0;
}
