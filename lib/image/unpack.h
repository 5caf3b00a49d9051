/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trees out of archives and archives out of trees, each in a confined child. unpack_tar() itself is
 * in internal.h. */
#pragma once

#include <stdbool.h>

#include "image/image.h"

/* One layer of an OCI image onto the tree @dirfd: whiteouts remove what lower layers brought (with
 * @lowest there is none), files replace directories and the other way round. @fd is a regular file,
 * read from its beginning. */
int unpack_layer(int fd, int dirfd, bool lowest, image_progress *progress, void *arg,
		 struct zerr *e);
/* The tree @dirfd as a tar archive, xz in several blocks, to @fd. */
int pack_tree(int dirfd, int fd, image_progress *progress, void *arg, struct zerr *e);
