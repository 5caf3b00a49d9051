/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the backends that keep a root below the zone's directory have in common. */
#pragma once

#include "storage/storage.h"

#define TREE_ROOT "rootfs"

/* Refuse a directory that others than root can enter: trees below it hold files that are set-id for
 * the host's own root. 0, or -EPERM. */
int tree_check_private(int dir, struct zerr *e);
/* Make the empty directory @fd the volume's: of its project, held to its size. 0 or -errno. */
int tree_join(int fd, const struct volume *v, struct zerr *e);
/* Make the new, empty directory @name of @dir. With @v it joins the volume. fd or -errno. */
int tree_make(int dir, const char *name, const struct volume *v, struct zerr *e);
/* Copy what is in directory @from into the empty directory @name of @dir. */
int tree_fill(int from, int dir, const char *name, struct zerr *e);
/* Copy directory @from into the new directory @name of @dir (with @v as tree_make()). */
int tree_copy(int from, int dir, const char *name, const struct volume *v, struct zerr *e);
/* tree_copy() of @from/@name to the same name below @dir. */
int tree_copy_name(int from, int dir, const char *name, const struct volume *v, struct zerr *e);

/* Make @name in v->dir, on disk when it returns, from what the snapshot @snap has. */
typedef int tree_from_fn(const struct volume *v, int snap, const char *name, struct zerr *e);
/* Replace v->dir/@name: the new one by @make (NULL: a copy of @snap/@name) beside it, exchanged,
 * the old one deleted. At any point either the old or the new one is whole, and the same call again
 * finishes it. */
int tree_replace(const struct volume *v, const char *name, int snap, tree_from_fn *make,
		 struct zerr *e);

/* The root of rootfs/ in v->dir, or in a->snap, as ops->attach() gives it. */
int tree_attach(const struct volume *v, const struct volume_attach *a, struct zerr *e);
/* ops->settle(): all that was copied is on disk. */
int tree_settle(const struct volume *v, int dir, struct zerr *e);
/* Bytes below those of "upper" and "rootfs" that @dir has. */
int tree_usage(int dir, uint64_t *ret, struct zerr *e);
/* ops->probe(): without a size always, with one where there are project quotas. */
int tree_probe(struct volume *v, struct zerr *e);
/* ops->resize() of the directories @names (up to a NULL), and ops->space() of the directory @name,
 * by their project. */
int tree_resize(const struct volume *v, const char *const *names, struct zerr *e);
int tree_space(int dir, const char *name, struct space *ret, struct zerr *e);
