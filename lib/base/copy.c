/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copying trees. The source may be hostile: it is walked with two descriptors whatever its depth,
 * no link is followed, no mount entered. The destination is ours alone (every caller keeps it below
 * a directory that only root can enter), so there a name means what it meant when it was made. Must
 * not keep paths: those of a hostile tree have no bound. Hard links are made from a staging
 * directory.
 */
#include "base/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/copy_attrs.h"
#include "base/fs.h"
#include "base/own.h"
#include "base/steps.h"
#include "base/walk.h"

struct level { /* a directory that was entered */
	uint64_t ino;
	ino_t to_ino; /* of the destination that leads back */
	dev_t to_dev;
};

struct link { /* a file with several names, of which one was copied; its name in the stage is id */
	uint32_t major, minor;
	uint64_t ino, id;
};

struct copy {
	struct zerr *e;
	struct copy_stats stats;
	bool told;    /* e is set */
	int root, to; /* destination: its top, and the present directory */
	struct level *levels;
	size_t n, cap;
	int stage; /* directory with one name of every struct link, or -1 */
	char stage_name[32];
	void *links; /* tree of struct link */
	uint64_t links_n;
	struct attrs attrs; /* last: not cleared */
};

static int fail(struct copy *c, int code, const char *what, const char *name)
{
	c->told = true;
	return zerr_code(c->e, code, "%s %s", what, name);
}

static int copy_attributes(struct copy *c, int dirfd, const char *name, const struct statx *sx)
{
	const int r = attrs_copy(&c->attrs, dirfd, c->to, name, sx, c->e);

	c->told = c->told || r < 0;
	return r;
}

/* ---- hard links ----------------------------------------------------------------------------- */

static int link_cmp(const void *pa, const void *pb)
{
	const struct link *a = pa, *b = pb;

	if (a->ino != b->ino)
		return a->ino < b->ino ? -1 : 1;
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	return a->minor < b->minor ? -1 : a->minor > b->minor;
}

static struct link link_key(const struct statx *sx)
{
	return (struct link){ .major = sx->stx_dev_major,
			      .minor = sx->stx_dev_minor,
			      .ino = sx->stx_ino };
}

/* 1: @name was linked to the copy made earlier; 0: there is none. */
static int link_again(struct copy *c, const char *name, const struct statx *sx)
{
	const struct link key = link_key(sx);
	struct link *const *found = tfind(&key, &c->links, link_cmp);
	char id[24];

	if (!found)
		return 0;
	(void)snprintf(id, sizeof(id), "%" PRIu64, (*found)->id);
	if (linkat(c->stage, id, c->to, name, 0) == 0)
		return 1;
	return errno == EMLINK ? 0 : fail(c, errno, "link", name);
}

static int stage_open(struct copy *c)
{
	uint64_t number;

	if (c->stage >= 0)
		return 0;
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -EIO;
	(void)snprintf(c->stage_name, sizeof(c->stage_name), ".links-%016" PRIx64, number);
	if (mkdirat(c->root, c->stage_name, 0700) < 0)
		return -errno;
	c->stage = fs_open_below(c->root, c->stage_name, O_RDONLY | O_DIRECTORY, 0);
	return c->stage < 0 ? c->stage : 0;
}

/* Remember that @name, just copied, has more names to come. */
static int link_first(struct copy *c, const char *name, const struct statx *sx)
{
	struct link key = link_key(sx), *new;
	char id[24];
	int r = stage_open(c);

	if (r < 0)
		return fail(c, -r, "make directory", c->stage_name);
	if (tfind(&key, &c->links, link_cmp))
		return 0; /* its copy had as many names as the file system allows */
	key.id = c->links_n++;
	(void)snprintf(id, sizeof(id), "%" PRIu64, key.id);
	if (linkat(c->to, name, c->stage, id, 0) < 0)
		return fail(c, errno, "link", name);
	new = malloc(sizeof(*new));
	if (!new)
		return fail(c, ENOMEM, "link", name);
	*new = key;
	if (!tsearch(new, &c->links, link_cmp)) {
		free(new);
		return fail(c, ENOMEM, "link", name);
	}
	return 0;
}

/* ---- entries -------------------------------------------------------------------------------- */

static int look(struct copy *c, int dirfd, const char *name, struct statx *ret)
{
	const unsigned flags = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_STATX_SYNC_AS_STAT;

	if (statx(dirfd, name, (int)flags, STATX_BASIC_STATS, ret) < 0)
		return fail(c, errno, "look at", *name ? name : "the tree");
	return 0;
}

static int copy_regular(struct copy *c, int dirfd, const char *name, const struct statx *sx)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOATIME;
	AUTO_CLOSE int from = fs_open_below(dirfd, name, flags, 0);
	AUTO_CLOSE int to = -1;
	struct stat st;
	int r;

	if (from < 0)
		return fail(c, -from, "open", name);
	if (fstat(from, &st) < 0)
		return fail(c, errno, "look at", name);
	if (!S_ISREG(st.st_mode) || st.st_ino != sx->stx_ino)
		return fail(c, ESTALE, "copy", name);
	to = fs_open_below(c->to, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (to < 0)
		return fail(c, -to, "make", name);
	r = copy_data(from, to, &c->stats.bytes_copied);
	return r < 0 ? fail(c, -r, "copy", name) : 0;
}

static int copy_symlink(struct copy *c, int dirfd, const char *name)
{
	char target[PATH_MAX];
	const ssize_t len = readlinkat(dirfd, name, target, sizeof(target));

	if (len < 0 || len == sizeof(target))
		return fail(c, len < 0 ? errno : ENAMETOOLONG, "read link", name);
	target[len] = '\0';
	return symlinkat(target, c->to, name) < 0 ? fail(c, errno, "make link", name) : 0;
}

static int copy_special(struct copy *c, const char *name, const struct statx *sx)
{
	const dev_t dev = makedev(sx->stx_rdev_major, sx->stx_rdev_minor);

	if (mknodat(c->to, name, (sx->stx_mode & S_IFMT) | 0600, dev) < 0)
		return fail(c, errno, "make", name);
	return 0;
}

static int copy_new(struct copy *c, int dirfd, const char *name, const struct statx *sx)
{
	if (S_ISREG(sx->stx_mode))
		return copy_regular(c, dirfd, name, sx);
	if (S_ISLNK(sx->stx_mode))
		return copy_symlink(c, dirfd, name);
	return copy_special(c, name, sx);
}

static int copy_entry(void *ctx, int dirfd, const char *name)
{
	struct copy *c = ctx;
	struct statx sx;
	int r = steps_check(c->e);

	if (r < 0) {
		c->told = true;
		return r;
	}
	r = look(c, dirfd, name, &sx);
	if (r < 0)
		return r;
	if (sx.stx_attributes & STATX_ATTR_MOUNT_ROOT)
		return fail(c, EXDEV, "something is mounted on", name);
	c->stats.entries++;
	if (sx.stx_nlink > 1) {
		r = link_again(c, name, &sx);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	r = copy_new(c, dirfd, name, &sx);
	if (r == 0)
		r = copy_attributes(c, dirfd, name, &sx);
	if (r == 0 && sx.stx_nlink > 1)
		r = link_first(c, name, &sx);
	return r;
}

/* ---- directories ---------------------------------------------------------------------------- */

static int push(struct copy *c, const struct level *level)
{
	if (c->n == c->cap) {
		const size_t cap = c->cap ? 2 * c->cap : 16;
		struct level *p = reallocarray(c->levels, cap, sizeof(*p));

		if (!p)
			return -ENOMEM;
		c->levels = p;
		c->cap = cap;
	}
	c->levels[c->n++] = *level;
	return 0;
}

static int enter_dir(void *ctx, int dirfd, int fd, const char *name)
{
	struct copy *c = ctx;
	AUTO_CLOSE int sub = -1;
	struct level level;
	struct stat from, to;

	(void)dirfd;
	if (fstat(fd, &from) < 0 || fstat(c->to, &to) < 0)
		return fail(c, errno, "look at", name);
	level = (struct level){ .ino = from.st_ino, .to_ino = to.st_ino, .to_dev = to.st_dev };
	if (mkdirat(c->to, name, 0700) < 0)
		return fail(c, errno, "make directory", name);
	sub = fs_open_below(c->to, name, O_RDONLY | O_DIRECTORY, 0);
	if (sub < 0)
		return fail(c, -sub, "open directory", name);
	if (push(c, &level) < 0)
		return fail(c, ENOMEM, "enter", name);
	own_close(c->to);
	c->to = own_take_fd(&sub);
	return 0;
}

static int leave_dir(void *ctx, int dirfd, const char *name)
{
	struct copy *c = ctx;
	const struct level *level;
	struct statx sx;
	struct stat st;
	int up, r = look(c, dirfd, name, &sx);

	if (r < 0)
		return r;
	if (sx.stx_attributes & STATX_ATTR_MOUNT_ROOT)
		return fail(c, EXDEV, "something is mounted on", name);
	if (c->n == 0 || c->levels[c->n - 1].ino != sx.stx_ino)
		return fail(c, ESTALE, "copy", name); /* it was never entered */
	level = &c->levels[--c->n];
	up = openat(c->to, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (up < 0)
		return fail(c, errno, "leave", name);
	own_close(c->to);
	c->to = up;
	if (fstat(up, &st) < 0 || st.st_ino != level->to_ino || st.st_dev != level->to_dev)
		return fail(c, ESTALE, "leave", name);
	c->stats.entries++;
	return copy_attributes(c, dirfd, name, &sx);
}

/* ---- whole trees ---------------------------------------------------------------------------- */

static int copy_all(struct copy *c, int from)
{
	static const struct walk_ops ops = {
		.enter = enter_dir,
		.entry = copy_entry,
		.leave = leave_dir,
	};
	struct statx sx;
	int r = look(c, from, "", &sx);

	if (r == 0)
		r = walk_tree(from, &ops, c);
	if (r == 0 && c->stage >= 0) {
		r = fs_remove(c->root, c->stage_name, c->e);
		c->told = r < 0;
	}
	return r == 0 ? copy_attributes(c, from, ".", &sx) : r;
}

int copy_tree(int from, int to, struct copy_stats *ret, struct zerr *e)
{
	AUTO_FREE struct copy *c = malloc(sizeof(*c));
	int r;

	if (!c)
		return zerr_code(e, ENOMEM, "copy tree");
	memset(c, 0, offsetof(struct copy, attrs));
	c->e = e;
	c->root = to;
	c->stage = -1;
	c->to = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = c->to < 0 ? -errno : copy_all(c, from);
	if (r < 0 && !c->told)
		(void)zerr_code(e, -r, "copy tree");
	if (r == 0 && ret)
		*ret = c->stats;
	own_close(c->to);
	own_close(c->stage);
	tdestroy(c->links, free);
	free(c->levels);
	return r;
}
