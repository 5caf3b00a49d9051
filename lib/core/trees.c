/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's part of a zone's mount tree: file systems that nobody has mounted yet, made through
 * their descriptors. Their superblocks belong to the host, so device nodes work in them and the
 * zone cannot lift their sizes; every entry is chowned to the zone's base. Nothing here appears in
 * a mount table.
 */
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/boot.h"
#include "core/devnodes.h"

#define TTY_GID 5

struct option {
	const char *key;
	const char *value;
};

/* A file system without a mount point. fd or -errno. */
static int make_fs(const char *type, const struct option *options, unsigned attrs, struct zerr *e)
{
	AUTO_CLOSE int ctx = fsopen(type, FSOPEN_CLOEXEC);

	if (ctx < 0)
		return zerr_sys(e, "%s", type);
	for (const struct option *o = options; o->key; o++)
		if (fsconfig(ctx, FSCONFIG_SET_STRING, o->key, o->value, 0) < 0)
			return zerr_sys(e, "%s: option %s=%s", type, o->key, o->value);
	if (fsconfig(ctx, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return zerr_sys(e, "%s", type);
	const int fd = fsmount(ctx, FSMOUNT_CLOEXEC, attrs);
	return fd < 0 ? zerr_sys(e, "%s: mount", type) : fd;
}

int trees_tmpfs(uid_t base, const char *size, const char *mode, unsigned attrs, struct zerr *e)
{
	char id[16];
	const struct option o[] = {
		{ "size", size }, { "mode", mode }, { "uid", id }, { "gid", id }, { NULL, NULL }
	};

	(void)snprintf(id, sizeof(id), "%u", base);
	return make_fs("tmpfs", o, attrs, e);
}

enum entry_type { DIRECTORY, LINK, NODE, EMPTY };

struct entry {
	enum entry_type type;
	const char *name;
	const char *target; /* LINK */
	mode_t mode;
	unsigned major, minor;
};

static int make_entry(int dir, const struct entry *x)
{
	switch (x->type) {
	case DIRECTORY:
		return mkdirat(dir, x->name, x->mode & 07777);
	case LINK:
		return symlinkat(x->target, dir, x->name);
	case NODE:
		return mknodat(dir, x->name, x->mode, makedev(x->major, x->minor));
	case EMPTY:
		return mknodat(dir, x->name, x->mode, 0);
	}
	return -1;
}

static int make_entries(const struct boot *b, int dir, const struct entry *x, struct zerr *e)
{
	for (; x->name; x++) {
		if (make_entry(dir, x) < 0)
			return zerr_sys(e, "make %s", x->name);
		if (fchownat(dir, x->name, b->base, b->base, AT_SYMLINK_NOFOLLOW) < 0 ||
		    (x->type != LINK && fchmodat(dir, x->name, x->mode & 07777, 0) < 0))
			return zerr_sys(e, "make %s", x->name);
	}
	return 0;
}

static const struct entry dev_entries[] = {
	{ NODE, "null", NULL, S_IFCHR | 0666, 1, 3 },
	{ NODE, "zero", NULL, S_IFCHR | 0666, 1, 5 },
	{ NODE, "full", NULL, S_IFCHR | 0666, 1, 7 },
	{ NODE, "random", NULL, S_IFCHR | 0666, 1, 8 },
	{ NODE, "urandom", NULL, S_IFCHR | 0666, 1, 9 },
	{ NODE, "tty", NULL, S_IFCHR | 0666, 5, 0 },
	{ EMPTY, "console", NULL, S_IFREG | 0620, 0, 0 },
	{ LINK, "ptmx", "pts/ptmx", 0, 0, 0 },
	{ LINK, "fd", "/proc/self/fd", 0, 0, 0 },
	{ LINK, "stdin", "/proc/self/fd/0", 0, 0, 0 },
	{ LINK, "stdout", "/proc/self/fd/1", 0, 0, 0 },
	{ LINK, "stderr", "/proc/self/fd/2", 0, 0, 0 },
	{ LINK, "core", "/proc/kcore", 0, 0, 0 },
	{ DIRECTORY, "pts", NULL, 0755, 0, 0 },
	{ DIRECTORY, "shm", NULL, 01777, 0, 0 },
	{ DIRECTORY, "mqueue", NULL, 0755, 0, 0 },
	{ 0 },
};
static const struct entry fuse_entry[] = { { NODE, "fuse", NULL, S_IFCHR | 0666, 10, 229 }, { 0 } };
static const struct entry net_dir[] = { { DIRECTORY, "net", NULL, 0755, 0, 0 }, { 0 } };
static const struct entry tun_entry[] = { { NODE, "net/tun", NULL, S_IFCHR | 0666, 10, 200 },
					  { 0 } };

static const struct entry host_entries[] = {
	{ DIRECTORY, "inaccessible", NULL, 0755, 0, 0 },
	{ DIRECTORY, "inaccessible/dir", NULL, 0, 0, 0 },
	{ EMPTY, "inaccessible/reg", NULL, S_IFREG, 0, 0 },
	{ EMPTY, "inaccessible/fifo", NULL, S_IFIFO, 0, 0 },
	{ EMPTY, "inaccessible/sock", NULL, S_IFSOCK, 0, 0 },
	{ NODE, "inaccessible/chr", NULL, S_IFCHR, 0, 0 },
	{ NODE, "inaccessible/blk", NULL, S_IFBLK, 0, 0 },
	{ 0 },
};

static const struct entry run_entries[] = {
	{ DIRECTORY, "host", NULL, 0755, 0, 0 },
	{ DIRECTORY, "lock", NULL, 01777, 0, 0 },
	{ DIRECTORY, "systemd", NULL, 0755, 0, 0 },
	{ DIRECTORY, "systemd/network", NULL, 0755, 0, 0 },
	{ 0 },
};

static int make_file(const struct boot *b, int dir, const char *name, const char *text,
		     struct zerr *e)
{
	AUTO_CLOSE int fd =
		openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0 || fchmod(fd, 0644) < 0 || fchown(fd, b->base, b->base) < 0 ||
	    fs_write_all(fd, text, strlen(text)) < 0)
		return zerr_sys(e, "make %s", name);
	return 0;
}

static int make_dev(struct boot *b, struct zerr *e)
{
	const int fd = trees_tmpfs(b->base, "1m", "0755", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, e);
	int r;

	if (fd < 0)
		return fd;
	b->gift.tree[TREE_DEV] = fd;
	r = make_entries(b, fd, dev_entries, e);
	if (r == 0 && b->z->spec.fuse)
		r = make_entries(b, fd, fuse_entry, e);
	if (r == 0 && b->z->spec.tun && (r = make_entries(b, fd, net_dir, e)) == 0)
		r = make_entries(b, fd, tun_entry, e);
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
	const struct option o[] = { { "ptmxmode", "0666" },
				    { "mode", "0620" },
				    { "gid", gid },
				    { "max", "1024" },
				    { NULL, NULL } };
	const unsigned ttys = b->z->spec.console_ttys;

	(void)snprintf(gid, sizeof(gid), "%u", b->base + TTY_GID);
	const int fd = make_fs("devpts", o, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, e);
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

static int make_notify(struct boot *b, int dir, struct zerr *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char path[32];
	const int on = 1;

	AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/notify", fs_fd_path(dir, path));
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || fchmodat(dir, "notify", 0666, 0) < 0)
		return zerr_sys(e, "notify socket");
	if (fchownat(dir, "notify", b->base, b->base, AT_SYMLINK_NOFOLLOW) < 0)
		return zerr_sys(e, "notify socket");
	b->notify = own_take_fd(&fd);
	return 0;
}

/* /run/host: what the host tells the zone. Read-only once it is filled. */
static int make_host(struct boot *b, struct zerr *e)
{
	AUTO_BUF struct buf release = { 0 }, uuid = { 0 };
	AUTO_CLOSE int etc = fs_open_dir("/etc", e);
	const int fd = trees_tmpfs(b->base, "4m", "0755",
				   MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, e);
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };
	const char *id = record_get(&b->z->manifest, "uuid");
	int r;

	if (fd < 0)
		return fd;
	b->gift.tree[TREE_HOST] = fd;
	buf_fmt(&uuid, "%s\n", id ? id : "");
	if (fs_read(etc, "os-release", 65536, &release) <
	    0) { /* a link to /usr/lib on most hosts */
		AUTO_CLOSE int lib = fs_open_dir("/usr/lib", e);

		(void)fs_read(lib, "os-release", 65536, &release);
	}
	if ((r = make_entries(b, fd, host_entries, e)) < 0 ||
	    (r = make_file(b, fd, "container-manager", "zone\n", e)) < 0 ||
	    (r = make_file(b, fd, "container-uuid", uuid.p ? uuid.p : "\n", e)) < 0 ||
	    (r = make_file(b, fd, "os-release", release.p ? release.p : "", e)) < 0 ||
	    (r = make_notify(b, fd, e)) < 0)
		return r;
	/* a child that is being cloned holds copies of the files just written, until it closes them
	 */
	for (int tries = 0; mount_setattr(fd, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0; tries++) {
		if (errno != EBUSY || tries == 1000)
			return zerr_sys(e, "/run/host");
		(void)usleep(200);
	}
	return 0;
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
			trees_tmpfs(b->base, plain[i].size, plain[i].mode, safe, e);
	if (r >= 0)
		r = make_entries(b, b->gift.tree[TREE_RUN], run_entries, e);
	if (r >= 0)
		r = make_pts(b, e);
	if (r >= 0)
		r = make_host(b, e);
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
