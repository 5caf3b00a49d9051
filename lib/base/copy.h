/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copy a tree, all of it: owners, modes, times, xattrs, ACLs, capabilities, hard links, holes,
 * device nodes, whiteouts. File data is shared by reflink where the file system can, copied
 * otherwise. */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct copy_stats {
	uint64_t entries;
	uint64_t bytes_copied; /* not reflinked */
};

/* Copy what is below directory @from into the existing directory @to, its own attributes included.
 * Never follows links. SIGINT/SIGTERM end it with -EINTR. Stats may be NULL. 0 or -errno; what was
 * copied stays (the caller's step removes it). */
int copy_tree(int from, int to, struct copy_stats *ret, struct zerr *e);
/* Copy a directory's own attributes, nothing below it. 0 or -errno. */
int copy_dir_attributes(int from, int to, struct zerr *e);
/* Copy one regular file's data, reflink first, then holes kept. What was not reflinked is added to
 * @ret_copied. 0 or -errno. */
int copy_data(int from, int to, uint64_t *ret_copied);
