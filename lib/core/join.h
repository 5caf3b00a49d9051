/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Something done inside a running zone by a short-lived child of the host's. */
#pragma once

#include <stdbool.h>

#include "core/core.h"

/* Run @fn in a child that has joined the namespaces @flags (CLONE_NEW…) of the zone's first
 * process, and give its result and error back. With CLONE_NEWUSER it is root of the zone, otherwise
 * it keeps the rights of the host; then it must trust nothing that it finds inside. @fn has no
 * descriptor but the standard ones and @keep (-1: none) and shares no memory. Exit status 4 when
 * the zone has just ended. */
int join_run(const struct record *state, int flags, int keep, int (*fn)(void *ctx, struct zerr *e),
	     void *ctx, struct zerr *e);
/* What such a child does first, for those that come with descriptors: join the namespaces of the
 * process @init, and become root of its user namespace. */
int join_enter(int init, int flags, struct zerr *e);
