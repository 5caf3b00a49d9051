/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree that an archive is unpacked into: its root, its free space, the ways that lead to a
 * member. Lives in the confined child, for which the tree is everything there is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"

struct target {
	int root;
	uint64_t credit; /* bytes that may be written before the next look at the free space */
	bool root_named; /* the archive says what its root is like: */
	struct stat attributes; /* mode, owner and modification time of it */
};

/* The current directory. */
int target_open(struct target *t, struct zerr *e);
void target_done(struct target *t);
/* True for ".", "./" and the like. */
bool target_is_root(const char *name);
/* The directory that @name goes to: what exists of it must be directories, no links. */
int target_parent(const struct target *t, const char *name, struct zerr *e);
/* To be called for all that is written. -ENOSPC when less than 1 % of the file system stays free.
 */
int target_space(struct target *t, uint64_t more, struct zerr *e);
/* An attribute that member_check_xattr() has let pass. 0, 1 when the file system takes no user.*,
 * or -errno with message. */
int target_xattr(const char *name, const char *key, const void *value, size_t len, struct zerr *e);
/* At the very end: the root's own attributes. */
int target_finish(const struct target *t, struct zerr *e);
