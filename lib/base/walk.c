/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree walk. One descriptor stands in the present directory and ".." leads back; device and
 * inode of every directory on the way are remembered and compared, so that a directory that was
 * moved cannot lead us out of the tree. Must not recurse: depth is the attacker's choice. */
#include "base/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/own.h"
#include "base/str.h"
#include "base/sys.h"

struct level {
	dev_t dev;
	ino_t ino;
	struct strv dirs; /* subdirectories found here */
	size_t next;	  /* the first that was not visited */
};

struct walk {
	const struct walk_ops *ops;
	void *ctx;
	int fd; /* the present directory */
	struct level *levels;
	size_t n, cap;
};

static void walk_done(struct walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		strv_done(&w->levels[i].dirs);
	free(w->levels);
	own_close(w->fd);
}

/* Open one component, never through a link or into another mount (".." included). */
static int open_step(int dirfd, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	const int fd = sys_openat2(dirfd, name, &how);

	return fd < 0 ? -errno : fd;
}

static bool is_dir(int dirfd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Visit the entries of the present directory and note its subdirectories. */
static int scan(struct walk *w, struct strv *dirs)
{
	const int fd = openat(w->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSEDIR DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d) {
		const int r = -errno;

		own_close(fd);
		return r;
	}
	for (errno = 0; (entry = readdir(d)); errno = 0) {
		const char *name = entry->d_name;
		int r;

		if (str_eq(name, ".") || str_eq(name, ".."))
			continue;
		if (is_dir(w->fd, entry))
			r = strv_add(dirs, name);
		else
			r = w->ops->entry(w->ctx, w->fd, name);
		if (r < 0)
			return r;
	}
	return errno ? -errno : 0;
}

/* Stand in @fd (taken over) and scan it. */
static int descend(struct walk *w, int fd)
{
	struct stat st;
	struct level *level;

	own_close(w->fd);
	w->fd = fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (w->n == w->cap) {
		const size_t cap = w->cap ? 2 * w->cap : 16;
		struct level *p = reallocarray(w->levels, cap, sizeof(*p));

		if (!p)
			return -ENOMEM;
		w->levels = p;
		w->cap = cap;
	}
	level = &w->levels[w->n++];
	*level = (struct level){ .dev = st.st_dev, .ino = st.st_ino };
	return scan(w, &level->dirs);
}

/* Back to the parent, which must be the directory that we came from, and leave the child there. */
static int ascend(struct walk *w)
{
	const struct level *parent;
	struct stat st;
	int fd;

	strv_done(&w->levels[--w->n].dirs);
	if (w->n == 0)
		return 0;
	parent = &w->levels[w->n - 1];
	fd = open_step(w->fd, "..");
	if (fd < 0)
		return fd;
	own_close(w->fd);
	w->fd = fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_dev != parent->dev || st.st_ino != parent->ino)
		return -ESTALE;
	return w->ops->leave(w->ctx, fd, parent->dirs.v[parent->next - 1]);
}

static int walk_step(struct walk *w)
{
	struct level *level = &w->levels[w->n - 1];
	const char *name;
	int fd;

	if (level->next == level->dirs.n)
		return ascend(w);
	name = level->dirs.v[level->next++];
	fd = open_step(w->fd, name);
	if (fd >= 0) {
		const int r = w->ops->enter ? w->ops->enter(w->ctx, w->fd, fd, name) : 0;

		if (r == 0)
			return descend(w, fd);
		own_close(fd);
		return r < 0 ? r : 0;
	}
	/* A mount point, gone, or no directory any more: the visitor decides. */
	if (fd == -EXDEV || fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
		return w->ops->leave(w->ctx, w->fd, name);
	return fd;
}

int walk_tree(int topfd, const struct walk_ops *ops, void *ctx)
{
	__attribute__((cleanup(walk_done))) struct walk w = { .ops = ops, .ctx = ctx, .fd = -1 };
	const int fd = openat(topfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : descend(&w, fd);

	while (r == 0 && w.n > 0)
		r = walk_step(&w);
	return r;
}
