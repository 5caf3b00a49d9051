/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the init of a zone has said of itself, as the monitor wrote it down (tiny/guest.c). It is
 * the zone's word. */
#pragma once

#include "core/core.h"

/* Load it; empty when nothing was said. 0, or -errno without message. */
int guest_said(const struct zone *z, struct record *ret);
/* Whether a stop signal may be sent: at once to inits that announce nothing of themselves; to
 * others not before X_SYSTEMD_SIGNALS_LEVEL=2. */
bool guest_takes_signals(const struct zone *z);
/* Append key, value, … for `info`: of a zone that runs what it said, of another how it shut down.
 */
int guest_info(const struct zone *z, bool live, struct strv *ret);
