/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An entry's attributes: owner, mode, extended attributes, times. Private to copying and comparing.
 */
#pragma once

#include <sys/stat.h>

#include "base/err.h"

#define ATTRS_MAX 65536 /* the kernel's bound for a list of names and for a value */

struct attrs { /* buffers; need no initialisation */
	char list[ATTRS_MAX], value[ATTRS_MAX];
};

/* Give @to/@name all attributes of @from/@name, whose status is @sx. The destination must be ours
 * alone.
 * "." is the directory itself. 0 or -errno. */
int attrs_copy(struct attrs *a, int from, int to, const char *name, const struct statx *sx,
	       struct zerr *e);
/* Do @one/@name and @two/@name have the same extended attributes, of those that matter? 1, 0 or
 * -errno. */
int attrs_same(struct attrs *a, struct attrs *b, int one, int two, const char *name);
