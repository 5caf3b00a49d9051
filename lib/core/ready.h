/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Readiness: the monitor makes the file `ready` in the run directory when init says READY=1; for
 * inits that never do, whoever asks finds out (a process on the console, or a second without new
 * ones). */
#pragma once

#include "core/core.h"

/* Wait until the zone is ready. 0; -ETIMEDOUT (it goes on running); -ECHILD when it ended first. */
int ready_wait(struct zone *z, int timeout_ms, struct zerr *e);
/* Wait until each of its interfaces has carrier, and addresses that nobody else has: netwait.c.
 * Otherwise the same. */
int network_wait(struct zone *z, int timeout_ms, struct zerr *e);
/* Without waiting. @rec: the state record. */
bool ready_now(const struct zone *z, const struct record *rec);
