/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a layer does to the tree below it, apart from bringing files. Runs in the confined child. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* Both are archive_member_fn; @arg is the descriptor of the root as `const int *`. */

/* First walk over a layer: carry out its whiteouts. */
int layer_remove(void *arg, const char *name, bool directory, struct zerr *e);
/* Second walk, before each member: 1 for a whiteout; otherwise what is in the way of it goes. */
int layer_make_room(void *arg, const char *name, bool directory, struct zerr *e);
