/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pools of loop: a directory whose zones get a file each. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/own.h"
#include "storage/blockfs.h"
#include "storage/loopdev.h"
#include "storage/pools.h"

static int loop_plan(struct pool *p, struct zerr *e)
{
	struct stat st;
	int r = loopdev_probe(e);

	if (r < 0)
		return r;
	if (p->source && p->source[0] != '/')
		return zerr_as(e, ZERR_USAGE, "%s: not an absolute path", p->source);
	if (p->source && (stat(p->source, &st) < 0 || !S_ISDIR(st.st_mode)))
		return zerr_as(e, ZERR_USAGE, "%s: not a directory", p->source);
	p->own = !p->source;
	p->path = p->source ? strdup(p->source) : str_fmt("%s/%s", p->dir_path, p->name);
	if (!p->path || str_set(&p->source, p->path) < 0)
		return zerr_code(e, ENOMEM, "pool");
	return 0;
}

static int loop_make(struct pool *p, struct zerr *e)
{
	AUTO_CLOSE int fd = p->own ? fs_subdir(p->dir, p->name, 0711, e) : -1;
	return p->own && fd < 0 ? fd : 0;
}

static int loop_up(const struct pool *p, struct zerr *e)
{
	AUTO_CLOSE int fd = fs_open_dir(p->path, e);

	return fd < 0 ? fd : 0;
}

static int loop_remove(const struct pool *p, struct zerr *e)
{
	return p->own ? fs_remove(p->dir, p->name, e) : 0;
}

const struct pool_ops pool_loop = {
	.plan = loop_plan,
	.make = loop_make,
	.up = loop_up,
	.remove = loop_remove,
	.space = pool_path_space,
};
