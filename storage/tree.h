/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the backends that keep a root as a plain directory have in common. */
#pragma once

#include "storage/storage.h"

/* Refuse a directory that others than root can enter: trees below it hold files that are set-id for
 * the host's own root. 0, or -EPERM. */
int tree_check_private(int dir, struct zerr *e);
/* Refuse a volume with a size: there is nothing to hold it. 0, or exit status 7. */
int tree_check_size(const struct volume *v, struct zerr *e);
/* Copy directory @from into the new directory @name of @to; on disk when it returns. */
int tree_copy(int from, int to, const char *name, struct zerr *e);
/* tree_copy() of @from/@name to the same name below @to. */
int tree_copy_name(int from, int to, const char *name, struct zerr *e);
/* Replace @dir/@name by a copy of @snap/@name: copy beside it, exchange, delete. At any point
 * either the old or the new one is whole, and the same call again finishes it. */
int tree_replace(int dir, const char *name, int snap, struct zerr *e);
/* Bytes below those of "upper" and "rootfs" that @dir has. */
int tree_usage(int dir, uint64_t *ret, struct zerr *e);
