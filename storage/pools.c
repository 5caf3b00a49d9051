/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sources of pools: devices as they are, files by loop devices. */
#include "storage/pools.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/fs.h"
#include "base/own.h"
#include "storage/loopdev.h"

#define SIZE_USUAL (UINT64_C(20) << 30)
#define SIZE_ROUND (UINT64_C(4) << 20)

bool pool_is_path(const struct pool *p)
{
	return !p->source || p->source[0] == '/';
}

static uint64_t fitting_size(int dir)
{
	struct statvfs st;
	uint64_t most = fstatvfs(dir, &st) < 0 ? 0 : (uint64_t)st.f_bavail * st.f_frsize / 10 * 9;

	if (most > SIZE_USUAL)
		most = SIZE_USUAL;
	return most / SIZE_ROUND * SIZE_ROUND;
}

int pool_plan_file(struct pool *p, struct zerr *e)
{
	struct stat st;

	if (!p->source && !(p->source = str_fmt("%s/%s.img", p->dir_path, p->name)))
		return zerr_code(e, ENOMEM, "pool");
	if (stat(p->source, &st) == 0) {
		if (S_ISBLK(st.st_mode))
			return 0;
		return zerr_as(e, ZERR_USAGE, "%s is there, and is no block device", p->source);
	}
	if (str_starts(p->source, "/dev/")) /* a file there would fill the memory */
		return zerr_as(e, ZERR_USAGE, "there is no device %s", p->source);
	p->own = true;
	return 0;
}

int pool_make_file(struct pool *p, struct zerr *e)
{
	if (!p->own)
		return 0;
	AUTO_CLOSE int fd =
		open(p->source, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		p->own = errno != EEXIST; /* somebody else's since it was planned */
		return zerr_sys(e, "%s", p->source);
	}
	if (!p->size)
		p->size = fitting_size(fd);
	p->size = p->size / SIZE_ROUND * SIZE_ROUND;
	if (ftruncate(fd, (off_t)p->size) < 0)
		return zerr_sys(e, "%s", p->source);
	return 0;
}

/* The directory that the source is in, and its name there. */
static int open_parent(const struct pool *p, const char **ret_name, struct zerr *e)
{
	const char *slash = strrchr(p->source, '/');
	AUTO_FREE char *parent = strndup(p->source, (size_t)(slash - p->source));

	*ret_name = slash + 1;
	return parent ? fs_open_dir(*parent ? parent : "/", e) : zerr_code(e, ENOMEM, "pool");
}

int pool_device(const struct pool *p, char path[static 128], bool *ret_new, struct zerr *e)
{
	struct stat st;
	const char *name;

	*ret_new = false;
	if (stat(p->source, &st) < 0)
		return zerr_sys(e, "%s", p->source);
	if (S_ISBLK(st.st_mode)) {
		const int fd = open(p->source, O_RDWR | O_CLOEXEC);

		(void)snprintf(path, 128, "%s", p->source);
		return fd < 0 ? zerr_sys(e, "%s", p->source) : fd;
	}
	AUTO_CLOSE int parent = open_parent(p, &name, e);
	return parent < 0 ? parent : loopdev_open(parent, name, path, ret_new, e);
}

int pool_remove_file(const struct pool *p, struct zerr *e)
{
	const char *name;

	if (!p->own || !p->source)
		return 0;
	AUTO_CLOSE int parent = open_parent(p, &name, e);
	AUTO_FREE char *note = parent < 0 ? NULL : str_fmt(LOOPDEV_NOTE, name);
	if (parent < 0)
		return parent;
	if (!note)
		return zerr_code(e, ENOMEM, "pool");
	const int r = fs_remove(parent, name, e);
	return r < 0 ? r : fs_remove(parent, note, e);
}

int pool_path_space(const struct pool *p, uint64_t *ret_size, uint64_t *ret_used, struct zerr *e)
{
	struct statvfs st;

	if (statvfs(p->path, &st) < 0)
		return zerr_sys(e, "%s", p->path);
	*ret_size = (uint64_t)st.f_blocks * st.f_frsize;
	*ret_used = (uint64_t)(st.f_blocks - st.f_bfree) * st.f_frsize;
	return 0;
}
