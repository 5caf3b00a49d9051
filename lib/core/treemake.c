/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File systems that nobody has mounted yet, made and filled through their descriptors. Knows
 * nothing of what goes where. */
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fs.h"
#include "base/own.h"
#include "base/sys.h"
#include "core/trees.h"

#define SEAL_TRIES 1000 /* of 0.2 ms */

static int set_option(int ctx, const struct tree_option *o)
{
	return fsconfig(ctx, o->value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, o->key, o->value,
			0);
}

int tree_fs(const char *type, const struct tree_option *options, unsigned attrs, struct zerr *e)
{
	AUTO_CLOSE int ctx = fsopen(type, FSOPEN_CLOEXEC);

	if (ctx < 0)
		return zerr_sys(e, "%s", type);
	for (const struct tree_option *o = options; o->key; o++)
		if (set_option(ctx, o) < 0)
			return zerr_sys(e, "%s: option %s=%s", type, o->key,
					o->value ? o->value : "");
	if (fsconfig(ctx, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return zerr_sys(e, "%s", type);
	const int fd = fsmount(ctx, FSMOUNT_CLOEXEC, attrs);
	return fd < 0 ? zerr_sys(e, "%s: mount", type) : fd;
}

int tree_tmpfs(uid_t base, const char *size, const char *mode, unsigned attrs, struct zerr *e)
{
	char id[16];
	const struct tree_option o[] = {
		{ "size", size }, { "mode", mode }, { "uid", id }, { "gid", id }, { NULL, NULL }
	};

	(void)snprintf(id, sizeof(id), "%u", base);
	return tree_fs("tmpfs", o, attrs, e);
}

static int make_entry(int dir, const struct tree_entry *x)
{
	switch (x->type) {
	case ENTRY_DIRECTORY:
		return mkdirat(dir, x->name, x->mode & 07777);
	case ENTRY_LINK:
		return symlinkat(x->target, dir, x->name);
	case ENTRY_NODE:
		return mknodat(dir, x->name, x->mode, makedev(x->major, x->minor));
	case ENTRY_EMPTY:
		return mknodat(dir, x->name, x->mode, 0);
	}
	return -1;
}

int tree_entries(const struct boot *b, int dir, const struct tree_entry *x, struct zerr *e)
{
	for (; x->name; x++) {
		if (make_entry(dir, x) < 0)
			return zerr_sys(e, "make %s", x->name);
		if (fchownat(dir, x->name, b->base, b->base, AT_SYMLINK_NOFOLLOW) < 0 ||
		    (x->type != ENTRY_LINK && fchmodat(dir, x->name, x->mode & 07777, 0) < 0))
			return zerr_sys(e, "make %s", x->name);
	}
	return 0;
}

int tree_file(const struct boot *b, int dir, const char *name, const void *data, size_t len,
	      mode_t mode, struct zerr *e)
{
	AUTO_CLOSE int fd =
		openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0 || fchmod(fd, mode) < 0 || fchown(fd, b->base, b->base) < 0)
		return zerr_sys(e, "make %s", name);
	const int r = fs_write_all(fd, data, len);
	return r < 0 ? zerr_code(e, -r, "make %s", name) : 0;
}

/* The superblock, which belongs to the host: no remount inside makes it writable again. */
static int seal_superblock(int fd)
{
	AUTO_CLOSE int ctx = fspick(fd, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);

	if (ctx < 0 || fsconfig(ctx, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0)
		return -1;
	return fsconfig(ctx, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
}

int tree_seal(int fd, const char *what, struct zerr *e)
{
	struct mount_attr ro = { .attr_set = MOUNT_ATTR_RDONLY };

	/* a child that is being cloned holds copies of the files just written, until it closes them
	 */
	for (int tries = 0; seal_superblock(fd) < 0; tries++) {
		if (errno != EBUSY || tries == SEAL_TRIES)
			return zerr_sys(e, "%s: read-only", what);
		(void)usleep(200);
	}
	return mount_setattr(fd, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0
		       ? zerr_sys(e, "%s: read-only", what)
		       : 0;
}
