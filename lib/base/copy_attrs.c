/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attributes of one entry, whatever its type: nothing is opened (a device or FIFO could do
 * something), links are not followed. Must not be used on a destination that others can change. */
#include "base/copy_attrs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/copy.h"
#include "base/own.h"
#include "base/str.h"

#define PATH_SIZE 320 /* /proc/self/fd/N/ and a name */

/* The calls that take no directory descriptor reach an entry through this path. */
static void entry_path(char out[static PATH_SIZE], int dirfd, const char *name)
{
	(void)snprintf(out, PATH_SIZE, "/proc/self/fd/%d/%.255s", dirfd, name);
}

/* Names whose loss changes what the tree means; others (btrfs.*, labels) may stay behind. */
static bool xattr_matters(const char *name)
{
	return str_starts(name, "user.") || str_starts(name, "trusted.") ||
	       str_starts(name, "system.posix_acl_") || str_eq(name, "security.capability");
}

static int copy_xattr(struct attrs *a, const char *from, const char *to, const char *name)
{
	const ssize_t len = lgetxattr(from, name, a->value, sizeof(a->value));

	if (len < 0)
		return errno == ENODATA ? 0 : -errno;
	if (lsetxattr(to, name, a->value, (size_t)len, 0) == 0)
		return 0;
	return (errno == ENOTSUP || errno == EPERM) && !xattr_matters(name) ? 0 : -errno;
}

static int copy_xattrs(struct attrs *a, const char *from, const char *to)
{
	const ssize_t len = llistxattr(from, a->list, sizeof(a->list));

	if (len < 0)
		return errno == ENOTSUP ? 0 : -errno;
	for (const char *name = a->list; name < a->list + len; name += strlen(name) + 1) {
		const int r = copy_xattr(a, from, to, name);

		if (r < 0)
			return r;
	}
	return 0;
}

static ssize_t list(struct attrs *a, const char *path)
{
	const ssize_t len = llistxattr(path, a->list, sizeof(a->list));

	return len < 0 ? (errno == ENOTSUP ? 0 : -errno) : len;
}

/* All that matter of @from are the same on @to. */
static int has_all(struct attrs *a, struct attrs *b, const char *from, const char *to)
{
	const ssize_t len = list(a, from);

	for (const char *name = a->list; len > 0 && name < a->list + len;
	     name += strlen(name) + 1) {
		if (!xattr_matters(name))
			continue;
		const ssize_t n = lgetxattr(from, name, a->value, sizeof(a->value));
		const ssize_t m = lgetxattr(to, name, b->value, sizeof(b->value));

		if (n != m || (n > 0 && memcmp(a->value, b->value, (size_t)n) != 0))
			return 0;
	}
	return len < 0 ? (int)len : 1;
}

int attrs_same(struct attrs *a, struct attrs *b, int one, int two, const char *name)
{
	char x[PATH_SIZE], y[PATH_SIZE];

	entry_path(x, one, name);
	entry_path(y, two, name);
	const int r = has_all(a, b, x, y);
	return r > 0 ? has_all(b, a, y, x) : r;
}

/* Everything but the data, in the order in which nothing undoes what went before: a change of owner
 * drops set-id bits and capabilities, any change touches times. */
int attrs_copy(struct attrs *a, int from, int to, const char *name, const struct statx *sx,
	       struct zerr *e)
{
	const struct timespec times[2] = {
		{ .tv_sec = sx->stx_atime.tv_sec, .tv_nsec = sx->stx_atime.tv_nsec },
		{ .tv_sec = sx->stx_mtime.tv_sec, .tv_nsec = sx->stx_mtime.tv_nsec },
	};
	char from_path[PATH_SIZE], to_path[PATH_SIZE];
	int r;

	if (fchownat(to, name, sx->stx_uid, sx->stx_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return zerr_sys(e, "change owner of %s", name);
	if (!S_ISLNK(sx->stx_mode) && fchmodat(to, name, sx->stx_mode & 07777, 0) < 0)
		return zerr_sys(e, "change mode of %s", name);
	entry_path(from_path, from, name);
	entry_path(to_path, to, name);
	r = copy_xattrs(a, from_path, to_path);
	if (r < 0)
		return zerr_code(e, -r, "copy extended attributes of %s", name);
	if (utimensat(to, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return zerr_sys(e, "set times of %s", name);
	return 0;
}

int copy_dir_attributes(int from, int to, struct zerr *e)
{
	AUTO_FREE struct attrs *a = malloc(sizeof(*a));
	struct statx sx;

	if (!a)
		return zerr_code(e, ENOMEM, "copy attributes");
	if (statx(from, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &sx) < 0)
		return zerr_sys(e, "look at the directory");
	return attrs_copy(a, from, to, ".", &sx, e);
}
