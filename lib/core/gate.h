/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Not all zones boot at once: a unit begins when it has one of as many places as the host has
 * processors, and leaves it when its zone is ready. */
#pragma once

#include "core/core.h"

/* Wait for a place. A descriptor: whoever has it open, also over fork and exec, is inside. */
int gate_enter(struct zone_host *h, struct zerr *e);
/* The same with @places places, kept below the run directory @run. */
int gate_enter_at(int run, unsigned places, struct zerr *e);
