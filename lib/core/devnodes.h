/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The nodes of device.NAME.* in a zone's /dev. */
#pragma once

#include <sys/types.h>

#include "conf/spec.h"

/* What all devices of @s are on this host, in their order: owned by the caller. NULL and @e. */
struct stat *devnodes_look(const struct zone_spec *s, struct zerr *e);
/* Make all of @s below @dev, the root of the zone's own /dev that nobody else has yet; @base is the
 * zone's first host id. */
int devnodes_make(const struct zone_spec *s, int dev, uid_t base, struct zerr *e);
