/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * restart.*: a zone that has ended by itself is started again, after a pause that grows. In between
 * it is STOPPED as any other; what is to come is the record `restart` in its run directory, and a
 * process that sleeps until then. Whoever starts, stops or destroys the zone meanwhile removes the
 * record, and the process ends.
 */
#pragma once

#include "core/core.h"

/* After the run of @state has ended with @status (-1: not known): plan the next one, if the
 * configuration, or restart_want(), says so. The caller holds the lock. */
void restart_plan(struct zone *z, const struct record *state, int status);
/* Whatever the policy: start the zone again when this run has ended. 0 or -errno with message. */
int restart_want(const struct zone *z, struct zerr *e);
/* What is planned will not be. */
void restart_cancel(const struct zone *z);
/* When it is planned for, in seconds since the epoch; 0: not at all. */
int64_t restart_at(const struct zone *z);
