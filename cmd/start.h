/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What start, restart and run share. */
#pragma once

#include "cmd/verbs.h"

#define START_WAITS "none|running|ready|network"
enum { START_TIMEOUT = 90 };

/* One of START_WAITS. */
enum zone_wait start_wait(const char *word);
/* zone_start(); when the wait times out the end of the console's log goes to standard error. */
int start_zone(struct cmd *c, const char *name, const struct zone_start *s, struct zerr *e);
