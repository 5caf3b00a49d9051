/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree being unpacked into. Everything is relative to the root or the current directory, which
 * is the same; must not be used outside of the confined child. */
#include "image/target.h"

#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "base/fs.h"
#include "base/own.h"
#include "image/member.h"

#define CREDIT_MAX (16U << 20)

int target_open(struct target *t, struct zerr *e)
{
	t->root = fs_open_below(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY, 0);
	return t->root < 0 ? zerr_code(e, -t->root, "root") : 0;
}

void target_done(struct target *t)
{
	t->root = own_close(t->root);
}

bool target_is_root(const char *name)
{
	return name[strspn(name, "./")] == '\0';
}

int target_parent(const struct target *t, const char *name, struct zerr *e)
{
	AUTO_FREE char *parent = strdup(name);
	AUTO_CLOSE int fd = -1;
	char *end;

	if (!parent)
		return zerr_code(e, ENOMEM, "archive");
	for (end = parent + strlen(parent); end > parent && end[-1] == '/'; end--)
		end[-1] = '\0';
	end = strrchr(parent, '/');
	if (!end)
		return 0;
	*end = '\0';
	fd = fs_open_below(t->root, parent, O_PATH | O_DIRECTORY, 0);
	if (fd >= 0 || fd == -ENOENT)
		return 0;
	if (fd == -ELOOP || fd == -ENOTDIR)
		return member_refuse(e, -fd, name, "leads through a link or file");
	return member_refuse(e, -fd, name, "%s", strerror(-fd));
}

/* A file system filled to the brim harms the host. The nearer the end is, the more often it is
 * looked at. */
int target_space(struct target *t, uint64_t more, struct zerr *e)
{
	struct statvfs s;
	uint64_t blocks;

	if (more < t->credit) {
		t->credit -= more;
		return 0;
	}
	if (fstatvfs(t->root, &s) < 0)
		return zerr_sys(e, "file system");
	if (s.f_bavail <= s.f_blocks / 100 || (s.f_files && s.f_favail < s.f_files / 100))
		return zerr_code(e, ENOSPC, "less than 1 %% of the file system would stay free");
	blocks = (s.f_bavail - s.f_blocks / 100) / 2;
	t->credit = blocks < CREDIT_MAX / s.f_frsize ? blocks * s.f_frsize : CREDIT_MAX;
	return 0;
}

int target_xattr(const char *name, const char *key, const void *value, size_t len, struct zerr *e)
{
	if (lsetxattr(name, key, value, len, 0) == 0)
		return 0;
	if (errno == EOPNOTSUPP && strncmp(key, "user.", 5) == 0)
		return 1;
	return member_refuse(e, errno, name, "%s: %s", key, strerror(errno));
}

int target_finish(const struct target *t, struct zerr *e)
{
	const struct stat *a = &t->attributes;
	const struct timespec times[] = { { .tv_nsec = UTIME_OMIT }, a->st_mtim };

	if (t->root_named &&
	    (fchown(t->root, a->st_uid, a->st_gid) < 0 || fchmod(t->root, a->st_mode & 07777) < 0 ||
	     futimens(t->root, times) < 0))
		return zerr_sys(e, "attributes of the root");
	return 0;
}
