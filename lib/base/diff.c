/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The new tree is walked; beside it goes one descriptor in the old one, as long as there is
 * something. Nothing but regular files is opened.
 */
#include "base/diff.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/copy_attrs.h"
#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "base/str.h"
#include "base/walk.h"

#define PATH_LONGEST (64U << 10) /* bytes of a path that is told */
#define CHUNK	     (128 << 10)

struct level { /* a directory that was entered in both trees: where the old one's ".." must lead */
	uint64_t ino;
	uint32_t major, minor;
};

struct diff {
	diff_fn *fn;
	void *ctx;
	struct zerr *e;
	bool told;	 /* e is set */
	struct buf path; /* of the present directory, "" or "a/b/" */
	int old;	 /* the same directory in the old tree */
	unsigned absent; /* levels above us that the old tree has not */
	const struct strv *only;
	unsigned whole; /* levels above us from which on @only does not count */
	bool replaced;	/* what compare() saw are two things, not one that changed */
	struct level *levels;
	size_t n, cap;
	struct attrs a, b; /* last: not cleared */
};

static int fail(struct diff *d, int code, const char *what, const char *name)
{
	d->told = true;
	return zerr_code(d->e, code, "%s %s%s", what, d->path.p ? d->path.p : "", name);
}

/* ---- paths ---------------------------------------------------------------------------------- */

static int tell(struct diff *d, enum diff_kind kind, const char *name, bool directory)
{
	const size_t len = d->path.len;

	buf_str(&d->path, *name ? name : ".");
	if (d->path.failed || d->path.len > PATH_LONGEST)
		return fail(d, d->path.failed ? ENOMEM : ENAMETOOLONG, "compare", "");
	const int r = d->fn(d->ctx, kind, d->path.p, directory);
	d->path.len = len;
	d->path.p[len] = '\0';
	return r;
}

static int push_path(struct diff *d, const char *name)
{
	buf_fmt(&d->path, "%s/", name);
	if (d->path.failed || d->path.len > PATH_LONGEST)
		return fail(d, d->path.failed ? ENOMEM : ENAMETOOLONG, "compare", "");
	return 0;
}

static void pop_path(struct diff *d, const char *name)
{
	d->path.len -= strlen(name) + 1;
	d->path.p[d->path.len] = '\0';
}

static int by_bytes(const void *key, const void *entry)
{
	return strcmp(key, *(char *const *)entry);
}

/* Whether @name can be in one tree other than in the other. */
static bool wants(struct diff *d, const char *name)
{
	const size_t len = d->path.len;

	if (!d->only || d->absent || d->whole)
		return true;
	buf_str(&d->path, name);
	if (d->path.failed)
		return true;
	const bool found = d->only->n && bsearch(d->path.p, d->only->v, d->only->n,
						 sizeof(*d->only->v), by_bytes);
	d->path.len = len;
	d->path.p[len] = '\0';
	return found;
}

/* ---- comparing ------------------------------------------------------------------------------ */

static int look(struct diff *d, int dirfd, const char *name, struct statx *ret)
{
	const unsigned flags = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_STATX_SYNC_AS_STAT;

	if (statx(dirfd, name, (int)flags, STATX_BASIC_STATS | STATX_BTIME, ret) == 0)
		return 0;
	return errno == ENOENT ? -ENOENT : fail(d, errno, "look at", name);
}

static bool same_time(const struct statx_timestamp *a, const struct statx_timestamp *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* What the inodes say, but for the number of links of directories and the sizes of those. */
static bool same_inode(const struct statx *a, const struct statx *b)
{
	if (a->stx_mode != b->stx_mode || a->stx_uid != b->stx_uid || a->stx_gid != b->stx_gid ||
	    !same_time(&a->stx_mtime, &b->stx_mtime))
		return false;
	return S_ISDIR(a->stx_mode) ||
	       (a->stx_size == b->stx_size && a->stx_nlink == b->stx_nlink &&
		a->stx_rdev_major == b->stx_rdev_major && a->stx_rdev_minor == b->stx_rdev_minor);
}

/* The file itself, or its copy by the file system: whatever is done to a file changes this. */
static bool untouched(const struct statx *a, const struct statx *b)
{
	return a->stx_ino == b->stx_ino && same_time(&a->stx_ctime, &b->stx_ctime);
}

static off_t next_data(int fd, off_t at, off_t size)
{
	const off_t r = lseek(fd, at, SEEK_DATA);

	return r < 0 ? (errno == ENXIO ? size : at) : r;
}

/* 1: the same. */
static int same_bytes(int a, int b, off_t size)
{
	AUTO_FREE char *x = malloc(CHUNK), *y = malloc(CHUNK);

	if (!x || !y)
		return -ENOMEM;
	for (off_t at = 0; at < size;) {
		const off_t da = next_data(a, at, size), db = next_data(b, at, size);

		at = da < db ? da : db; /* holes of both are passed over */
		const ssize_t n = at < size ? pread(a, x, CHUNK, at) : 0;
		const ssize_t m = at < size ? pread(b, y, CHUNK, at) : 0;

		if (n < 0 || m < 0)
			return -errno;
		if (n != m || memcmp(x, y, (size_t)n) != 0)
			return 0;
		if (n == 0)
			break;
		at += n;
		if (steps_signal())
			return -EINTR;
	}
	return 1;
}

static int same_file(struct diff *d, int dirfd, const char *name, off_t size)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOATIME;
	AUTO_CLOSE int a = fs_open_below(d->old, name, flags, 0);
	AUTO_CLOSE int b = fs_open_below(dirfd, name, flags, 0);

	if (a < 0 || b < 0)
		return fail(d, a < 0 ? -a : -b, "open", name);
	const int r = same_bytes(a, b, size);
	return r < 0 ? fail(d, -r, "compare", name) : r;
}

static int same_link(struct diff *d, int dirfd, const char *name)
{
	char x[PATH_MAX], y[PATH_MAX];
	const ssize_t n = readlinkat(d->old, name, x, sizeof(x));
	const ssize_t m = readlinkat(dirfd, name, y, sizeof(y));

	if (n < 0 || m < 0)
		return fail(d, errno, "read link", name);
	return n == m && memcmp(x, y, (size_t)n) == 0;
}

/* 1: @name is the same in both. */
static int same(struct diff *d, int dirfd, const char *name, const struct statx *was,
		const struct statx *is)
{
	int r = same_inode(was, is);

	if (r <= 0 || untouched(was, is))
		return r;
	r = attrs_same(&d->a, &d->b, d->old, dirfd, *name ? name : ".");
	if (r <= 0)
		return r < 0 ? fail(d, -r, "extended attributes of", name) : 0;
	if (S_ISREG(is->stx_mode) && is->stx_size)
		return same_file(d, dirfd, name, (off_t)is->stx_size);
	return S_ISLNK(is->stx_mode) ? same_link(d, dirfd, name) : 1;
}

/* Tell what became of @name. 1: both are directories, go on below. */
static int compare(struct diff *d, int dirfd, const char *name, const struct statx *is)
{
	const bool directory = S_ISDIR(is->stx_mode);
	struct statx was;
	int r = d->absent ? -ENOENT : look(d, d->old, name, &was);

	if (r == -ENOENT)
		return tell(d, DIFF_ADDED, name, directory);
	if (r == 0 && (was.stx_mode & S_IFMT) != (is->stx_mode & S_IFMT)) {
		r = tell(d, DIFF_REMOVED, name, S_ISDIR(was.stx_mode));
		return r < 0 ? r : tell(d, DIFF_ADDED, name, directory);
	}
	if (r == 0) {
		d->replaced =
			was.stx_ino != is->stx_ino || !same_time(&was.stx_btime, &is->stx_btime);
		r = same(d, dirfd, name, &was, is);
	}
	if (r == 0)
		r = tell(d, DIFF_CHANGED, name, directory);
	return r < 0 ? r : directory;
}

/* ---- walking -------------------------------------------------------------------------------- */

/* What the old directory has and the new one, @fd, has not. */
static int tell_removed(struct diff *d, int fd)
{
	const int copy = openat(d->old, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSEDIR DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	int r = 0;

	if (!dir) {
		own_close(copy);
		return -errno;
	}
	for (errno = 0; r == 0 && (entry = readdir(dir)); errno = 0) {
		struct statx was, is;

		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, "..") ||
		    !wants(d, entry->d_name))
			continue;
		r = look(d, fd, entry->d_name, &is);
		if (r == -ENOENT)
			r = look(d, d->old, entry->d_name, &was) < 0
				    ? 0
				    : tell(d, DIFF_REMOVED, entry->d_name, S_ISDIR(was.stx_mode));
	}
	return r < 0 ? r : -errno;
}

/* Go on in the old tree's directory @name. */
static int descend(struct diff *d, const char *name)
{
	struct statx here;
	int r = look(d, d->old, "", &here);

	if (r < 0)
		return r;
	if (d->n == d->cap) {
		const size_t cap = d->cap ? 2 * d->cap : 16;
		struct level *p = reallocarray(d->levels, cap, sizeof(*p));

		if (!p)
			return -ENOMEM;
		d->levels = p;
		d->cap = cap;
	}
	const int fd = fs_open_below(d->old, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0)
		return fail(d, -fd, "open", name);
	d->levels[d->n++] = (struct level){ here.stx_ino, here.stx_dev_major, here.stx_dev_minor };
	own_close(d->old);
	d->old = fd;
	return 0;
}

static int enter_dir(void *ctx, int dirfd, int fd, const char *name)
{
	struct diff *d = ctx;
	struct statx is;
	int r;

	if (!wants(d, name))
		return 1;
	r = look(d, fd, "", &is);
	if (r < 0)
		return r == -ENOENT ? -ESTALE : r;
	r = compare(d, dirfd, name, &is);
	if (r < 0)
		return r;
	if (r == 0 || d->absent)
		d->absent++;
	else
		r = descend(d, name);
	if (!d->absent && (d->whole || d->replaced))
		d->whole++;
	if (r >= 0)
		r = push_path(d, name);
	return r < 0 || d->absent ? (r < 0 ? r : 0) : tell_removed(d, fd);
}

static int compare_entry(void *ctx, int dirfd, const char *name)
{
	struct diff *d = ctx;
	struct statx is;
	int r = steps_check(d->e);

	if (r < 0) {
		d->told = true;
		return r;
	}
	if (!wants(d, name))
		return 0;
	r = look(d, dirfd, name, &is);
	if (r == 0)
		r = compare(d, dirfd, name, &is);
	return r < 0 ? r : 0;
}

static int leave_dir(void *ctx, int dirfd, const char *name)
{
	struct diff *d = ctx;
	const size_t len = strlen(name);
	struct statx up;

	(void)dirfd;
	/* a mount point, or gone: it was not entered */
	if (d->path.len < len + 1 || memcmp(d->path.p + d->path.len - len - 1, name, len) != 0)
		return fail(d, EXDEV, "something is mounted on", name);
	pop_path(d, name);
	if (d->absent) {
		d->absent--;
		return 0;
	}
	if (d->whole)
		d->whole--;
	const struct level *l = &d->levels[--d->n];
	const int fd = openat(d->old, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(d, errno, "leave", name);
	own_close(d->old);
	d->old = fd;
	const int r = look(d, fd, "", &up);
	return r < 0 || (up.stx_ino == l->ino && up.stx_dev_major == l->major &&
			 up.stx_dev_minor == l->minor)
		       ? r
		       : fail(d, ESTALE, "leave", name);
}

static int compare_all(struct diff *d, int new)
{
	static const struct walk_ops ops = { .enter = enter_dir,
					     .entry = compare_entry,
					     .leave = leave_dir };
	struct statx is;
	int r = look(d, new, "", &is);

	if (r == 0)
		r = compare(d, new, "", &is);
	if (r > 0)
		r = tell_removed(d, new);
	return r == 0 ? walk_tree(new, &ops, d) : r;
}

int diff_trees(int old, int new, const struct strv *only, diff_fn *fn, void *ctx, struct zerr *e)
{
	AUTO_FREE struct diff *d = malloc(sizeof(*d));
	int r;

	if (!d)
		return zerr_code(e, ENOMEM, "compare trees");
	memset(d, 0, offsetof(struct diff, a));
	d->only = only;
	d->fn = fn;
	d->ctx = ctx;
	d->e = e;
	buf_str(&d->path, "");
	d->old = openat(old, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = d->old < 0 ? -errno : compare_all(d, new);
	if (r < 0 && !d->told && e->code == 0)
		(void)zerr_code(e, -r, "compare trees");
	own_close(d->old);
	buf_done(&d->path);
	free(d->levels);
	return r;
}
