/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * restart.*: a zone that has ended by itself is started again, after a pause that grows. In between
 * it is STOPPED as any other; what is to come is the record `restart` in its run directory, and a
 * process that sleeps until then. Whoever starts, stops or destroys the zone meanwhile removes the
 * record, and the process ends.
 */
#pragma once

#include <stdbool.h>

#include "core/core.h"

#define RESTART_UNIT 133 /* exit status by which a unit starts us again (zone@.service) */

/* After the run of @state has ended with @status (-1: not known): plan the next one, if the
 * configuration, or restart_want(), says so. The caller holds the lock. True: there will be one,
 * and if the zone is a unit's it is the unit that has to wait for it, by restart_await(). */
bool restart_plan(struct zone *z, const struct record *state, int status);
/* What the policy says of such an end of that run. */
bool restart_wanted(const struct zone_spec *s, const struct record *state, int status);
/* The pause before the @n-th restart in a row, in seconds. */
unsigned restart_pause(const struct zone_spec *s, unsigned n);
/* Whatever the policy: start the zone again when this run has ended. 0 or -errno with message. */
int restart_want(const struct zone *z, struct zerr *e);
/* The @n-th restart in a row has failed, and nobody holds the lock: tell of it, and plan the next
 * one; @unit: for a unit, which has to end with RESTART_UNIT. False: there will be none. */
bool restart_failed(struct zone_host *h, const char *name, unsigned n, bool unit,
		    const struct zerr *why);
/* What is planned will not be. */
void restart_cancel(const struct zone *z);
/* When it is planned for, in seconds since the epoch; 0: not at all. */
int64_t restart_at(const struct zone *z);
/* What is planned may come at once: somebody wants the zone now. */
void restart_hasten(const struct zone *z);
/* In the unit, before it starts: wait for what is planned. Which in a row it is, 0: nothing is
 * planned; -ECANCELED: it was given up. */
int restart_await(const struct zone *z);
