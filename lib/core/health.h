/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * health.*: the monitor runs `zone .health NAME` now and then, which runs the command inside and
 * writes down what came of it. What it goes by is the record of the run, so that a change of the
 * configuration does not meet a check half-way.
 */
#pragma once

#include "core/core.h"

/* Put what a check needs into the record @state. 0 or -ENOMEM. */
int health_record(const struct zone_spec *s, struct record *state);
/* "starting", "healthy" or "unhealthy" (static), or NULL: not asked for. @ret_detail, which may be
 * NULL, gets what the last failure said: owned by the caller, NULL when there was none. */
const char *health_of(const struct zone *z, const struct record *state, char **ret_detail);
