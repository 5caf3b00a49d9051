/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where detached trees can be attached for a moment without anybody seeing it: a mount namespace of
 * a child's own (share_run()), in which a tmpfs is the current directory. All of it goes with the
 * child. */
#pragma once

#include "base/err.h"

/* fd of the tmpfs. */
int scaffold_make(struct zerr *e);
/* Attach @tree to the new entry @name, a directory or a file as it is. */
int scaffold_add(int dir, const char *name, int tree, struct zerr *e);
