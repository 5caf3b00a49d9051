/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A zone goes on when its monitor is killed; what is lost are the ends of its terminals and sockets
 * that the monitor had. The next command on the zone puts a new monitor in place: a fresh terminal
 * over /dev/console, a fresh notify socket, the log that goes on. Init is then no child of ours, so
 * its exit status is known only where the kernel tells it to others.
 */
#pragma once

#include "core/boot.h"
#include "core/state.h"

/* If @s is of a zone that runs without a monitor, give it one. 0 also when there is nothing to do.
 * The caller holds the zone's lock, with LOAD_RUN. @s is as it is then: its record has the new one.
 */
int adopt(struct zone *z, struct status *s, struct zerr *e);
/* The same for who can do without: whatever goes wrong is a warning. */
void adopt_try(struct zone *z, struct status *s);
/* This process, the main one of the unit @unit, becomes the monitor of the zone that runs in its
 * group without one, with what the unit has kept. Returns only on failure. */
int adopt_here(struct zone *z, const struct status *s, const char *unit, struct zerr *e);
/* This process is the last of a unit that could not start a monitor for its zone. If that runs, it
 * gets one here, and goes on without the unit. 0 also when there is nothing to do. */
int adopt_left(struct zone_host *h, const char *name, struct zerr *e);
/* Parts of these. Whether the zone runs without a monitor. */
bool adopt_is_orphan(const struct zone *z, const struct status *s);
/* This process takes over; it is the monitor but for the exec. */
int adopt_succeed(struct boot *b, const struct record *state, struct zerr *e);
/* A child in the zone's group becomes the monitor. */
int adopt_beget(struct zone *z, const struct status *s, struct zerr *e);
/* The same as adopt() for readers: asked for cheaply, the lock is taken when there is something to
 * do. Whatever goes wrong is a warning. */
void adopt_if_orphan(struct zone_host *h, const char *name, const struct zone *z,
		     const struct status *s);
