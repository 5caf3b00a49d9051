/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What became of a start that systemd carries out for a command: the unit's process tells all that
 * wait, by one struct zerr to a socket of each in the zone's run directory. */
#pragma once

#include "core/core.h"

/* A socket to hear it on; verdict_leave() closes it. */
int verdict_await(const struct zone *z, struct zerr *e);
void verdict_leave(const struct zone *z, int fd);
/* Tell all that wait. */
void verdict_tell(const struct zone *z, const struct zerr *v);
