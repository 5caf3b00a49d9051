/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /run/host, by which a zone learns of its host (systemd.io/CONTAINER_INTERFACE), and the file
 * systems that are mounted in it: credentials, which must never reach a disk, and unix-export,
 * whose sockets the host can reach. What is read-only here is so in the superblock: the zone's root
 * cannot undo it.
 */
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"
#include "conf/conf.h"
#include "core/trees.h"

#define SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static const struct tree_entry entries[] = {
	{ ENTRY_DIRECTORY, "inaccessible", NULL, 0755, 0, 0 },
	{ ENTRY_DIRECTORY, "inaccessible/dir", NULL, 0, 0, 0 },
	{ ENTRY_EMPTY, "inaccessible/reg", NULL, S_IFREG, 0, 0 },
	{ ENTRY_EMPTY, "inaccessible/fifo", NULL, S_IFIFO, 0, 0 },
	{ ENTRY_EMPTY, "inaccessible/sock", NULL, S_IFSOCK, 0, 0 },
	{ ENTRY_NODE, "inaccessible/chr", NULL, S_IFCHR, 0, 0 },
	{ ENTRY_NODE, "inaccessible/blk", NULL, S_IFBLK, 0, 0 },
	{ ENTRY_DIRECTORY, "incoming", NULL, 0600, 0, 0 },
	{ ENTRY_DIRECTORY, "userdb", NULL, 0755, 0, 0 },
	{ ENTRY_DIRECTORY, "home", NULL, 0755, 0, 0 },
	{ ENTRY_DIRECTORY, "credentials", NULL, 0500, 0, 0 },
	{ ENTRY_DIRECTORY, "unix-export", NULL, 0755, 0, 0 },
	{ ENTRY_EMPTY, "kmsg", NULL, S_IFIFO | 0600, 0, 0 },
	{ 0 },
};

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

/* Covers /proc/kmsg: who reads it waits, as for a kernel that says nothing. */
static int hold_kmsg(struct boot *b, int dir, struct zerr *e)
{
	const int fd = openat(dir, "kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return zerr_sys(e, "kmsg");
	b->held[HELD_KMSG] = fd;
	return 0;
}

/* The text of the host's os-release; a link to /usr/lib on most hosts. */
static void read_release(struct buf *ret)
{
	static const char *const dirs[] = { "/etc", "/usr/lib" };
	struct zerr ignored = { 0 };

	for (size_t i = 0; i < 2; i++) {
		AUTO_CLOSE int dir = fs_open_dir(dirs[i], &ignored);

		if (dir >= 0 && fs_read(dir, "os-release", 65536, ret) == 0)
			return;
	}
}

static int make_files(struct boot *b, int dir, struct zerr *e)
{
	const char *id = record_get(&b->z->manifest, "uuid");
	char uuid[48], boot[48] = "";

	read_release(&b->release);
	(void)snprintf(uuid, sizeof(uuid), "%.40s\n", id ? id : "");
	if (make_uuid(boot) < 0) /* new at each start, as after a boot */
		return zerr_set(e, EIO, "random numbers");
	(void)strcat(boot, "\n");
	const struct {
		const char *name, *text;
	} files[] = {
		{ "container-manager", "zone\n" },
		{ "container-uuid", uuid },
		{ "os-release", b->release.p ? b->release.p : "" },
		{ "boot-id", boot },
	};
	int r = 0;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && r == 0; i++)
		r = tree_file(b, dir, files[i].name, files[i].text, strlen(files[i].text), 0444, e);
	return r;
}

static int make_host(struct boot *b, struct zerr *e)
{
	const int fd = tree_tmpfs(b->base, "4m", "0755", SAFE, e);

	if (fd < 0)
		return fd;
	b->gift.tree[TREE_HOST] = fd;
	int r = tree_entries(b, fd, entries, e);
	if (r == 0)
		r = make_files(b, fd, e);
	if (r == 0)
		r = make_notify(b, fd, e);
	if (r == 0)
		r = hold_kmsg(b, fd, e);
	return r == 0 ? tree_seal(fd, "/run/host", e) : r;
}

/* ramfs is never swapped out. */
static int make_credentials(struct boot *b, struct zerr *e)
{
	static const struct tree_option o[] = { { "mode", "0500" }, { NULL, NULL } };
	const struct pairs *all = &b->z->spec.credentials;
	int r = 0;

	if (!all->n)
		return 0;
	const int fd = tree_fs("ramfs", o, SAFE, e);
	if (fd < 0)
		return fd;
	b->gift.tree[TREE_CREDENTIALS] = fd;
	if (fchownat(fd, "", b->base, b->base, AT_EMPTY_PATH) < 0)
		return zerr_sys(e, "owner");
	for (size_t i = 0; i < all->n && r == 0; i++) {
		AUTO_BUF struct buf data = { 0 };

		r = conf_credential(all->v[i].value, &data);
		r = r < 0 ? zerr_code(e, -r, "%s", all->v[i].name)
			  : tree_file(b, fd, all->v[i].name, data.p ? data.p : "", data.len, 0400,
				      e);
	}
	return r == 0 ? tree_seal(fd, "ramfs", e) : r;
}

int hostdir_show_export(struct boot *b, int view, struct zerr *e)
{
	char target[48];

	(void)snprintf(target, sizeof(target), "/proc/%d/fd/%d", (int)getpid(), view);
	b->held[HELD_EXPORT] = view;
	(void)unlinkat(b->z->run, "unix-export", 0);
	return symlinkat(target, b->z->run, "unix-export") < 0 ? zerr_sys(e, "link") : 0;
}

/* Writable for the zone; the host reaches the same through a mount that nobody else sees, by a link
 * to the monitor's descriptor. */
static int make_export(struct boot *b, struct zerr *e)
{
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSYMFOLLOW };
	const int fd = tree_tmpfs(b->base, "1m", "0755", SAFE, e);

	if (fd < 0)
		return fd;
	b->gift.tree[TREE_EXPORT] = fd;
	AUTO_CLOSE int view =
		open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (view >= 0 && mount_setattr(view, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0)
		return zerr_sys(e, "view");
	if (view < 0) /* Linux 6.1 does not clone what is not mounted: the same mount will do */
		view = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return view < 0 ? zerr_sys(e, "view") : hostdir_show_export(b, own_take_fd(&view), e);
}

int hostdir_notify(struct boot *b, struct zerr *e)
{
	AUTO_CLOSE int fd = tree_tmpfs(b->base, "64k", "0755", SAFE, e);
	const int r = fd < 0 ? fd : make_notify(b, fd, e);

	return r < 0 ? r : own_take_fd(&fd);
}

int hostdir_make(struct boot *b, struct zerr *e)
{
	int r = make_host(b, e);

	if (r == 0)
		r = zerr_in(e, make_credentials(b, e), "credentials");
	return r == 0 ? zerr_in(e, make_export(b, e), "unix-export") : r;
}
