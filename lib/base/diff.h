/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What changed from one tree to another: by everything that copy.h copies, times of access apart.
 * Trees may be hostile in what is in them (any depth, any number); nobody changes them meanwhile.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

enum diff_kind { DIFF_ADDED, DIFF_CHANGED, DIFF_REMOVED };

/* @path is relative, "." for the root. What is below a directory that was added is told, too; what
 * was below one that was removed is not. Something that became another kind of thing is removed and
 * added. 0, or -errno to end. */
typedef int diff_fn(void *ctx, enum diff_kind kind, const char *path, bool directory);

/* Call @fn for every difference, in no particular order, but a removal comes before what is put
 * into its place. Data is read only where size and times of modification are the same and the times
 * of change are not. @only: all paths where something can differ, with the directories that they
 * are in, sorted; below a directory that is not the same one in both trees everything can. NULL:
 * everywhere. 0 or -errno. */
int diff_trees(int old, int new, const struct strv *only, diff_fn *fn, void *ctx, struct zerr *e);
