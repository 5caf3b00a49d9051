/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a starter says to the command that waits for it: lines for the log on the way, and in the
 * end what came of it. It has no streams of its own. A starter of ours has a socket pair; the
 * process of a unit tells all that wait, each at a socket in the zone's run directory. */
#pragma once

#include "base/log.h"
#include "core/core.h"

#define VERDICT_OUTCOME (-1) /* instead of an enum log_level */

/* One word. @level: of a line, which is e->msg, or VERDICT_OUTCOME. Nobody need be there any more.
 */
void verdict_send(int fd, int level, const struct zerr *e);
/* The next word. 1: *@ret is the outcome; 0: it was a line, and has been logged; or -errno. */
int verdict_hear(int fd, int flags, struct zerr *ret);

/* A socket to hear it on; verdict_leave() closes it. */
int verdict_await(const struct zone *z, struct zerr *e);
void verdict_leave(const struct zone *z, int fd);
/* Tell all that wait. */
void verdict_tell(const struct zone *z, int level, const struct zerr *e);
