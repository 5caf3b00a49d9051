/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a zone's group is. Of our own making it is zone/NAME below the cgroup v2 mount; under
 * systemd it is the delegated group of the zone's unit or scope, and then the link
 * /run/zone/NAME/cgroup tells so: whoever starts the zone sets or removes it, everybody else finds
 * the group by it. A zone whose unit has ended under it stays there, with a file cgroup.left.
 *
 * | started by                      | group                             | link |
 * | zone start, no systemd          | zone/NAME                         | no   |
 * | zone start, autostart, systemctl| machine.slice/zone@NAME.service   | yes  |
 * | zone start -s …, -- CMD, run    | machine.slice/zone-NAME.scope     | yes  |
 */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "core/core.h"

/* The group from the root of the hierarchy, without a slash before it. */
void place_group(const struct zone_host *h, const char *name, char ret[static PATH_MAX]);
/* Whether the group was made by systemd, for a unit or a scope. */
bool place_is_given(const struct zone_host *h, const char *name);
/* Whether it is a unit's or scope's that sees to it; @suffix ".service", ".scope", or NULL for
 * either. */
bool place_is_managed(const struct zone_host *h, const char *name, const char *suffix);
/* Back to a group of our own, for a start without systemd. */
void place_own(const struct zone *z);
/* The unit has ended, the zone has not: its group is ours to remove. 0 or -errno. */
int place_leave(const struct zone *z, struct zerr *e);
/* The group that this process lives in, which must be of the unit or scope @unit, becomes the
 * zone's; the process moves to its leaf monitor/, so that controllers can be handed on. */
int place_here(const struct zone *z, const char *unit, struct zerr *e);
/* Whether this process lives in the zone's group, or below. */
bool place_contains_us(const struct zone_host *h, const char *name);
