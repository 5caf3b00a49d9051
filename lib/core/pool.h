/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pools: stores that zone has prepared. Each is a record .host/pools/NAME (durable); files and
 * mount points of its own are in .pools below /var/lib/zone. */
#pragma once

#include "core/core.h"

struct pool_entry {
	struct pool p;
	const struct storage_ops *ops;
	bool whole; /* false: making it was interrupted */
};
/* Also of one that is zeroed but for p.dir = -1. */
void pool_entry_done(struct pool_entry *x);
#define AUTO_POOL __attribute__((cleanup(pool_entry_done)))

/* Exit status 3 when there is none. */
int pool_load(struct zone_host *h, const char *name, struct pool_entry *ret, struct zerr *e);
/* The same, made usable. */
int pool_open(struct zone_host *h, const char *name, struct pool_entry *ret, struct zerr *e);
/* Make usable what a directory (NULL) or a volume group (NULL) is in, if that is a pool. 1: there
 * is one, and it is usable now; 0: there is none, or it is not to be had. */
int pool_need(struct zone_host *h, const char *dir, const char *group);
/* Is the source of the pool that has @group missing? -ENOENT: there is none with a device or file.
 */
int pool_is_missing(struct zone_host *h, const char *group);
