/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kinds of pools have in common. */
#pragma once

#include "storage/storage.h"

extern const struct pool_ops pool_btrfs, pool_lvm, pool_loop;

/* Is the source a path (or to be a file of the pool's own)? */
bool pool_is_path(const struct pool *p);
/* Plan NAME.img of p->size (what fits when that is 0) in p->dir, or the file that p->source names.
 * 0; also for a device. A file that is there is a usage error. */
int pool_plan_file(struct pool *p, struct zerr *e);
/* Make the file, if there is to be one. */
int pool_make_file(struct pool *p, struct zerr *e);
/* The block device of the source, a loop device for a file; the fd keeps it. @path gets its node,
 * @ret_new whether it was attached now. */
int pool_device(const struct pool *p, char path[static 128], bool *ret_new, struct zerr *e);
/* Remove the file, if zone made it. */
int pool_remove_file(const struct pool *p, struct zerr *e);
/* statvfs() of p->path. */
int pool_path_space(const struct pool *p, uint64_t *ret_size, uint64_t *ret_used, struct zerr *e);
