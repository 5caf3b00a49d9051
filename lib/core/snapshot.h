/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots as directories: snapshots/NAME below the zone's. */
#pragma once

#include "core/core.h"

#define SNAPSHOT_FORMAT	     1
#define SNAPSHOT_COMMENT_MAX 1024

/* Remove one, whole or half made, with what its backend has of it elsewhere. A missing one is fine.
 * Killed anywhere, the same call again finishes it. */
int snapshot_clear(int snapshots, const char *name, struct zerr *e);
/* The directory of a whole one. fd, or exit status 3. */
int snapshot_open(const struct zone *z, const char *snapshot, struct zerr *e);
/* Was it taken of a zone that had never been started? */
bool snapshot_is_fresh(int dir);
/* The text of its zone.conf. 0 or -errno. */
int snapshot_conf(int dir, struct buf *ret, struct zerr *e);
/* How many there are; what a killed command left is none. */
size_t snapshot_count(const struct zone *z);
/* While the descriptor that is returned is open, none of the zone's snapshots is removed and its
 * root not replaced. */
int snapshot_use(const struct zone *z, struct zerr *e);
/* Waits for those who use them, in the end with exit status 6; none begins to before the descriptor
 * is closed. */
int snapshot_change(const struct zone *z, struct zerr *e);
