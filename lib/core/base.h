/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zones that stand on the tree of another: their clones, where the backend shares the tree instead
 * of copying it. Who stands on whom is said once, in the manifest of the one that stands: `base` is
 * the other's uuid, `base.name` where to look first (a rename does not change it). Who has been
 * stood on has a file `shared`. */
#pragma once

#include "core/core.h"

#define BASE_TREE                                                                                  \
	"rootfs" /* what others stand on, in the zone's directory; never written once it is filled \
		  */

/* The tree that @z (whose manifest is loaded) stands on. fd, or -ENOENT with message. */
int base_open(const struct zone *z, struct zerr *e);
/* From now on others may stand on @z, whose lock is held. */
int base_share(const struct zone *z, struct zerr *e);
/* Names of the zones that stand on @z, appended. */
int base_dependants(const struct zone *z, struct strv *ret, struct zerr *e);
