/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a starter lives: in a group of our own, in a scope, or as the main process of a unit, which
 * systemd starts for the command (place.h has the table). All with the zone's lock. */
#pragma once

#include <stdbool.h>

#include "core/core.h"

/* In a child: in a scope where systemd runs the host, else in a group of our own. Waits for its
 * verdict; one that was killed is cleaned up after. */
int seat_starter(struct zone *z, const struct zone_start *a, struct zerr *e);
/* This process is the main one of the unit a->unit. Returns only on failure. */
int seat_here(struct zone *z, const struct zone_start *a, struct zerr *e);
/* Whether the start can be a unit's, which goes by the configuration alone. */
bool seat_fits_unit(const struct zone *z, const struct zone_start *a);
/* Have systemd start the unit, and give the lock back for that. -ENOTCONN: it cannot be asked. */
int seat_unit(struct zone *z, struct zerr *e);
