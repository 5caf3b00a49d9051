/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* File systems on block devices of zones: made, mounted where nobody sees it, grown. The backends
 * bring the device. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "storage/storage.h"

struct blockfs;

#define BLOCKFS_SIZE  \
	(UINT64_C(10) \
	 << 30) /* of a root for which none is asked; what is not used takes no space */

/* The type called @name, NULL: ext4. NULL with a usage error that lists them. */
const struct blockfs *blockfs_find(const char *name, struct zerr *e);
/* The one for a new root of @size bytes for which none is asked: it can grow in use. */
const struct blockfs *blockfs_best(uint64_t size);
const char *blockfs_name(const struct blockfs *f);
/* The kernel and the programs for it are there: 0, or exit status 7. */
int blockfs_probe(const struct blockfs *f, struct zerr *e);
/* Make one on @device, with the tree @from in it (-1: empty), on disk when it returns. */
int blockfs_make(const struct blockfs *f, const char *device, int from, struct zerr *e);
/* Its root as a detached mount that is only the caller's: an fd. */
int blockfs_mount(const struct blockfs *f, const char *device, struct zerr *e);
/* blockfs_mount() as ops->attach() gives it. */
int blockfs_attach(const struct blockfs *f, const char *device, const struct volume_attach *a,
		   struct zerr *e);
/* Grow it, used or not, to the size of its device; bytes of that: @size. */
int blockfs_grow(const struct blockfs *f, const char *device, uint64_t size, struct zerr *e);
/* Whether a copy needs blockfs_renew(): one that becomes the root of a zone (@root), or one that is
 * only read, beside its source. */
bool blockfs_renews(const struct blockfs *f, bool root);
/* @device is the copy of another file system and not mounted: see to it that both can be, side by
 * side. */
int blockfs_renew(const struct blockfs *f, const char *device, struct zerr *e);
