/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removing and measuring trees, on top of the walk. Must not leave the tree, whatever is in it and
 * whoever changes it meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/subvol.h"
#include "base/walk.h"

struct removal {
	char last[64]; /* what could not be removed */
};

/* Clear the immutable and append-only flags of what @fd is. True when one was set. */
static bool clear_flags(int fd)
{
	unsigned flags = 0; /* the kernel's int, whatever the ioctl's number says */

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 || !(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return false;
	flags &= ~(unsigned)(FS_IMMUTABLE_FL | FS_APPEND_FL);
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

/* Clear them on @name and on the directory that holds it. Only files and directories have flags,
 * and nothing else may be opened: a device or FIFO could do something. */
static bool clear_entry(int dirfd, const char *name)
{
	struct stat st;
	bool cleared = clear_flags(dirfd);

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))) {
		AUTO_CLOSE int fd = fs_open_below(dirfd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

		if (fd >= 0 && clear_flags(fd))
			cleared = true;
	}
	return cleared;
}

static int unlink_entry(struct removal *rm, int dirfd, const char *name, int flag)
{
	int r = unlinkat(dirfd, name, flag) < 0 ? -errno : 0;

	if (r == -EPERM && clear_entry(dirfd, name))
		r = unlinkat(dirfd, name, flag) < 0 ? -errno : 0;
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		(void)snprintf(rm->last, sizeof(rm->last), "%s", name); /* cut is fine */
	return r;
}

static int remove_entry(void *ctx, int dirfd, const char *name)
{
	return unlink_entry(ctx, dirfd, name, 0);
}

static int remove_dir(void *ctx, int dirfd, const char *name)
{
	return unlink_entry(ctx, dirfd, name, AT_REMOVEDIR);
}

/* A subvolume goes as a whole, unless it holds others: then it is emptied like any directory. */
static int enter_dir(void *ctx, int dirfd, int fd, const char *name)
{
	(void)ctx;
	if (!subvol_is(fd))
		return 0;
	if (subvol_remove(dirfd, name) == 0)
		return 1;
	(void)subvol_writable(fd); /* what cannot be removed then is told with its name */
	return 0;
}

static int remove_once(struct removal *rm, int dirfd, const char *name)
{
	static const struct walk_ops ops = { .enter = enter_dir,
					     .entry = remove_entry,
					     .leave = remove_dir };
	AUTO_CLOSE int fd = -1;
	int r = unlink_entry(rm, dirfd, name, 0);

	if (r != -EISDIR)
		return r;
	fd = fs_open_below(dirfd, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (enter_dir(rm, dirfd, fd, name))
		return 0;
	r = walk_tree(fd, &ops, rm);
	return r < 0 ? r : unlink_entry(rm, dirfd, name, AT_REMOVEDIR);
}

/* What somebody who still changes the tree causes: worth another try. */
static bool is_race(int r)
{
	return r == -ESTALE || r == -ENOTEMPTY || r == -EISDIR || r == -ENOTDIR || r == -ELOOP;
}

int fs_remove(int dirfd, const char *name, struct zerr *e)
{
	struct removal rm = { { 0 } };
	int r = -ESTALE;

	if (!*name || strchr(name, '/') || str_eq(name, ".") || str_eq(name, ".."))
		return zerr_code(e, EINVAL, "remove %s", name);
	for (int tries = 0; tries < 8 && is_race(r); tries++)
		r = remove_once(&rm, dirfd, name);
	if (r == -EROFS && !fs_exists(dirfd, name)) /* the kernel says so first */
		r = 0;
	if (r == 0)
		return 0;
	if (rm.last[0] && !str_eq(rm.last, name))
		return zerr_code(e, -r, "remove %s: %s", name, rm.last);
	return zerr_code(e, -r, "remove %s", name);
}

/* Inodes with several links that were counted: a set by open addressing. */
struct links {
	struct link {
		dev_t dev;
		ino_t ino; /* 0: free */
	} * slots;
	size_t used, size; /* size is a power of two */
};

struct usage {
	uint64_t bytes, entries;
	struct links seen;
};

static void links_put(struct links *l, dev_t dev, ino_t ino, bool *ret_new)
{
	size_t i = (size_t)((ino ^ dev * 31) * UINT64_C(0x9e3779b97f4a7c15)) & (l->size - 1);

	while (l->slots[i].ino && (l->slots[i].ino != ino || l->slots[i].dev != dev))
		i = (i + 1) & (l->size - 1);
	*ret_new = l->slots[i].ino == 0;
	if (*ret_new) {
		l->slots[i] = (struct link){ .dev = dev, .ino = ino };
		l->used++;
	}
}

/* 1 when it was not there before, 0 when it was, -ENOMEM. */
static int links_add(struct links *l, dev_t dev, ino_t ino)
{
	bool is_new = false;

	if (2 * l->used >= l->size) {
		struct links bigger = { .size = l->size ? 2 * l->size : 64 };

		bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
		if (!bigger.slots)
			return -ENOMEM;
		for (size_t i = 0; i < l->size; i++) {
			if (l->slots[i].ino)
				links_put(&bigger, l->slots[i].dev, l->slots[i].ino, &is_new);
		}
		free(l->slots);
		*l = bigger;
	}
	links_put(l, dev, ino, &is_new);
	return is_new;
}

static int count(void *ctx, int dirfd, const char *name)
{
	struct usage *u = ctx;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	u->entries++;
	if (!S_ISDIR(st.st_mode) && st.st_nlink > 1) {
		const int r = links_add(&u->seen, st.st_dev, st.st_ino);

		if (r <= 0)
			return r;
	}
	u->bytes += (uint64_t)st.st_blocks * 512;
	return 0;
}

int fs_usage(int dirfd, const char *name, uint64_t *ret_bytes, uint64_t *ret_entries)
{
	static const struct walk_ops ops = { .entry = count, .leave = count };
	AUTO_CLOSE int fd = fs_open_below(dirfd, name, O_RDONLY | O_DIRECTORY, 0);
	struct usage u = { 0 };
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	r = walk_tree(fd, &ops, &u);
	free(u.seen.slots);
	if (r < 0)
		return r;
	*ret_bytes = u.bytes + (uint64_t)st.st_blocks * 512;
	*ret_entries = u.entries + 1;
	return 0;
}
